//! Sections: short sentences of records, each cited. No model has a part in them.

mod cases;
mod contracts;
mod conversations;
mod deals;
mod overview;
mod people;
mod promises;
mod risks;

use chrono::NaiveDate;
use domain::{Claim, DocumentRecord, FieldText};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Audience;
use super::dossier::{Clock, Dossier};
use super::scribe::Scribe;
use crate::query::grounding::{Span, cut, is_order, sentences};

/// A part of a brief.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Section {
    pub name: SectionName,
    pub title: String,
    pub claims: Vec<Claim>,
}

impl Section {
    /// Whether it says what may go wrong.
    pub fn is_of_risks(&self) -> bool {
        self.name == SectionName::Risks
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionName {
    Overview,
    People,
    Opportunities,
    Cases,
    Conversations,
    Promises,
    Contracts,
    Risks,
    TalkingPoints,
}

impl SectionName {
    /// Those in which a model may say something, too.
    pub const TOLD: [Self; 6] = [
        Self::Opportunities,
        Self::Cases,
        Self::Conversations,
        Self::Promises,
        Self::Risks,
        Self::TalkingPoints,
    ];

    /// As it stands in a reply.
    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::People => "people",
            Self::Opportunities => "opportunities",
            Self::Cases => "cases",
            Self::Conversations => "conversations",
            Self::Promises => "promises",
            Self::Contracts => "contracts",
            Self::Risks => "risks",
            Self::TalkingPoints => "talking_points",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Who they are",
            Self::People => "People",
            Self::Opportunities => "Opportunities",
            Self::Cases => "Cases",
            Self::Conversations => "Last conversations",
            Self::Promises => "Promises",
            Self::Contracts => "Contracts",
            Self::Risks => "Risks",
            Self::TalkingPoints => "Talking points",
        }
    }
}

/// What stands where for whom, and how many claims at most.
fn plan(audience: Audience) -> &'static [(SectionName, usize)] {
    use SectionName::{
        Cases, Contracts, Conversations, Opportunities, Overview, People, Promises, Risks,
        TalkingPoints,
    };
    match audience {
        Audience::SalesCall => &[
            (Overview, 4),
            (TalkingPoints, 6),
            (Opportunities, 10),
            (Promises, 8),
            (Risks, 8),
            (Conversations, 5),
            (People, 8),
            (Cases, 10),
            (Contracts, 4),
        ],
        Audience::Renewal => &[
            (Contracts, 8),
            (Cases, 12),
            (Promises, 10),
            (Risks, 8),
            (Opportunities, 6),
            (Conversations, 5),
            (People, 6),
            (TalkingPoints, 6),
            (Overview, 3),
        ],
        Audience::Executive => &[
            (Risks, 6),
            (Opportunities, 3),
            (Contracts, 3),
            (Cases, 3),
            (TalkingPoints, 4),
            (Overview, 2),
        ],
    }
}

/// The sections for an audience, without empty ones.
pub fn write(
    dossier: &Dossier,
    clock: &Clock,
    audience: Audience,
    scribe: &mut Scribe<'_>,
) -> Vec<Section> {
    let mut story = Story {
        dossier,
        clock,
        scribe,
    };
    let mut sections = Vec::new();
    for (name, most) in plan(audience) {
        let mut claims = story.claims(*name);
        claims.truncate(*most);
        if !claims.is_empty() {
            sections.push(Section {
                name: *name,
                title: name.title().to_owned(),
                claims,
            });
        }
    }
    sections
}

/// What the sections are written of.
struct Story<'s, 'a> {
    dossier: &'s Dossier,
    clock: &'s Clock,
    scribe: &'s mut Scribe<'a>,
}

impl Story<'_, '_> {
    fn claims(&mut self, name: SectionName) -> Vec<Claim> {
        match name {
            SectionName::Overview => self.overview(),
            SectionName::People => self.people(),
            SectionName::Opportunities => self.deals(),
            SectionName::Cases => self.cases(),
            SectionName::Conversations => self.conversations(),
            SectionName::Promises => self.promises(),
            SectionName::Contracts => self.contracts(),
            SectionName::Risks => self.risks(),
            SectionName::TalkingPoints => self.talking_points(),
        }
    }

    /// `New: ` for what came since the reader looked last.
    fn news(&self, day: Option<NaiveDate>) -> &'static str {
        match self.clock.is_new(day) {
            true => "New: ",
            false => "",
        }
    }
}

/// How many characters a sentence has at least that says something.
const SAYS_SOMETHING: usize = 25;

/// The first field of a record that people wrote as text.
fn prose(record: &DocumentRecord) -> Option<&FieldText> {
    let prose = [
        "TextBody",
        "HtmlBody",
        "CommentBody",
        "Description",
        "Content",
    ];
    prose
        .iter()
        .find_map(|name| super::value::field(record, name))
}

/// The sentences of a text that are its writer's own: what an email quotes of the one before is left
/// out, and so are greetings and what talks to machines.
fn own_sentences(field: &FieldText) -> Vec<Span> {
    let mut own = Vec::new();
    for span in sentences(&field.text) {
        let text = cut(&field.text, span);
        if text.starts_with('>') || text.starts_with("-----") || is_history(&text) {
            break;
        }
        if span.end - span.start >= SAYS_SOMETHING && !is_greeting(&text) && !is_order(&text) {
            own.push(span);
        }
    }
    own
}

/// The line that mail programs put above what they quote.
fn is_history(text: &str) -> bool {
    let ends = ["wrote:", "schrieb:", "a écrit :"];
    ends.iter().any(|end| text.trim_end().ends_with(end))
}

fn is_greeting(text: &str) -> bool {
    let starts = [
        "Dear ",
        "Hello",
        "Hi ",
        "Kind regards",
        "Best regards",
        "Regards",
        "Sehr geehrte",
        "Guten Tag",
        "Hallo",
        "Liebe ",
        "Lieber ",
        "Mit freundlichen",
        "Thank you for",
        "Thanks for",
    ];
    starts.iter().any(|start| text.starts_with(start))
}
