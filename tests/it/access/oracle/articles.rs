//! Articles: publication, channel, and data categories.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::world::{Row, flag, text};
use super::Reader;

impl Reader<'_> {
    /// The flag that an article needs for this kind of user.
    pub(super) fn channel(&self) -> &'static str {
        match text(self.row, "UserType") {
            Some("Standard") => "IsVisibleInApp",
            Some("PowerPartner") => "IsVisibleInPrm",
            Some("PowerCustomerSuccess") => "IsVisibleInCsp",
            _ => "IsVisibleInPkb",
        }
    }

    pub(super) fn reads_article(&self, id: &str, row: &Row) -> bool {
        if text(row, "PublishStatus") != Some("Online") || !flag(row, self.channel()) {
            return false;
        }
        let mut groups: BTreeMap<&str, bool> = BTreeMap::new();
        for (_, selected) in self.world.rows("Knowledge__DataCategorySelection") {
            if text(selected, "ParentId") == Some(id) {
                let group = text(selected, "DataCategoryGroupName").unwrap_or_default();
                let name = text(selected, "DataCategoryName").unwrap_or_default();
                *groups.entry(group).or_default() |= self.sees_category(group, name);
            }
        }
        groups.values().all(|visible| *visible)
    }

    fn sees_category(&self, group: &str, name: &str) -> bool {
        let entries = self.world.settings["categoryVisibility"].as_array();
        let mut entries = entries
            .into_iter()
            .flatten()
            .filter(|entry| entry["group"] == group)
            .peekable();
        if entries.peek().is_none() {
            return true;
        }
        let is_mine = |entry: &Value| {
            let own = |kind: &str, field: &str| {
                entry[kind]
                    .as_str()
                    .is_some_and(|id| text(self.row, field) == Some(id))
            };
            let set = entry["permissionSet"].as_str();
            own("role", "UserRoleId")
                || own("profile", "ProfileId")
                || set.is_some_and(|set| self.sets.contains(set))
        };
        entries
            .filter(|entry| is_mine(entry))
            .any(|entry| match entry["visibility"].as_str() {
                Some("All") => true,
                Some("Custom") => {
                    let chosen = entry["categories"].as_array().into_iter().flatten();
                    chosen
                        .filter_map(|chosen| chosen.as_str())
                        .any(|chosen| self.is_opened(group, chosen, name))
                }
                _ => false,
            })
    }

    /// A visible category opens what is above and below it.
    fn is_opened(&self, group: &str, chosen: &str, name: &str) -> bool {
        let groups = self.world.settings["dataCategoryGroups"].as_array();
        let group = groups
            .into_iter()
            .flatten()
            .find(|known| known["name"] == group);
        let mut paths = Vec::new();
        for category in group
            .and_then(|group| group["categories"].as_array())
            .into_iter()
            .flatten()
        {
            branches(category, &mut Vec::new(), &mut paths);
        }
        let on = |path: &Vec<String>, name: &str| path.iter().any(|step| step == name);
        paths.iter().any(|path| on(path, chosen) && on(path, name))
    }
}

/// The ways from the top of a tree of categories to its leaves.
fn branches(category: &Value, above: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    above.push(category["name"].as_str().unwrap_or_default().to_owned());
    match category["children"].as_array() {
        Some(children) if !children.is_empty() => {
            children
                .iter()
                .for_each(|child| branches(child, above, paths));
        }
        _ => paths.push(above.clone()),
    }
    above.pop();
}
