//! Hits as text for people.

use crate::cli::excerpt::excerpt;
use crate::cli::look::Look;
use crate::cli::page::{Ink, Page, Text};
use crate::cli::show;
use crate::plain::one_line;
use crate::query::{FacetCount, Hit, Leg, SearchResponse};
use crate::status::words::counted as some;

/// Characters of a passage in a list.
const SNIPPET: usize = 280;
/// Values of a facet in a list.
const FACET_VALUES: usize = 8;
/// Columns before what belongs to a hit.
const INDENT: usize = 4;

/// Hits, best first, then the facets, how to go on, and how much there is.
pub fn search(found: &SearchResponse, look: Look) -> String {
    let mut page = Page::new(look);
    if found.hits.is_empty() {
        let nothing = "Nothing found in the records that this user may read.";
        page.put(&Text::new(), &Text::new().say(nothing));
    }
    for (place, hit) in found.hits.iter().enumerate() {
        show_hit(&mut page, place + 1, hit);
    }
    for (facet, counts) in &found.facets {
        show_facet(&mut page, facet, counts);
    }
    show::degraded(&mut page, &found.degraded);
    if let Some(cursor) = &found.next_cursor {
        page.blank();
        // Never wrapped: it is there to be copied.
        page.line(&format!("More: the same again with --cursor {cursor}"));
    }
    let count = some(found.hits.len() as u64, "document");
    let as_of = found.as_of.map(|at| format!(", as of {}", show::time(at)));
    page.blank();
    let last = format!("{count}{}.", as_of.unwrap_or_default());
    page.put(&Text::new(), &Text::new().ink(Ink::Faint, &last));
    page.into_text()
}

fn show_hit(page: &mut Page, place: usize, hit: &Hit) {
    let document = &hit.document;
    let number = Text::new().right(Ink::Faint, &format!("{place}."), INDENT - 1);
    let title = Text::new().link(Ink::Strong, &document.title, &document.url);
    page.put(&number.say(" "), &title);
    let facts = Text::new().ink(Ink::Faint, &facts(hit));
    page.put(&Text::indented(INDENT), &facts);
    let title = one_line(&document.title);
    for passage in &hit.passages {
        let is_title = one_line(&passage.text) == title;
        if is_title && hit.passages.len() > 1 && passage.explanation.is_none() {
            continue;
        }
        let place = match &passage.file {
            Some(file) => match &file.sheet {
                Some(sheet) => format!("{}, sheet {sheet}: ", file.name),
                None => format!("{}, page {}: ", file.name, file.page),
            },
            None => format!("{}.{}: ", passage.object, passage.field),
        };
        let text = Text::new().ink(Ink::Faint, &place);
        let text = excerpt(text, &passage.text, &passage.highlights, SNIPPET);
        page.put(&Text::indented(INDENT), &text);
        if let Some(legs) = &passage.explanation {
            let (keyword, vector) = (leg(legs.keyword), leg(legs.vector));
            let fused = legs.fused;
            let why = format!("by words {keyword}; by meaning {vector}; together {fused:.3}");
            page.put(&Text::indented(INDENT + 2), &Text::new().say(&why));
        }
    }
    explain(page, hit);
    page.address(INDENT, &document.url);
    page.blank();
}

/// What it is, how recent, and how near; the other languages of an article.
fn facts(hit: &Hit) -> String {
    let document = &hit.document;
    let day = document.updated_at.format("%Y-%m-%d");
    let mut facts = format!("{} · {} · {day}", document.object, document.id);
    if hit.score != 0.0 {
        facts.push_str(&format!(" · {:.2}", hit.score));
    }
    let languages = hit.translations.iter();
    let languages: Vec<&str> = languages
        .filter_map(|translation| translation.language.as_deref())
        .collect();
    if !languages.is_empty() {
        facts.push_str(&format!(" · also in {}", languages.join(", ")));
    }
    facts
}

fn explain(page: &mut Page, hit: &Hit) {
    let Some(explanation) = &hit.explanation else {
        return;
    };
    let why = Text::new().say("Why: ").say(&explanation.why);
    page.put(&Text::indented(INDENT), &why);
    for boost in &explanation.boosts {
        let text = format!("{:+.3} {}", boost.amount, boost.reason.name());
        page.put(&Text::indented(INDENT + 2), &Text::new().say(&text));
    }
}

/// What a leg gave a passage.
fn leg(leg: Option<Leg>) -> String {
    leg.map_or("–".to_owned(), |leg| {
        format!(
            "#{} (score {:.3}, scaled {:.3}, adds {:.3})",
            leg.rank, leg.score, leg.scaled, leg.share
        )
    })
}

fn show_facet(page: &mut Page, facet: &str, counts: &[FacetCount]) {
    let shown = counts.iter().take(FACET_VALUES).map(counted);
    let shown: Vec<_> = shown.collect();
    let more = match counts.len().saturating_sub(FACET_VALUES) {
        0 => String::new(),
        more => format!(", {more} more"),
    };
    let lead = Text::new().ink(Ink::Faint, &format!("{facet}: "));
    let values = format!("{}{more}", shown.join(", "));
    page.put(&lead, &Text::new().say(&values));
}

fn counted(count: &FacetCount) -> String {
    let name = count.label.as_ref().unwrap_or(&count.value);
    format!("{name} {}", count.count)
}
