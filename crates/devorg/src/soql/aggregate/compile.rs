//! From the clauses of an aggregate query to a plan over numbered values: first the group's keys, then
//! its aggregates.

use super::fold::Function;
use crate::{
    error::ApiError,
    org::{FieldType, ObjectDescribe},
    soql::{
        ast::{Condition, Expression, Query, SelectItem},
        column::{Column, Leaf},
        filter::{Filter, Subject, check},
        order::Direction,
        parse::malformed,
        session::{Session, invalid_field},
        source::Source,
    },
};

pub struct Plan<'a> {
    pub keys: Vec<Source<'a>>,
    pub aggregates: Vec<Aggregate<'a>>,
    pub outputs: Vec<Output>,
    pub having: Filter<usize>,
    pub order: Vec<(usize, Direction)>,
}

pub struct Aggregate<'a> {
    pub function: Function,
    /// None for `COUNT()`.
    pub column: Option<Column<'a>>,
}

/// A member of the result records.
pub struct Output {
    pub name: String,
    pub index: usize,
    pub kind: FieldType,
}

impl<'a> Plan<'a> {
    pub fn compile(
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        query: &Query,
    ) -> Result<Self, ApiError> {
        let compiler = Compiler {
            session,
            object,
            query,
        };
        let mut plan = Self {
            keys: compiler.keys()?,
            aggregates: Vec::new(),
            outputs: Vec::new(),
            having: Filter::All(Vec::new()),
            order: Vec::new(),
        };
        compiler.outputs(&mut plan)?;
        if let Some(condition) = &query.having {
            plan.having = compiler.having(&mut plan, condition)?;
        }
        for order in &query.order_by {
            let (index, _) = compiler.value(&mut plan, &order.expression)?;
            plan.order.push((index, order.into()));
        }
        Ok(plan)
    }
}

struct Compiler<'s, 'a> {
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    query: &'s Query,
}

impl<'a> Compiler<'_, 'a> {
    fn source(&self, expression: &Expression) -> Result<Source<'a>, ApiError> {
        let alias = self.query.alias.as_deref();
        Source::resolve(self.session, self.object, alias, expression)
    }

    fn keys(&self) -> Result<Vec<Source<'a>>, ApiError> {
        let mut keys = Vec::new();
        for expression in &self.query.group_by {
            let source = self.source(expression)?;
            let groupable = match source.column.leaf {
                Leaf::Field(field) => field.groupable || source.part.is_some(),
                Leaf::Shared(..) | Leaf::ObjectName => true,
                Leaf::Access(_) => false,
            };
            if !groupable {
                let name = source.column.path();
                return Err(invalid_field(format!(
                    "field '{name}' can not be grouped in a query call"
                )));
            }
            keys.push(source);
        }
        Ok(keys)
    }

    fn outputs(&self, plan: &mut Plan<'a>) -> Result<(), ApiError> {
        let mut unnamed = 0;
        for item in &self.query.select {
            let SelectItem::Expression { expression, alias } = item else {
                return Err(malformed(
                    "subqueries and TYPEOF cannot be combined with aggregates",
                ));
            };
            let (index, kind) = self.value(plan, expression)?;
            let name = match (alias, expression) {
                (Some(alias), _) => alias.clone(),
                (None, Expression::Field(_)) => plan.keys[index].column.leaf.name().to_owned(),
                (None, Expression::Function { .. }) => {
                    unnamed += 1;
                    format!("expr{}", unnamed - 1)
                }
            };
            if plan.outputs.iter().any(|output| output.name == name) {
                return Err(malformed(format!("duplicate alias: {name}")));
            }
            plan.outputs.push(Output { name, index, kind });
        }
        Ok(())
    }

    /// The number of a value, which is a key, an alias, or an aggregate; and its type.
    fn value(
        &self,
        plan: &mut Plan<'a>,
        expression: &Expression,
    ) -> Result<(usize, FieldType), ApiError> {
        if let Expression::Function { name, argument } = expression
            && let Some(function) = Function::named(name)
        {
            return self.aggregate(plan, function, name, argument.as_ref());
        }
        if let Expression::Field(path) = expression
            && let [name] = path.as_slice()
            && let Some(output) = plan
                .outputs
                .iter()
                .find(|output| output.name.eq_ignore_ascii_case(name))
        {
            return Ok((output.index, output.kind));
        }
        let source = self.source(expression)?;
        let same =
            |key: &Source<'_>| key.part == source.part && key.column.names == source.column.names;
        let key = plan.keys.iter().position(same);
        let key = key.ok_or_else(|| {
            malformed(format!(
                "Field must be grouped or aggregated: {}",
                source.column.path()
            ))
        })?;
        Ok((key, source.kind()))
    }

    fn aggregate(
        &self,
        plan: &mut Plan<'a>,
        function: Function,
        name: &str,
        argument: Option<&Vec<String>>,
    ) -> Result<(usize, FieldType), ApiError> {
        let column = match argument {
            Some(path) => Some(Column::resolve(
                self.session,
                self.object,
                self.query.alias.as_deref(),
                path,
            )?),
            None if function == Function::Count && !self.query.group_by.is_empty() => None,
            None => return Err(malformed(format!("{name}() needs a field here"))),
        };
        let kind = column.as_ref().map_or(FieldType::Int, Column::kind);
        if let Some(column) = &column {
            let filterable = match column.leaf {
                Leaf::Field(field) => field.filterable,
                Leaf::Shared(..) | Leaf::ObjectName => true,
                Leaf::Access(_) => false,
            };
            if !filterable || !function.accepts(kind) {
                return Err(malformed(format!(
                    "field {} does not support aggregate operator {name}",
                    column.path()
                )));
            }
        }
        let index = plan.keys.len() + plan.aggregates.len();
        plan.aggregates.push(Aggregate { function, column });
        Ok((index, function.result(kind)))
    }

    fn having(
        &self,
        plan: &mut Plan<'a>,
        condition: &Condition,
    ) -> Result<Filter<usize>, ApiError> {
        let mut all = |conditions: &[Condition]| {
            let filters = conditions
                .iter()
                .map(|condition| self.having(plan, condition));
            filters.collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::All(conditions) => Filter::All(all(conditions)?),
            Condition::Any(conditions) => Filter::Any(all(conditions)?),
            Condition::Not(condition) => Filter::Not(Box::new(self.having(plan, condition)?)),
            Condition::Compare {
                left,
                operator,
                right,
            } => {
                let (source, kind) = self.value(plan, left)?;
                let org = self.session.org;
                let subject = Subject {
                    name: "HAVING",
                    kind,
                    org,
                    now: org.now(),
                };
                Filter::Test {
                    source,
                    check: check(&subject, *operator, right)?,
                }
            }
        })
    }
}
