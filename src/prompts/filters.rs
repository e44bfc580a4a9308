//! What templates can do beyond minijinja's own filters: keep text of records where it belongs.

use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

/// The elements of our prompts. Text of records must not open or close one.
const ELEMENTS: [&str; 2] = ["passage", "question"];
/// Stands behind a `<` that must not begin an element; readers do not see it.
const BREAK: char = '\u{200b}';

/// Strict: a variable that nobody fills in is an error. Whatever is printed is [`defused`], so that a
/// template that forgets the filter is no hole.
pub fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_filter("defused", |text: String| defused(&text));
        environment.add_filter("attribute", |text: String| attribute(&text));
        environment.set_formatter(print);
        environment
    });
    &ENVIRONMENT
}

fn print(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    let printed = match value.as_str() {
        Some(text) => out.write_str(&defused(text)),
        None => out.write_str(&defused(&value.to_string())),
    };
    printed.map_err(|_| Error::from(ErrorKind::WriteFailure))
}

/// A text that can neither close its own element nor open another.
pub fn defused(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at + 1);
        safe.push_str(before);
        if begins_element(tag) {
            safe.push(BREAK);
        }
        rest = tag;
    }
    safe.push_str(rest);
    safe
}

/// Whether `/passage`, ` PASSAGE` or the like stands behind a `<`: models are lenient readers.
fn begins_element(tag: &str) -> bool {
    let name = tag.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
    ELEMENTS.iter().any(|element| {
        let head = name.get(..element.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(element))
    })
}

/// A text that stays within the quotes of an attribute.
pub fn attribute(text: &str) -> String {
    text.replace(['"', '<', '>', '\n', '\r'], " ")
}
