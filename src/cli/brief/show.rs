//! A brief as text for people.

use std::collections::BTreeSet;

use console::measure_text_width;

use crate::cli::look::Look;
use crate::cli::page::{Ink, Page, Text};
use crate::cli::show;
use crate::plain::one_line;
use crate::query::{self, Brief, Figure, Section};

/// Marks of citations beside a figure, which may be made of many records.
const MARKS: usize = 3;
/// Columns up to which the values of figures stand right below each other.
const WIDEST: usize = 24;

/// Figures and sections, then what their sentences stand on.
pub fn brief(brief: &Brief, look: Look) -> String {
    let mut page = Page::new(look);
    let account = &brief.account;
    let name = Text::new().link(Ink::Strong, &account.name, &account.url);
    page.put(&Text::new(), &name);
    let subtitle = query::subtitle(brief);
    page.put(&Text::new(), &Text::new().ink(Ink::Faint, &subtitle));
    page.address(0, &account.url);
    figures(&mut page, brief);
    for section in &brief.sections {
        show_section(&mut page, section, brief);
    }
    let cited = cited(brief);
    let sources = brief.citations.iter();
    show::short_sources(
        &mut page,
        sources.filter(|source| cited.contains(&source.number)),
    );
    for degraded in &brief.degraded {
        page.blank();
        let text = Text::new().ink(Ink::Warning, &format!("{degraded}."));
        page.put(&Text::new(), &text);
    }
    page.into_text()
}

fn figures(page: &mut Page, brief: &Brief) {
    let widest = |of: fn(&Figure) -> &str| {
        let widths = brief
            .figures
            .iter()
            .map(|figure| measure_text_width(&one_line(of(figure))));
        widths.max().unwrap_or_default()
    };
    let labels = widest(|figure| &figure.label);
    let values = widest(|figure| &figure.text).min(WIDEST);
    if !brief.figures.is_empty() {
        page.blank();
    }
    for figure in &brief.figures {
        let lead = Text::indented(2).column(Ink::Plain, &figure.label, labels + 2);
        let value = Text::new().right(Ink::Strong, &figure.text, values);
        page.put(&lead, &value.marks(marked(figure), &brief.citations));
    }
}

fn show_section(page: &mut Page, section: &Section, brief: &Brief) {
    page.heading(&section.title);
    let lead = match section.is_of_risks() {
        true => Text::indented(2).ink(Ink::Alarm, "! "),
        false => Text::indented(2).say("• "),
    };
    for claim in &section.claims {
        let text = Text::new().say(&claim.text);
        page.put(&lead, &text.marks(&claim.citations, &brief.citations));
    }
}

/// The numbers of the citations that are marked somewhere.
fn cited(brief: &Brief) -> BTreeSet<usize> {
    let claims = brief.sections.iter().flat_map(|section| &section.claims);
    let of_claims = claims.flat_map(|claim| &claim.citations);
    let of_figures = brief.figures.iter().flat_map(marked);
    of_claims.chain(of_figures).copied().collect()
}

fn marked(figure: &Figure) -> &[usize] {
    &figure.citations[..figure.citations.len().min(MARKS)]
}
