//! One value of a row, borrowed, in the form in which values are compared.

use std::{cmp::Ordering, ops::Range};

use serde_json::Value;

use crate::org::{FieldDescribe, FieldType, id::IdKey, stamp};

/// A value to compare. Dates are the milliseconds of their midnight, as they compare with spans.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    Null,
    Text(&'a str),
    Id(IdKey),
    Number(f64),
    Boolean(bool),
    Time(i64),
    /// A value that has no order: an address, a location.
    Opaque(&'a Value),
}

impl<'a> Cell<'a> {
    /// The cell of a field's value. A missing boolean is false, any other missing value null.
    pub fn new(field: &FieldDescribe, value: Option<&'a Value>) -> Self {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            let is_flag = field.field_type == FieldType::Boolean;
            return if is_flag {
                Self::Boolean(false)
            } else {
                Self::Null
            };
        };
        match value {
            Value::Bool(flag) => Self::Boolean(*flag),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) => Self::of_text(field.field_type, text),
            Value::Null => Self::Null,
            Value::Array(_) | Value::Object(_) => Self::Opaque(value),
        }
    }

    fn of_text(kind: FieldType, text: &'a str) -> Self {
        if kind.is_id() {
            IdKey::parse(text).map_or(Self::Text(text), Self::Id)
        } else if kind == FieldType::Date {
            let date = stamp::parse_date(text).map(stamp::midnight);
            date.map_or(Self::Null, |date| Self::Time(date.timestamp_millis()))
        } else if kind == FieldType::Datetime {
            stamp::millis(text).map_or(Self::Null, Self::Time)
        } else {
            Self::Text(text)
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The order of results, nulls aside: text without regard to case.
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => compare_text(left, right),
            (Self::Id(left), Self::Id(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => left.total_cmp(right),
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Number(_) => 2,
            Self::Time(_) => 3,
            Self::Id(_) => 4,
            Self::Text(_) => 5,
            Self::Opaque(_) => 6,
        }
    }
}

/// Compares text without regard to case.
pub fn compare_text(left: &str, right: &str) -> Ordering {
    if left.is_ascii() && right.is_ascii() {
        let left = left.bytes().map(|byte| byte.to_ascii_lowercase());
        return left.cmp(right.bytes().map(|byte| byte.to_ascii_lowercase()));
    }
    let left = left.chars().flat_map(char::to_lowercase);
    left.cmp(right.chars().flat_map(char::to_lowercase))
}

/// Whether a moment lies before, in, or after a span.
pub fn place(moment: i64, span: &Range<i64>) -> Ordering {
    if moment < span.start {
        Ordering::Less
    } else if moment < span.end {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}
