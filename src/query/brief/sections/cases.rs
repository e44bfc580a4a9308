//! Open cases with what they wait for, cases that were closed lately, and the tone of the customers.

use std::cmp::Reverse;

use domain::{Claim, Document, DocumentRecord, FieldText};

use super::{Story, own_sentences, prose};
use crate::query::brief::mood::{self, Trend};
use crate::query::brief::scribe::Line;
use crate::query::brief::value;
use crate::query::grounding::{Span, cut};

/// Closed cases that are shown.
const CLOSED: usize = 3;
/// Characters of a quoted sentence.
const QUOTED: usize = 200;
/// Emails whose tone is compared.
const TONED: usize = 20;
/// Sentences that show the tone.
const SHOWN: usize = 2;

/// An email and how it sounds.
struct Toned<'d> {
    score: i64,
    case: &'d Document,
    email: &'d DocumentRecord,
    field: &'d FieldText,
    /// Its own sentences.
    own: Vec<Span>,
}

/// Which changes of tone are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Any,
    Worse,
}

impl<'s> Story<'s, '_> {
    pub(super) fn cases(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        let tone = self.tone(Tone::Any);
        let open = dossier.cases.first.iter();
        for case in open.filter_map(|id| dossier.text(*id)).take(7) {
            claims.extend(self.open_case(case));
        }
        claims.extend(tone);
        let clock = self.clock;
        let mut closed: Vec<_> = dossier
            .cases
            .closed
            .ids
            .iter()
            .filter_map(|id| dossier.text(*id))
            .filter_map(|case| Some((Reverse(value::day(case, "ClosedDate")?), case)))
            .filter(|(Reverse(day), _)| clock.is_recent(*day))
            .collect();
        closed.sort_by_key(|(day, case)| (*day, case.id));
        for (Reverse(day), case) in closed.into_iter().take(CLOSED) {
            let news = self.news(Some(day));
            let line = self
                .scribe
                .line()
                .say(news)
                .say(&format!("Closed on {day}: "));
            let line = line.value("", case, "CaseNumber", " ").title(case);
            claims.extend(line.say(".").cite(case, "ClosedDate").end());
        }
        claims
    }

    fn open_case(&mut self, case: &'s Document) -> Option<Claim> {
        let created = value::day(case, "CreatedDate");
        let news = self.news(created);
        let line = self.scribe.line().say(news);
        let line = line.value("", case, "CaseNumber", " ").title(case);
        let mut line = line
            .value(": ", case, "Priority", "")
            .value(", ", case, "Status", "");
        if let Some(created) = created {
            let age = value::counted(self.clock.age(created), "day");
            line = line
                .say(&format!(", open for {age}"))
                .cite(case, "CreatedDate");
        }
        if value::is_true(case, "IsEscalated") {
            line = line.say(", escalated").cite(case, "IsEscalated");
        }
        line = line.say(".");
        match last_word(case) {
            Some(last) => said_last(line, case, last).end(),
            None => line.end(),
        }
    }

    /// How the customers' emails sound now, against before: said with the sentences that show it.
    pub(super) fn tone(&mut self, wanted: Tone) -> Option<Claim> {
        let incoming = self.incoming();
        let scores: Vec<_> = incoming.iter().map(|toned| toned.score).collect();
        let trend = Trend::of(&scores)?;
        let (word, sign) = match (trend.is_worse(), trend.is_better()) {
            (true, _) => ("worse", -1),
            (_, true) if wanted == Tone::Any => ("better", 1),
            (false, _) => return None,
        };
        let mut line = self.scribe.line().say(&format!(
            "The tone of their emails is {word}: {} of the newest {} sound unhappy, {} of the {} \
             before.",
            trend.newer_bad, trend.newer, trend.older_bad, trend.older
        ));
        let mut shown = 0;
        for toned in incoming.iter().take(trend.newer) {
            let telling = toned.own.iter().find(|span| {
                mood::score(&cut(&toned.field.text, **span)).signum() == sign
                    && span.end - span.start <= QUOTED
            });
            if let Some(span) = telling
                && shown < SHOWN
            {
                line = line.say(" “");
                line = line
                    .quote(toned.case, toned.email, toned.field, *span)
                    .say("”");
                shown += 1;
            }
        }
        (shown > 0).then(|| line.end()).flatten()
    }

    /// The customers' last emails, the newest first, each with its tone.
    fn incoming(&self) -> Vec<Toned<'s>> {
        let dossier: &'s _ = self.dossier;
        let emails = dossier.emails().into_iter();
        let incoming =
            emails.filter(|(_, _, email)| value::text_of(email, "Incoming") == Some("true"));
        let toned = incoming.filter_map(|(_, case, email)| {
            let field = prose(email)?;
            let own = own_sentences(field);
            let text = own.iter().map(|span| cut(&field.text, *span));
            Some(Toned {
                score: mood::score(&text.collect::<Vec<_>>().join(" ")),
                case,
                email,
                field,
                own,
            })
        });
        toned.take(TONED).collect()
    }
}

/// The comment or email that came last.
pub fn last_word(case: &Document) -> Option<&DocumentRecord> {
    let words = case
        .records
        .iter()
        .filter(|record| record.record_id != case.id && record.file.is_none());
    let words = words.filter(|record| prose(record).is_some());
    words.max_by_key(|record| (record.written_at, record.record_id))
}

/// Says who had the last word, when, whom the case waits for, and what was said.
fn said_last<'l, 'a>(
    mut line: Line<'l, 'a>,
    case: &Document,
    last: &DocumentRecord,
) -> Line<'l, 'a> {
    if let Some(written) = last.written_at {
        line = line.say(&format!(" Last word on {}", written.date_naive()));
        let dated = match value::field(last, "MessageDate") {
            Some(_) => "MessageDate",
            None => "CreatedDate",
        };
        line = line.cite_record(case, last, dated);
    }
    if let Some(from) = value::text_of(last, "FromName") {
        line = line.say(" by ").say(from);
        line = line.cite_record(case, last, "FromName");
    }
    let waits = match value::text_of(last, "Incoming") {
        Some("true") => Some(", it waits for us"),
        Some("false") => Some(", it waits for them"),
        Some(_) | None => None,
    };
    if let Some(waits) = waits {
        line = line.say(waits).cite_record(case, last, "Incoming");
    }
    let said = prose(last).and_then(|field| Some((field, *own_sentences(field).first()?)));
    match said {
        Some((field, span)) if span.end - span.start <= QUOTED => {
            line.say(": “").quote(case, last, field, span).say("”")
        }
        Some(_) | None => line.say("."),
    }
}
