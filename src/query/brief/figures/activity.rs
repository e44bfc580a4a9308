//! Tasks and the last contact in figures.

use chrono::NaiveDate;
use domain::{Document, DocumentRecord};

use super::{Made, Sheet};
use crate::query::brief::value;

/// The latest contact: when, and the record that says so.
struct Contact<'d> {
    day: NaiveDate,
    document: &'d Document,
    record: &'d DocumentRecord,
    field: &'static str,
}

impl<'s> Sheet<'s, '_> {
    pub(super) fn activity(&mut self) {
        let activity = &self.dossier.activity;
        if self.may("Task", &["IsClosed"], &["open_tasks", "overdue_tasks"]) {
            let made = Made {
                name: "open_tasks",
                label: "Open tasks",
                definition: "Tasks of this account with IsClosed = false.".to_owned(),
                cited: self.cited(&activity.open_tasks.ids, "IsClosed"),
            };
            let open = &activity.open_tasks;
            self.count(made, open.ids.len(), open.is_complete);
            if self.may("Task", &["ActivityDate"], &["overdue_tasks"]) {
                let made = Made {
                    name: "overdue_tasks",
                    label: "Overdue tasks",
                    definition:
                        "Open tasks of this account with an ActivityDate before today (UTC)."
                            .to_owned(),
                    cited: self.cited(&activity.overdue, "ActivityDate"),
                };
                self.count(made, activity.overdue.len(), open.is_complete);
            }
        }
        self.last_contact();
    }

    fn last_contact(&mut self) {
        let Some(latest) = self.latest() else {
            return;
        };
        // An email in a case that was not read is not later than the case's last change.
        let cases = &self.dossier.cases;
        let read_until = cases.recent.last().map(|case| case.updated_at.date_naive());
        if !cases.has_all && read_until.is_some_and(|day| latest.day < day) {
            let names = ["last_contact", "days_since_last_contact"];
            self.leave_out(&names, "more cases were changed lately than can be read");
            return;
        }
        let citations = self.cite_part(latest.document, latest.record, latest.field);
        let definition = "The latest of the events that have begun (StartDateTime), the tasks that \
                          are done (ActivityDate) and the emails of cases (MessageDate).";
        for (name, label) in [
            ("last_contact", "Last contact"),
            ("days_since_last_contact", "Days since the last contact"),
        ] {
            let made = Made {
                name,
                label,
                definition: definition.to_owned(),
                cited: Vec::new(),
            };
            match name {
                "last_contact" => self.day(made, latest.day),
                _ => self.days(made, self.clock.age(latest.day)),
            }
            if let Some(figure) = self.figures.last_mut() {
                figure.citations.clone_from(&citations);
            }
        }
    }

    fn latest(&self) -> Option<Contact<'s>> {
        let dossier: &'s _ = self.dossier;
        let activities = dossier.activity.past.iter().filter_map(|document| {
            let field = match document.object.as_str() {
                "Event" => "StartDateTime",
                _ => "ActivityDate",
            };
            Some(Contact {
                day: value::day(document, field)?,
                document,
                record: value::root(document)?,
                field,
            })
        });
        let now = self.clock.now;
        let emails = dossier.emails().into_iter();
        let emails = emails.filter(move |(time, _, _)| *time <= now);
        let emails = emails.map(|(time, document, record)| Contact {
            day: time.date_naive(),
            document,
            record,
            field: "MessageDate",
        });
        activities
            .chain(emails)
            .max_by_key(|contact| (contact.day, contact.record.record_id))
    }
}
