//! Which records a viewer is expected to read, and which articles they may see at all.

use std::collections::{BTreeMap, BTreeSet};

use crate::{ArticleVisibility, Channel, Grant, Grantee, ObjectName, RecordId};

/// Where a user stands in the org's sharing: what a [`Grant`] is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub user: RecordId,
    /// *View All Data*: sharing does not count.
    pub all_data: bool,
    /// Objects of which every record can be read, except private ones.
    pub open: BTreeSet<ObjectName>,
    /// The user, users in roles below, groups and queues that contain either, territories.
    pub principals: BTreeSet<RecordId>,
}

impl Reach {
    /// Whether a grant is for this user, as far as sharing goes; the objects on its path are apart.
    pub fn holds(&self, grant: &Grant) -> bool {
        self.all_data
            || match &grant.to {
                Grantee::All(object) => self.open.contains(object),
                Grantee::Reach(principal) => self.principals.contains(principal),
                Grantee::Only(user) => *user == self.user,
            }
    }
}

/// Which articles a viewer may see, beside the permission for their object. By default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleSight {
    /// The article must be in one of these channels. None: in any or none.
    pub channels: Option<BTreeSet<Channel>>,
    /// The visible categories of each group that is restricted.
    pub categories: BTreeMap<String, BTreeSet<String>>,
    /// Whether nothing is visible in a group that is not named there, instead of all.
    pub hides_other_groups: bool,
    /// The validation status must be one of these. None: any.
    pub validation: Option<BTreeSet<String>>,
    /// As Salesforce writes them: `en_US`. None: any.
    pub languages: Option<BTreeSet<String>>,
}

impl ArticleSight {
    /// No article at all.
    pub fn nothing() -> Self {
        Self {
            channels: Some(BTreeSet::new()),
            ..Self::default()
        }
    }

    /// Whether an article with this visibility can be seen.
    pub fn sees(&self, article: &ArticleVisibility) -> bool {
        self.sees_channels(&article.channels)
            && self.sees_validation(article.validation_status.as_deref())
            && article
                .categories
                .iter()
                .all(|(group, categories)| self.sees_categories(group, categories))
    }

    pub fn sees_channels(&self, channels: &BTreeSet<Channel>) -> bool {
        let allowed = self.channels.as_ref();
        allowed.is_none_or(|allowed| !allowed.is_disjoint(channels))
    }

    pub fn sees_validation(&self, status: Option<&str>) -> bool {
        let allowed = self.validation.as_ref();
        allowed.is_none_or(|allowed| status.is_some_and(|status| allowed.contains(status)))
    }

    /// Whether one of an article's categories of a group is visible.
    pub fn sees_categories(&self, group: &str, categories: &BTreeSet<String>) -> bool {
        match self.categories.get(group) {
            Some(visible) => !visible.is_disjoint(categories),
            None => !self.hides_other_groups,
        }
    }

    pub fn sees_language(&self, language: &str) -> bool {
        let allowed = self.languages.as_ref();
        allowed.is_none_or(|allowed| allowed.iter().any(|l| l.eq_ignore_ascii_case(language)))
    }
}
