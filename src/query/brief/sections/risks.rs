//! Risks by fixed rules, each with its reason, and what to talk about.

use domain::{Claim, Document};

use super::Story;
use super::cases::{Tone, last_word};
use super::deals::{largest, late, said_amount};
use crate::query::brief::figures::is_active;
use crate::query::brief::value;

/// Days without contact that are a risk.
const SILENCE: i64 = 45;
/// Days before its end from which a contract with open cases is a risk.
const ENDS_SOON: i64 = 120;
/// Days for which a case has waited for us that are a risk.
const WAITS: i64 = 3;
/// Risks of one kind.
const OF_A_KIND: usize = 3;

impl<'s> Story<'s, '_> {
    pub(super) fn risks(&mut self) -> Vec<Claim> {
        let mut risks = self.escalated();
        risks.extend(self.ending());
        risks.extend(self.late_deals());
        risks.extend(self.overdue());
        risks.extend(self.waiting());
        risks.extend(self.tone(Tone::Worse));
        risks.extend(self.silence());
        risks
    }

    pub(super) fn talking_points(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut points: Vec<Claim> = self.next_meeting().into_iter().collect();
        for deal in largest(&dossier.deals.open).into_iter().take(2) {
            if value::text(deal, "NextStep").is_some() {
                let line = self
                    .scribe
                    .line()
                    .say("Agree on the next step of ")
                    .title(deal);
                let line = said_amount(line, deal, " (").say(")");
                points.extend(line.value(": ", deal, "NextStep", "").end());
            }
        }
        let escalated = dossier.cases.escalated.iter();
        for case in escalated.filter_map(|id| dossier.text(*id)).take(2) {
            let line = self.scribe.line().say("Say where escalated case ");
            let line = line.value("", case, "CaseNumber", " ").title(case);
            points.extend(line.say(" stands.").cite(case, "IsEscalated").end());
        }
        let overdue = dossier.activity.overdue.iter();
        for task in overdue.filter_map(|id| dossier.text(*id)).take(2) {
            let line = self
                .scribe
                .line()
                .say("Settle what is overdue: ")
                .title(task);
            points.extend(line.value(" (due ", task, "ActivityDate", ").").end());
        }
        points.extend(self.ending_point());
        points
    }

    fn escalated(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        let escalated = dossier.cases.escalated.iter();
        for case in escalated.filter_map(|id| dossier.text(*id)).take(OF_A_KIND) {
            let line = self.scribe.line().say("Escalated: case ");
            let line = line.value("", case, "CaseNumber", " ").title(case);
            let line = line.cite(case, "IsEscalated");
            claims.extend(line.value(" (", case, "Priority", ")").say(".").end());
        }
        claims
    }

    /// The active contract that ends next, if it does soon.
    fn next_end(&self) -> Option<(&'s Document, i64)> {
        let (contracts, _): &'s (Vec<Document>, bool) = &self.dossier.contracts;
        let clock = self.clock;
        let ends = contracts.iter().filter(|contract| is_active(contract));
        let ends = ends.filter_map(|contract| {
            let left = -clock.age(value::day(contract, "EndDate")?);
            (0..=ENDS_SOON).contains(&left).then_some((left, contract))
        });
        let (left, contract) = ends.min_by_key(|(left, contract)| (*left, contract.id))?;
        Some((contract, left))
    }

    fn ending(&mut self) -> Option<Claim> {
        let (contract, left) = self.next_end()?;
        let open = self.dossier.cases.open.ids.clone();
        let first = self.dossier.cases.first.first().copied();
        let line = self.scribe.line().say("Contract ").title(contract);
        let left = value::counted(left, "day");
        let mut line = line.value(" ends ", contract, "EndDate", &format!(", in {left}"));
        let case: Option<&'s Document> = first.and_then(|id| self.dossier.text(id));
        if let Some(case) = case.filter(|_| self.dossier.cases.open.is_complete) {
            let number = i64::try_from(open.len()).unwrap_or(i64::MAX);
            let with = format!(
                ", with {} open, one of them ",
                value::counted(number, "case")
            );
            line = line.say(&with).value("", case, "CaseNumber", "");
            line = line.cite(case, "IsClosed");
        }
        line.say(".").end()
    }

    fn ending_point(&mut self) -> Option<Claim> {
        let (contract, left) = self.next_end()?;
        let line = self.scribe.line().say("Speak about the renewal: contract ");
        let left = value::counted(left, "day");
        let line = line.title(contract);
        line.value(" ends ", contract, "EndDate", &format!(", in {left}."))
            .end()
    }

    fn late_deals(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        for deal in largest(&dossier.deals.open) {
            if let Some(days) = late(deal, self.clock)
                && claims.len() < OF_A_KIND
            {
                let line = self
                    .scribe
                    .line()
                    .say("The close date has passed: ")
                    .title(deal);
                let ago = format!(" ({} ago).", value::counted(days, "day"));
                claims.extend(line.value(", ", deal, "CloseDate", &ago).end());
            }
        }
        claims
    }

    fn overdue(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let overdue = dossier.activity.overdue.iter();
        let mut claims = Vec::new();
        for task in overdue.filter_map(|id| dossier.text(*id)).take(OF_A_KIND) {
            let Some(day) = value::day(task, "ActivityDate") else {
                continue;
            };
            let late = value::counted(self.clock.age(day), "day");
            let line = self.scribe.line().say("Overdue: ").title(task);
            let line = line.value(", due ", task, "ActivityDate", &format!(" ({late} ago)."));
            claims.extend(line.end());
        }
        claims
    }

    /// Cases in which the customer had the last word some days ago.
    fn waiting(&mut self) -> Vec<Claim> {
        let dossier: &'s _ = self.dossier;
        let mut claims = Vec::new();
        for case in dossier
            .cases
            .first
            .iter()
            .filter_map(|id| dossier.text(*id))
        {
            let Some(last) = last_word(case) else {
                continue;
            };
            let day = value::text_of(last, "MessageDate").and_then(value::date);
            let incoming = value::text_of(last, "Incoming") == Some("true");
            let Some(day) = day.filter(|day| incoming && self.clock.age(*day) >= WAITS) else {
                continue;
            };
            if claims.len() < OF_A_KIND {
                let days = value::counted(self.clock.age(day), "day");
                let line = self.scribe.line().say("Unanswered: case ");
                let line = line.value("", case, "CaseNumber", " ").title(case);
                let line = line.say(&format!(" waits for us since {day} ({days})."));
                let line = line.cite_record(case, last, "MessageDate");
                claims.extend(line.cite_record(case, last, "Incoming").end());
            }
        }
        claims
    }

    fn silence(&mut self) -> Option<Claim> {
        let dossier: &'s _ = self.dossier;
        let last = self.all_talks().into_iter().next()?;
        let days = self.clock.age(last.day);
        if days < SILENCE || !dossier.activity.coming.is_empty() {
            return None;
        }
        let line = self.scribe.line();
        let line = line.say(&format!(
            "No contact for {}: the last was on {}, ",
            value::counted(days, "day"),
            last.day
        ));
        let line = line.title(last.document).say(".");
        let dated = ["MessageDate", "StartDateTime", "ActivityDate"];
        let dated = dated
            .iter()
            .find(|name| value::field(last.record, name).is_some());
        match dated {
            Some(name) => line.cite_record(last.document, last.record, name).end(),
            None => line.end(),
        }
    }
}
