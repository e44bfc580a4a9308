//! What decides, beside its object, who may read an article version.

use std::collections::{BTreeMap, BTreeSet};

use domain::{ArticleVisibility, Channel, FieldName, ObjectName};

use super::tables::first;
use crate::mirror::Stored;
use crate::plan::Describes;

/// Where the channels stand, and whether an article is shown there if the field is hidden.
const CHANNELS: [(&str, Channel, bool); 4] = [
    ("IsVisibleInApp", Channel::App, true),
    ("IsVisibleInCsp", Channel::Csp, false),
    ("IsVisibleInPrm", Channel::Prm, false),
    ("IsVisibleInPkb", Channel::Pkb, false),
];

/// Where an article version and the rows below it tell who may read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArticlePlan {
    channels: Vec<(Option<FieldName>, Channel, bool)>,
    validation_status: Option<FieldName>,
    /// The object of its data categories, and where they name their group and themselves.
    pub categories: ObjectName,
    pub group: FieldName,
    pub category: FieldName,
}

impl ArticlePlan {
    /// None for what is no article, and where its categories cannot be told: `children` are the
    /// objects of the parts of its documents.
    pub(crate) fn of<'a>(
        object: &ObjectName,
        children: impl IntoIterator<Item = &'a ObjectName>,
        describes: &Describes,
    ) -> Option<Self> {
        let stem = object.as_str().strip_suffix("__kav")?;
        let describe = describes.get(object)?;
        let selection = format!("{stem}__DataCategorySelection");
        let mut children = children.into_iter();
        let categories = children.find(|child| **child == selection.as_str())?;
        let selections = describes.get(categories)?;
        let channels = CHANNELS.iter();
        Some(Self {
            channels: channels
                .map(|(name, channel, otherwise)| (first(describe, [name]), *channel, *otherwise))
                .collect(),
            validation_status: first(describe, ["ValidationStatus"]),
            categories: categories.clone(),
            group: first(selections, ["DataCategoryGroupName"])?,
            category: first(selections, ["DataCategoryName"])?,
        })
    }

    /// The columns of the version itself.
    pub(crate) fn fields(&self) -> Vec<FieldName> {
        let channels = self.channels.iter().filter_map(|(field, ..)| field.clone());
        channels.chain(self.validation_status.clone()).collect()
    }

    /// Who may read the version, with the rows of its categories.
    pub(crate) fn visibility<'a>(
        &self,
        version: &Stored,
        categories: impl IntoIterator<Item = &'a Stored>,
    ) -> ArticleVisibility {
        let shown = self.channels.iter().filter(|(field, _, otherwise)| {
            let value = field.as_ref().and_then(|field| version.text(field));
            value.map_or(*otherwise, |value| value == "true")
        });
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for row in categories {
            if let (Some(group), Some(name)) = (row.text(&self.group), row.text(&self.category)) {
                let names = groups.entry(group.to_owned()).or_default();
                names.insert(name.to_owned());
            }
        }
        let status = self.validation_status.as_ref();
        ArticleVisibility {
            channels: shown.map(|(_, channel, _)| *channel).collect(),
            categories: groups,
            validation_status: status
                .and_then(|field| version.text(field))
                .map(str::to_owned),
        }
    }
}
