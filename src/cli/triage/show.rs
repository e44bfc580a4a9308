//! A triage as text for people.

use domain::Claim;

use crate::cli::look::Look;
use crate::cli::page::{Ink, Page, Text};
use crate::cli::show;
use crate::plain::shortened;
use crate::query::{Proposed, Triage, Who};

/// Characters of a quote in a list.
const QUOTE: usize = 200;

/// Everything that it says, then where it was read.
pub fn triage(triage: &Triage, look: Look) -> String {
    let mut told = Told {
        page: Page::new(look),
        triage,
    };
    told.case();
    told.claims("Summary", &triage.summary, "");
    told.claims("The customer wants", &triage.wants, "");
    told.timeline();
    told.proposal();
    let (title, mark) = match triage.escalation.recommended {
        true => ("To escalate", "! "),
        false => ("Signs to watch", ""),
    };
    told.claims(title, &triage.escalation.signals, mark);
    told.duplicates();
    told.similar();
    told.articles();
    told.missing();
    told.reply();
    let Told { mut page, .. } = told;
    show::short_sources(&mut page, triage.citations.iter());
    show::degraded(&mut page, &triage.degraded);
    show::as_of(&mut page, triage.as_of);
    page.into_text()
}

struct Told<'a> {
    page: Page,
    triage: &'a Triage,
}

impl Told<'_> {
    fn case(&mut self) {
        let Some(case) = &self.triage.case else {
            return;
        };
        let number = case.number.as_deref().unwrap_or(case.id.as_str());
        let lead = Text::new()
            .ink(Ink::Faint, number)
            .column(Ink::Plain, "", 2);
        let title = Text::new().link(Ink::Strong, &case.title, &case.url);
        self.page.put(&lead, &title);
        self.page.address(0, &case.url);
    }

    /// A statement with its marks.
    fn said(&mut self, lead: &Text, text: Text, numbers: &[usize]) {
        let text = text.marks(numbers, &self.triage.citations);
        self.page.put(lead, &text);
    }

    fn claims(&mut self, title: &str, claims: &[Claim], mark: &str) {
        if claims.is_empty() {
            return;
        }
        self.page.heading(title);
        let lead = Text::indented(2).ink(Ink::Alarm, mark);
        for claim in claims {
            let text = Text::new().say(&shortened(&claim.text, 2 * QUOTE));
            self.said(&lead, text, &claim.citations);
        }
    }

    fn timeline(&mut self) {
        if self.triage.timeline.is_empty() {
            return;
        }
        self.page.heading("What happened");
        for entry in &self.triage.timeline {
            let who = match entry.who {
                Who::Customer => "customer",
                Who::Company => "company",
                Who::Record => "status",
            };
            let at = entry.at.format("%Y-%m-%d %H:%M").to_string();
            let lead = Text::indented(2)
                .column(Ink::Faint, &at, 18)
                .column(Ink::Plain, who, 10);
            let text = Text::new().say(&shortened(&entry.text, QUOTE));
            self.said(&lead, text, &entry.citations);
        }
    }

    fn proposal(&mut self) {
        self.page.heading("Proposed");
        let proposed = &self.triage.proposal;
        for (name, proposed) in [
            ("priority", &proposed.priority),
            ("type", &proposed.kind),
            ("product", &proposed.product),
            ("queue", &proposed.queue),
        ] {
            let lead = Text::indented(2).column(Ink::Faint, name, 10);
            self.said(&lead, one(proposed), &proposed.citations);
        }
    }

    fn duplicates(&mut self) {
        if self.triage.duplicates.is_empty() {
            return;
        }
        self.page.heading("Maybe the same");
        for duplicate in &self.triage.duplicates {
            let document = &duplicate.document;
            let text = Text::new()
                .link(Ink::Strong, &document.title, &document.url)
                .say(": ")
                .say(&duplicate.reason);
            self.said(&Text::indented(2), text, &duplicate.citations);
        }
    }

    fn similar(&mut self) {
        if self.triage.similar_cases.is_empty() {
            return;
        }
        self.page.heading("Similar cases");
        for case in &self.triage.similar_cases {
            let document = &case.document;
            let text = Text::new()
                .link(Ink::Strong, &document.title, &document.url)
                .ink(Ink::Faint, &format!(" ({})", case.similarity_reason));
            self.page.put(&Text::indented(2), &text);
            if let Some(solved) = &case.resolution {
                let lead = Text::indented(4).ink(Ink::Faint, "solved: ");
                let text = Text::new().say(&shortened(&solved.text, 2 * QUOTE));
                self.said(&lead, text, &solved.citations);
            }
            for article in &case.articles {
                let lead = Text::indented(4).ink(Ink::Faint, "article: ");
                let title = Text::new().link(Ink::Plain, &article.title, &article.url);
                self.page.put(&lead, &title);
            }
        }
    }

    fn articles(&mut self) {
        if self.triage.articles.is_empty() {
            return;
        }
        self.page.heading("Articles that apply");
        for article in &self.triage.articles {
            let document = &article.document;
            let title = Text::new().link(Ink::Strong, &document.title, &document.url);
            self.page.put(&Text::indented(2), &title);
            self.page.address(2, &document.url);
            for step in &article.steps {
                let text = Text::new().say(&shortened(&step.text, 2 * QUOTE));
                self.said(&Text::indented(4), text, &step.citations);
            }
        }
    }

    fn missing(&mut self) {
        if self.triage.missing.is_empty() {
            return;
        }
        self.page.heading("To ask for");
        for missing in &self.triage.missing {
            let text = Text::new()
                .say(&shortened(&missing.text, QUOTE))
                .ink(Ink::Faint, &format!(" ({})", missing.reason));
            self.said(&Text::indented(2), text, &missing.citations);
        }
    }

    /// The one text of several lines; each is indented, so that none looks like a heading.
    fn reply(&mut self) {
        self.page.heading("Reply, to look over");
        for line in self.triage.reply_draft.text.lines() {
            self.page.put(&Text::indented(2), &Text::new().say(line));
        }
    }
}

/// The value, how sure, what the case has now, and why.
fn one(proposed: &Proposed) -> Text {
    let now = proposed.current.as_ref();
    let now = now.map(|current| format!(", now {current}"));
    let now = now.unwrap_or_default();
    let text = match &proposed.value {
        Some(value) => Text::new()
            .ink(Ink::Strong, value)
            .ink(Ink::Faint, &format!(" ({:.2}{now})", proposed.confidence)),
        None => Text::new().say("–").say(&now),
    };
    text.say(": ").say(&proposed.reason)
}
