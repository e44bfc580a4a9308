//! Cases in figures.

use std::collections::BTreeMap;

use domain::{Document, RecordId};
use serde_json::{Map, Value};

use super::{Made, Sheet};
use crate::query::brief::dossier::urgency;
use crate::query::brief::files::{Pile, before};
use crate::query::brief::value;

const OBJECT: &str = "Case";

impl<'s> Sheet<'s, '_> {
    pub(super) fn cases(&mut self) {
        let cases = &self.dossier.cases;
        let open = [
            "open_cases",
            "open_cases_by_priority",
            "escalated_cases",
            "oldest_open_case_days",
            "closed_last_90_days",
        ];
        if self.may(OBJECT, &["IsClosed"], &open) {
            let definition = "Cases of this account with IsClosed = false.";
            self.pile(
                "open_cases",
                "Open cases",
                definition,
                "IsClosed",
                &cases.open,
            );
            if self.may(OBJECT, &["Priority"], &["open_cases_by_priority"]) {
                self.by_priority();
            }
            if self.may(OBJECT, &["IsEscalated"], &["escalated_cases"]) {
                let definition = "Open cases of this account with IsEscalated = true.";
                let escalated = Pile {
                    ids: cases.escalated.clone(),
                    is_complete: cases.open.is_complete,
                };
                let label = "Escalated cases";
                self.pile(
                    "escalated_cases",
                    label,
                    definition,
                    "IsEscalated",
                    &escalated,
                );
            }
            self.oldest();
        }
        self.trend();
    }

    fn trend(&mut self) {
        let cases = &self.dossier.cases;
        let today = self.clock.today;
        let (quarter, half) = (before(today, 90), before(today, 180));
        let names = ["cases_opened_90_days", "cases_opened_90_days_before"];
        if self.may(OBJECT, &["CreatedDate"], &names) {
            let definition = format!(
                "Cases of this account with a CreatedDate in the last 90 days, from {quarter} on (UTC)."
            );
            let label = "Cases opened in 90 days";
            self.pile(names[0], label, &definition, "CreatedDate", &cases.opened);
            let definition = format!(
                "Cases of this account with a CreatedDate in the 90 days before, from {half} on and \
                 before {quarter} (UTC)."
            );
            let label = "Cases opened in the 90 days before";
            self.pile(
                names[1],
                label,
                &definition,
                "CreatedDate",
                &cases.opened_before,
            );
        }
        let names = ["closed_last_90_days"];
        if self.may(OBJECT, &["ClosedDate"], &names) && self.files.reads(OBJECT, &["IsClosed"]) {
            let definition = format!(
                "Closed cases of this account with a ClosedDate in the last 90 days, from {quarter} \
                 on (UTC)."
            );
            let label = "Cases closed in 90 days";
            self.pile(names[0], label, &definition, "ClosedDate", &cases.closed);
        }
    }

    fn pile(
        &mut self,
        name: &'static str,
        label: &'static str,
        definition: &str,
        field: &'static str,
        pile: &Pile,
    ) {
        let made = Made {
            name,
            label,
            definition: definition.to_owned(),
            cited: self.cited(&pile.ids, field),
        };
        self.count(made, pile.ids.len(), pile.is_complete);
    }

    fn by_priority(&mut self) {
        let cases = &self.dossier.cases;
        if !cases.open.is_complete {
            self.leave_out(
                &["open_cases_by_priority"],
                "more records than can be counted for this user",
            );
            return;
        }
        let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for head in &cases.open_heads {
            let priority = value::facet(head, "priority").unwrap_or("none");
            *counts.entry((urgency(priority), priority)).or_default() += 1;
        }
        let text: Vec<_> = counts
            .iter()
            .map(|((_, priority), count)| format!("{priority} {count}"))
            .collect();
        let value: Map<String, Value> = counts
            .iter()
            .map(|((_, priority), count)| ((*priority).to_owned(), (*count).into()))
            .collect();
        let made = Made {
            name: "open_cases_by_priority",
            label: "Open cases by priority",
            definition: "Open cases of this account, counted by Priority.".to_owned(),
            cited: self.cited(&cases.open.ids, "Priority"),
        };
        let text = match text.is_empty() {
            true => "0".to_owned(),
            false => text.join(", "),
        };
        let of = cases.open.ids.len();
        let figure = self.figure(made, Value::Object(value), "records", text, of);
        self.figures.push(figure);
    }

    fn oldest(&mut self) {
        let cases = &self.dossier.cases;
        let dated = cases.open_heads.iter();
        let dated = dated.filter_map(|head| Some((head.created_at?, head.id)));
        let oldest: Option<(_, RecordId)> = dated.min();
        let Some((created, id)) = oldest.filter(|_| cases.open.is_complete) else {
            return;
        };
        let cited: Option<&'s Document> = self.dossier.text(id);
        let made = Made {
            name: "oldest_open_case_days",
            label: "Age of the oldest open case",
            definition: "Days from the CreatedDate of the oldest open case to today (UTC)."
                .to_owned(),
            cited: cited
                .into_iter()
                .map(|case| (case, "CreatedDate"))
                .collect(),
        };
        self.days(made, self.clock.age(created.date_naive()));
    }
}
