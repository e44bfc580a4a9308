//! What tools return: text that reads well, the same as data, and links to the records.

use std::collections::BTreeSet;
use std::fmt::Write;

use domain::{Citation, Claim, marks};
use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde_json::{Value, json};

use super::arguments::MOST;
use crate::plain::one_line;
use crate::query::{self, Answer, Brief, DocumentHead, Record, SearchResponse, Triage};

/// Characters of one record's text in a reply; what is more is left out, and said to be.
const LONGEST_TEXT: usize = 24_000;

/// Why a tool did not do it, in one sentence that says what to pass instead.
#[derive(Debug)]
pub struct Refusal(pub String);

/// What a tool says.
#[derive(Debug)]
pub struct Told {
    text: String,
    data: Value,
    links: Vec<Link>,
}

/// A record to open.
#[derive(Debug)]
struct Link {
    url: String,
    title: String,
    what: String,
}

/// A refusal is a result, too: a protocol error would not reach the model.
pub fn result(told: Result<Told, Refusal>) -> CallToolResult {
    let told = match told {
        Ok(told) => told,
        Err(Refusal(sentence)) => return CallToolResult::error(vec![ContentBlock::text(sentence)]),
    };
    let mut content = vec![ContentBlock::text(told.text)];
    let mut known = BTreeSet::new();
    let first = told
        .links
        .into_iter()
        .filter(|link| known.insert(link.url.clone()));
    content.extend(first.take(MOST).map(|link| {
        let resource = Resource::new(link.url, link.title)
            .with_description(link.what)
            .with_mime_type("text/html");
        ContentBlock::resource_link(resource)
    }));
    let mut result = CallToolResult::success(content);
    result.structured_content = Some(told.data);
    result
}

/// Hits of a search.
pub fn found(found: &SearchResponse) -> Told {
    let mut text = String::new();
    if found.hits.is_empty() {
        text.push_str("Nothing found in the records that this user may read.\n");
    }
    let mut results = Vec::new();
    for (place, hit) in found.hits.iter().enumerate() {
        let head = &hit.document;
        let number = place + 1;
        let _ = writeln!(
            text,
            "[{number}] {} ({})\n{}",
            one_line(&head.title),
            about(head),
            head.url
        );
        for passage in &hit.passages {
            let _ = writeln!(text, "> {}", one_line(&passage.text));
        }
        text.push('\n');
        let passages = hit.passages.iter().map(|passage| {
            json!({
                "record_id": passage.record_id, "object": passage.object, "field": passage.field,
                "text": passage.text,
            })
        });
        let mut result = named(head);
        result["number"] = json!(number);
        result["passages"] = passages.collect();
        results.push(result);
    }
    degraded(&mut text, &found.degraded);
    Told {
        text,
        data: json!({"results": results, "as_of": found.as_of, "degraded": found.degraded}),
        links: found
            .hits
            .iter()
            .map(|hit| Link::of(&hit.document))
            .collect(),
    }
}

/// An answer, or what is nearest to one.
pub fn answer(answer: &Answer) -> Told {
    let mut text = String::new();
    match answer.answered {
        true => {
            claims(&mut text, &answer.claims);
            sources(&mut text, &answer.citations);
        }
        false => {
            text.push_str("The records that this user may read do not answer this.\n");
            for head in &answer.nearest {
                let _ = writeln!(
                    text,
                    "Nearest: {} ({})\n{}",
                    one_line(&head.title),
                    about(head),
                    head.url
                );
            }
        }
    }
    degraded(&mut text, &answer.degraded);
    let nearest: Vec<Value> = answer.nearest.iter().map(named).collect();
    let mut links = cited(&answer.citations);
    links.extend(answer.nearest.iter().map(Link::of));
    Told {
        text,
        data: json!({
            "answered": answer.answered,
            "claims": answer.claims,
            "citations": lean(&answer.citations),
            "conflicts": answer.conflicts,
            "nearest": nearest,
            "as_of": answer.as_of,
            "degraded": answer.degraded,
            "request_id": answer.request_id,
        }),
        links,
    }
}

/// A brief, as Markdown.
pub fn brief(brief: &Brief) -> Told {
    let mut links = vec![Link {
        url: brief.account.url.clone(),
        title: brief.account.name.clone(),
        what: "Account".to_owned(),
    }];
    links.extend(cited(&brief.citations));
    Told {
        text: query::markdown(brief),
        data: json!({
            "account": brief.account,
            "figures": brief.figures,
            "sections": brief.sections,
            "citations": lean(&brief.citations),
            "as_of": brief.as_of,
            "degraded": brief.degraded,
            "request_id": brief.request_id,
        }),
        links,
    }
}

/// A triage.
pub fn triage(triage: &Triage) -> Told {
    let mut data = json!(triage);
    data["citations"] = lean(&triage.citations);
    let mut links: Vec<Link> = Vec::new();
    links.extend(
        triage
            .articles
            .iter()
            .map(|article| Link::of(&article.document)),
    );
    links.extend(
        triage
            .similar_cases
            .iter()
            .map(|case| Link::of(&case.document)),
    );
    links.extend(cited(&triage.citations));
    Told {
        text: crate::cli::triage_text(triage),
        data,
        links,
    }
}

/// A record with all that may be read of it.
pub fn record(record: &Record) -> Told {
    let head = &record.document;
    let mut text = format!(
        "{} ({})\n{}\n",
        one_line(&head.title),
        about(head),
        head.url
    );
    for part in &record.records {
        let written = part
            .written_at
            .map(|at| format!(", {}", at.format("%Y-%m-%d")));
        let _ = writeln!(
            text,
            "\n{} {}{}",
            part.object,
            part.record_id,
            written.unwrap_or_default()
        );
        for field in &part.fields {
            let _ = writeln!(text, "{}: {}", field.name, field.text);
        }
    }
    let mut data =
        json!({"document": named(head), "records": record.records, "as_of": record.as_of});
    if text.chars().count() > LONGEST_TEXT {
        text = text.chars().take(LONGEST_TEXT).collect();
        text.push_str("\n… the record is longer; search_knowledge finds passages of it.\n");
        // The text has what fits; the same once more would not.
        data["records"] = json!([]);
        data["shortened"] = json!(true);
    }
    Told {
        text,
        data,
        links: vec![Link::of(head)],
    }
}

impl Link {
    fn of(head: &DocumentHead) -> Self {
        Self {
            url: head.url.clone(),
            title: head.title.clone(),
            what: format!("{} {}", head.object, head.id),
        }
    }
}

fn cited(citations: &[Citation]) -> Vec<Link> {
    let links = citations.iter().map(|citation| Link {
        url: citation.url.clone(),
        title: citation.title.clone(),
        what: citation.place(),
    });
    links.collect()
}

fn about(head: &DocumentHead) -> String {
    format!(
        "{} {}, {}",
        head.object,
        head.id,
        head.updated_at.format("%Y-%m-%d")
    )
}

fn named(head: &DocumentHead) -> Value {
    json!({
        "record_id": head.id, "object": head.object, "title": head.title, "url": head.url,
        "updated_at": head.updated_at,
    })
}

/// Citations without offsets, which nobody but a reader of the field needs.
fn lean(citations: &[Citation]) -> Value {
    let lean = citations.iter().map(|citation| {
        json!({
            "number": citation.number, "record_id": citation.record_id, "object": citation.object,
            "field": citation.field, "quote": citation.quote, "title": citation.title,
            "url": citation.url,
        })
    });
    lean.collect()
}

fn claims(text: &mut String, claims: &[Claim]) {
    for claim in claims {
        let _ = writeln!(text, "{} {}", claim.text, marks(&claim.citations));
    }
}

fn sources(text: &mut String, citations: &[Citation]) {
    text.push_str("\nSources:\n");
    for citation in citations {
        let (number, url) = (citation.number, &citation.url);
        let (title, quote) = (one_line(&citation.title), one_line(&citation.quote));
        let _ = writeln!(
            text,
            "[{number}] {title} · {}\n> {quote}\n{url}",
            citation.place()
        );
    }
}

fn degraded(text: &mut String, degraded: &[String]) {
    for reason in degraded {
        let _ = writeln!(text, "\nFound without all means: {reason}.");
    }
}
