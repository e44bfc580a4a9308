//! Who asks, and about what: the options that `search` and `ask` share.

use anyhow::{Context, bail};
use clap::Args;

use crate::query::{FilterBody, Values};

#[derive(Args, Clone)]
pub struct Asking {
    /// The Salesforce username whose rights count; without it, the user that precis signs in as
    #[arg(long = "as", value_name = "USERNAME")]
    pub username: Option<String>,
    /// Only documents of this object; like most filters it may be given several times
    #[arg(long)]
    object: Vec<String>,
    /// Only what hangs on the account with this id or exact name
    #[arg(long)]
    account: Vec<String>,
    /// Only what hangs on the contact with this id or exact name
    #[arg(long)]
    contact: Vec<String>,
    /// me, an id, a username, an email address, or the name of a user or queue
    #[arg(long)]
    owner: Vec<String>,
    /// The id, name or code of a product
    #[arg(long)]
    product: Vec<String>,
    /// `open` is also every status that Salesforce does not count as closed
    #[arg(long)]
    status: Vec<String>,
    /// As Salesforce writes it: en_US
    #[arg(long)]
    language: Vec<String>,
    /// The developer name or label of a record type
    #[arg(long)]
    record_type: Vec<String>,
    /// Whether Salesforce counts the record as closed
    #[arg(long, value_name = "true|false")]
    is_closed: Option<bool>,
    /// Changed on or after: 2026-05-03, or a time such as 2026-05-03T08:00:00Z
    #[arg(long)]
    from: Option<String>,
    /// Changed on or before
    #[arg(long)]
    to: Option<String>,
    /// Created on or after
    #[arg(long)]
    created_from: Option<String>,
    /// Created on or before
    #[arg(long)]
    created_to: Option<String>,
    /// A facet of the object profiles, such as priority=High
    #[arg(long, value_name = "NAME=VALUE")]
    facet: Vec<String>,
    /// What must not hold, such as status=Closed
    #[arg(long, value_name = "NAME=VALUE")]
    not: Vec<String>,
}

impl Asking {
    pub fn filters(&self) -> anyhow::Result<FilterBody> {
        let mut filters = FilterBody {
            object: many(&self.object),
            account: many(&self.account),
            contact: many(&self.contact),
            owner: many(&self.owner),
            product: many(&self.product),
            status: many(&self.status),
            language: many(&self.language),
            record_type: many(&self.record_type),
            is_closed: self.is_closed,
            from: self.from.clone(),
            to: self.to.clone(),
            created_from: self.created_from.clone(),
            created_to: self.created_to.clone(),
            ..FilterBody::default()
        };
        for pair in &self.facet {
            let (name, value) = split("--facet", pair)?;
            filters
                .facets
                .entry(name.to_owned())
                .or_default()
                .push(value);
        }
        for pair in &self.not {
            let (name, value) = split("--not", pair)?;
            let not = filters.not.get_or_insert_default();
            if not.date_mut(name).is_some() {
                bail!("--not {pair}: a time is bounded by --from and --to");
            }
            match not.values_mut(name) {
                Some(values) => values.push(value),
                None => not.facets.entry(name.to_owned()).or_default().push(value),
            }
        }
        Ok(filters)
    }
}

fn many(values: &[String]) -> Values {
    values.iter().cloned().collect()
}

fn split<'a>(option: &str, pair: &'a str) -> anyhow::Result<(&'a str, String)> {
    let (name, value) = pair
        .split_once('=')
        .with_context(|| format!("{option} {pair}: write it as NAME=VALUE"))?;
    Ok((name.trim(), value.trim().to_owned()))
}
