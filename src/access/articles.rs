//! Which articles a user may see beside the permission for their object: by channel, validation
//! status and data categories.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use domain::{ArticleSight, Channel, RecordId};
use salesforce::{DataCategory, DataCategoryGroup};

use super::{Access, Error, Kind, User, lock};
use crate::config::{CategoryVisibility, Confirm, Visibility};

/// Category trees change seldom.
const TREES_FOR: Duration = Duration::from_secs(3_600);

impl Access {
    /// What `user` may see, by the permission sets that count for them.
    pub(super) async fn article_sight(
        &self,
        user: &User,
        sets: &BTreeSet<RecordId>,
        all_data: bool,
    ) -> Result<ArticleSight, Error> {
        let rules = &self.inner.config.articles;
        Ok(ArticleSight {
            channels: Some(BTreeSet::from([channel_of(user.kind)])),
            categories: match all_data {
                true => BTreeMap::new(),
                false => self.visible_categories(user, sets).await?,
            },
            // Nobody will be asked, so what nobody has told is hidden.
            hides_other_groups: !all_data
                && self.inner.config.confirm == Confirm::Principals
                && rules.category_visibility.is_empty(),
            validation: rules.shown_statuses(),
            languages: None,
        })
    }

    /// By group that is restricted at all, what the user sees of it.
    async fn visible_categories(
        &self,
        user: &User,
        sets: &BTreeSet<RecordId>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
        let rules = &self.inner.config.articles.category_visibility;
        if self.inner.config.confirm == Confirm::AsViewer {
            let mut seen = self.categories_of(&user.username).await?;
            let groups = self.category_groups().await?;
            let all = groups.iter().map(|group| group.name.clone());
            return Ok(all
                .map(|group| (group.clone(), seen.remove(&group).unwrap_or_default()))
                .collect());
        }
        if rules.is_empty() {
            return Ok(BTreeMap::new());
        }
        let groups = self.category_groups().await?;
        let restricted: BTreeSet<&str> = rules.iter().map(|rule| rule.group.as_str()).collect();
        let mut visible = BTreeMap::new();
        for name in restricted {
            let group = groups.iter().find(|group| group.name == name);
            let own = rules.iter().filter(|rule| rule.group == name);
            let own = own.filter(|rule| applies(rule, user, sets));
            if let Some(names) = visible_in(group, own) {
                visible.insert(name.to_owned(), names);
            }
        }
        Ok(visible)
    }

    /// The org's category trees, as the configuration has them or as Salesforce shows them to precis.
    async fn category_groups(&self) -> Result<Vec<DataCategoryGroup>, Error> {
        let configured = &self.inner.config.articles.data_category_groups;
        if !configured.is_empty() {
            return Ok(configured.clone());
        }
        if let Some((since, groups)) = lock(&self.inner.categories).as_ref()
            && since.elapsed() < TREES_FOR
        {
            return Ok(groups.clone());
        }
        let groups = self.inner.salesforce.data_category_groups().await?;
        *lock(&self.inner.categories) = Some((Instant::now(), groups.clone()));
        Ok(groups)
    }
}

fn channel_of(kind: Kind) -> Channel {
    match kind {
        Kind::Internal => Channel::App,
        Kind::Customer => Channel::Csp,
        Kind::Partner => Channel::Prm,
        Kind::Guest => Channel::Pkb,
    }
}

fn applies(rule: &CategoryVisibility, user: &User, sets: &BTreeSet<RecordId>) -> bool {
    let is = |named: Option<RecordId>, own: Option<RecordId>| named.is_some() && named == own;
    let is_for_all = rule.role.is_none() && rule.profile.is_none() && rule.permission_set.is_none();
    is_for_all
        || is(rule.role, user.role)
        || is(rule.profile, user.profile)
        || rule.permission_set.is_some_and(|set| sets.contains(&set))
}

/// What the rules open of a group; none when that is all of it.
fn visible_in<'a>(
    group: Option<&DataCategoryGroup>,
    rules: impl Iterator<Item = &'a CategoryVisibility>,
) -> Option<BTreeSet<String>> {
    let mut visible = BTreeSet::new();
    for rule in rules {
        match rule.visibility {
            Visibility::None => {}
            Visibility::All => return None,
            Visibility::Custom => {
                visible.extend(rule.categories.iter().cloned());
                for category in group.iter().flat_map(|group| &group.categories) {
                    open(category, &rule.categories, false, &mut visible);
                }
            }
        }
    }
    Some(visible)
}

/// A chosen category opens itself, what is above it and what is below it. Says whether anything in
/// this branch is chosen.
fn open(
    category: &DataCategory,
    chosen: &[String],
    is_below: bool,
    visible: &mut BTreeSet<String>,
) -> bool {
    let is_chosen = chosen.contains(&category.name);
    let mut leads_to_chosen = is_chosen;
    for child in &category.children {
        leads_to_chosen |= open(child, chosen, is_below || is_chosen, visible);
    }
    if leads_to_chosen || is_below {
        visible.insert(category.name.clone());
    }
    leads_to_chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(name: &str, children: Vec<DataCategory>) -> DataCategory {
        DataCategory {
            name: name.to_owned(),
            children,
        }
    }

    #[test]
    fn a_visible_category_opens_its_ancestors_and_descendants() {
        let tree = category(
            "All",
            vec![
                category("Europe", vec![category("France", vec![])]),
                category("Asia", vec![]),
            ],
        );
        let group = DataCategoryGroup {
            name: "Region".to_owned(),
            categories: vec![tree],
        };
        let rule = |visibility, categories: &[&str]| CategoryVisibility {
            role: None,
            profile: None,
            permission_set: None,
            group: "Region".to_owned(),
            visibility,
            categories: categories.iter().map(ToString::to_string).collect(),
        };
        let seen = |rules: &[CategoryVisibility]| visible_in(Some(&group), rules.iter());
        let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect());
        let europe = rule(Visibility::Custom, &["Europe"]);
        assert_eq!(
            seen(std::slice::from_ref(&europe)),
            names(&["All", "Europe", "France"])
        );
        let france = rule(Visibility::Custom, &["France"]);
        assert_eq!(seen(&[france]), names(&["All", "Europe", "France"]));
        assert_eq!(seen(&[rule(Visibility::None, &[])]), names(&[]));
        assert_eq!(seen(&[]), names(&[]));
        assert_eq!(seen(&[europe, rule(Visibility::All, &[])]), None);
    }
}
