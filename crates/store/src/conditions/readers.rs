//! Who may read a document, as conditions: the reasons that sharing gives ([`Grant`]), and what an
//! article's visibility depends on.
//!
//! A grant is a term of its document's object, the objects that stand between, and the one it is
//! for. What an article depends on has few different values, so all of them are known, and those
//! that a viewer may not see are excluded.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{
    ArticleSight, ArticleVisibility, Channel, Grantee, ObjectName, Reach, RecordId, Viewer,
};

use uuid::Uuid;

use crate::Reached;

/// The document is an article: sharing has nothing to do with it.
pub(crate) const ARTICLE: &str = "article";
/// The sharing of the document's object is not known.
pub(crate) const UNKNOWN: &str = "unknown";

/// A mark that nobody sees: of the article it is not known who may.
pub(crate) const HIDDEN: &str = "hidden";

/// Between a document's object and the objects on a grant's path, and between these.
const STEP: char = '>';
const CHANNELS: &str = "channels=";
const VALIDATION: &str = "validation=";
const CATEGORIES: &str = "categories=";
/// Between parts of a mark. Names in Salesforce's API have none.
const PART: char = '\u{1e}';
const CHANNEL_NAMES: [(&str, Channel); 4] = [
    ("app", Channel::App),
    ("csp", Channel::Csp),
    ("prm", Channel::Prm),
    ("pkb", Channel::Pkb),
];

/// The objects that have to be readable for a grant to count: `Task>Account>Contact`.
pub(crate) fn source(object: &ObjectName, path: &[ObjectName]) -> String {
    let mut source = object.to_string();
    for step in path {
        source.push(STEP);
        source.push_str(step.as_str());
    }
    source
}

pub(crate) fn value(grantee: &Grantee) -> String {
    match grantee {
        Grantee::All(object) => all(object),
        Grantee::Reach(principal) => reached(*principal),
        Grantee::Only(user) => only(*user),
    }
}

fn all(object: &ObjectName) -> String {
    format!("all:{object}")
}

fn reached(principal: RecordId) -> String {
    format!("reach:{principal}")
}

fn only(user: RecordId) -> String {
    format!("only:{user}")
}

/// The values of which a document of this source must have one. None when every one will do.
pub(crate) fn wanted(
    viewer: &Viewer,
    reach: &Reach,
    source: &str,
    reached_by: Reached,
) -> Vec<String> {
    let objects: Option<Vec<ObjectName>> = source
        .split(STEP)
        .map(|name| ObjectName::parse(name).ok())
        .collect();
    let Some(objects) = objects.filter(|all| all.iter().all(|o| viewer.reads_object(o))) else {
        return Vec::new();
    };
    let mut values = vec![ARTICLE.to_owned(), only(reach.user)];
    if reached_by != Reached::Granted {
        values.push(UNKNOWN.to_owned());
    }
    values.extend(reach.open.iter().map(all));
    // What is open as a whole is not also asked for one by one.
    if !objects.first().is_some_and(|own| reach.open.contains(own)) {
        values.extend(reach.principals.iter().copied().map(reached));
    }
    values
}

/// The terms by which a viewer may read, of which there may be thousands, with a short name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Readers {
    pub terms: Vec<String>,
    pub name: String,
}

/// Viewers whose terms are remembered.
const MOST_REMEMBERED: usize = 200;

/// The terms of viewers: each search asks for them several times, and to spell them takes as long as
/// to search.
#[derive(Debug, Default, Clone)]
pub(crate) struct RememberedReaders(Arc<Mutex<Known>>);

/// By the address of the reach, which is kept so that no other can have it.
type Known = HashMap<(usize, Reached), (Arc<Reach>, Arc<Readers>)>;

impl RememberedReaders {
    pub(crate) fn of(
        &self,
        reach: &Arc<Reach>,
        reached_by: Reached,
        make: impl FnOnce() -> Vec<String>,
    ) -> Arc<Readers> {
        let key = (Arc::as_ptr(reach).addr(), reached_by);
        if let Some((_, readers)) = self.known().get(&key) {
            return Arc::clone(readers);
        }
        let terms = make();
        let all = terms.join("\u{1d}");
        let name = Uuid::new_v5(&Uuid::NAMESPACE_OID, all.as_bytes()).to_string();
        let readers = Arc::new(Readers { terms, name });
        let mut known = self.known();
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(key, (Arc::clone(reach), Arc::clone(&readers)));
        readers
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is remembered of it makes no difference.
impl PartialEq for RememberedReaders {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for RememberedReaders {}

/// What has to be right about an article, one by one.
pub(crate) fn marks(visibility: &ArticleVisibility) -> Vec<String> {
    let names = CHANNEL_NAMES.iter();
    let channels = names.filter(|(_, channel)| visibility.channels.contains(channel));
    let channels: Vec<&str> = channels.map(|(name, _)| *name).collect();
    let status = visibility.validation_status.as_deref().unwrap_or_default();
    let mut marks = vec![
        format!("{CHANNELS}{}", channels.join(",")),
        format!("{VALIDATION}{status}"),
    ];
    for (group, categories) in &visibility.categories {
        let parts = [group].into_iter().chain(categories);
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        marks.push(format!("{CATEGORIES}{}", parts.join(&PART.to_string())));
    }
    marks
}

/// Whether a mark keeps nobody of this sight from its articles. What cannot be read does.
pub(crate) fn sees(sight: &ArticleSight, mark: &str) -> bool {
    if let Some(names) = mark.strip_prefix(CHANNELS) {
        let is_named = |name: &str| names.split(',').any(|found| found == name);
        let channels = CHANNEL_NAMES.iter().filter(|(name, _)| is_named(name));
        sight.sees_channels(&channels.map(|(_, channel)| *channel).collect())
    } else if let Some(status) = mark.strip_prefix(VALIDATION) {
        sight.sees_validation((!status.is_empty()).then_some(status))
    } else if let Some(parts) = mark.strip_prefix(CATEGORIES) {
        let mut parts = parts.split(PART);
        let group = parts.next().unwrap_or_default();
        let categories: BTreeSet<String> = parts.map(str::to_owned).collect();
        sight.sees_categories(group, &categories)
    } else {
        false
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn marks_say_what_the_visibility_says() {
        let article = ArticleVisibility {
            channels: BTreeSet::from([Channel::App, Channel::Pkb]),
            categories: BTreeMap::from([(
                "Region".to_owned(),
                BTreeSet::from(["North".to_owned(), "South".to_owned()]),
            )]),
            validation_status: None,
        };
        let regions = |names: &[&str]| ArticleSight {
            categories: BTreeMap::from([(
                "Region".to_owned(),
                names.iter().map(ToString::to_string).collect(),
            )]),
            ..ArticleSight::default()
        };
        let channels = |channels: &[Channel]| ArticleSight {
            channels: Some(channels.iter().copied().collect()),
            ..ArticleSight::default()
        };
        let validated = ArticleSight {
            validation: Some(BTreeSet::from(["Validated".to_owned()])),
            ..ArticleSight::default()
        };
        let sights = [
            (ArticleSight::default(), true),
            (ArticleSight::nothing(), false),
            (regions(&["North"]), true),
            (regions(&["East"]), false),
            (regions(&[]), false),
            (channels(&[Channel::Pkb]), true),
            (channels(&[Channel::Csp]), false),
            (validated, false),
            (
                ArticleSight {
                    hides_other_groups: true,
                    ..ArticleSight::default()
                },
                false,
            ),
        ];
        for (sight, expected) in sights {
            assert_eq!(sight.sees(&article), expected, "{sight:?}");
            let by_marks = marks(&article).iter().all(|mark| sees(&sight, mark));
            assert_eq!(by_marks, expected, "{sight:?}");
        }
    }
}
