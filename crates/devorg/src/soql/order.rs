//! ORDER BY: keys that borrow, and only as much sorting as the LIMIT asks for.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use crate::{
    error::ApiError,
    org::{ObjectDescribe, Row},
};

use super::{
    ast,
    cell::Cell,
    column::Leaf,
    plan::Sequence,
    session::{Session, invalid_field},
    source::Source,
};

/// The sort keys of a query, strongest first.
#[derive(Debug)]
pub struct Sort<'a>(Vec<SortKey<'a>>);

#[derive(Debug)]
struct SortKey<'a> {
    source: Source<'a>,
    direction: Direction,
}

#[derive(Clone, Copy, Debug)]
pub struct Direction {
    pub descending: bool,
    pub nulls_last: bool,
}

impl From<&ast::Order> for Direction {
    fn from(order: &ast::Order) -> Self {
        Self {
            descending: order.descending,
            nulls_last: order.nulls_last,
        }
    }
}

impl<'a> Sort<'a> {
    pub fn compile(
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        alias: Option<&str>,
        orders: &[ast::Order],
    ) -> Result<Self, ApiError> {
        let mut keys = Vec::new();
        for order in orders {
            let source = Source::resolve(session, object, alias, &order.expression)?;
            let sortable = match source.column.leaf {
                Leaf::Field(field) => field.sortable,
                Leaf::Shared(..) | Leaf::ObjectName => true,
                Leaf::Access(_) => false,
            };
            if !sortable {
                let name = source.column.path();
                return Err(invalid_field(format!(
                    "field '{name}' can not be sorted in a query call"
                )));
            }
            keys.push(SortKey {
                source,
                direction: order.into(),
            });
        }
        Ok(Self(keys))
    }

    /// The sequence of an index that this order is; rows that come in it need no sorting.
    pub fn sequence(&self) -> Sequence {
        let mut names = Vec::new();
        for key in &self.0 {
            let field = key
                .source
                .column
                .own_field()
                .filter(|_| key.source.part.is_none());
            match field {
                Some(field) if !key.direction.descending => names.push(field.name.as_str()),
                Some(_) | None => return Sequence::Any,
            }
        }
        match names.as_slice() {
            ["SystemModstamp"] | ["SystemModstamp", "Id"] => Sequence::ByStamp,
            ["Id"] => Sequence::ById,
            _ => Sequence::Any,
        }
    }

    /// The rows in this order. They are sorted as they are taken, so that taking a few is cheap.
    pub fn sorted<'s>(
        &self,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        rows: impl Iterator<Item = &'a Row> + 's,
    ) -> Box<dyn Iterator<Item = &'a Row> + 's>
    where
        'a: 's,
    {
        if self.0.is_empty() {
            return Box::new(rows);
        }
        let keyed = rows.enumerate().map(|(position, row)| {
            let keys = self.0.iter().map(|key| Key {
                cell: key.source.cell(session, object, row),
                direction: key.direction,
            });
            Reverse(Keyed {
                keys: keys.collect(),
                position,
                row,
            })
        });
        let mut heap: BinaryHeap<Reverse<Keyed<'a>>> = keyed.collect();
        Box::new(std::iter::from_fn(move || {
            heap.pop().map(|Reverse(keyed)| keyed.row)
        }))
    }
}

/// A row and what it is sorted by; rows that compare equal keep their order.
struct Keyed<'a> {
    keys: Vec<Key<'a>>,
    position: usize,
    row: &'a Row,
}

/// A value and how it sorts.
pub struct Key<'a> {
    pub cell: Cell<'a>,
    pub direction: Direction,
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let Direction {
            descending,
            nulls_last,
        } = self.direction;
        match (self.cell.is_null(), other.cell.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if nulls_last => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, true) if nulls_last => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) if descending => other.cell.compare(&self.cell),
            (false, false) => self.cell.compare(&other.cell),
        }
    }
}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

impl Ord for Keyed<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.keys
            .cmp(&other.keys)
            .then(self.position.cmp(&other.position))
    }
}

impl PartialOrd for Keyed<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Keyed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Keyed<'_> {}
