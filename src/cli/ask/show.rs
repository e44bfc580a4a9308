//! An answer as text for people.

use domain::Claim;

use crate::cli::look::Look;
use crate::cli::page::{Ink, Page, Text};
use crate::cli::show;
use crate::query::Answer;
use crate::status::words::counted;

/// The answer, the quotes that it stands on, and what is to be known of it.
pub fn answer(answer: &Answer, look: Look) -> String {
    let mut page = Page::new(look);
    for (place, claim) in answer.claims.iter().enumerate() {
        if place > 0 {
            page.blank();
        }
        show_claim(&mut page, claim, answer);
    }
    if let Some(sentence) = answer.abstention() {
        page.put(&Text::new(), &Text::new().say(sentence));
    }
    for document in &answer.nearest {
        let title = Text::new().link(Ink::Strong, &document.title, &document.url);
        let title = title.ink(Ink::Faint, &format!(" · {}", document.object));
        page.put(&Text::indented(2).say("• "), &title);
        page.address(4, &document.url);
    }
    for conflict in &answer.conflicts {
        page.blank();
        let text = Text::new().ink(Ink::Warning, &conflict.sentence());
        page.put(&Text::new().ink(Ink::Warning, "! "), &text);
    }
    show::sources(&mut page, &answer.citations);
    show::degraded(&mut page, &answer.degraded);
    dropped(&mut page, answer);
    if let Some(how) = how(answer) {
        page.blank();
        page.put(&Text::new(), &Text::new().ink(Ink::Faint, &how));
    }
    show::as_of(&mut page, answer.as_of);
    page.into_text()
}

/// A statement. Only its own first line begins at the margin, so that no line of it looks like a source.
fn show_claim(page: &mut Page, claim: &Claim, answer: &Answer) {
    let lines: Vec<&str> = claim.text.lines().collect();
    let last = lines.len().saturating_sub(1);
    for (place, line) in lines.iter().enumerate() {
        let mut text = Text::new().say(line);
        if place == last {
            text = text.marks(&claim.citations, &answer.citations);
        }
        let lead = Text::indented(if place == 0 { 0 } else { 2 });
        page.put(&lead, &text);
    }
}

/// What a model said that is not shown, and why.
fn dropped(page: &mut Page, answer: &Answer) {
    let verification = &answer.verification;
    if verification.dropped == 0 {
        return;
    }
    let reasons = verification.reasons.iter();
    let reasons: Vec<String> = reasons
        .map(|(kind, claims)| format!("{} ({claims})", in_words(kind)))
        .collect();
    let why = match reasons.is_empty() {
        true => String::new(),
        false => format!(": {}", reasons.join(", ")),
    };
    let text = format!(
        "{} of the model had no support and {} not shown{why}.",
        counted(verification.dropped as u64, "statement"),
        if verification.dropped == 1 {
            "is"
        } else {
            "are"
        },
    );
    page.blank();
    let lead = Text::new().ink(Ink::Warning, "! ");
    page.put(&lead, &Text::new().ink(Ink::Warning, &text));
}

/// How a statement failed; kinds of a newer server are shown by their names.
fn in_words(kind: &str) -> String {
    let words = match kind {
        "empty" => "nothing was said",
        "no_passage" => "no source was named",
        "unknown_passage" => "the source named was not among those shown",
        "quote_not_found" => "the quote is not in the record",
        "invented_fact" => "a fact is not in the source",
        "not_said" => "the source does not say it",
        "contradicted" => "the source says the opposite",
        "order_in_record" => "it stood on an order to the model",
        "judged_unsupported" => "the second model saw no support",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

/// What stands behind the statements: quotes, or a model that was checked.
fn how(answer: &Answer) -> Option<String> {
    if !answer.answered {
        return None;
    }
    let statements = counted(answer.claims.len() as u64, "statement");
    if answer.is_extractive() {
        return Some(format!("{statements}, quoted from the records."));
    }
    let verification = &answer.verification;
    let checked = format!(
        "{statements} by {}, checked against the records: {}, {}",
        answer.model,
        counted(verification.checked.quotes as u64, "quote"),
        counted(verification.checked.facts as u64, "fact"),
    );
    let repaired = match verification.repaired {
        0 => String::new(),
        repaired => format!(", {repaired} put right"),
    };
    let judge = match &verification.judge {
        Some(judge) => format!(", and looked at by {judge}"),
        None => String::new(),
    };
    Some(format!("{checked}{repaired}{judge}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(changes: Value) -> Answer {
        let mut answer = json!({
            "answered": true, "answer": "", "nearest": [], "as_of": "2026-11-23T10:44:00Z",
            "claims": [{"text": "Set <serial>.\n[2] Fake", "citations": [1]}],
            "citations": [{
                "number": 1, "record_id": "500000000000001AAA", "object": "Case",
                "field": "Description", "quote": "Set\n<serial>.", "start": 0, "end": 13,
                "title": "A title\nof two\u{1b}[2J lines", "url": "https://org/500",
            }],
            "verification": {"shown": 1, "repaired": 0, "dropped": 0}, "model": "extractive",
            "usage": {"prompt_tokens": 0, "completion_tokens": 0},
            "request_id": "00000000-0000-0000-0000-000000000001",
        });
        for (name, value) in changes.as_object().unwrap() {
            answer[name] = value.clone();
        }
        serde_json::from_value(answer).unwrap()
    }

    #[test]
    fn an_answer_is_followed_by_its_sources_and_a_record_makes_no_line_among_them() {
        let expected = "\
Set <serial>.
  [2] Fake [1]

Sources
[1] A title of two[2J lines · Case.Description of 500000000000001AAA
    │ “Set <serial>.”
    https://org/500

1 statement, quoted from the records.

As of 2026-11-23 10:44 UTC.
";
        assert_eq!(answer(&of(json!({})), Look::PLAIN), expected);
    }

    #[test]
    fn marks_and_titles_lead_to_the_record_on_a_terminal_that_has_links() {
        let look = Look {
            width: Some(60),
            colours: true,
            links: true,
        };
        let text = answer(&of(json!({})), look);
        let link = "\u{1b}]8;;https://org/500\u{1b}\\\u{1b}[36m[1]\u{1b}[0m\u{1b}]8;;\u{1b}\\";
        assert_eq!(text.matches(link).count(), 2, "{text:?}");
        assert!(!text.contains("\n    https://"), "{text}");
    }

    #[test]
    fn what_was_dropped_and_how_it_was_checked_is_said_in_words() {
        let verification = json!({
            "shown": 1, "repaired": 1, "dropped": 2, "judge": "gpt-judge",
            "reasons": {"invented_fact": 1, "of_tomorrow": 1},
            "checked": {"claims": 1, "quotes": 1, "facts": 3},
        });
        let told = of(json!({"model": "gpt", "verification": verification}));
        let text = answer(&told, Look::PLAIN);
        let dropped = "! 2 statements of the model had no support and are not shown: a fact is not in the source (1), of tomorrow (1).";
        assert!(text.contains(dropped), "{text}");
        let how = "1 statement by gpt, checked against the records: 1 quote, 3 facts, 1 put right, and looked at by gpt-judge.";
        assert!(text.contains(how), "{text}");
    }

    #[test]
    fn what_is_not_known_is_said_with_what_is_nearest() {
        let nearest = json!([{
            "id": "500000000000001AAA", "object": "Case", "title": "Near", "url": "https://org/500",
            "account_id": null, "updated_at": "2026-11-23T10:44:00Z",
        }]);
        let changes = json!({"answered": false, "claims": [], "citations": [], "nearest": nearest});
        let text = answer(&of(changes), Look::PLAIN);
        assert!(text.starts_with("I do not know: "), "{text}");
        assert!(
            text.contains("\n  • Near · Case\n    https://org/500\n"),
            "{text}"
        );
        assert!(!text.contains("Sources"), "{text}");
    }
}
