//! Data categories: which of them a user may see.

use std::collections::{HashMap, HashSet};

use crate::org::{
    CategoryVisibility, DataCategory, DataCategoryGroup, GroupVisibility, OrgSettings, id::IdKey,
};

/// What one user sees of one category group.
enum Sight {
    All,
    /// The names of the visible categories; none at all when empty.
    Some(HashSet<String>),
}

/// What one user sees of the groups that have visibility settings. A group without any is open to all.
#[derive(Default)]
pub(super) struct Categories {
    restricted: HashMap<String, Sight>,
}

impl Categories {
    /// Adds up the settings of the user's role, profile and permission sets.
    pub fn new(
        settings: &OrgSettings,
        role: Option<IdKey>,
        profile: Option<IdKey>,
        sets: &HashSet<IdKey>,
    ) -> Self {
        let mut restricted = HashMap::new();
        for entry in &settings.category_visibility {
            let sight = restricted
                .entry(entry.group.clone())
                .or_insert_with(|| Sight::Some(HashSet::new()));
            if applies(entry, role, profile, sets) {
                widen(sight, entry, &settings.data_category_groups);
            }
        }
        Self { restricted }
    }

    pub fn sees(&self, group: &str, category: &str) -> bool {
        match self.restricted.get(group) {
            None | Some(Sight::All) => true,
            Some(Sight::Some(visible)) => visible.contains(category),
        }
    }

    /// The tree without what is not visible; groups of which nothing is left are gone.
    pub fn prune(&self, groups: &[DataCategoryGroup]) -> Vec<DataCategoryGroup> {
        let pruned = groups.iter().map(|group| DataCategoryGroup {
            categories: self.prune_categories(&group.name, &group.categories),
            ..group.clone()
        });
        pruned
            .filter(|group| {
                !group.categories.is_empty()
                    || !matches!(self.restricted.get(&group.name), Some(Sight::Some(_)))
            })
            .collect()
    }

    fn prune_categories(&self, group: &str, categories: &[DataCategory]) -> Vec<DataCategory> {
        let visible = categories
            .iter()
            .filter(|category| self.sees(group, &category.name));
        visible
            .map(|category| DataCategory {
                children: self.prune_categories(group, &category.children),
                ..category.clone()
            })
            .collect()
    }
}

fn applies(
    entry: &CategoryVisibility,
    role: Option<IdKey>,
    profile: Option<IdKey>,
    sets: &HashSet<IdKey>,
) -> bool {
    let holder = |id: &Option<String>| id.as_deref().and_then(IdKey::parse);
    let is = |named: Option<IdKey>, own: Option<IdKey>| named.is_some() && named == own;
    is(holder(&entry.role), role)
        || is(holder(&entry.profile), profile)
        || holder(&entry.permission_set).is_some_and(|set| sets.contains(&set))
}

fn widen(sight: &mut Sight, entry: &CategoryVisibility, groups: &[DataCategoryGroup]) {
    match (entry.visibility, sight) {
        (GroupVisibility::None, _) | (_, Sight::All) => {}
        (GroupVisibility::All, sight) => *sight = Sight::All,
        (GroupVisibility::Custom, Sight::Some(visible)) => {
            visible.extend(entry.categories.iter().cloned());
            let group = groups.iter().find(|group| group.name == entry.group);
            for category in group.iter().flat_map(|group| &group.categories) {
                open(category, &entry.categories, false, visible);
            }
        }
    }
}

/// Makes visible what a chosen category opens: itself, everything above it and everything below it.
/// Says whether anything in this branch is chosen.
fn open(
    category: &DataCategory,
    chosen: &[String],
    below_chosen: bool,
    visible: &mut HashSet<String>,
) -> bool {
    let is_chosen = chosen.contains(&category.name);
    let mut leads_to_chosen = is_chosen;
    for child in &category.children {
        leads_to_chosen |= open(child, chosen, below_chosen || is_chosen, visible);
    }
    if leads_to_chosen || below_chosen {
        visible.insert(category.name.clone());
    }
    leads_to_chosen
}
