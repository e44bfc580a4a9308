//! The aggregate functions.

use std::collections::BTreeSet;

use crate::{
    org::FieldType,
    soql::{cell::Cell, project::of_cell},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
}

impl Function {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "COUNT" => Self::Count,
            "COUNT_DISTINCT" => Self::CountDistinct,
            "SUM" => Self::Sum,
            "AVG" => Self::Average,
            "MIN" => Self::Minimum,
            "MAX" => Self::Maximum,
            _ => return None,
        })
    }

    /// Can values of this type be aggregated so?
    pub fn accepts(self, kind: FieldType) -> bool {
        match self {
            Self::Count | Self::CountDistinct => true,
            Self::Sum | Self::Average => kind.is_numeric(),
            Self::Minimum | Self::Maximum => {
                !matches!(kind, FieldType::Boolean | FieldType::Multipicklist)
            }
        }
    }

    /// The type of the result for values of this type.
    pub fn result(self, kind: FieldType) -> FieldType {
        match self {
            Self::Count | Self::CountDistinct => FieldType::Int,
            Self::Average => FieldType::Double,
            Self::Sum | Self::Minimum | Self::Maximum => kind,
        }
    }
}

/// A running total. Nulls do not count.
#[derive(Debug)]
pub struct Total<'a> {
    function: Function,
    count: usize,
    sum: f64,
    extreme: Cell<'a>,
    distinct: BTreeSet<String>,
}

impl<'a> Total<'a> {
    pub fn new(function: Function) -> Self {
        Self {
            function,
            count: 0,
            sum: 0.0,
            extreme: Cell::Null,
            distinct: BTreeSet::new(),
        }
    }

    pub fn add(&mut self, cell: Cell<'a>) {
        if cell.is_null() {
            return;
        }
        self.count += 1;
        match self.function {
            Function::Count => {}
            Function::CountDistinct => {
                let value = of_cell(&cell, FieldType::String).to_string();
                self.distinct.insert(value.to_lowercase());
            }
            Function::Sum | Function::Average => {
                if let Cell::Number(number) = cell {
                    self.sum += number;
                }
            }
            Function::Minimum => self.replace_if(cell, cell.compare(&self.extreme).is_lt()),
            Function::Maximum => self.replace_if(cell, cell.compare(&self.extreme).is_gt()),
        }
    }

    fn replace_if(&mut self, cell: Cell<'a>, better: bool) {
        if better || self.extreme.is_null() {
            self.extreme = cell;
        }
    }

    pub fn finish(self) -> Cell<'a> {
        match self.function {
            Function::Count => Cell::Number(self.count as f64),
            Function::CountDistinct => Cell::Number(self.distinct.len() as f64),
            Function::Sum | Function::Average if self.count == 0 => Cell::Null,
            Function::Sum => Cell::Number(self.sum),
            Function::Average => Cell::Number(self.sum / self.count as f64),
            Function::Minimum | Function::Maximum => self.extreme,
        }
    }
}
