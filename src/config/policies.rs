//! `[policies.NAME]`: what a service may read that is nobody in Salesforce.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use config::Value;
use domain::{Channel, FieldAccess, FieldName, ObjectName};
use serde::Deserialize;

use super::reading::Reading;

/// What requests may read that run as a service, as the configuration names it. What is not named is
/// hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePolicy {
    pub name: String,
    pub objects: BTreeMap<ObjectName, FieldAccess>,
    /// An article is shown if it is in one of these.
    pub channels: BTreeSet<Channel>,
    /// `DataCategoryGroupName` → the `DataCategoryName`s of it that are shown. An article that has
    /// none in a group is shown as far as that group goes; a group that is not named hides nothing.
    pub categories: BTreeMap<String, BTreeSet<String>>,
    /// As Salesforce writes them: `en_US`. Empty: all.
    pub languages: BTreeSet<String>,
}

/// The policies of a configuration by their names.
pub(super) type Policies = BTreeMap<String, Arc<ServicePolicy>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    objects: Vec<String>,
    #[serde(default)]
    fields: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    categories: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    languages: Vec<String>,
}

const CHANNELS: [(&str, Channel); 4] = [
    ("app", Channel::App),
    ("csp", Channel::Csp),
    ("prm", Channel::Prm),
    ("pkb", Channel::Pkb),
];
/// Objects whose records are articles.
const ARTICLE: &str = "__kav";

impl Reading {
    /// The policies that can be read; what is wrong with the others stands among the problems.
    pub(super) fn policies(&mut self, raw: BTreeMap<String, Value>) -> Policies {
        let mut policies = Policies::new();
        for (name, value) in raw {
            let key = format!("policies.{name}");
            let policy = match value.try_deserialize::<RawPolicy>() {
                Ok(raw) => self.policy(&key, &name, raw),
                Err(error) => self.problem(&key, error),
            };
            if let Some(policy) = policy {
                policies.insert(name, Arc::new(policy));
            }
        }
        policies
    }

    fn policy(&mut self, key: &str, name: &str, raw: RawPolicy) -> Option<ServicePolicy> {
        let known = self.problems.len();
        if name.trim().is_empty() {
            self.problem::<()>(key, "needs a name");
        }
        let objects = self.policy_objects(key, &raw.objects, raw.fields);
        let channels = self.channels(&format!("{key}.channels"), &raw.channels);
        let mut categories = BTreeMap::new();
        for (group, names) in raw.categories {
            if names.is_empty() {
                let problem = "names no category: leave the group out to show all of it";
                self.problem::<()>(&format!("{key}.categories.{group}"), problem);
            }
            categories.insert(group, names.into_iter().collect());
        }
        let has_articles = objects.keys().any(|name| name.as_str().ends_with(ARTICLE));
        if has_articles && channels.is_empty() {
            let problem = "names no channel, so that no article could be shown: app, csp, prm, pkb";
            self.problem::<()>(&format!("{key}.channels"), problem);
        }
        let is_whole = self.problems.len() == known;
        is_whole.then(|| ServicePolicy {
            name: name.to_owned(),
            objects,
            channels,
            categories,
            languages: raw.languages.into_iter().collect(),
        })
    }

    fn policy_objects(
        &mut self,
        key: &str,
        names: &[String],
        mut fields: BTreeMap<String, Vec<String>>,
    ) -> BTreeMap<ObjectName, FieldAccess> {
        if names.is_empty() {
            let problem = "names no object, so that nothing could be shown";
            self.problem::<()>(&format!("{key}.objects"), problem);
        }
        let mut objects = BTreeMap::new();
        for name in names {
            let object = match ObjectName::parse(name) {
                Ok(object) => object,
                Err(error) => {
                    self.problem::<()>(&format!("{key}.objects"), error);
                    continue;
                }
            };
            let access = match fields.remove(name) {
                Some(names) => self.policy_fields(&format!("{key}.fields.{name}"), &names),
                None => FieldAccess::All,
            };
            objects.insert(object, access);
        }
        for name in fields.keys() {
            let problem = format!("is of an object that is not in {key}.objects");
            self.problem::<()>(&format!("{key}.fields.{name}"), problem);
        }
        objects
    }

    fn policy_fields(&mut self, key: &str, names: &[String]) -> FieldAccess {
        let mut fields = BTreeSet::new();
        for name in names {
            match FieldName::parse(name) {
                Ok(field) => {
                    fields.insert(field);
                }
                Err(error) => {
                    self.problem::<()>(key, error);
                }
            }
        }
        FieldAccess::Only(fields)
    }

    fn channels(&mut self, key: &str, names: &[String]) -> BTreeSet<Channel> {
        let known = CHANNELS.map(|(name, _)| name);
        let mut channels = BTreeSet::new();
        for name in names {
            let chosen = self.choice(key, name, &known);
            let channel = CHANNELS.iter().find(|(name, _)| Some(*name) == chosen);
            channels.extend(channel.map(|(_, channel)| *channel));
        }
        channels
    }
}
