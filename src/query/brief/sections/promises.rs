//! Who owes what by when: open tasks, and sentences that promise something.

use chrono::NaiveDate;
use domain::{Claim, Document};

use super::{Story, own_sentences, prose};
use crate::query::brief::promise;
use crate::query::brief::value;
use crate::query::grounding::cut;

/// Days behind which a promise in a text is history, where it names no day.
const FRESH: i64 = 90;
/// Sentences of texts.
const SENTENCES: usize = 8;

impl<'s> Story<'s, '_> {
    /// Overdue ones first, then by the day when they are due.
    pub(super) fn promises(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut dated: Vec<(NaiveDate, Claim)> = Vec::new();
        let tasks = dossier.activity.first_tasks.iter();
        for task in tasks.filter_map(|id| dossier.text(*id)) {
            let day = value::day(task, "ActivityDate").unwrap_or(NaiveDate::MAX);
            if let Some(claim) = self.task(task) {
                dated.push((day, claim));
            }
        }
        dated.extend(self.said());
        dated.sort_by_key(|(day, _)| *day);
        dated.into_iter().map(|(_, claim)| claim).collect()
    }

    /// An open task is ours.
    pub(super) fn task(&mut self, task: &'s Document) -> Option<Claim> {
        let news = self.news(value::day(task, "CreatedDate"));
        let mut line = self.scribe.line().say(news).say("We owe: ").title(task);
        if let Some(day) = value::day(task, "ActivityDate") {
            let late = self.clock.age(day);
            line = line.say(&format!(", due {day}")).cite(task, "ActivityDate");
            if late > 0 {
                line = line.say(&format!(", overdue by {}", value::counted(late, "day")));
            }
        }
        line.say(".").cite(task, "Status").end()
    }

    /// Sentences in what was said lately, each text's own.
    fn said(&mut self) -> Vec<(NaiveDate, Claim)> {
        let mut found = Vec::new();
        for talk in self.talks() {
            let Some(field) = prose(talk.record) else {
                continue;
            };
            for span in own_sentences(field) {
                let Some(promise) = promise::read(&cut(&field.text, span), talk.day) else {
                    continue;
                };
                let today = self.clock.today;
                let is_past = self.clock.age(talk.day) > FRESH;
                if found.len() == SENTENCES || (is_past && promise.due.is_none_or(|d| d < today)) {
                    continue;
                }
                let side = match value::text_of(talk.record, "Incoming") {
                    Some("true") => "They",
                    Some("false") => "We",
                    Some(_) | None => "Noted",
                };
                let mut line = self.scribe.line();
                line = line
                    .say(&format!("{side} on {}, ", talk.day))
                    .title(talk.document);
                line = line
                    .say(": “")
                    .quote(talk.document, talk.record, field, span)
                    .say("”");
                if let Some(due) = promise.due.filter(|due| *due < today) {
                    line = line.say(&format!(" The day named has passed: {due}."));
                }
                let order = promise.due.unwrap_or(NaiveDate::MAX);
                found.extend(line.end().map(|claim| (order, claim)));
            }
        }
        found
    }
}
