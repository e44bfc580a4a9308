//! `precis check`

use std::process::ExitCode;

use serde::Serialize;

use super::{Global, print, print_json};
use crate::app;
use crate::azure::{Credential, CredentialOptions};
use crate::config::{ChatConfig, Config, EmbeddingConfig};
use crate::instance::Instance;

/// One connection and how it is.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

pub async fn run(global: &Global) -> anyhow::Result<ExitCode> {
    let config = global.load_quietly()?;
    let mut findings = vec![ok("config", "every setting is valid".to_owned())];
    findings.extend(salesforce(&config).await);
    findings.push(embedding(&config).await);
    findings.push(chat(&config).await);
    findings.push(index(&config).await);
    findings.extend(azure(&config).await);
    findings.push(data_dir(&config));
    findings.push(listen(&config).await);
    findings.push(api_keys(&config));
    let all_ok = findings.iter().all(|finding| finding.ok);
    if global.json {
        print_json(&findings)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok  " } else { "FAIL" };
            print(&format!(
                "{mark}  {:<11} {}\n",
                finding.what, finding.detail
            ))?;
        }
    }
    Ok(match all_ok {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

fn ok(what: &'static str, detail: String) -> Finding {
    Finding {
        what,
        ok: true,
        detail,
    }
}

fn failed(what: &'static str, error: &dyn std::fmt::Display) -> Finding {
    Finding {
        what,
        ok: false,
        detail: error.to_string(),
    }
}

/// Signs in, reads the limits, and tries each object of the profiles.
async fn salesforce(config: &Config) -> Vec<Finding> {
    const WHAT: &str = "salesforce";
    let client = match salesforce::Client::new(config.salesforce.clone()) {
        Ok(client) => client,
        Err(error) => return vec![failed(WHAT, &error)],
    };
    let identity = match client.sign_in().await {
        Ok(identity) => identity,
        Err(error) => return vec![failed(WHAT, &error)],
    };
    let mut findings = vec![ok(
        WHAT,
        format!(
            "signed in as {} to {}",
            identity.username, identity.instance_url
        ),
    )];
    findings.push(match client.limits().await {
        Ok(limits) => ok("api calls", app::allowance(&limits)),
        Err(error) => failed("api calls", &error),
    });
    for profile in config.objects.iter() {
        let object = &profile.object;
        if let Err(error) = client.describe(object).await {
            let detail = format!(
                "{object}: {error}; give the user access, or set objects.{object}.enabled = false"
            );
            findings.push(failed("objects", &detail));
        }
    }
    findings
}

async fn embedding(config: &Config) -> Finding {
    const WHAT: &str = "embedding";
    let embedder = match app::embedder(&config.embedding).await {
        Ok(Some(embedder)) => embedder,
        Ok(None) => return ok(WHAT, "none: keyword search only".to_owned()),
        Err(error) => return failed(WHAT, &error),
    };
    match embedder.check().await {
        Ok(()) => {
            let kind = match &config.embedding {
                EmbeddingConfig::Local { .. } => "local",
                EmbeddingConfig::Remote(_) | EmbeddingConfig::None => "remote",
            };
            let dimension = embedder.dimension();
            ok(
                WHAT,
                format!("{kind} model with {dimension} dimensions answers"),
            )
        }
        Err(error) => failed(WHAT, &error),
    }
}

async fn chat(config: &Config) -> Finding {
    const WHAT: &str = "chat";
    if matches!(config.chat, ChatConfig::None) {
        return ok(WHAT, "none: answers are extractive".to_owned());
    }
    let checked = async {
        match app::chat_model(&config.chat)? {
            Some(chat) => chat.check().await,
            None => Ok(()),
        }
    };
    match checked.await {
        Ok(()) => ok(WHAT, "the model answers".to_owned()),
        Err(error) => failed(WHAT, &error),
    }
}

async fn index(config: &Config) -> Finding {
    const WHAT: &str = "index";
    let Some(server) = &config.server else {
        return ok(WHAT, "in data_dir".to_owned());
    };
    match store::try_server(server).await {
        Ok(Some(collection)) => ok(WHAT, format!("the Qdrant server has it as {collection}")),
        Ok(None) => ok(
            WHAT,
            "the Qdrant server answers, and has none yet".to_owned(),
        ),
        Err(error) => failed(WHAT, &format!("{}: {error}; see vector.url", server.url)),
    }
}

/// Tries the credential on key vaults, whose tokens anybody gets. Nothing to tell where there is none.
async fn azure(config: &Config) -> Option<Finding> {
    const WHAT: &str = "azure";
    if let CredentialOptions::None = config.azure {
        return None;
    }
    let credential = match Credential::new(config.azure.clone()) {
        Ok(credential) => credential,
        Err(error) => return Some(failed(WHAT, &error)),
    };
    Some(match credential.token("https://vault.azure.net").await {
        Ok(_) => ok(WHAT, "the credential of [azure] gets tokens".to_owned()),
        Err(error) => failed(WHAT, &error),
    })
}

fn data_dir(config: &Config) -> Finding {
    const WHAT: &str = "data_dir";
    let folder = &config.data_dir;
    let probe = folder.join(".write-check");
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => ok(WHAT, format!("{} can be written", folder.display())),
        Err(error) => failed(
            WHAT,
            &format!(
                "{}: {error}; data_dir sets another folder",
                folder.display()
            ),
        ),
    }
}

async fn listen(config: &Config) -> Finding {
    const WHAT: &str = "http";
    let running = Instance::of(&config.data_dir);
    if let Err(error) = super::serve::certificates(config) {
        return failed(WHAT, &error);
    }
    match super::serve::listen(config).await {
        Ok(_) => ok(WHAT, format!("{} is free", config.http.listen)),
        Err(_) if running.is_some() => ok(WHAT, "precis is serving already".to_owned()),
        Err(error) => failed(WHAT, &format!("{error:#}")),
    }
}

fn api_keys(config: &Config) -> Finding {
    const WHAT: &str = "api keys";
    match config.api_keys.len() {
        0 => ok(
            WHAT,
            "none yet: nobody can ask over HTTP until `precis key new` has made one".to_owned(),
        ),
        count => ok(WHAT, format!("{count} configured")),
    }
}
