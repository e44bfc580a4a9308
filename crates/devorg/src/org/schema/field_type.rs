//! The types of fields, and what follows from them.

/// The `type` of a describe's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    Id,
    String,
    Textarea,
    Picklist,
    Multipicklist,
    Combobox,
    Email,
    Phone,
    Url,
    EncryptedString,
    Reference,
    Boolean,
    Int,
    Long,
    Double,
    Currency,
    Percent,
    Date,
    Datetime,
    Time,
    Address,
    Location,
    Base64,
    AnyType,
}

impl FieldType {
    const NAMES: [(Self, &str); 24] = [
        (Self::Id, "id"),
        (Self::String, "string"),
        (Self::Textarea, "textarea"),
        (Self::Picklist, "picklist"),
        (Self::Multipicklist, "multipicklist"),
        (Self::Combobox, "combobox"),
        (Self::Email, "email"),
        (Self::Phone, "phone"),
        (Self::Url, "url"),
        (Self::EncryptedString, "encryptedstring"),
        (Self::Reference, "reference"),
        (Self::Boolean, "boolean"),
        (Self::Int, "int"),
        (Self::Long, "long"),
        (Self::Double, "double"),
        (Self::Currency, "currency"),
        (Self::Percent, "percent"),
        (Self::Date, "date"),
        (Self::Datetime, "datetime"),
        (Self::Time, "time"),
        (Self::Address, "address"),
        (Self::Location, "location"),
        (Self::Base64, "base64"),
        (Self::AnyType, "anyType"),
    ];

    /// The type with this name in a describe.
    pub fn named(name: &str) -> Option<Self> {
        let name = if name == "ref" { "reference" } else { name };
        let found = Self::NAMES
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(name))?;
        Some(found.0)
    }

    /// The name in a describe.
    pub fn as_str(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(known, _)| *known == self);
        found.map_or("string", |(_, name)| name)
    }

    pub fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Int | Self::Long | Self::Double | Self::Currency | Self::Percent
        )
    }

    /// Is a value a JSON string that is compared as text?
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::String
                | Self::Textarea
                | Self::Picklist
                | Self::Multipicklist
                | Self::Combobox
                | Self::Email
                | Self::Phone
                | Self::Url
                | Self::EncryptedString
                | Self::Base64
                | Self::AnyType
        )
    }

    pub fn is_id(self) -> bool {
        matches!(self, Self::Id | Self::Reference)
    }

    pub(crate) fn is_groupable(self) -> bool {
        !matches!(
            self,
            Self::Datetime
                | Self::Time
                | Self::Double
                | Self::Currency
                | Self::Percent
                | Self::Location
        )
    }

    pub(crate) fn default_length(self) -> usize {
        match self {
            Self::Id | Self::Reference => 18,
            Self::String | Self::Picklist | Self::Combobox | Self::Url => 255,
            Self::Textarea | Self::Multipicklist => 4099,
            Self::Email => 80,
            Self::Phone => 40,
            Self::EncryptedString => 175,
            Self::Boolean
            | Self::Int
            | Self::Long
            | Self::Double
            | Self::Currency
            | Self::Percent
            | Self::Date
            | Self::Datetime
            | Self::Time
            | Self::Address
            | Self::Location
            | Self::Base64
            | Self::AnyType => 0,
        }
    }
}
