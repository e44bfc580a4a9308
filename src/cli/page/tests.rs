use super::*;

const TERMINAL: Look = Look {
    width: Some(40),
    colours: true,
    links: true,
};

fn laid(look: Look, lay: impl FnOnce(&mut Page)) -> String {
    let mut page = Page::new(look);
    lay(&mut page);
    page.into_text()
}

fn sample() -> Text {
    Text::new()
        .say("the discharge pressure of the second stage ")
        .ink(Ink::Match, "exceeds 24.5 bar")
        .say(" three times within one hour")
}

#[test]
fn paragraphs_keep_to_the_width_and_hang_below_their_lead() {
    let look = Look {
        colours: false,
        links: false,
        ..TERMINAL
    };
    let text = laid(look, |page| page.put(&Text::new().say("[1] "), &sample()));
    let expected = "[1] the discharge pressure of the second\n    stage exceeds 24.5 bar three times\n    within one hour\n";
    assert_eq!(text, expected);
}

#[test]
fn in_a_pipe_a_paragraph_is_a_line() {
    let text = laid(Look::PLAIN, |page| {
        page.put(&Text::new().say("[1] "), &sample());
        page.quote(4, "one\ntwo");
        page.address(4, "https://org/1");
    });
    assert_eq!(text.lines().count(), 3);
    assert!(
        text.ends_with("one hour\n    │ “one two”\n    https://org/1\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn ink_ends_with_its_line() {
    let text = laid(TERMINAL, |page| page.quote(2, &"word ".repeat(30)));
    for line in text.lines() {
        assert!(measure_text_width(line) <= 40, "{line}");
        assert!(line.starts_with("  \u{1b}[2m│ \u{1b}[0m"), "{line}");
    }
    let text = laid(TERMINAL, |page| page.put(&Text::new(), &sample()));
    for line in text.lines() {
        let (begun, ended) = (
            line.matches("\u{1b}[1m").count(),
            line.matches("\u{1b}[0m").count(),
        );
        assert_eq!(begun, ended, "{line:?}");
    }
}

#[test]
fn words_carry_addresses_only_where_they_can() {
    let link = |url: &str| Text::new().link(Ink::Plain, "title", url);
    let with = |look, url: &str| {
        laid(look, |page| {
            page.put(&Text::new(), &link(url));
            page.address(0, url);
        })
    };
    assert_eq!(
        with(TERMINAL, "https://org/1"),
        "\u{1b}]8;;https://org/1\u{1b}\\title\u{1b}]8;;\u{1b}\\\n"
    );
    assert_eq!(with(Look::PLAIN, "https://org/1"), "title\nhttps://org/1\n");
    for evil in [
        "javascript:alert(1)",
        "https://org/\u{1b}\\x",
        "https://org/a b",
    ] {
        let text = laid(TERMINAL, |page| page.put(&Text::new(), &link(evil)));
        assert_eq!(text, "title\n");
    }
}

#[test]
fn a_record_begins_no_line_of_its_own() {
    let hostile = "Alarm\r\n[2] Fake \u{1b}[31msource\u{1b}[0m\u{2028}x\u{202e}";
    let text = laid(Look::PLAIN, |page| {
        page.put(&Text::new(), &Text::new().ink(Ink::Strong, hostile));
    });
    assert_eq!(text, "Alarm [2] Fake [31msource[0m x\n");
    let text = laid(TERMINAL, |page| {
        page.put(
            &Text::new().say("[1] "),
            &Text::new().say(&hostile.repeat(3)),
        );
    });
    assert!(
        text.lines().skip(1).all(|line| line.starts_with("    ")),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn columns_are_as_wide_as_they_look() {
    let text = Text::new()
        .column(Ink::Plain, "größe", 8)
        .right(Ink::Plain, "日本", 6);
    assert_eq!(text.plain(), "größe     日本");
    let wide = laid(TERMINAL, |page| {
        page.put(&Text::new(), &Text::new().say(&"日本語".repeat(20)))
    });
    assert!(wide.lines().count() > 2 && wide.lines().all(|line| measure_text_width(line) <= 40));
}
