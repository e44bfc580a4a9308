//! The JSON that a model replies with: its schema, and a reader that hands out each claim as soon as
//! its last character has come.
//!
//! Small models do not keep to it. What can be understood is: fences and chatter around the JSON,
//! numbers as texts, one support instead of a list of them, and, failing that, prose with `[1]` marks.

use models::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::sentence::{cut, sentences};

/// A claim as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawClaim {
    pub text: String,
    /// In which part of the summary it belongs.
    pub section: Option<String>,
    pub support: Vec<RawSupport>,
}

/// A passage that a claim names, and what it quotes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSupport {
    /// From 1.
    pub passage: usize,
    /// None where the model has named a passage only.
    pub quote: Option<String>,
}

/// The longest sentence that is taken for a claim, in characters.
const LONGEST_CLAIM: usize = 1_200;
/// More claims than anybody reads come from a model that repeats itself.
const MOST_CLAIMS: usize = 60;

/// The schema of a reply; with sections each claim says to which it belongs.
pub fn schema(sections: &[&str]) -> JsonSchema {
    let support = json!({
        "type": "object",
        "properties": {"passage": {"type": "integer"}, "quote": {"type": "string"}},
        "required": ["passage", "quote"],
        "additionalProperties": false
    });
    let mut claim = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "support": {"type": "array", "items": support}
        },
        "required": ["text", "support"],
        "additionalProperties": false
    });
    if !sections.is_empty() {
        claim["properties"]["section"] = json!({"type": "string", "enum": sections});
        claim["required"] = json!(["text", "support", "section"]);
    }
    JsonSchema {
        name: "cited_claims".into(),
        schema: json!({
            "type": "object",
            "properties": {
                "answered": {"type": "boolean"},
                "claims": {"type": "array", "items": claim}
            },
            "required": ["answered", "claims"],
            "additionalProperties": false
        }),
    }
}

/// Reads a reply piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    text: String,
    /// The byte up to which the text is read.
    at: usize,
    state: State,
    /// What is open around the byte that is read: `{` or `[`.
    open: Vec<u8>,
    in_string: bool,
    escaped: bool,
    /// Where the string began that is read, and where the claim did.
    string_from: usize,
    claim_from: Option<usize>,
    /// The last whole string directly within the root: a key or a value.
    last: String,
    handed_out: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the list of claims.
    #[default]
    Before,
    Claims,
    /// Behind it.
    After,
}

impl Reader {
    /// Takes the next piece and hands out the claims that are whole now.
    pub fn push(&mut self, piece: &str) -> Vec<RawClaim> {
        self.text.push_str(piece);
        let mut claims = Vec::new();
        while self.at < self.text.len() {
            let at = self.at;
            self.at += 1;
            if let Some(claim) = self.byte(at) {
                claims.push(claim);
            }
        }
        self.handed_out += claims.len();
        claims.truncate(MOST_CLAIMS.saturating_sub(self.handed_out - claims.len()));
        claims
    }

    /// Whether the model says that the passages answer; none while it has not said.
    pub fn answered(&self) -> Option<bool> {
        let (_, rest) = self.text.rsplit_once("\"answered\"")?;
        let rest = rest.trim_start().strip_prefix(':')?.trim_start();
        let rest = rest.trim_start_matches('"').to_ascii_lowercase();
        match (rest.starts_with("true"), rest.starts_with("false")) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }

    /// Whether anything has come that could be JSON of the contract.
    pub fn is_understood(&self) -> bool {
        self.handed_out > 0 || self.state != State::Before || self.answered().is_some()
    }

    /// The claims of a reply that has none of the JSON that was asked for.
    pub fn otherwise(&self) -> Vec<RawClaim> {
        if self.handed_out > 0 || self.answered() == Some(false) {
            return Vec::new();
        }
        if let Some(claims) = behind_chatter(&self.text) {
            return claims;
        }
        match self.is_understood() {
            true => Vec::new(),
            false => prose(&self.text),
        }
    }

    fn byte(&mut self, at: usize) -> Option<RawClaim> {
        let byte = self.text.as_bytes()[at];
        if self.in_string {
            self.string_byte(byte, at);
            return None;
        }
        match byte {
            b'"' if !self.open.is_empty() => {
                self.in_string = true;
                self.string_from = at + 1;
            }
            b'{' | b'[' => self.opened(byte, at),
            b'}' | b']' => return self.closed(at),
            _ => {}
        }
        None
    }

    fn string_byte(&mut self, byte: u8, at: usize) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                if self.open.len() == 1 {
                    self.last = self.text[self.string_from..at].to_owned();
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, byte: u8, at: usize) {
        // A square bracket before the object is chatter.
        if self.open.is_empty() && byte == b'[' {
            return;
        }
        let begins_claims = self.open.len() == 1 && byte == b'[' && self.last == "claims";
        if self.state == State::Before && begins_claims {
            self.state = State::Claims;
        }
        if self.state == State::Claims && self.open.len() == 2 && byte == b'{' {
            self.claim_from = Some(at);
        }
        self.open.push(byte);
    }

    fn closed(&mut self, at: usize) -> Option<RawClaim> {
        self.open.pop();
        if self.state != State::Claims {
            return None;
        }
        match (self.open.len(), self.claim_from) {
            (2, Some(from)) => {
                self.claim_from = None;
                claim(&self.text[from..=at])
            }
            (0 | 1, _) => {
                self.state = State::After;
                None
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct LooseClaim {
    #[serde(alias = "claim", alias = "sentence", alias = "statement")]
    text: String,
    #[serde(default)]
    section: Option<String>,
    #[serde(
        default,
        alias = "citations",
        alias = "sources",
        alias = "supports",
        alias = "passages"
    )]
    support: Value,
}

/// A claim that has a text; others are dropped by the verification, which counts them.
fn claim(text: &str) -> Option<RawClaim> {
    let loose: LooseClaim = serde_json::from_str(text).ok()?;
    let support = match &loose.support {
        Value::Array(all) => all.iter().filter_map(support).collect(),
        Value::Null => Vec::new(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            support(&loose.support).into_iter().collect()
        }
    };
    Some(RawClaim {
        text: plain(&loose.text),
        section: loose.section,
        support,
    })
}

fn support(value: &Value) -> Option<RawSupport> {
    let field = |names: [&str; 3]| names.into_iter().find_map(|name| value.get(name));
    let passage = match value {
        Value::Object(_) => field(["passage", "id", "passage_id"])?,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            value
        }
    };
    let quote = field(["quote", "text", "evidence"]).and_then(Value::as_str);
    Some(RawSupport {
        passage: number(passage)?,
        quote: quote
            .filter(|quote| !quote.trim().is_empty())
            .map(str::to_owned),
    })
}

/// `3`, `"3"`, `"[3]"`, `"passage 3"`.
fn number(value: &Value) -> Option<usize> {
    if let Some(number) = value.as_u64() {
        return usize::try_from(number).ok();
    }
    let digits: String = value
        .as_str()?
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// The claims of an object that stands behind text with brackets of its own, such as what a model thought.
fn behind_chatter(text: &str) -> Option<Vec<RawClaim>> {
    let at = text.rfind("\"claims\"")?;
    let from = text[..at].rfind('{')?;
    let mut reader = Reader::default();
    let claims = reader.push(&text[from..]);
    (!claims.is_empty()).then_some(claims)
}

/// Sentences with `[1]` marks; one without a mark is supported by nothing.
fn prose(text: &str) -> Vec<RawClaim> {
    let text = text.trim().trim_matches('`');
    let mut claims: Vec<RawClaim> = Vec::new();
    for span in sentences(text) {
        let sentence = cut(text, span);
        // "…for ten seconds. [1] Then wait."
        let own = sentence.trim_start_matches(|c: char| c.is_ascii_digit() || "[], ".contains(c));
        let (before, own) = match sentence.starts_with('[') {
            true => (&sentence[..sentence.len() - own.len()], own),
            false => ("", sentence.as_str()),
        };
        if let Some(last) = claims.last_mut().filter(|last| last.support.is_empty()) {
            last.support = marks(before);
        }
        if own.chars().any(char::is_alphanumeric) {
            claims.push(RawClaim {
                text: plain(own),
                section: None,
                support: marks(own),
            });
        }
    }
    claims.truncate(MOST_CLAIMS);
    claims
}

fn marks(text: &str) -> Vec<RawSupport> {
    let pieces = text
        .split('[')
        .skip(1)
        .filter_map(|piece| piece.split(']').next());
    let numbers = pieces.flat_map(|piece| piece.split([',', ' ', ';']));
    numbers
        .filter_map(|number| number.trim().parse().ok())
        .map(|passage| RawSupport {
            passage,
            quote: None,
        })
        .collect()
}

/// A claim's words without marks of citations, in one line and of a length that people read.
fn plain(text: &str) -> String {
    let mut said = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        said.push_str(before);
        let mark = after.split_once(']').filter(|(mark, _)| {
            !mark.is_empty()
                && mark
                    .chars()
                    .all(|c| c.is_ascii_digit() || ", ;".contains(c))
        });
        rest = match mark {
            Some((_, behind)) => behind,
            None => {
                said.push('[');
                after
            }
        };
    }
    said.push_str(rest);
    let words: Vec<&str> = said.split_whitespace().collect();
    let said = words.join(" ").replace(" .", ".").replace(" ,", ",");
    said.chars().take(LONGEST_CLAIM).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = r#"{"answered": true, "claims": [
        {"text": "Hold it for \"ten\" seconds {really}.", "support": [{"passage": 1, "quote": "ten \"seconds\""}]},
        {"text": "Then wait [2].", "support": [{"passage": "2", "quote": ""}, 3], "section": "steps"}]}"#;

    fn read(text: &str, size: usize) -> (Vec<RawClaim>, Reader) {
        let mut reader = Reader::default();
        let characters: Vec<char> = text.chars().collect();
        let pieces = characters
            .chunks(size)
            .map(|piece| piece.iter().collect::<String>());
        let claims = pieces
            .flat_map(|piece| reader.push(&piece))
            .collect::<Vec<_>>();
        (claims, reader)
    }

    #[test]
    fn claims_are_handed_out_as_they_are_whole_however_they_are_cut() {
        let (whole, _) = read(REPLY, REPLY.len());
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].text, "Hold it for \"ten\" seconds {really}.");
        assert_eq!(
            whole[0].support[0].quote.as_deref(),
            Some("ten \"seconds\"")
        );
        assert_eq!(whole[1].text, "Then wait.");
        assert_eq!(whole[1].section.as_deref(), Some("steps"));
        assert_eq!(
            whole[1]
                .support
                .iter()
                .map(|s| s.passage)
                .collect::<Vec<_>>(),
            [2, 3]
        );
        for size in [1, 2, 7, 64] {
            let (pieces, reader) = read(REPLY, size);
            assert_eq!(pieces, whole);
            assert_eq!(reader.answered(), Some(true));
        }
    }

    #[test]
    fn a_reply_that_breaks_off_gives_what_was_whole() {
        let at = REPLY.find("Then wait").unwrap();
        let (claims, reader) = read(&REPLY[..at], 5);
        assert_eq!(claims.len(), 1);
        assert!(reader.is_understood() && reader.otherwise().is_empty());
    }

    #[test]
    fn fences_and_chatter_do_no_harm() {
        let (claims, reader) = read(
            &format!("Sure [1]! Here is it:\n```json\n{REPLY}\n```\nDone."),
            9,
        );
        assert_eq!(claims.len(), 2);
        assert!(reader.otherwise().is_empty());
        let (none, reader) = read("{\"answered\": false, \"claims\": []}", 3);
        assert!(
            none.is_empty() && reader.answered() == Some(false) && reader.otherwise().is_empty()
        );
    }

    #[test]
    fn what_a_model_thinks_before_it_replies_is_left_out() {
        let (claims, reader) = read(&format!("<think>{{ hm [1 \" ok</think>\n{REPLY}"), 6);
        let claims = if claims.is_empty() {
            reader.otherwise()
        } else {
            claims
        };
        assert_eq!(claims.len(), 2);
    }

    #[test]
    fn prose_with_marks_is_understood() {
        let (none, reader) = read(
            "Hold it for ten seconds [1]. Then wait. [2][3] All is well.",
            4,
        );
        assert!(none.is_empty());
        let claims = reader.otherwise();
        assert_eq!(claims.len(), 3);
        assert_eq!(claims[0].text, "Hold it for ten seconds.");
        assert_eq!(claims[1].support.len(), 2);
        assert!(claims[2].support.is_empty());
    }

    #[test]
    fn nonsense_is_read_without_harm() {
        for text in [
            "",
            "]]}}",
            "{\"claims\": [[{\"text\": 3}]]}",
            "{\"claims\": {\"text\"",
            "\\\"{{{[[[",
        ] {
            let (claims, _) = read(text, 1);
            assert!(claims.is_empty(), "{text}");
        }
    }
}
