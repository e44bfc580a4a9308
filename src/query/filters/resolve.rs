//! From what people and programs write to what the store compares: names to ids, dates to times.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::{Facet, ObjectName, RecordId, Viewer};
use store::{ExactKey, Exclusions, Filters, Reached};

use super::{FilterBody, Values};
use crate::query::{Engine, Error};

/// Values of one request's filters, all together.
const MOST_VALUES: usize = 200;
/// Characters of a value that an error repeats.
const SHOWN: usize = 60;

pub(super) struct Resolver<'a> {
    pub engine: &'a Engine,
    pub viewer: &'a Viewer,
    /// What stands before a field's name in an error: `filters.`.
    pub prefix: &'a str,
}

impl Resolver<'_> {
    pub(super) async fn filters(&self, body: &FilterBody) -> Result<Filters, Error> {
        self.check_lists(body)?;
        let Exclusions {
            objects,
            accounts,
            contacts,
            owners,
            status,
            language,
            facets,
        } = self.values(body).await?;
        let last = NaiveTime::from_hms_milli_opt(23, 59, 59, 999).unwrap_or(NaiveTime::MIN);
        let filters = Filters {
            objects,
            accounts,
            contacts,
            owners,
            status,
            language,
            facets,
            from: self.time("from", &body.from, NaiveTime::MIN)?,
            to: self.time("to", &body.to, last)?,
            created_from: self.time("created_from", &body.created_from, NaiveTime::MIN)?,
            created_to: self.time("created_to", &body.created_to, last)?,
            documents: None,
            reach: Reached::Anything,
            not: self.excluded(body).await?,
            also: None,
        };
        let facets = self.custom_facets(body)?;
        if facets.is_empty() {
            return Ok(filters);
        }
        Ok(filters.and(Filters {
            facets,
            ..Filters::default()
        }))
    }

    async fn excluded(&self, body: &FilterBody) -> Result<Exclusions, Error> {
        let Some(not) = &body.not else {
            return Ok(Exclusions::default());
        };
        let prefix = format!("{}not.", self.prefix);
        let within = Resolver {
            prefix: &prefix,
            ..*self
        };
        let dates = [
            ("from", &not.from),
            ("to", &not.to),
            ("created_from", &not.created_from),
            ("created_to", &not.created_to),
        ];
        if let Some((name, _)) = dates.iter().find(|(_, date)| date.is_some()) {
            return Err(within.invalid(name, "is a date, which only filters themselves take"));
        }
        if not.not.is_some() {
            return Err(within.invalid("not", "cannot stand in itself"));
        }
        within.check_lists(not)?;
        let mut excluded = within.values(not).await?;
        for (name, values) in within.custom_facets(not)? {
            excluded.facets.entry(name).or_default().extend(values);
        }
        Ok(excluded)
    }

    /// The values of the fixed names, which filters and exclusions have alike.
    async fn values(&self, body: &FilterBody) -> Result<Exclusions, Error> {
        let mut facets = BTreeMap::new();
        if !body.product.is_empty() {
            let products = self.products(&body.product).await?;
            facets.insert(Facet::PRODUCT.to_owned(), products);
        }
        if !body.record_type.is_empty() {
            facets.insert(Facet::RECORD_TYPE.to_owned(), body.record_type.to_vec());
        }
        if let Some(is_closed) = body.is_closed {
            facets.insert(Facet::IS_CLOSED.to_owned(), vec![is_closed.to_string()]);
        }
        Ok(Exclusions {
            objects: self.objects(&body.object)?,
            accounts: self
                .named("account", "Account", "001", &body.account)
                .await?,
            contacts: self
                .named("contact", "Contact", "003", &body.contact)
                .await?,
            owners: self.owners(&body.owner).await?,
            status: body.status.to_vec(),
            language: body.language.to_vec(),
            facets,
        })
    }

    fn check_lists(&self, body: &FilterBody) -> Result<(), Error> {
        let mut left = MOST_VALUES;
        for (name, values) in body.lists() {
            let count = values.iter().count();
            if count > left {
                let problem = format!("has too many values: filters take {MOST_VALUES} in all");
                return Err(self.invalid(name, &problem));
            }
            left -= count;
            if values.iter().any(|value| value.trim().is_empty()) {
                return Err(self.invalid(name, "has an empty value"));
            }
        }
        Ok(())
    }

    fn objects(&self, names: &Values) -> Result<Vec<ObjectName>, Error> {
        let mut searchable = self.engine.access.document_objects();
        searchable.retain(|object| self.viewer.reads_object(object));
        let mut found = Vec::new();
        for name in names.iter() {
            let is_meant = |known: &&ObjectName| {
                let known = known.as_str();
                let plain = known.trim_end_matches("__c").trim_end_matches("__kav");
                known.eq_ignore_ascii_case(name) || plain.eq_ignore_ascii_case(name)
            };
            let Some(object) = searchable.iter().find(is_meant) else {
                let known: Vec<_> = searchable.iter().map(ObjectName::as_str).collect();
                let problem = format!(
                    "'{}' is no document that you can search (a comment is found within its case); \
                     there are: {}",
                    shown(name),
                    known.join(", ")
                );
                return Err(self.invalid("object", &problem));
            };
            found.push(object.clone());
        }
        Ok(found)
    }

    /// Accounts or contacts, each by its id or by its exact name.
    async fn named(
        &self,
        field: &str,
        object: &str,
        prefix: &str,
        names: &Values,
    ) -> Result<Vec<RecordId>, Error> {
        let mut found = Vec::new();
        for name in names.iter() {
            let id = RecordId::parse(name).ok();
            if let Some(id) = id.filter(|id| id.key_prefix() == prefix) {
                found.push(id);
                continue;
            }
            let readable = self
                .readable(object, &[ExactKey::Name(name.to_owned())])
                .await?;
            if readable.is_empty() {
                let problem = format!(
                    "'{}' is the id or the exact name of no {field} that you can read",
                    shown(name)
                );
                return Err(self.invalid(field, &problem));
            }
            found.extend(readable);
        }
        Ok(found)
    }

    /// The values themselves, for facets that hold text, and the ids of the products that they name.
    async fn products(&self, names: &Values) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        for name in names.iter() {
            let keys = [
                ExactKey::Name(name.to_owned()),
                ExactKey::Number(name.to_owned()),
            ];
            let readable = self.readable("Product2", &keys).await?;
            found.push(match RecordId::parse(name) {
                Ok(id) => id.to_string(),
                Err(_) => name.to_owned(),
            });
            found.extend(readable.iter().map(ToString::to_string));
        }
        Ok(found)
    }

    /// The documents of an object that the keys name and the viewer may read.
    async fn readable(&self, object: &str, keys: &[ExactKey]) -> Result<Vec<RecordId>, Error> {
        let filters = Filters {
            objects: ObjectName::parse(object).into_iter().collect(),
            ..Filters::default()
        };
        let named = self
            .engine
            .reader
            .exact(self.viewer, keys, &filters)
            .await?;
        let readable = self.engine.access.confirm(self.viewer, &named).await?;
        Ok(readable.into_iter().collect())
    }

    async fn owners(&self, names: &Values) -> Result<Vec<RecordId>, Error> {
        let mut found = Vec::new();
        for name in names.iter() {
            if name.eq_ignore_ascii_case("me") {
                let Some(user) = self.viewer.user() else {
                    let problem = "'me' is nobody: this key is no Salesforce user's";
                    return Err(self.invalid("owner", problem));
                };
                found.push(user.record_id());
                continue;
            }
            let id = RecordId::parse(name).ok();
            if let Some(id) = id.filter(|id| matches!(id.key_prefix(), "005" | "00G")) {
                found.push(id);
                continue;
            }
            let owners = self.engine.access.owners(self.viewer, name).await?;
            if owners.is_empty() {
                let problem = format!(
                    "'{}' is no user or queue that you can see: give me, an id, a username, an \
                     email address or a full name",
                    shown(name)
                );
                return Err(self.invalid("owner", &problem));
            }
            found.extend(owners);
        }
        Ok(found)
    }

    fn custom_facets(&self, body: &FilterBody) -> Result<BTreeMap<String, Vec<String>>, Error> {
        let mut facets = BTreeMap::new();
        if body.facets.is_empty() {
            return Ok(facets);
        }
        let known = self.engine.reader.facet_names(self.viewer);
        for (name, values) in &body.facets {
            if !known.contains(name) {
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                let problem = format!(
                    "has no facet '{}'; there are: {}",
                    shown(name),
                    known.join(", ")
                );
                return Err(self.invalid("facets", &problem));
            }
            facets.insert(name.clone(), values.to_vec());
        }
        Ok(facets)
    }

    fn time(
        &self,
        field: &str,
        text: &Option<String>,
        time_of_day: NaiveTime,
    ) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(text) = text else { return Ok(None) };
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Some(time.with_timezone(&Utc)));
        }
        match text.parse::<NaiveDate>() {
            Ok(date) => Ok(Some(date.and_time(time_of_day).and_utc())),
            Err(_) => Err(self.invalid(
                field,
                "must be a time such as 2026-05-03T08:00:00Z or a date such as 2026-05-03",
            )),
        }
    }

    fn invalid(&self, field: &str, problem: &str) -> Error {
        Error::Invalid(format!("{}{field} {problem}", self.prefix))
    }
}

/// As much of a value as an error has room for.
fn shown(value: &str) -> String {
    value.chars().take(SHOWN).collect()
}
