//! Conditions: what a document can be filtered or looked up by, as terms that both engines index.
//!
//! A condition is `kind ␟ source ␟ value`, where the source is the field (`Case.Status`) or the
//! object (`CaseComment`) that a viewer must be allowed to read for the condition to hold. So the
//! permission is part of the term that is searched for, and cannot be forgotten.

use std::collections::BTreeSet;
use std::fmt;

use domain::{Document, Facet, FieldName, ObjectName, RecordId, SourceKey};

pub(crate) mod readers;

const SEPARATOR: char = '\u{1f}';
const FACET: &str = "facet:";
/// Longer values are cut, here and in queries alike; engines refuse terms beyond 64 kB.
const LONGEST_VALUE: usize = 256;
/// A field with more text than this is prose, where an address is mentioned and not meant.
const SHORT_FIELD: usize = 255;
/// Objects that filters name by a record's name, and not by its id alone.
const NAMED: [&str; 3] = ["Account", "Contact", "Product2"];
/// A status that every record has that Salesforce does not count as closed, beside its own.
const OPEN: &str = "open";
/// Key prefixes of article versions begin so in every org.
const ARTICLE_VERSION: &str = "ka";

/// What a condition is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Account,
    Contact,
    Owner,
    Status,
    Language,
    Facet(String),
    /// The id of any of the document's records, or of the article that it is a version of.
    Id,
    Number,
    Email,
    /// The name of an account, a contact or a product.
    Name,
    /// By what the document may be read; its source is the document's object and what stands between.
    Grant,
    /// What an article's visibility depends on; such a condition has no value.
    Article,
    /// The source of the title that the vectors of the document know of; it has no value either.
    Titled,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.write_str("account"),
            Self::Contact => f.write_str("contact"),
            Self::Owner => f.write_str("owner"),
            Self::Status => f.write_str("status"),
            Self::Language => f.write_str("language"),
            Self::Facet(name) => write!(f, "{FACET}{}", name.replace(SEPARATOR, " ")),
            Self::Id => f.write_str("id"),
            Self::Number => f.write_str("number"),
            Self::Email => f.write_str("email"),
            Self::Name => f.write_str("name"),
            Self::Grant => f.write_str("grant"),
            Self::Article => f.write_str("article"),
            Self::Titled => f.write_str("titled"),
        }
    }
}

/// The conditions that hold for one document.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// `kind ␟ source ␟ value`.
    pub terms: BTreeSet<String>,
    /// `kind ␟ source`: the few pairs from which a viewer's terms are made.
    pub sources: BTreeSet<String>,
}

impl Conditions {
    /// What the document, and each of its passages, is filtered by.
    pub(crate) fn filters(document: &Document) -> Self {
        let mut found = Self::default();
        let object = &document.object;
        let parents = &document.parents;
        if let Some(account) = parents.account {
            let source = parent_source(object, parents.account_field.as_ref(), "AccountId");
            found.add(Kind::Account, &source, account.as_str());
        }
        if let Some(contact) = parents.contact {
            let source = parent_source(object, parents.contact_field.as_ref(), "ContactId");
            found.add(Kind::Contact, &source, contact.as_str());
        }
        if object == "Account" {
            found.add(Kind::Account, object.as_str(), document.id.as_str());
        }
        if object == "Contact" {
            found.add(Kind::Contact, object.as_str(), document.id.as_str());
        }
        if let Some(owner) = document.owner {
            found.add(
                Kind::Owner,
                &field_source(object, "OwnerId"),
                owner.as_str(),
            );
        }
        if let Some(status) = &document.status {
            let source = SourceKey::new(object, &status.field);
            found.add(Kind::Status, source.as_str(), &folded(&status.value));
        }
        if let Some(language) = &document.language {
            found.add(Kind::Language, object.as_str(), &folded(language));
        }
        for (name, facets) in &document.facets {
            for facet in facets {
                let source = facet.source(object);
                for value in std::iter::once(&facet.value).chain(&facet.label) {
                    let kind = Kind::Facet(name.clone());
                    found.add(kind, source.as_str(), &folded(value));
                }
                if name == Facet::IS_CLOSED && facet.value == "false" {
                    found.add(Kind::Status, source.as_str(), OPEN);
                }
            }
        }
        if let Some(title) = &document.title {
            let source = SourceKey::new(object, &title.field);
            found.add(Kind::Titled, source.as_str(), "");
        }
        found.add_readers(document);
        found
    }

    /// Who may read the document.
    fn add_readers(&mut self, document: &Document) {
        let object = &document.object;
        for grant in &document.grants {
            let source = readers::source(object, &grant.path);
            self.add(Kind::Grant, &source, &readers::value(&grant.to));
        }
        if document.grants.is_empty() {
            let is_article = document.visibility.is_some() || object.is_article();
            let known = match is_article {
                true => readers::ARTICLE,
                false => readers::UNKNOWN,
            };
            self.add(Kind::Grant, object.as_str(), known);
        }
        let marks = match &document.visibility {
            Some(visibility) => readers::marks(visibility),
            None if object.is_article() => vec![readers::HIDDEN.to_owned()],
            None => Vec::new(),
        };
        for mark in marks {
            self.add(Kind::Article, &mark, "");
        }
    }

    /// What the document is looked up by: ids, number, addresses in short fields.
    pub(crate) fn keys(document: &Document) -> Self {
        let mut found = Self::default();
        found.add(Kind::Id, document.object.as_str(), document.id.as_str());
        // Only an article's own versions stand for it, not what hangs on it.
        if let Some(article) = document.parents.article
            && document.id.key_prefix().starts_with(ARTICLE_VERSION)
        {
            found.add(Kind::Id, document.object.as_str(), article.as_str());
        }
        if let Some(number) = &document.number {
            let value = normal_number(&number.text);
            found.add(Kind::Number, document.object.as_str(), &value);
        }
        if let Some(title) = &document.title
            && NAMED.contains(&document.object.as_str())
        {
            let source = SourceKey::new(&document.object, &title.field);
            found.add(Kind::Name, source.as_str(), &folded(&title.text));
        }
        for record in &document.records {
            found.add(Kind::Id, record.object.as_str(), record.record_id.as_str());
            for text in record
                .fields
                .iter()
                .filter(|text| text.text.len() <= SHORT_FIELD)
            {
                let source = SourceKey::new(&record.object, &text.field);
                for email in emails(&text.text) {
                    found.add(Kind::Email, source.as_str(), &email);
                }
            }
        }
        found
    }

    /// The term of a language of an object's documents.
    pub(crate) fn language(object: &str, language: &str) -> String {
        term(
            &format!("{}{SEPARATOR}{object}", Kind::Language),
            &folded(language),
        )
    }

    fn add(&mut self, kind: Kind, source: &str, value: &str) {
        let pair = format!("{kind}{SEPARATOR}{source}");
        self.terms.insert(term(&pair, value));
        self.sources.insert(pair);
    }
}

/// The kind and the source of a pair, as they were added.
pub(crate) fn split_pair(pair: &str) -> Option<(&str, &str)> {
    pair.split_once(SEPARATOR)
}

/// The facet that a kind is of, if it is one.
pub(crate) fn facet_name(kind: &str) -> Option<&str> {
    kind.strip_prefix(FACET)
}

/// The term of a `kind ␟ source` pair and a value.
pub(crate) fn term(pair: &str, value: &str) -> String {
    let mut end = value.len().min(LONGEST_VALUE);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    format!("{pair}{SEPARATOR}{}", &value[..end])
}

/// What all terms of a pair begin with; their values stand behind it.
pub(crate) fn prefix(pair: &str) -> String {
    format!("{pair}{SEPARATOR}")
}

/// Values that people type are compared without regard to case and surrounding blanks.
pub(crate) fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

/// A number as it is compared: without leading zeros, `00001026` is `1026`.
pub(crate) fn normal_number(text: &str) -> String {
    let folded = folded(text);
    let trimmed = folded.trim_start_matches('0');
    if trimmed.is_empty() {
        folded
    } else {
        trimmed.to_owned()
    }
}

/// An id is compared as it is: its case counts.
pub(crate) fn id_value(id: RecordId) -> String {
    id.as_str().to_owned()
}

/// The e-mail addresses in a text, in lower case.
pub(crate) fn emails(text: &str) -> impl Iterator<Item = String> + '_ {
    let breaks = |c: char| c.is_whitespace() || c.is_control() || "<>,;()[]\"'".contains(c);
    text.split(breaks).filter_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let (name, host) = word.split_once('@')?;
        let well_formed = !name.is_empty() && host.contains('.') && !host.contains('@');
        (well_formed && word.len() <= LONGEST_VALUE).then(|| word.to_lowercase())
    })
}

/// The source of a parent that `field` names, or else the standard field.
fn parent_source(object: &ObjectName, field: Option<&FieldName>, standard: &str) -> String {
    match field {
        Some(field) => SourceKey::new(object, field).as_str().to_owned(),
        None => field_source(object, standard),
    }
}

fn field_source(object: &ObjectName, field: &str) -> String {
    match FieldName::parse(field) {
        Ok(field) => SourceKey::new(object, &field).as_str().to_owned(),
        // Only constants come here. A source that nobody can read keeps it closed.
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_without_leading_zeros() {
        assert_eq!(normal_number("00001026"), normal_number("1026"));
        assert_eq!(normal_number("ERR-01"), "err-01");
        assert_eq!(normal_number("000"), "000");
    }

    #[test]
    fn addresses_are_found_in_short_texts() {
        let found: Vec<_> = emails("Ann Lee <Ann.Lee@Acme.com>; x@y, @, a@b.c.").collect();
        assert_eq!(found, ["ann.lee@acme.com", "a@b.c"]);
    }

    #[test]
    fn long_values_are_cut_at_a_letter() {
        let cut = term("status", &"ä".repeat(1000));
        assert!(cut.len() <= "status".len() + 1 + LONGEST_VALUE);
    }
}
