//! Turns written profiles into valid ones and collects everything that is wrong with them.

use std::collections::BTreeMap;
use std::str::FromStr;

use domain::{FieldName, InvalidName, ObjectName};

use super::{
    Child, Link, Only, Parents, Profile, RawChild, RawLink, RawParents, RawProfile, RawText,
    Shadow, Text,
};
use crate::Error;

#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    pub(super) fn add(&mut self, problem: String) {
        self.0.push(problem);
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Error> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(Error::Profiles(self.0))
        }
    }

    /// The valid part of a profile; none if not even its object has a valid name.
    pub(super) fn profile(&mut self, object: &str, raw: RawProfile) -> Option<Profile> {
        let name: ObjectName = self.name(object, "", object)?;
        let mut field = |key, text: Option<String>| text.and_then(|t| self.name(object, key, &t));
        let title = field("title", raw.title);
        let number = field("number", raw.number);
        let status = field("status", raw.status);
        let language = field("language", raw.language);
        let owner = field("owner", raw.owner);
        Some(Profile {
            object: name,
            title,
            number,
            text: raw.text.map(|text| self.text(object, text)),
            facts: raw.facts.map(|facts| self.fields(object, "facts", facts)),
            kept: self.fields(object, "kept", raw.kept.unwrap_or_default()),
            status,
            language,
            owner,
            parents: raw.parents.map(|parents| self.parents(object, parents)),
            facets: self.facets(object, raw.facets.unwrap_or_default()),
            children: self.children(object, raw.children.unwrap_or_default()),
            only: self.only(object, raw.only.unwrap_or_default()),
            rich_text: self.fields(object, "rich_text", raw.rich_text.unwrap_or_default()),
            discover: raw.discover.unwrap_or(true),
            shadowed_by: self.shadows(object, raw.shadowed_by.unwrap_or_default()),
            linked_by: raw.linked_by.and_then(|link| self.link(object, link)),
            shows: self.fields(object, "shows", raw.shows.unwrap_or_default()),
            files: raw.files.unwrap_or(false),
        })
    }

    /// What only shows when all profiles are seen together.
    pub(super) fn check_together(&mut self, profiles: &BTreeMap<ObjectName, Profile>) {
        for profile in profiles.values() {
            for child in &profile.children {
                let filtered = profiles
                    .get(&child.object)
                    .is_some_and(|own| !own.only.is_empty());
                if filtered {
                    self.add(format!(
                        "{0}: `only` cannot be used because {0} is also a child of {1}",
                        child.object, profile.object
                    ));
                }
            }
        }
    }

    fn name<N>(&mut self, object: &str, key: &str, text: &str) -> Option<N>
    where
        N: FromStr<Err = InvalidName>,
    {
        match text.parse() {
            Ok(name) => Some(name),
            Err(error) if key.is_empty() => {
                self.add(format!("{object}: {error}"));
                None
            }
            Err(error) => {
                self.add(format!("{object}.{key}: {error}"));
                None
            }
        }
    }

    fn fields(&mut self, object: &str, key: &str, names: Vec<String>) -> Vec<FieldName> {
        names
            .iter()
            .filter_map(|name| self.name(object, key, name))
            .collect()
    }

    fn text(&mut self, object: &str, raw: Vec<RawText>) -> Vec<Text> {
        let mut texts = Vec::new();
        for text in raw {
            let choices = match text {
                RawText::Field(name) => vec![name],
                RawText::FirstOf(names) => names,
            };
            if choices.is_empty() {
                self.add(format!("{object}.text: an empty list names no field"));
                continue;
            }
            let choices = self.fields(object, "text", choices);
            if !choices.is_empty() {
                texts.push(choices);
            }
        }
        texts
    }

    fn parents(&mut self, object: &str, raw: RawParents) -> Parents {
        let mut field =
            |key, text: Option<String>| text.and_then(|text| self.name(object, key, &text));
        Parents {
            account: field("parents.account", raw.account),
            contact: field("parents.contact", raw.contact),
            case: field("parents.case", raw.case),
            opportunity: field("parents.opportunity", raw.opportunity),
            article: field("parents.article", raw.article),
            other: self.fields(object, "parents.other", raw.other),
        }
    }

    fn facets(
        &mut self,
        object: &str,
        raw: BTreeMap<String, String>,
    ) -> BTreeMap<String, FieldName> {
        let mut facets = BTreeMap::new();
        for (name, field) in raw {
            let plain = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if !plain {
                self.add(format!(
                    "{object}.facets: '{name}' is no facet name: use small letters, digits and _"
                ));
            }
            if let Some(field) = self.name(object, "facets", &field) {
                facets.insert(name, field);
            }
        }
        facets
    }

    fn children(&mut self, object: &str, raw: Vec<RawChild>) -> Vec<Child> {
        let mut children = Vec::new();
        for child in raw {
            let at = format!("{object}.children.{}", child.object);
            let name = self.name(&at, "", &child.object);
            let parent = self.name(&at, "parent", &child.parent);
            let child = Child {
                object: match name {
                    Some(name) => name,
                    None => continue,
                },
                parent: match parent {
                    Some(parent) => parent,
                    None => continue,
                },
                text: self.text(&at, child.text),
                facts: self.fields(&at, "facts", child.facts),
                kept: self.fields(&at, "kept", child.kept),
                facets: self.facets(&at, child.facets),
                written_at: child
                    .written_at
                    .and_then(|field| self.name(&at, "written_at", &field)),
                rich_text: self.fields(&at, "rich_text", child.rich_text),
                discover: child.discover.unwrap_or(true),
                shows: self.fields(object, "children.shows", child.shows),
                article: child
                    .article
                    .and_then(|field| self.name(&at, "article", &field)),
            };
            children.push(child);
        }
        children
    }

    fn only(&mut self, object: &str, raw: Vec<super::RawOnly>) -> Vec<Only> {
        raw.into_iter()
            .filter_map(|only| {
                Some(Only {
                    field: self.name(object, "only", &only.field)?,
                    equals: only.equals,
                })
            })
            .collect()
    }

    fn shadows(&mut self, object: &str, raw: Vec<super::RawShadow>) -> Vec<Shadow> {
        raw.into_iter()
            .filter_map(|shadow| {
                Some(Shadow {
                    object: self.name(object, "shadowed_by", &shadow.object)?,
                    field: self.name(object, "shadowed_by", &shadow.field)?,
                })
            })
            .collect()
    }

    fn link(&mut self, object: &str, raw: RawLink) -> Option<Link> {
        Some(Link {
            object: self.name(object, "linked_by", &raw.object)?,
            record: self.name(object, "linked_by", &raw.record)?,
            target: self.name(object, "linked_by", &raw.target)?,
        })
    }
}
