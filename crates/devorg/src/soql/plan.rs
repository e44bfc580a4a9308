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

/// The rows with these ids, in their order, without those that are gone.
pub fn named<'s, 'a>(
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    keys: &'s [IdKey],
) -> impl Iterator<Item = &'a Row> + use<'s, 'a> {
    let table = session.org.table(&object.name);
    let stored = keys
        .iter()
        .filter_map(move |key| table.and_then(|table| table.slot(table.slot_of(key)?)));
    stored
        .filter(move |stored| is_there(session, object, stored))
        .map(|stored| &stored.row)
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
    let by_index = named_slots(table, filter, sequence);
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
            let from = first_change(filter).unwrap_or((i64::MIN, IdKey::MIN));
            Box::new(table.changed_from(from).filter_map(stored))
        }
        (None, Sequence::Any) => match first_change(filter) {
            Some(from) => Box::new(table.changed_from(from).filter_map(stored)),
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

/// More rows than this are not sorted: walking an index in its order is cheaper then.
const MOST_SORTED: usize = 20_000;

/// The rows that a condition names by id or by a reference; `None` when it does not confine itself so,
/// or when they are too many to be brought into the sequence.
fn named_slots(
    table: &Table,
    filter: &RowFilter<'_>,
    sequence: Sequence,
) -> Option<BTreeSet<Slot>> {
    let count = count_named(table, filter)?;
    if sequence != Sequence::Any && count > MOST_SORTED {
        return None;
    }
    let mut slots = BTreeSet::new();
    collect_named(table, filter, &mut slots);
    Some(slots)
}

/// At most how many rows the condition names; `None` when it does not confine itself to some.
fn count_named(table: &Table, filter: &RowFilter<'_>) -> Option<usize> {
    match filter {
        Filter::All(filters) => filters
            .iter()
            .filter_map(|filter| count_named(table, filter))
            .min(),
        Filter::Any(filters) => filters
            .iter()
            .map(|filter| count_named(table, filter))
            .sum(),
        Filter::Not(_) => None,
        Filter::Test { source, check } => {
            let (field, keys) = named_keys(source, check)?;
            if field == "Id" {
                return Some(keys.len());
            }
            let counts = keys.iter().map(|key| table.count_referring(field, key));
            counts.sum()
        }
    }
}

/// Collects what [`count_named`] counts, by the most confining of several conditions.
fn collect_named(table: &Table, filter: &RowFilter<'_>, slots: &mut BTreeSet<Slot>) {
    match filter {
        Filter::All(filters) => {
            let counted = filters
                .iter()
                .filter_map(|filter| Some((count_named(table, filter)?, filter)));
            if let Some((_, fewest)) = counted.min_by_key(|(count, _)| *count) {
                collect_named(table, fewest, slots);
            }
        }
        Filter::Any(filters) => {
            for filter in filters {
                collect_named(table, filter, slots);
            }
        }
        Filter::Not(_) => {}
        Filter::Test { source, check } => {
            let Some((field, keys)) = named_keys(source, check) else {
                return;
            };
            for key in &keys {
                if field == "Id" {
                    slots.extend(table.slot_of(key));
                } else {
                    slots.extend(table.referring(field, key).into_iter().flatten());
                }
            }
        }
    }
}

/// The field and the ids of `Id = …`, `ParentId IN (…)` and the like.
fn named_keys<'f>(source: &Source<'f>, check: &Check) -> Option<(&'f str, Vec<IdKey>)> {
    let field = source
        .column
        .own_field()
        .filter(|_| source.part.is_none())?;
    let keys = if let Check::Id(Comparison::Equal, key) = check {
        vec![*key]
    } else if let Check::IdIn(keys) = check {
        keys.iter().copied().collect()
    } else {
        return None;
    };
    Some((&field.name, keys))
}

/// No matching row stands before this place in the order of `SystemModstamp` and `Id`, so that a
/// keyset page begins where the one before it ended, even where many rows share a stamp.
fn first_change(filter: &RowFilter<'_>) -> Option<(i64, IdKey)> {
    match filter {
        Filter::All(filters) => {
            let stamp = filters.iter().filter_map(earliest_stamp).max();
            let nested = filters.iter().filter_map(first_change).max();
            nested.max(stamp.map(|stamp| (stamp, lowest_id(filter))))
        }
        Filter::Any(filters) => {
            let bounds: Option<Vec<(i64, IdKey)>> = filters.iter().map(first_change).collect();
            bounds?.into_iter().min()
        }
        Filter::Not(_) => None,
        Filter::Test { .. } => earliest_stamp(filter).map(|stamp| (stamp, IdKey::MIN)),
    }
}

/// No row that passes this single condition has an earlier `SystemModstamp`.
fn earliest_stamp(filter: &RowFilter<'_>) -> Option<i64> {
    match filter {
        Filter::All(_) | Filter::Any(_) => None,
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
