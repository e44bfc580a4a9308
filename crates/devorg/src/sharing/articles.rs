//! Knowledge articles: publication status, channel and data categories.

use std::collections::HashMap;

use super::{
    access::Walker,
    people::UserKind,
    rules::{ObjectRule, is_article},
};
use crate::{
    org::{
        Row,
        table::{id_of, text},
    },
    soql::AccessLevel,
};

impl Walker<'_> {
    /// Who may edit articles sees drafts and archived versions too; others need a permission for each.
    pub(super) fn article_level(&self, rule: &ObjectRule, row: &Row, edits: bool) -> AccessLevel {
        let in_status = match text(row, "PublishStatus") {
            Some("Online") => true,
            Some("Archived") => edits || self.standing.granted.view_archived,
            _ => edits || self.standing.granted.view_drafts,
        };
        let visible =
            in_status && self.in_channel(row) && self.in_visible_categories(&rule.name, id_of(row));
        if visible {
            AccessLevel::All
        } else {
            AccessLevel::None
        }
    }

    /// An article is visible when one of its versions is.
    pub(super) fn article_head_level(&self, row: &Row) -> AccessLevel {
        let mut articles = self
            .org
            .schema()
            .objects()
            .filter(|object| is_article(&object.name));
        let visible = articles.any(|object| {
            let Some(rule) = self.sharing.rule(self.org, &object.name) else {
                return false;
            };
            self.org
                .children(&object.name, "KnowledgeArticleId", id_of(row))
                .into_iter()
                .any(|version| self.reads(rule, version))
        });
        if visible {
            AccessLevel::All
        } else {
            AccessLevel::None
        }
    }

    fn in_channel(&self, row: &Row) -> bool {
        // The internal channel is the one that a new article is in.
        let (channel, unless_said) = match self.standing.kind {
            UserKind::Internal => ("IsVisibleInApp", true),
            UserKind::Customer => ("IsVisibleInCsp", false),
            UserKind::Partner => ("IsVisibleInPrm", false),
            UserKind::Guest => ("IsVisibleInPkb", false),
        };
        let flag = row.get(channel).and_then(serde_json::Value::as_bool);
        flag.unwrap_or(unless_said)
    }

    /// In every group in which the article has categories, one of them has to be visible.
    fn in_visible_categories(&self, object: &str, version_id: &str) -> bool {
        // `KnowledgeArticleVersion` shows the rows of whatever the org calls its articles.
        let describe = self.org.schema().object(object);
        let stored = describe.and_then(|describe| describe.storage.as_deref());
        let article = stored.unwrap_or(object);
        let base = article.strip_suffix("__kav").unwrap_or("Knowledge");
        let selections = format!("{base}__DataCategorySelection");
        let mut groups: HashMap<&str, bool> = HashMap::new();
        for row in self.org.children(&selections, "ParentId", version_id) {
            let group = text(row, "DataCategoryGroupName").unwrap_or_default();
            let category = text(row, "DataCategoryName").unwrap_or_default();
            *groups.entry(group).or_default() |= self.standing.categories.sees(group, category);
        }
        groups.into_values().all(|visible| visible)
    }
}
