//! A case as a conversation: who wrote what, without greetings, signatures and older letters.

use chrono::{DateTime, Utc};
use domain::{Document, DocumentRecord, FieldText};

use super::quote::{Quote, named, time};
use super::words::words;
use crate::query::grounding::{Span, cut, is_order, sentences};

/// Fields that hold what was written, the first of them that has text.
const BODIES: [&str; 3] = ["CommentBody", "TextBody", "HtmlBody"];
/// A sentence of no more words, without a number, tells nothing by itself.
const FEW_WORDS: usize = 2;

/// On which side of the desk somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Customer,
    Company,
}

/// By which way it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Comment,
    Email,
}

/// A comment or an email of a case.
#[derive(Debug, Clone)]
pub struct Message<'a> {
    pub by: Side,
    pub way: Way,
    pub at: Option<DateTime<Utc>>,
    /// What it says, sentence by sentence.
    pub sentences: Vec<Quote<'a>>,
    /// All that it says: from the first sentence to the last.
    pub body: Quote<'a>,
}

impl<'a> Message<'a> {
    /// The first sentence that tells something.
    pub fn first(&self) -> Quote<'a> {
        let mut telling = self.sentences.iter();
        let first = telling.find(|quote| !words().is_courtesy(&quote.text()));
        first
            .or(self.sentences.first())
            .copied()
            .unwrap_or(self.body)
    }
}

/// The comments and emails of a case in their order, so far as the viewer may read them.
pub fn messages(case: &Document) -> Vec<Message<'_>> {
    let customer = customer_domain(case);
    let parts = case.records.iter().skip(1);
    parts
        .filter_map(|record| message(case, record, customer.as_deref()))
        .collect()
}

fn message<'a>(
    case: &'a Document,
    record: &'a DocumentRecord,
    customer: Option<&str>,
) -> Option<Message<'a>> {
    let way = match record.object.as_str() {
        "CaseComment" => Way::Comment,
        "EmailMessage" => Way::Email,
        _ => return None,
    };
    let field = BODIES.iter().find_map(|name| named(record, name))?;
    let whole = Quote::whole(case, record, field);
    let sentences: Vec<Quote<'a>> = telling(field).into_iter().map(|s| whole.at(s)).collect();
    let (first, last) = (sentences.first()?, sentences.last()?);
    let body = whole.at(Span {
        start: first.span.start,
        end: last.span.end,
    });
    Some(Message {
        by: match way {
            Way::Comment => side_of_note(&body.text()),
            Way::Email => side_of_email(record, customer),
        },
        way,
        at: record.written_at.or_else(|| kept_time(record)),
        sentences,
        body,
    })
}

/// A note is the company's, but for those that say what the customer said.
fn side_of_note(text: &str) -> Side {
    match words().relays(text) {
        true => Side::Customer,
        false => Side::Company,
    }
}

fn side_of_email(email: &DocumentRecord, customer: Option<&str>) -> Side {
    let from = named(email, "FromAddress").and_then(|from| domain_of(&from.text));
    match named(email, "Incoming").map(|incoming| incoming.text.as_str()) {
        Some("true") => Side::Customer,
        Some(_) => Side::Company,
        None if from.is_some() && from.as_deref() == customer => Side::Customer,
        None => Side::Company,
    }
}

/// The domain that the customer writes from: of the address that the case came with, else of its
/// first email.
fn customer_domain(case: &Document) -> Option<String> {
    let supplied = Quote::of_root(case, "SuppliedEmail").map(|quote| quote.text());
    let first = || {
        let from = case.records.iter().find_map(|r| named(r, "FromAddress"))?;
        Some(from.text.clone())
    };
    domain_of(&supplied.or_else(first)?)
}

fn domain_of(address: &str) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    Some(domain.trim_end_matches('>').to_lowercase())
}

fn kept_time(record: &DocumentRecord) -> Option<DateTime<Utc>> {
    let kept = ["MessageDate", "CreatedDate"];
    kept.iter()
        .find_map(|name| time(&named(record, name)?.text))
}

/// The sentences of a letter that say something, in their order. What is written to a language model
/// says nothing.
pub fn telling(field: &FieldText) -> Vec<Span> {
    let words = words();
    let mut said = Vec::new();
    for span in sentences(&field.text) {
        let sentence = cut(&field.text, span);
        let ends = words.signs_off(&sentence) || words.opens_older_letter(&sentence);
        if ends && !said.is_empty() {
            break;
        }
        let is_frame = ends || words.greets(&sentence) || sentence.starts_with('>');
        let is_frame = is_frame || is_order(&sentence);
        if !is_frame {
            said.push(span);
        }
    }
    let tells = |span: &Span| tells_something(&cut(&field.text, *span));
    if said.iter().any(tells) {
        said.retain(tells);
    }
    said
}

fn tells_something(sentence: &str) -> bool {
    let words = sentence.split_whitespace().count();
    words > FEW_WORDS || sentence.chars().any(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FieldName;

    fn said(text: &str) -> Vec<String> {
        let name = FieldName::parse("TextBody").expect("a name");
        let field = FieldText::new(name, text.to_owned());
        let spans = telling(&field);
        spans.into_iter().map(|s| cut(&field.text, s)).collect()
    }

    #[test]
    fn what_frames_a_letter_is_not_what_it_says() {
        let letter = "Hi Sam,\n\nThe fan stands still. It hums.\n\nMany thanks,\nGrant Pelletier\n\n> Does the fan turn?";
        assert_eq!(said(letter), ["The fan stands still."]);
        assert_eq!(
            said("Guten Tag,\n\nPlus.\n\nViele Grüße\nAnke Dietz"),
            ["Plus."]
        );
        assert_eq!(
            said("Dear Sam,\n\nThanks, Sam, that was quick.\n\nBest,\nAda"),
            ["Thanks, Sam, that was quick."]
        );
        assert!(said("> only an older letter").is_empty());
    }
}
