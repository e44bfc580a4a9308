//! The last conversations: meetings, calls, emails and notes.

use chrono::NaiveDate;
use domain::{Claim, Document, DocumentRecord};

use super::{Story, own_sentences, prose};
use crate::query::brief::value;

/// Characters of what was said.
const QUOTED: usize = 300;

/// Something that was said or written.
#[derive(Clone, Copy)]
pub struct Talk<'d> {
    pub day: NaiveDate,
    pub document: &'d Document,
    pub record: &'d DocumentRecord,
    kind: &'static str,
    dated: &'static str,
}

impl<'s> Story<'s, '_> {
    pub(super) fn conversations(&mut self) -> Vec<Claim> {
        let mut claims = Vec::new();
        if let Some(next) = self.next_meeting() {
            claims.push(next);
        }
        let talks = self.talks();
        let mut seen = Vec::new();
        for talk in talks {
            if seen.contains(&talk.document.id) {
                continue;
            }
            seen.push(talk.document.id);
            claims.extend(self.talk(&talk));
        }
        claims
    }

    pub(super) fn next_meeting(&mut self) -> Option<Claim> {
        let dossier: &'s _ = self.dossier;
        let event = dossier.activity.coming.first()?;
        let day = value::day(event, "StartDateTime")?;
        let line = self.scribe.line().say(&format!("To come on {day}: "));
        let line = line.title(event).cite(event, "StartDateTime");
        line.value(", ", event, "Location", "").say(".").end()
    }

    /// What was said lately, the latest first.
    pub(super) fn talks(&self) -> Vec<Talk<'s>> {
        let mut talks = self.all_talks();
        talks.retain(|talk| self.clock.is_recent(talk.day));
        talks
    }

    /// The same from before `since`, too.
    pub(super) fn all_talks(&self) -> Vec<Talk<'s>> {
        let dossier: &'s _ = self.dossier;
        let activities = dossier.activity.past.iter().chain(&dossier.activity.notes);
        let mut talks: Vec<_> = activities.filter_map(activity).collect();
        for (time, document, record) in dossier.emails() {
            talks.push(Talk {
                day: time.date_naive(),
                document,
                record,
                kind: "Email",
                dated: "MessageDate",
            });
        }
        let clock = self.clock;
        talks.retain(|talk| clock.age(talk.day) >= 0);
        talks.sort_by_key(|talk| (std::cmp::Reverse(talk.day), talk.record.record_id));
        talks
    }

    fn talk(&mut self, talk: &Talk<'s>) -> Option<Claim> {
        let (document, record) = (talk.document, talk.record);
        let news = self.news(Some(talk.day));
        let mut line = self.scribe.line();
        line = line.say(&format!("{news}{} {}", talk.day, talk.kind));
        if let Some(from) = value::text_of(record, "FromName") {
            line = line
                .say(" by ")
                .say(from)
                .cite_record(document, record, "FromName");
        }
        line = line.say(", ");
        line = match value::text_of(record, "Subject") {
            Some(subject) if record.record_id != document.id => {
                line.say(subject).cite_record(document, record, "Subject")
            }
            Some(_) | None => line.title(document),
        };
        if !talk.dated.is_empty() {
            line = line.cite_record(document, record, talk.dated);
        }
        let said = prose(record).and_then(|field| {
            let own = own_sentences(field);
            own.into_iter()
                .find(|span| span.end - span.start <= QUOTED)
                .map(|span| (field, span))
        });
        match said {
            Some((field, span)) => {
                line = line.say(": “").quote(document, record, field, span);
                line.say("”").end()
            }
            None => line.say(".").end(),
        }
    }
}

/// An event that has begun, a task that is done, or a note.
fn activity(document: &Document) -> Option<Talk<'_>> {
    let (kind, dated) = match document.object.as_str() {
        "Event" => ("Meeting", "StartDateTime"),
        "Task" => ("Activity", "ActivityDate"),
        _ => ("Note", ""),
    };
    let day = match dated {
        "" => document.created_at?.date_naive(),
        dated => value::day(document, dated)?,
    };
    Some(Talk {
        day,
        document,
        record: value::root(document)?,
        kind,
        dated,
    })
}
