//! Cases that may be the same: of the same customer, at about the same time, in nearly the same
//! words.

use std::collections::BTreeSet;

use chrono::{TimeDelta, Utc};
use domain::{Document, RecordId};
use store::Filters;

use super::Desk;
use super::alike::{self, Alike, problem};
use super::matter::{Matter, cases};
use super::quote::Quote;
use super::report::Duplicate;
use super::words::{is_code, words};
use crate::query::Error;
use crate::query::grounding::Citations;
use crate::query::retrieve::Question;
use crate::query::search::DocumentHead;

/// Days before and after the case.
const DAYS: i64 = 30;
/// Cases that are compared.
const COMPARED: usize = 12;
/// Duplicates that are shown.
const SHOWN: usize = 5;
/// The share of their telling words that two texts have in common which say the same.
const SAME: f64 = 0.5;
/// The same where they share a code, such as a serial number.
const SAME_WITH_CODE: f64 = 0.3;
/// A shorter code is as likely a product's name or an error's.
const LONG_CODE: usize = 7;

/// The case's parent, and near-equal cases of the same account or contact.
pub async fn duplicates(
    desk: Desk<'_>,
    matter: &Matter,
    question: &Question,
    citations: &mut Citations,
) -> Result<Vec<Duplicate>, Error> {
    let mut duplicates: Vec<Duplicate> = Vec::new();
    if let Some(parent) = parent(desk, matter).await? {
        duplicates.push(duplicate(
            desk,
            &parent,
            "its parent case".to_owned(),
            citations,
        ));
    }
    for case in near_in_time(desk, matter, question).await? {
        let known = duplicates
            .iter()
            .any(|known| known.document.id == case.document.id);
        if let Some(reason) = same(matter, &case.document).filter(|_| !known) {
            duplicates.push(duplicate(desk, &case.document, reason, citations));
        }
    }
    duplicates.truncate(SHOWN);
    Ok(duplicates)
}

fn duplicate(
    desk: Desk<'_>,
    case: &Document,
    reason: String,
    citations: &mut Citations,
) -> Duplicate {
    let place = Quote::of_title(case).or_else(|| Quote::of_number(case));
    Duplicate {
        document: DocumentHead::of(case, desk.viewer),
        reason,
        citations: place
            .map(|quote| quote.cite(citations, desk.viewer))
            .into_iter()
            .collect(),
    }
}

async fn parent(desk: Desk<'_>, matter: &Matter) -> Result<Option<Document>, Error> {
    let Some(case) = &matter.document else {
        return Ok(None);
    };
    let Some(parent) = case.parents.case.filter(|_| desk.reads(case, "ParentId")) else {
        return Ok(None);
    };
    let readable = desk.engine.access.confirm(desk.viewer, &[parent]).await?;
    let readable: Vec<RecordId> = readable.into_iter().collect();
    let found = desk.engine.reader.documents(desk.viewer, &readable).await?;
    Ok(found.into_iter().next())
}

/// Cases of the same account, else of the same contact.
async fn near_in_time(
    desk: Desk<'_>,
    matter: &Matter,
    question: &Question,
) -> Result<Vec<Alike>, Error> {
    let id = |document: &Option<Document>| -> Vec<RecordId> {
        document.iter().map(|document| document.id).collect()
    };
    let (accounts, contacts) = (id(&matter.account), id(&matter.contact));
    if accounts.is_empty() && contacts.is_empty() {
        return Ok(Vec::new());
    }
    let at = matter.created_at.unwrap_or_else(Utc::now);
    let filters = Filters {
        objects: cases(),
        contacts: if accounts.is_empty() {
            contacts
        } else {
            Vec::new()
        },
        accounts,
        created_from: Some(at - TimeDelta::days(DAYS)),
        created_to: Some(at + TimeDelta::days(DAYS)),
        ..Filters::default()
    };
    let found = alike::found(desk, question, &filters, COMPARED).await?;
    Ok(found.cases)
}

/// Why the two are the same; none if they are not.
fn same(matter: &Matter, other: &Document) -> Option<String> {
    let (mine, theirs) = (
        words().telling(&matter.problem()),
        words().telling(&problem(other)),
    );
    let shared: BTreeSet<&String> = mine.intersection(&theirs).collect();
    let smaller = mine.len().min(theirs.len()).max(1);
    let share = shared.len() as f64 / smaller as f64;
    let is_long = |word: &&&String| is_code(word) && word.chars().count() >= LONG_CODE;
    let code = shared.iter().find(is_long);
    let created = other.created_at?;
    let day = created.format("%Y-%m-%d");
    match code {
        Some(code) if share >= SAME_WITH_CODE => Some(format!(
            "the same customer on {day}, {} and nearly the same words",
            code.to_uppercase()
        )),
        Some(_) | None if share >= SAME => Some(format!(
            "the same customer on {day}, in nearly the same words"
        )),
        Some(_) | None => None,
    }
}
