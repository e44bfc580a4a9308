//! Which rows to look at: those that an index names, where the condition allows, else all.

use std::collections::BTreeSet;

use crate::org::{
    ObjectDescribe, Row,
    derive::flag,
    id::IdKey,
    table::{Slot, Stored, Table},
};

use super::{
    filter::{Check, Comparison, Filter},
    session::Session,
    source::Source,
};

/// In which order the rows come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    /// Whichever is cheapest.
    Any,
    /// By `SystemModstamp`, then `Id`.
    ByStamp,
    ById,
}

type RowFilter<'a> = Filter<Source<'a>>;

/// The rows that match and that the user may see.
pub fn rows<'s, 'a>(
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    filter: &'s RowFilter<'a>,
) -> impl Iterator<Item = &'a Row> + use<'s, 'a> {
    matching(session, object, filter, Sequence::Any)
        .filter(move |row| session.visibility.record(&object.name, row))
}

/// The rows that match, whether or not the user may see them, in the order asked for.
pub fn matching<'s, 'a>(
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    filter: &'s RowFilter<'a>,
    sequence: Sequence,
) -> Box<dyn Iterator<Item = &'a Row> + 's>
where
    'a: 's,
{
    let Some(table) = session.org.table(&object.name) else {
        return Box::new(std::iter::empty());
    };
    let keep = move |stored: &&'a Stored| {
        is_there(session, object, stored)
            && filter.matches(&|source: &Source<'a>| source.cell(session, object, &stored.row))
    };
    Box::new(
        candidates(table, filter, sequence)
            .filter(keep)
            .map(|stored| &stored.row),
    )
}

/// The rows whose `field` points at a parent, which match and which the user may see.
pub fn children<'s, 'a>(
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    field: &str,
    parent_id: &str,
    filter: &'s RowFilter<'a>,
) -> Vec<&'a Row> {
    let Some((table, parent)) = session.org.table(&object.name).zip(IdKey::parse(parent_id)) else {
        return Vec::new();
    };
    let slots = table.referring(field, &parent).into_iter().flatten();
    slots
        .filter_map(|slot| table.slot(slot))
        .filter(|stored| is_there(session, object, stored))
        .map(|stored| &stored.row)
        .filter(|row| filter.matches(&|source: &Source<'a>| source.cell(session, object, row)))
        .filter(|row| session.visibility.record(&object.name, row))
        .collect()
}

/// Deleted rows and archived activities appear only to queryAll.
fn is_there(session: &Session<'_>, object: &ObjectDescribe, stored: &Stored) -> bool {
    if session.mode.includes_deleted() {
        return true;
    }
    let archived =
        matches!(object.name.as_str(), "Task" | "Event") && flag(&stored.row, "IsArchived");
    stored.deletion.is_none() && !archived
}

fn candidates<'s, 'a>(
    table: &'a Table,
    filter: &RowFilter<'a>,
    sequence: Sequence,
) -> Box<dyn Iterator<Item = &'a Stored> + 's>
where
    'a: 's,
{
    let by_index = named_slots(table, filter);
    let stored = |slot: Slot| table.slot(slot);
    match (by_index, sequence) {
        (Some(slots), Sequence::Any) => Box::new(slots.into_iter().filter_map(stored)),
        (Some(slots), Sequence::ByStamp | Sequence::ById) => {
            let mut found: Vec<&'a Stored> = slots.into_iter().filter_map(stored).collect();
            sort(&mut found, sequence);
            Box::new(found.into_iter())
        }
        (None, Sequence::ById) => Box::new(table.starting_at(lowest_id(filter)).filter_map(stored)),
        (None, Sequence::ByStamp) => {
            let from = earliest_stamp(filter).unwrap_or(i64::MIN);
            Box::new(
                table
                    .changed_since(from)
                    .filter_map(move |(_, slot)| table.slot(slot)),
            )
        }
        (None, Sequence::Any) => match earliest_stamp(filter) {
            Some(from) => Box::new(
                table
                    .changed_since(from)
                    .filter_map(move |(_, slot)| table.slot(slot)),
            ),
            None => Box::new(table.iter()),
        },
    }
}

fn sort(rows: &mut [&Stored], sequence: Sequence) {
    rows.sort_by_key(|stored| {
        let stamp = match sequence {
            Sequence::ByStamp => Table::changed_at(&stored.row),
            Sequence::Any | Sequence::ById => 0,
        };
        (stamp, Table::key(&stored.row))
    });
}

/// The rows that a condition names by id or by a reference; `None` when it does not confine itself so.
fn named_slots(table: &Table, filter: &RowFilter<'_>) -> Option<BTreeSet<Slot>> {
    match filter {
        Filter::All(filters) => {
            let named = filters
                .iter()
                .filter_map(|filter| named_slots(table, filter));
            named.min_by_key(BTreeSet::len)
        }
        Filter::Any(filters) => {
            let mut union = BTreeSet::new();
            for filter in filters {
                union.append(&mut named_slots(table, filter)?);
            }
            Some(union)
        }
        Filter::Not(_) => None,
        Filter::Test { source, check } => slots_of_test(table, source, check),
    }
}

fn slots_of_test(table: &Table, source: &Source<'_>, check: &Check) -> Option<BTreeSet<Slot>> {
    let field = source
        .column
        .own_field()
        .filter(|_| source.part.is_none())?;
    let keys: Vec<IdKey> = if let Check::Id(Comparison::Equal, key) = check {
        vec![*key]
    } else if let Check::IdIn(keys) = check {
        keys.iter().copied().collect()
    } else {
        return None;
    };
    if field.name == "Id" {
        return Some(keys.iter().filter_map(|key| table.slot_of(key)).collect());
    }
    let mut slots = BTreeSet::new();
    for key in &keys {
        slots.extend(table.referring(&field.name, key)?);
    }
    Some(slots)
}

/// No matching row has an earlier `SystemModstamp`.
fn earliest_stamp(filter: &RowFilter<'_>) -> Option<i64> {
    match filter {
        Filter::All(filters) => filters.iter().filter_map(earliest_stamp).max(),
        Filter::Any(filters) => {
            let bounds: Option<Vec<i64>> = filters.iter().map(earliest_stamp).collect();
            bounds?.into_iter().min()
        }
        Filter::Not(_) => None,
        Filter::Test {
            source,
            check: Check::Time(comparison, span),
        } => {
            let field = source
                .column
                .own_field()
                .filter(|_| source.part.is_none())?;
            if field.name != "SystemModstamp" {
                return None;
            }
            match comparison {
                Comparison::Equal | Comparison::GreaterOrEqual => Some(span.start),
                Comparison::Greater => Some(span.end),
                Comparison::Less | Comparison::LessOrEqual => None,
            }
        }
        Filter::Test { .. } => None,
    }
}

/// No matching row has a smaller id.
fn lowest_id(filter: &RowFilter<'_>) -> IdKey {
    match filter {
        Filter::All(filters) => filters.iter().map(lowest_id).max().unwrap_or(IdKey::MIN),
        Filter::Any(filters) => filters.iter().map(lowest_id).min().unwrap_or(IdKey::MIN),
        Filter::Test {
            source,
            check: Check::Id(Comparison::Greater | Comparison::GreaterOrEqual, key),
        } if source
            .column
            .own_field()
            .is_some_and(|field| field.name == "Id") =>
        {
            *key
        }
        Filter::Not(_) | Filter::Test { .. } => IdKey::MIN,
    }
}
