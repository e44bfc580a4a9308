//! Adding to the plans what sharing needs: columns of documents, and tables of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{FieldName, ObjectName};
use salesforce::Describe;

use super::{Column, Describes, Plans, Source};
use crate::mirror::{Refresh, When};
use crate::sharing::{ArticlePlan, Rules};

impl Plans {
    /// Lets documents be shared by these rules.
    pub(crate) fn add_sharing(&mut self, rules: Rules, describes: &Describes) {
        let rules = Arc::new(rules);
        let mut more = Vec::new();
        for plan in self.documents.iter_mut().filter_map(Arc::get_mut) {
            plan.sharing = rules.part_for(&plan.object).map(Arc::new);
            let children = plan.children.iter().map(|child| &child.object);
            plan.article = ArticlePlan::of(&plan.object, children, describes);
            if let Some(article) = &plan.article {
                let categories = vec![article.group.clone(), article.category.clone()];
                more.push((plan.object.clone(), article.fields()));
                more.push((article.categories.clone(), categories));
            }
        }
        for (object, fields) in more {
            self.add_columns(&object, describes, fields);
        }
        for (object, rule) in rules.iter() {
            self.add_columns(object, describes, rule.fields());
            if let Some(source) = self.sources.get_mut(object) {
                source.references = rules.references(object);
                source.sharing = Some(Arc::clone(&rules));
            }
        }
        for (object, (columns, references)) in rules.sources() {
            if let Some(describe) = describes.get(&object) {
                let mut source = Source::of_sharing(describe, columns);
                source.references = references.into_iter().collect();
                source.sharing = Some(Arc::clone(&rules));
                self.sources.insert(object, source);
            }
        }
        for table in rules.tables() {
            if let Some(shared) = self.sources.get_mut(&table.shared) {
                shared.refreshes.insert(Refresh {
                    object: table.object.clone(),
                    field: table.record.clone(),
                    when: When::Reading,
                });
            }
        }
        self.sharing = rules;
    }

    fn add_columns(
        &mut self,
        object: &ObjectName,
        describes: &Describes,
        fields: impl IntoIterator<Item = FieldName>,
    ) {
        if let (Some(source), Some(describe)) =
            (self.sources.get_mut(object), describes.get(object))
        {
            source.columns.extend(columns(describe, fields));
        }
    }
}

impl Source {
    /// A table of which nothing is wanted but what it says of sharing.
    fn of_sharing(describe: &Describe, fields: Vec<FieldName>) -> Self {
        // Share tables tell of a change by another field than other objects.
        let stamps = ["SystemModstamp", "LastModifiedDate"];
        let stamp = stamps.iter().find_map(|name| describe.field(name));
        let stamp = stamp.map(|field| field.name.clone());
        let id = describe.field("Id").map(|field| field.name.clone());
        Self {
            columns: columns(describe, fields.into_iter().chain(id).chain(stamp.clone())),
            stamp,
            deletable: describe.field("IsDeleted").is_some(),
            is_sharing: true,
            ..Self::new(describe.name.clone())
        }
    }
}

fn columns(
    describe: &Describe,
    fields: impl IntoIterator<Item = FieldName>,
) -> BTreeMap<FieldName, Column> {
    let fields = fields.into_iter();
    fields
        .filter_map(|name| {
            let column = super::fields::column(&describe.field(name.as_str())?.kind);
            Some((name, column))
        })
        .collect()
}
