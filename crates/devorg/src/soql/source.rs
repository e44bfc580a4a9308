//! What a condition, a group or an order looks at: a column, or a part of a date in one.

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::{
    error::ApiError,
    org::{FieldType, ObjectDescribe, Row, stamp},
};

use super::{
    ast::Expression,
    cell::Cell,
    column::Column,
    parse::malformed,
    session::{Session, invalid_field},
};

#[derive(Clone, Debug)]
pub struct Source<'a> {
    pub column: Column<'a>,
    pub part: Option<DatePart>,
}

/// The date functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    Year,
    Quarter,
    Month,
    DayInMonth,
    DayInWeek,
    DayInYear,
    DayOnly,
    HourInDay,
    WeekInMonth,
    WeekInYear,
}

impl<'a> Source<'a> {
    /// Resolves a field or a date function; other functions have no place here.
    pub fn resolve(
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        alias: Option<&str>,
        expression: &Expression,
    ) -> Result<Self, ApiError> {
        let (path, part) = match expression {
            Expression::Field(path) => (path, None),
            Expression::Function { name, argument } => {
                let part = DatePart::named(name).zip(argument.as_ref());
                let (part, path) =
                    part.ok_or_else(|| malformed(format!("unexpected token: '{name}'")))?;
                (path, Some(part))
            }
        };
        let column = Column::resolve(session, object, alias, path)?;
        if part.is_some() && !matches!(column.kind(), FieldType::Date | FieldType::Datetime) {
            return Err(invalid_field(format!(
                "date functions need a date field: '{}'",
                column.path()
            )));
        }
        Ok(Self { column, part })
    }

    pub fn kind(&self) -> FieldType {
        match self.part {
            None => self.column.kind(),
            Some(DatePart::DayOnly) => FieldType::Date,
            Some(_) => FieldType::Int,
        }
    }

    pub fn cell(
        &self,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        row: &'a Row,
    ) -> Cell<'a> {
        let cell = self.column.cell(session, object, row);
        match (self.part, cell) {
            (Some(part), Cell::Time(millis)) => part.of(millis),
            (_, cell) => cell,
        }
    }
}

impl DatePart {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "CALENDAR_YEAR" | "FISCAL_YEAR" => Self::Year,
            "CALENDAR_QUARTER" | "FISCAL_QUARTER" => Self::Quarter,
            "CALENDAR_MONTH" | "FISCAL_MONTH" => Self::Month,
            "DAY_IN_MONTH" => Self::DayInMonth,
            "DAY_IN_WEEK" => Self::DayInWeek,
            "DAY_IN_YEAR" => Self::DayInYear,
            "DAY_ONLY" => Self::DayOnly,
            "HOUR_IN_DAY" => Self::HourInDay,
            "WEEK_IN_MONTH" => Self::WeekInMonth,
            "WEEK_IN_YEAR" => Self::WeekInYear,
            _ => return None,
        })
    }

    fn of(self, millis: i64) -> Cell<'static> {
        let Some(time) = DateTime::<Utc>::from_timestamp_millis(millis) else {
            return Cell::Null;
        };
        let number = match self {
            Self::Year => return Cell::Number(f64::from(time.year())),
            Self::DayOnly => {
                return Cell::Time(stamp::midnight(time.date_naive()).timestamp_millis());
            }
            Self::Quarter => time.month0() / 3 + 1,
            Self::Month => time.month(),
            Self::DayInMonth => time.day(),
            Self::DayInWeek => time.weekday().number_from_sunday(),
            Self::DayInYear => time.ordinal(),
            Self::HourInDay => time.hour(),
            Self::WeekInMonth => time.day0() / 7 + 1,
            Self::WeekInYear => time.ordinal0() / 7 + 1,
        };
        Cell::Number(f64::from(number))
    }
}
