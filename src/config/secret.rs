//! Secrets by reference: `env:NAME`, `file:PATH`, or `keyvault:VAULT/NAME`.

use std::collections::HashMap;
use std::path::Path;

use config::{Value, ValueKind};
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};

use crate::azure::key_vault::{Reference, SCHEME, Vaults};
use crate::azure::{Credential, CredentialOptions};

/// What references into key vaults lead to: the secret, or what to change.
pub type Vaulted = HashMap<String, Result<SecretString, String>>;

/// Reads what a reference points to. A secret that stands in the config itself is refused.
pub fn resolve(reference: &str, base: &Path, vaulted: &Vaulted) -> Result<SecretString, String> {
    let secret = if let Some(name) = reference.strip_prefix("env:") {
        let value = std::env::var(name)
            .map_err(|_| format!("points to {name}, which is not in the environment"))?;
        SecretString::from(value)
    } else if let Some(path) = reference.strip_prefix("file:") {
        let path = base.join(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("points to {}: {error}", path.display()))?;
        SecretString::from(text)
    } else if reference.starts_with(SCHEME) {
        match vaulted.get(reference) {
            Some(fetched) => fetched.clone()?,
            None => return Err("is in a key vault, which [azure] has to open first".into()),
        }
    } else {
        return Err(
            "must be a reference, \"env:NAME\", \"file:PATH\" or \"keyvault:VAULT/NAME\", and not the \
             secret itself"
                .into(),
        );
    };
    let secret = secret.expose_secret().trim();
    if secret.is_empty() {
        return Err("points to an empty secret".into());
    }
    Ok(SecretString::from(secret.to_owned()))
}

/// Every reference into a key vault that stands in the config.
pub fn vaulted(settings: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(settings, &mut found);
    found.sort();
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    if let ValueKind::Table(table) = &value.kind {
        table.values().for_each(|value| collect(value, found));
    } else if let ValueKind::Array(list) = &value.kind {
        list.iter().for_each(|value| collect(value, found));
    } else if let ValueKind::String(text) = &value.kind
        && text.trim().starts_with(SCHEME)
    {
        found.push(text.trim().to_owned());
    }
}

/// Fetches all of them at once.
///
/// A config is read before anything runs, and by callers that are not asynchronous: this takes a
/// thread of its own, for as long as the vaults take to answer.
pub fn fetch(references: Vec<String>, options: &CredentialOptions) -> Vaulted {
    let all_of = |problem: &str| {
        let each = references.iter();
        each.map(|reference| (reference.clone(), Err(problem.to_owned())))
            .collect()
    };
    let fetched = std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| format!("is in a key vault, and no thread starts: {error}"))?;
            runtime.block_on(fetch_with(&references, options))
        };
        scope.spawn(work).join()
    });
    match fetched {
        Ok(Ok(vaulted)) => vaulted,
        Ok(Err(problem)) => all_of(&problem),
        Err(_) => all_of("is in a key vault, and reading it failed inside precis"),
    }
}

async fn fetch_with(references: &[String], options: &CredentialOptions) -> Result<Vaulted, String> {
    let no_client = |error: reqwest::Error| format!("is in a key vault, and TLS fails: {error}");
    let credential = Credential::new(options.clone()).map_err(no_client)?;
    let vaults = Vaults::new(credential).map_err(no_client)?;
    let each = references.iter().map(async |text| {
        let fetched = match Reference::parse(text.strip_prefix(SCHEME).unwrap_or(text)) {
            Ok(reference) => vaults.secret(&reference).await,
            Err(error) => Err(error),
        };
        (text.clone(), fetched.map_err(|error| error.to_string()))
    });
    Ok(join_all(each).await.into_iter().collect())
}
