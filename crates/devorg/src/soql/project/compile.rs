//! From the SELECT list to a [`Shape`].

use super::{Children, Item, Shape};
use crate::{
    error::ApiError,
    org::{FieldDescribe, FieldType, ObjectDescribe},
    soql::{
        aggregate,
        ast::{Expression, Path, Query, SelectItem, TypeOf},
        column::{AccessColumn, Column, Leaf},
        filter::{Compiler, Place},
        order::Sort,
        parse::malformed,
        rules,
        session::{Session, invalid_field},
    },
};

/// Salesforce's limit on subqueries within subqueries.
const DEEPEST: usize = 5;

impl<'a> Shape<'a> {
    /// `depth` counts the queries around this one.
    pub fn compile(
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        query: &Query,
        depth: usize,
    ) -> Result<Self, ApiError> {
        let mut shape = Self::default();
        let scope = Scope {
            session,
            object,
            alias: query.alias.as_deref(),
            depth,
        };
        for item in &query.select {
            match item {
                SelectItem::Expression { expression, alias } => {
                    shape.add_expression(&scope, expression, alias.as_deref())?;
                }
                SelectItem::Children(query) => shape.add_children(&scope, query)?,
                SelectItem::TypeOf(type_of) => shape.add_type_of(&scope, type_of)?,
            }
        }
        Ok(shape)
    }

    fn add_expression(
        &mut self,
        scope: &Scope<'_, 'a>,
        expression: &Expression,
        alias: Option<&str>,
    ) -> Result<(), ApiError> {
        match expression {
            Expression::Field(_) if alias.is_some() => {
                Err(malformed("only aggregate expressions use field aliasing"))
            }
            Expression::Field(path) => {
                let column = scope.column(path)?;
                self.columns.push(column.path());
                add_column(&mut self.items, &column)
            }
            Expression::Function {
                name,
                argument: Some(group),
            } if name == "FIELDS" => self.add_fields(scope, &group.concat()),
            Expression::Function {
                name,
                argument: Some(path),
            } if name == "TOLABEL" => {
                let column = scope.column(path)?;
                if !column.parents.is_empty() {
                    return Err(malformed("toLabel() of a parent's field is not supported"));
                }
                let key = alias.unwrap_or(column.leaf.name()).to_owned();
                self.columns.push(key.clone());
                push(
                    &mut self.items,
                    Item::Value {
                        key,
                        leaf: column.leaf,
                        as_label: true,
                    },
                )
            }
            Expression::Function { name, .. } => {
                Err(malformed(format!("unexpected token: '{name}'")))
            }
        }
    }

    fn add_fields(&mut self, scope: &Scope<'_, 'a>, group: &str) -> Result<(), ApiError> {
        let wanted: fn(&FieldDescribe) -> bool = match group.to_ascii_uppercase().as_str() {
            "ALL" => |_| true,
            "STANDARD" => |field| !field.custom,
            "CUSTOM" => |field| field.custom,
            _ => return Err(malformed(format!("unexpected token: '{group}'"))),
        };
        let visibility = scope.session.visibility;
        for field in scope.object.fields.iter().filter(|field| wanted(field)) {
            if visibility.field(&scope.object.name, &field.name) {
                self.columns.push(field.name.clone());
                let leaf = Leaf::Field(field);
                push(
                    &mut self.items,
                    Item::Value {
                        key: field.name.clone(),
                        leaf,
                        as_label: false,
                    },
                )?;
            }
        }
        Ok(())
    }

    fn add_children(&mut self, scope: &Scope<'_, 'a>, query: &Query) -> Result<(), ApiError> {
        rules::check_clauses(query)?;
        if scope.depth + 1 >= DEEPEST {
            return Err(malformed("Subqueries cannot nest more than 5 levels deep."));
        }
        if aggregate::is_count(query) || aggregate::is_aggregate(query) {
            return Err(malformed(
                "Aggregates and GROUP BY are not allowed in a subquery",
            ));
        }
        let session = scope.session;
        let relationship = scope.object.child_relationship(&query.from);
        let unknown = || unknown_children(&query.from);
        let relationship = relationship.ok_or_else(unknown)?;
        let object = session
            .object(&relationship.child_object)
            .map_err(|_| unknown())?;
        session
            .field(object, &relationship.field)
            .map_err(|_| unknown())?;
        let children = Children {
            key: relationship.relationship_name.clone().unwrap_or_default(),
            object,
            field: relationship.field.clone(),
            shape: Self::compile(session, object, query, scope.depth + 1)?,
            filter: Compiler::filter(session, object, query, Place::Children)?,
            sort: Sort::compile(session, object, query.alias.as_deref(), &query.order_by)?,
            query: query.clone(),
        };
        push(&mut self.items, Item::Children(Box::new(children)))
    }

    fn add_type_of(&mut self, scope: &Scope<'_, 'a>, type_of: &TypeOf) -> Result<(), ApiError> {
        let session = scope.session;
        let name = &type_of.relationship;
        let field = scope
            .object
            .parent_field(name)
            .filter(|field| field.is_polymorphic());
        let field = field.ok_or_else(|| {
            invalid_field(format!(
                "TYPEOF needs a polymorphic relationship, '{name}' is none"
            ))
        })?;
        session.field(scope.object, &field.name)?;
        let branches = scope.branches(field, type_of)?;
        let otherwise = scope.otherwise(type_of)?;
        let key = field.relationship_name.clone().unwrap_or_default();
        push(
            &mut self.items,
            Item::TypeOf {
                key,
                field,
                branches,
                otherwise,
            },
        )
    }
}

/// What the names of one SELECT list refer to.
struct Scope<'s, 'a> {
    session: &'s Session<'a>,
    object: &'a ObjectDescribe,
    alias: Option<&'s str>,
    depth: usize,
}

impl<'a> Scope<'_, 'a> {
    fn column(&self, path: &Path) -> Result<Column<'a>, ApiError> {
        let column = Column::resolve(self.session, self.object, self.alias, path)?;
        let is_compound = matches!(column.kind(), FieldType::Address | FieldType::Location);
        if is_compound && self.session.mode.is_bulk() {
            return Err(ApiError::bad_request(
                "API_ERROR",
                "Selecting compound data not supported in Bulk Query",
            ));
        }
        if column.kind() == FieldType::Base64 && self.session.mode.is_bulk() {
            return Err(ApiError::bad_request(
                "API_ERROR",
                format!(
                    "Binary fields cannot be selected in Bulk Query: {}",
                    column.path()
                ),
            ));
        }
        Ok(column)
    }

    fn branches(
        &self,
        field: &FieldDescribe,
        type_of: &TypeOf,
    ) -> Result<Vec<(&'a str, Vec<Item<'a>>)>, ApiError> {
        let mut branches = Vec::new();
        for (object, paths) in &type_of.branches {
            let object = self.session.object(object)?;
            if !field.reference_to.contains(&object.name) {
                return Err(invalid_field(format!(
                    "'{}' cannot refer to '{}'",
                    type_of.relationship, object.name
                )));
            }
            let branch = Scope {
                session: self.session,
                object,
                alias: None,
                depth: self.depth,
            };
            branches.push((object.name.as_str(), branch.items(paths)?));
        }
        Ok(branches)
    }

    fn otherwise(&self, type_of: &TypeOf) -> Result<Vec<Item<'a>>, ApiError> {
        let mut otherwise = Vec::new();
        for path in &type_of.otherwise {
            let path: Path = std::iter::once(&type_of.relationship)
                .chain(path)
                .cloned()
                .collect();
            let column = self.column(&path)?;
            let key = column.leaf.name().to_owned();
            push(
                &mut otherwise,
                Item::Value {
                    key,
                    leaf: column.leaf,
                    as_label: false,
                },
            )?;
        }
        Ok(otherwise)
    }

    fn items(&self, paths: &[Path]) -> Result<Vec<Item<'a>>, ApiError> {
        let mut items = Vec::new();
        for path in paths {
            add_column(&mut items, &self.column(path)?)?;
        }
        Ok(items)
    }
}

fn add_column<'a>(items: &mut Vec<Item<'a>>, column: &Column<'a>) -> Result<(), ApiError> {
    let mut items = items;
    for (field, key) in column.parents.iter().zip(&column.names) {
        let known = items
            .iter()
            .position(|item| matches!(item, Item::Parent { key: known, .. } if known == key));
        let position = known.unwrap_or(items.len());
        if known.is_none() {
            items.push(Item::Parent {
                key: key.clone(),
                field,
                items: Vec::new(),
            });
        }
        let Item::Parent { items: inner, .. } = &mut items[position] else {
            return Err(malformed(format!("duplicate field selected: {key}")));
        };
        items = inner;
    }
    match column.leaf {
        Leaf::Access(access) => add_access(items, access),
        leaf @ (Leaf::Field(_) | Leaf::Shared(..) | Leaf::ObjectName) => push(
            items,
            Item::Value {
                key: leaf.name().to_owned(),
                leaf,
                as_label: false,
            },
        ),
    }
}

fn add_access(items: &mut Vec<Item<'_>>, column: AccessColumn) -> Result<(), ApiError> {
    for item in items.iter_mut() {
        if let Item::Access(columns) = item {
            columns.push(column);
            return Ok(());
        }
    }
    push(items, Item::Access(vec![column]))
}

fn push<'a>(items: &mut Vec<Item<'a>>, item: Item<'a>) -> Result<(), ApiError> {
    if items
        .iter()
        .any(|known| known.key().eq_ignore_ascii_case(item.key()))
    {
        return Err(malformed(format!(
            "duplicate field selected: {}",
            item.key()
        )));
    }
    items.push(item);
    Ok(())
}

fn unknown_children(relationship: &str) -> ApiError {
    ApiError::bad_request(
        "INVALID_TYPE",
        format!(
            "Didn't understand relationship '{relationship}' in FROM part of query call. If you are \
             attempting to use a custom relationship, be sure to append the '__r' after the custom \
             relationship name. Please reference your WSDL or the describe call for the appropriate names."
        ),
    )
}
