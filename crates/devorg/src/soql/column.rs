//! Names resolved: a path from the queried object to a field, over any number of parents.

use crate::{
    error::ApiError,
    org::{
        FieldDescribe, FieldType, ObjectDescribe, Row,
        table::{id_of, text},
    },
};

use super::{
    RecordAccess,
    ast::Path,
    cell::Cell,
    parse::malformed,
    session::{Session, invalid_field, no_such_column},
};

/// Salesforce's limit on parents in one path.
const HIGHEST: usize = 5;

/// The fields that every possible target of a polymorphic reference can be asked for.
const SHARED_FIELDS: [(&str, FieldType); 12] = [
    ("Id", FieldType::Id),
    ("Name", FieldType::String),
    ("Alias", FieldType::String),
    ("Email", FieldType::Email),
    ("FirstName", FieldType::String),
    ("LastName", FieldType::String),
    ("IsActive", FieldType::Boolean),
    ("Phone", FieldType::Phone),
    ("ProfileId", FieldType::Reference),
    ("Title", FieldType::String),
    ("UserRoleId", FieldType::Reference),
    ("Username", FieldType::String),
];

/// A field, and the way to it.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    /// The reference fields to follow, outermost first.
    pub parents: Vec<&'a FieldDescribe>,
    pub leaf: Leaf<'a>,
    /// The path as the describes spell it.
    pub names: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    Field(&'a FieldDescribe),
    /// One of [`SHARED_FIELDS`], of whatever object a polymorphic reference leads to.
    Shared(&'static str, FieldType),
    /// `What.Type`: the name of the object that a polymorphic reference leads to.
    ObjectName,
    /// `UserRecordAccess.HasReadAccess`: what the session's user may do with the record.
    Access(AccessColumn),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessColumn {
    Read,
    Edit,
    Delete,
    Transfer,
    All,
    MaxLevel,
}

impl AccessColumn {
    pub fn named(name: &str) -> Option<(Self, &'static str)> {
        let names = [
            (Self::Read, "HasReadAccess"),
            (Self::Edit, "HasEditAccess"),
            (Self::Delete, "HasDeleteAccess"),
            (Self::Transfer, "HasTransferAccess"),
            (Self::All, "HasAllAccess"),
            (Self::MaxLevel, "MaxAccessLevel"),
        ];
        names
            .into_iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))
    }

    pub fn cell(self, access: RecordAccess) -> Cell<'static> {
        match self {
            Self::Read => Cell::Boolean(access.read),
            Self::Edit => Cell::Boolean(access.edit),
            Self::Delete => Cell::Boolean(access.delete),
            Self::Transfer => Cell::Boolean(access.transfer),
            Self::All => Cell::Boolean(access.all),
            Self::MaxLevel => Cell::Text(access.max_level.as_str()),
        }
    }
}

impl<'a> Column<'a> {
    /// Resolves a path as written in a query on `object`, which may be called `alias` there.
    pub fn resolve(
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        alias: Option<&str>,
        path: &Path,
    ) -> Result<Self, ApiError> {
        let path = without_alias(object, alias, path);
        let Some((last, relationships)) = path.split_last() else {
            return Err(malformed("a field name is missing"));
        };
        if relationships.len() > HIGHEST {
            return Err(malformed(
                "Relationship paths cannot have more than 5 levels of parents.",
            ));
        }
        let mut column = Self {
            parents: Vec::new(),
            leaf: Leaf::ObjectName,
            names: Vec::new(),
        };
        let mut at = Position::Object(object);
        for relationship in relationships {
            at = column.follow(session, at, relationship)?;
        }
        column.leaf = at.leaf(session, last)?;
        column.names.push(column.leaf.name().to_owned());
        Ok(column)
    }

    fn follow(
        &mut self,
        session: &Session<'a>,
        at: Position<'a>,
        relationship: &str,
    ) -> Result<Position<'a>, ApiError> {
        let unknown = || {
            invalid_field(format!(
                "Didn't understand relationship '{relationship}' in field path. If you are attempting to \
                 use a custom relationship, be sure to append the '__r' after the custom relationship \
                 name. Please reference your WSDL or the describe call for the appropriate names."
            ))
        };
        let object = match at {
            Position::Object(object) => object,
            Position::AnyOf => session.object("User")?,
            Position::Access => return Err(unknown()),
        };
        if relationship.eq_ignore_ascii_case("UserRecordAccess") {
            self.names.push("UserRecordAccess".to_owned());
            return Ok(Position::Access);
        }
        let field = object.parent_field(relationship).ok_or_else(unknown)?;
        session.field(object, &field.name).map_err(|_| unknown())?;
        self.names
            .push(field.relationship_name.clone().unwrap_or_default());
        self.parents.push(field);
        match field.reference_to.as_slice() {
            [only] => session
                .object(only)
                .map(Position::Object)
                .map_err(|_| unknown()),
            _ => Ok(Position::AnyOf),
        }
    }

    /// The field itself, when it is one of the queried object's own.
    pub fn own_field(&self) -> Option<&'a FieldDescribe> {
        match self.leaf {
            Leaf::Field(field) if self.parents.is_empty() => Some(field),
            Leaf::Field(_) | Leaf::Shared(..) | Leaf::ObjectName | Leaf::Access(_) => None,
        }
    }

    /// `Account.Name`.
    pub fn path(&self) -> String {
        self.names.join(".")
    }

    pub fn kind(&self) -> FieldType {
        match self.leaf {
            Leaf::Field(field) => field.field_type,
            Leaf::Shared(_, kind) => kind,
            Leaf::ObjectName | Leaf::Access(AccessColumn::MaxLevel) => FieldType::Picklist,
            Leaf::Access(_) => FieldType::Boolean,
        }
    }

    /// The value for one row of the queried object.
    pub fn cell(
        &self,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        row: &'a Row,
    ) -> Cell<'a> {
        let mut at = (object, row);
        for field in &self.parents {
            let Some(parent) = session.parent(field, at.1) else {
                return Cell::Null;
            };
            at = parent;
        }
        self.leaf.cell(session, at.0, at.1)
    }
}

impl<'a> Leaf<'a> {
    pub fn name(&self) -> &str {
        match self {
            Self::Field(field) => &field.name,
            Self::Shared(name, _) => name,
            Self::ObjectName => "Type",
            Self::Access(AccessColumn::Read) => "HasReadAccess",
            Self::Access(AccessColumn::Edit) => "HasEditAccess",
            Self::Access(AccessColumn::Delete) => "HasDeleteAccess",
            Self::Access(AccessColumn::Transfer) => "HasTransferAccess",
            Self::Access(AccessColumn::All) => "HasAllAccess",
            Self::Access(AccessColumn::MaxLevel) => "MaxAccessLevel",
        }
    }

    pub fn cell(
        &self,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        row: &'a Row,
    ) -> Cell<'a> {
        match self {
            Self::Field(field) => Cell::new(field, row.get(&field.name)),
            Self::Shared(name, _) => {
                let field = shared_field(session, object, name);
                field.map_or(Cell::Null, |field| Cell::new(field, row.get(&field.name)))
            }
            Self::ObjectName => Cell::Text(&object.name),
            Self::Access(column) => {
                let user = session.visibility.user_id().unwrap_or_default();
                column.cell(session.visibility.record_access(user, id_of(row)))
            }
        }
    }
}

/// What `Name`, `Email`, … is for this object; its name field may be called differently.
pub fn shared_field<'a>(
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    name: &str,
) -> Option<&'a FieldDescribe> {
    let field = if name == "Name" {
        object.name_field()
    } else {
        object.field(name)
    };
    field.filter(|field| session.visibility.field(&object.name, &field.name))
}

#[derive(Clone, Copy)]
enum Position<'a> {
    Object(&'a ObjectDescribe),
    /// Whatever a polymorphic reference leads to.
    AnyOf,
    Access,
}

impl<'a> Position<'a> {
    fn leaf(self, session: &Session<'a>, name: &str) -> Result<Leaf<'a>, ApiError> {
        match self {
            Self::Object(object) => session.field(object, name).map(Leaf::Field),
            Self::AnyOf if name.eq_ignore_ascii_case("Type") => Ok(Leaf::ObjectName),
            Self::AnyOf => SHARED_FIELDS
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(known, kind)| Leaf::Shared(known, *kind))
                .ok_or_else(|| no_such_column(name, "Name")),
            Self::Access if session.visibility.user_id().is_none() => {
                Err(no_such_column("UserRecordAccess", "Name"))
            }
            Self::Access => AccessColumn::named(name)
                .map(|(column, _)| Leaf::Access(column))
                .ok_or_else(|| no_such_column(name, "UserRecordAccess")),
        }
    }
}

/// `a.Name` in a query `FROM Account a` is `Name`; so is `Account.Name`.
fn without_alias<'p>(object: &ObjectDescribe, alias: Option<&str>, path: &'p Path) -> &'p [String] {
    let Some((first, rest)) = path.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return path;
    };
    let is_alias = alias.is_some_and(|alias| first.eq_ignore_ascii_case(alias));
    let is_object =
        first.eq_ignore_ascii_case(&object.name) && object.parent_field(first).is_none();
    if is_alias || is_object { rest } else { path }
}

/// The object name in a row's `attributes` when a polymorphic reference led there.
pub fn object_of<'a>(session: &Session<'a>, field: &FieldDescribe, row: &Row) -> Option<&'a str> {
    session.org.object_of_id(text(row, &field.name)?)
}
