//! From the WHERE clause to a [`Filter`] over columns.

use super::{Filter, Subject, check, semijoin};
use crate::{
    error::ApiError,
    org::ObjectDescribe,
    soql::{
        ast::{Condition, Expression, Operand, Operator, Query},
        column::Leaf,
        parse::malformed,
        session::{Session, invalid_field},
        source::Source,
    },
};

/// Which WHERE it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Outer,
    /// Of a child subquery.
    Children,
    /// Of a semi-join's inner query.
    SemiJoin,
}

pub struct Compiler<'s, 'a> {
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    alias: Option<&'s str>,
    place: Place,
    semijoins: usize,
}

impl<'s, 'a> Compiler<'s, 'a> {
    /// Compiles the WHERE clause of a query on `object`; without one every row matches.
    pub fn filter(
        session: &'s Session<'a>,
        object: &'a ObjectDescribe,
        query: &'s Query,
        place: Place,
    ) -> Result<Filter<Source<'a>>, ApiError> {
        let alias = query.alias.as_deref();
        let mut compiler = Self {
            session,
            object,
            alias,
            place,
            semijoins: 0,
        };
        match &query.filter {
            Some(condition) => compiler.condition(condition, true),
            None => Ok(Filter::All(Vec::new())),
        }
    }

    /// `top_level` is lost below OR and NOT.
    fn condition(
        &mut self,
        condition: &Condition,
        top_level: bool,
    ) -> Result<Filter<Source<'a>>, ApiError> {
        Ok(match condition {
            Condition::All(conditions) => Filter::All(self.conditions(conditions, top_level)?),
            Condition::Any(conditions) => Filter::Any(self.conditions(conditions, false)?),
            Condition::Not(condition) => Filter::Not(Box::new(self.condition(condition, false)?)),
            Condition::Compare {
                left,
                operator,
                right,
            } => self.comparison(left, *operator, right, top_level)?,
        })
    }

    fn conditions(
        &mut self,
        conditions: &[Condition],
        top_level: bool,
    ) -> Result<Vec<Filter<Source<'a>>>, ApiError> {
        conditions
            .iter()
            .map(|condition| self.condition(condition, top_level))
            .collect()
    }

    fn comparison(
        &mut self,
        left: &Expression,
        operator: Operator,
        right: &Operand,
        top_level: bool,
    ) -> Result<Filter<Source<'a>>, ApiError> {
        let source = Source::resolve(self.session, self.object, self.alias, left)?;
        let name = source.column.path();
        if let Leaf::Field(field) = source.column.leaf
            && !field.filterable
        {
            return Err(invalid_field(format!(
                "field '{name}' can not be filtered in a query call"
            )));
        }
        if let Leaf::Access(_) = source.column.leaf {
            return Err(invalid_field(format!(
                "field '{name}' can not be filtered in a query call"
            )));
        }
        let check = match right {
            Operand::Subquery(inner) => {
                self.allow_semijoin(top_level)?;
                semijoin::check(self.session, self.object, &source, operator, inner)?
            }
            Operand::Literal(_) | Operand::List(_) => {
                let subject = Subject {
                    name: &name,
                    kind: source.kind(),
                    org: self.session.org,
                    now: self.session.org.now(),
                };
                check(&subject, operator, right)?
            }
        };
        Ok(Filter::Test { source, check })
    }

    fn allow_semijoin(&mut self, top_level: bool) -> Result<(), ApiError> {
        self.semijoins += 1;
        let refusal = match self.place {
            Place::SemiJoin => "Nesting of semi join sub-selects is not supported",
            Place::Children => {
                "Semi join sub-selects are not allowed in the WHERE clause of a subquery"
            }
            Place::Outer if !top_level => {
                "Semi join sub-selects are only allowed at the top level WHERE expressions and not in \
                 nested WHERE expressions."
            }
            Place::Outer if self.semijoins > 2 => {
                "maximum number of semi join sub-selects exceeded, at most 2 are allowed in a query"
            }
            Place::Outer => return Ok(()),
        };
        Err(malformed(refusal))
    }
}
