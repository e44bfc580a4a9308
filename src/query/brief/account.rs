//! Which account is meant: by its id, by its exact name, or by words of its name.

use std::collections::BTreeMap;

use domain::{Document, ObjectName, RecordId, Viewer};
use serde::{Deserialize, Serialize};
use store::{ExactKey, Filters};
use utoipa::ToSchema;

use super::value;
use crate::query::{Choice, Engine, Error};

pub const ACCOUNT: &str = "Account";
/// The key prefix of accounts.
const PREFIX: &str = "001";
/// Accounts that a choice names.
const MOST_CHOICES: usize = 10;
/// Passages of accounts among which names are looked for.
const PASSAGES: usize = 200;
/// The longest name, in characters.
const LONGEST: usize = 255;

/// The account that a brief is about.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AccountHead {
    pub id: RecordId,
    pub name: String,
    pub url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub industry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Owner {
    pub id: RecordId,
    pub name: String,
}

/// The account that `named` names, if the viewer may read it.
///
/// # Errors
/// [`Error::NotFound`] alike for one that is hidden and one that is not there;
/// [`Error::Ambiguous`] when several fit.
pub async fn find(engine: &Engine, viewer: &Viewer, named: &str) -> Result<Document, Error> {
    let named = named.trim();
    if named.is_empty() || named.chars().count() > LONGEST {
        return Err(Error::Invalid(format!(
            "the account must be an id or a name of 1 to {LONGEST} characters"
        )));
    }
    let found = candidates(engine, viewer, named).await?;
    match found.as_slice() {
        [] => Err(Error::NotFound(
            "there is no account that you can read with this id or name".to_owned(),
        )),
        [account] => Ok(account.clone()),
        several => Err(ambiguous(engine, viewer, several).await?),
    }
}

/// What a reply says of the account.
pub async fn head(
    engine: &Engine,
    viewer: &Viewer,
    account: &Document,
) -> Result<AccountHead, Error> {
    let owners = owners(engine, viewer, std::slice::from_ref(account)).await?;
    let text = |name: &str| value::text(account, name).map(str::to_owned);
    let owner = account.owner.and_then(|id| {
        let name = owners.get(&id)?.clone();
        Some(Owner { id, name })
    });
    Ok(AccountHead {
        id: account.id,
        name: viewer.title_of(account),
        url: account.url.clone(),
        owner,
        kind: text("Type"),
        industry: text("Industry"),
        city: text("BillingCity"),
        country: text("BillingCountry"),
        website: text("Website"),
    })
}

async fn candidates(engine: &Engine, viewer: &Viewer, named: &str) -> Result<Vec<Document>, Error> {
    let filters = Filters {
        objects: ObjectName::parse(ACCOUNT).into_iter().collect(),
        ..Filters::default()
    };
    let id = RecordId::parse(named).ok();
    let key = match id.filter(|id| id.key_prefix() == PREFIX) {
        Some(id) => ExactKey::Id(id),
        None => ExactKey::Name(named.to_owned()),
    };
    let is_id = matches!(key, ExactKey::Id(_));
    let exact = engine.reader.exact(viewer, &[key], &filters).await?;
    let exact = readable(engine, viewer, &exact).await?;
    if is_id || !exact.is_empty() {
        return Ok(exact);
    }
    let query = engine.reader.parse(named);
    let hits = engine.reader.keyword(viewer, &query, &filters, PASSAGES);
    let mut ids: Vec<RecordId> = Vec::new();
    for hit in hits.await? {
        if !ids.contains(&hit.document) {
            ids.push(hit.document);
        }
    }
    let mut found = readable(engine, viewer, &ids).await?;
    found.retain(|account| is_meant(named, &viewer.title_of(account)));
    Ok(found)
}

/// Whether each word of what was typed begins a word of the name.
fn is_meant(named: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let text = text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (typed, name) = (words(named), words(name));
    !typed.is_empty()
        && typed
            .iter()
            .all(|typed| name.iter().any(|word| word.starts_with(typed)))
}

async fn readable(
    engine: &Engine,
    viewer: &Viewer,
    ids: &[RecordId],
) -> Result<Vec<Document>, Error> {
    let readable = engine.access.confirm(viewer, ids).await?;
    let ids: Vec<_> = ids
        .iter()
        .copied()
        .filter(|id| readable.contains(id))
        .collect();
    Ok(engine.reader.documents(viewer, &ids).await?)
}

async fn ambiguous(engine: &Engine, viewer: &Viewer, several: &[Document]) -> Result<Error, Error> {
    let shown = &several[..several.len().min(MOST_CHOICES)];
    let owners = owners(engine, viewer, shown).await?;
    let choice = |account: &Document| {
        let text = |name: &str| value::text(account, name).map(str::to_owned);
        Choice {
            id: account.id,
            name: viewer.title_of(account),
            url: account.url.clone(),
            object: account.object.clone(),
            city: text("BillingCity"),
            industry: text("Industry"),
            owner: account.owner.and_then(|id| owners.get(&id).cloned()),
        }
    };
    Ok(Error::Ambiguous {
        sentence: format!(
            "{} accounts that you can read fit this name: ask again with the id of one of them",
            several.len()
        ),
        choices: shown.iter().map(choice).collect(),
    })
}

/// The names of the owners, if the viewer may know who owns accounts.
async fn owners(
    engine: &Engine,
    viewer: &Viewer,
    accounts: &[Document],
) -> Result<BTreeMap<RecordId, String>, Error> {
    let object = ObjectName::parse(ACCOUNT);
    let field = domain::FieldName::parse("OwnerId");
    let reads = match (object, field) {
        (Ok(object), Ok(field)) => viewer.reads_field(&object, &field),
        (_, _) => false,
    };
    let ids: Vec<_> = accounts
        .iter()
        .filter_map(|account| account.owner)
        .collect();
    match reads {
        true => Ok(engine.access.names(&ids).await?),
        false => Ok(BTreeMap::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_name_are_enough() {
        assert!(is_meant("aurelin", "Aurelin Biobank"));
        assert!(is_meant("Bio aur", "Aurelin Biobank"));
        assert!(is_meant("müller", "Gebr. Müller-Lüdenscheidt GmbH"));
        assert!(!is_meant("bank", "Aurelin Biobank"));
        assert!(!is_meant("Aurelin Corp", "Aurelin Biobank"));
        assert!(!is_meant("--", "Aurelin Biobank"));
    }
}
