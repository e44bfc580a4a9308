//! Object profiles: which records become documents, and which of their fields are text.
//!
//! A profile is what config says; `plan` checks it against the org's describe. The
//! shipped profiles stand in `config/objects.toml`, which explains every key.

use std::collections::{BTreeMap, BTreeSet};

use domain::{FieldName, ObjectName};
use serde::Deserialize;

use crate::Error;

mod problems;

use problems::Problems;

const SHIPPED: &str = include_str!("../../config/objects.toml");

/// A profile as it is written down. What is absent is inherited from the shipped profile, or else
/// taken from describe.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawProfile {
    pub enabled: Option<bool>,
    pub title: Option<String>,
    pub number: Option<String>,
    pub text: Option<Vec<RawText>>,
    pub facts: Option<Vec<String>>,
    pub kept: Option<Vec<String>>,
    pub status: Option<String>,
    pub language: Option<String>,
    pub owner: Option<String>,
    pub parents: Option<RawParents>,
    pub facets: Option<BTreeMap<String, String>>,
    pub children: Option<Vec<RawChild>>,
    pub only: Option<Vec<RawOnly>>,
    pub rich_text: Option<Vec<String>>,
    pub discover: Option<bool>,
    pub shadowed_by: Option<Vec<RawShadow>>,
    pub linked_by: Option<RawLink>,
    pub shows: Option<Vec<String>>,
    pub files: Option<bool>,
}

/// A text field, or fields of which the first that has text counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum RawText {
    Field(String),
    FirstOf(Vec<String>),
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawParents {
    pub account: Option<String>,
    pub contact: Option<String>,
    pub case: Option<String>,
    pub opportunity: Option<String>,
    pub article: Option<String>,
    pub other: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawChild {
    pub object: String,
    pub parent: String,
    #[serde(default)]
    pub text: Vec<RawText>,
    #[serde(default)]
    pub facts: Vec<String>,
    #[serde(default)]
    pub kept: Vec<String>,
    #[serde(default)]
    pub facets: BTreeMap<String, String>,
    pub written_at: Option<String>,
    #[serde(default)]
    pub rich_text: Vec<String>,
    pub discover: Option<bool>,
    #[serde(default)]
    pub shows: Vec<String>,
    pub article: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOnly {
    pub field: String,
    pub equals: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawShadow {
    pub object: String,
    pub field: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLink {
    pub object: String,
    pub record: String,
    pub target: String,
}

/// How the records of one object become documents. Names are well-formed; whether the org has them
/// is not known yet. `None` means: as describe says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub object: ObjectName,
    pub title: Option<FieldName>,
    pub number: Option<FieldName>,
    pub text: Option<Vec<Text>>,
    pub facts: Option<Vec<FieldName>>,
    /// Fields that stand in the document, where the org has them, and are not searched.
    pub kept: Vec<FieldName>,
    pub status: Option<FieldName>,
    pub language: Option<FieldName>,
    pub owner: Option<FieldName>,
    pub parents: Option<Parents>,
    pub facets: BTreeMap<String, FieldName>,
    pub children: Vec<Child>,
    pub only: Vec<Only>,
    pub rich_text: Vec<FieldName>,
    pub discover: bool,
    pub shadowed_by: Vec<Shadow>,
    pub linked_by: Option<Link>,
    /// References to records whose change may change this one without its stamp.
    pub shows: Vec<FieldName>,
    /// Whether the files that are linked to a record are part of its document.
    pub files: bool,
}

/// Fields of which the first that has text counts; never empty.
pub type Text = Vec<FieldName>;

/// Where a document's parents stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parents {
    pub account: Option<FieldName>,
    pub contact: Option<FieldName>,
    pub case: Option<FieldName>,
    pub opportunity: Option<FieldName>,
    pub article: Option<FieldName>,
    pub other: Vec<FieldName>,
}

/// Records that are part of their parent's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    pub object: ObjectName,
    pub parent: FieldName,
    pub text: Vec<Text>,
    pub facts: Vec<FieldName>,
    /// As for the profile.
    pub kept: Vec<FieldName>,
    pub facets: BTreeMap<String, FieldName>,
    pub written_at: Option<FieldName>,
    pub rich_text: Vec<FieldName>,
    pub discover: bool,
    /// As for the profile.
    pub shows: Vec<FieldName>,
    /// Where a record names the article that it attaches to the document.
    pub article: Option<FieldName>,
}

/// A value that a record must have to be a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    pub field: FieldName,
    pub equals: String,
}

/// A record named by this field is told by the object that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    pub object: ObjectName,
    pub field: FieldName,
}

/// Parents through a link object: `record` names the document's record, `target` the parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub object: ObjectName,
    pub record: FieldName,
    pub target: FieldName,
}

/// All profiles, by object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profiles {
    enabled: BTreeMap<ObjectName, Profile>,
    /// Objects that config turns off.
    disabled: BTreeSet<String>,
}

impl Profiles {
    /// The shipped profiles, changed and extended key by key.
    ///
    /// # Errors
    /// [`Error::Profiles`] lists every problem with the names that it is about.
    pub fn load(changes: BTreeMap<String, RawProfile>) -> Result<Self, Error> {
        let mut problems = Problems::default();
        let mut raw = parse(SHIPPED, &mut problems);
        for (object, change) in changes {
            let shipped = raw.remove(&object).unwrap_or_default();
            raw.insert(object, change.over(shipped));
        }
        let mut enabled = BTreeMap::new();
        let mut disabled = BTreeSet::new();
        for (object, raw) in raw {
            if !raw.enabled.unwrap_or(true) {
                disabled.insert(object);
            } else if let Some(profile) = problems.profile(&object, raw) {
                enabled.insert(profile.object.clone(), profile);
            }
        }
        problems.check_together(&enabled);
        problems.into_result(Self { enabled, disabled })
    }

    /// Reads profiles in the form of `config/objects.toml`, to give them to [`Profiles::load`].
    ///
    /// # Errors
    /// [`Error::Profiles`] with one problem for each object that cannot be read.
    pub fn parse(toml: &str) -> Result<BTreeMap<String, RawProfile>, Error> {
        let mut problems = Problems::default();
        let raw = parse(toml, &mut problems);
        problems.into_result(raw)
    }

    pub fn get(&self, object: &ObjectName) -> Option<&Profile> {
        self.enabled.get(object)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.enabled.values()
    }

    /// Whether a profile says something of the object: that its records are documents, or part of
    /// documents, or neither.
    pub fn covers(&self, object: &ObjectName) -> bool {
        let is_child =
            |profile: &Profile| profile.children.iter().any(|child| &child.object == object);
        self.enabled.contains_key(object)
            || self.disabled.contains(object.as_str())
            || self.enabled.values().any(is_child)
    }
}

impl Profile {
    /// The profile of an object about which nothing is said: all from describe.
    pub fn from_describe_alone(object: ObjectName) -> Self {
        Self {
            object,
            title: None,
            number: None,
            text: None,
            facts: None,
            kept: Vec::new(),
            status: None,
            language: None,
            owner: None,
            parents: None,
            facets: BTreeMap::new(),
            children: Vec::new(),
            only: Vec::new(),
            rich_text: Vec::new(),
            discover: true,
            shadowed_by: Vec::new(),
            linked_by: None,
            shows: Vec::new(),
            files: false,
        }
    }
}

impl RawProfile {
    fn over(self, shipped: Self) -> Self {
        Self {
            enabled: self.enabled.or(shipped.enabled),
            title: self.title.or(shipped.title),
            number: self.number.or(shipped.number),
            text: self.text.or(shipped.text),
            facts: self.facts.or(shipped.facts),
            kept: self.kept.or(shipped.kept),
            status: self.status.or(shipped.status),
            language: self.language.or(shipped.language),
            owner: self.owner.or(shipped.owner),
            parents: self.parents.or(shipped.parents),
            facets: self.facets.or(shipped.facets),
            children: self.children.or(shipped.children),
            only: self.only.or(shipped.only),
            rich_text: self.rich_text.or(shipped.rich_text),
            discover: self.discover.or(shipped.discover),
            shadowed_by: self.shadowed_by.or(shipped.shadowed_by),
            linked_by: self.linked_by.or(shipped.linked_by),
            shows: self.shows.or(shipped.shows),
            files: self.files.or(shipped.files),
        }
    }
}

/// Reads each object's table on its own, so that one mistake does not hide the next.
fn parse(toml: &str, problems: &mut Problems) -> BTreeMap<String, RawProfile> {
    let tables: BTreeMap<String, toml::Value> = match toml::from_str(toml) {
        Ok(tables) => tables,
        Err(error) => {
            problems.add(error.to_string());
            return BTreeMap::new();
        }
    };
    let mut profiles = BTreeMap::new();
    for (object, table) in tables {
        match table.try_into::<RawProfile>() {
            Ok(profile) => {
                profiles.insert(object, profile);
            }
            Err(error) => problems.add(format!("{object}: {}", error.message())),
        }
    }
    profiles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Profiles, Error> {
        Profiles::load(Profiles::parse(toml)?)
    }

    fn problems(toml: &str) -> Vec<String> {
        match load(toml) {
            Err(Error::Profiles(problems)) => problems,
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn the_shipped_profiles_are_valid() {
        let profiles = load("").unwrap();
        let case = profiles.get(&ObjectName::parse("Case").unwrap()).unwrap();
        assert_eq!(case.children.len(), 3);
        assert_eq!(case.children[1].text[0].len(), 2);
        assert!(profiles.covers(&ObjectName::parse("EmailMessage").unwrap()));
        assert!(!profiles.covers(&ObjectName::parse("Sale__c").unwrap()));
    }

    #[test]
    fn config_changes_and_extends() {
        let profiles =
            load("[Sale__c]\n[Lead]\nenabled = false\n[Task]\nfacts = ['Status']").unwrap();
        let sale = ObjectName::parse("Sale__c").unwrap();
        assert_eq!(
            profiles.get(&sale),
            Some(&Profile::from_describe_alone(sale.clone()))
        );
        assert_eq!(profiles.get(&ObjectName::parse("Lead").unwrap()), None);
        let task = profiles.get(&ObjectName::parse("Task").unwrap()).unwrap();
        assert_eq!(task.facts.as_ref().map(Vec::len), Some(1));
        assert!(task.title.is_some(), "what is not said is inherited");
    }

    #[test]
    fn all_problems_are_told_with_their_names() {
        let told = problems("[Case]\nbody = 1\n[Task]\ntext = 'x'\n[Lead]\nlead = 1");
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(
            told[0].starts_with("Case: ") && told[0].contains("body"),
            "{told:?}"
        );
        let told = problems(
            "['Fäll']\n[Task]\ntitle = 'no title'\ntext = [[]]\n[Lead]\nfacts = ['a b']\n\
             [Case]\nonly = [{ field = 'Status', equals = 'New' }]\n\
             [[Case.children]]\nobject = 'Task'\nparent = 'What Id'",
        );
        assert_eq!(told.len(), 5, "{told:?}");
    }

    #[test]
    fn a_child_cannot_be_filtered() {
        let told = problems(
            "[Case]\nonly = [{ field = 'Status', equals = 'New' }]\n\
             [[Account.children]]\nobject = 'Case'\nparent = 'AccountId'",
        );
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("Case") && told[0].contains("Account"));
    }
}
