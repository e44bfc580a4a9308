//! Figures: each computed of records, with its definition, and cited.

mod activity;
mod deals;
mod support;

pub use deals::is_active;

use domain::{Document, DocumentRecord, RecordId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::dossier::{Clock, Dossier, MOST_CITED};
use super::files::Files;
use super::scribe::Scribe;
use super::value;

/// One number, day or count, and what it is made of.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// Stable: `open_pipeline`.
    pub name: String,
    pub label: String,
    /// A number; a day as text; counts by name.
    pub value: Value,
    /// `records`, `days`, `date`; for amounts the ISO code of the currency, or `amount` in an org
    /// with one currency.
    pub unit: String,
    /// The value for people: `383,119.36`.
    pub text: String,
    /// What was counted or summed.
    pub definition: String,
    /// The records that it is made of, 50 at most.
    pub citations: Vec<usize>,
    /// Whether there may be more: not every record could be looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_least: bool,
}

/// All figures that this viewer may know, and what is left out.
pub fn compute<'a>(
    files: &Files<'a>,
    dossier: &Dossier,
    clock: &Clock,
    scribe: &mut Scribe<'a>,
) -> (Vec<Figure>, Vec<String>) {
    let mut sheet = Sheet {
        files,
        dossier,
        clock,
        scribe,
        figures: Vec::new(),
        left_out: Vec::new(),
    };
    sheet.deals();
    sheet.contracts();
    sheet.cases();
    sheet.activity();
    (sheet.figures, sheet.left_out)
}

/// Figures under way.
struct Sheet<'s, 'a> {
    files: &'s Files<'a>,
    dossier: &'s Dossier,
    clock: &'s Clock,
    scribe: &'s mut Scribe<'a>,
    figures: Vec<Figure>,
    left_out: Vec<String>,
}

/// What a figure is made of.
struct Made<'d> {
    name: &'static str,
    label: &'static str,
    definition: String,
    /// The first records, and the field of each that it rests on.
    cited: Vec<(&'d Document, &'static str)>,
}

impl<'s> Sheet<'s, '_> {
    /// Whether the viewer may read what these figures are computed of; if not, they are left out by
    /// name.
    fn may(&mut self, object: &str, fields: &[&str], names: &[&str]) -> bool {
        if self.files.reads(object, fields) {
            return true;
        }
        let hidden: Vec<_> = fields
            .iter()
            .filter(|field| !self.files.reads(object, &[field]))
            .map(|field| format!("{object}.{field}"))
            .collect();
        self.leave_out(names, &format!("not readable: {}", hidden.join(", ")));
        false
    }

    fn leave_out(&mut self, names: &[&str], reason: &str) {
        self.left_out
            .push(format!("{} left out ({reason})", names.join(", ")));
    }

    /// Adds a number of records. `counted` of them are all, if the count is complete.
    fn count(&mut self, made: Made<'_>, counted: usize, is_complete: bool) {
        let number = i64::try_from(counted).unwrap_or(i64::MAX);
        let text = value::grouped(number.into());
        let figure = self.figure(made, number.into(), "records", text, counted);
        self.figures.push(match is_complete {
            true => figure,
            false => Figure {
                text: format!("at least {}", figure.text),
                definition: format!(
                    "{} Salesforce decides on each record for this user, and only {} were asked \
                     about.",
                    figure.definition, figure.text
                ),
                at_least: true,
                ..figure
            },
        });
    }

    /// Adds a day, and the days to it or since it.
    fn day(&mut self, made: Made<'_>, day: chrono::NaiveDate) {
        let text = day.to_string();
        let figure = self.figure(made, text.clone().into(), "date", text, 1);
        self.figures.push(figure);
    }

    fn days(&mut self, made: Made<'_>, days: i64) {
        let text = value::counted(days, "day");
        let figure = self.figure(made, days.into(), "days", text, 1);
        self.figures.push(figure);
    }

    fn figure(
        &mut self,
        made: Made<'_>,
        value: Value,
        unit: &str,
        text: String,
        of: usize,
    ) -> Figure {
        let mut citations = Vec::new();
        for (document, name) in made.cited {
            let root = value::root(document);
            let number = root.and_then(|root| self.scribe.cite(document, root, name));
            citations.extend(number);
        }
        citations.dedup();
        let definition = match of > MOST_CITED {
            true => format!("{} {MOST_CITED} of them are cited.", made.definition),
            false => made.definition,
        };
        Figure {
            name: made.name.to_owned(),
            label: made.label.to_owned(),
            value,
            unit: unit.to_owned(),
            text,
            definition,
            citations,
            at_least: false,
        }
    }

    /// Cites the record of a part of a document.
    fn cite_part(
        &mut self,
        document: &Document,
        record: &DocumentRecord,
        name: &str,
    ) -> Vec<usize> {
        let number = self.scribe.cite(document, record, name);
        number.into_iter().collect()
    }

    /// The first of some cases or tasks, each cited by a field.
    fn cited(&self, ids: &[RecordId], field: &'static str) -> Vec<(&'s Document, &'static str)> {
        let dossier: &'s Dossier = self.dossier;
        let ids = ids.iter().take(MOST_CITED);
        ids.filter_map(|id| Some((dossier.text(*id)?, field)))
            .collect()
    }
}
