//! What to know of an account before a call, a renewal or a board meeting.
//!
//! Figures and sentences are made of records, by rules, and each says of which: everything here works
//! without a language model.

mod account;
mod dossier;
mod figures;
mod files;
mod markdown;
mod mood;
mod narrative;
mod page;
mod promise;
mod scribe;
mod sections;
mod since;
mod value;

use chrono::{DateTime, Utc};
use domain::{Citation, Viewer};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use account::AccountHead;
pub use figures::Figure;
pub use markdown::{markdown, subtitle};
pub use page::{content_security_policy, page};
pub use sections::Section;

use super::answer::EXTRACTIVE;
use super::grounding::{Usage, Verification};
use super::{Engine, Error};
use dossier::{Clock, Dossier};
use files::Files;
use narrative::Reading;
use scribe::Scribe;

/// Body of `POST /v1/accounts/{id or name}/brief`, and the query of its `GET`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BriefRequest {
    #[serde(default)]
    pub audience: Audience,
    /// What came before is left out of what is recent, and what came later is marked as new: a time in
    /// RFC 3339, a date, or how long ago (`30d`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "90d")]
    pub since: Option<String>,
}

/// Whom a brief is for: it decides what comes first and what is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    #[default]
    SalesCall,
    Renewal,
    Executive,
}

/// Reply of `POST /v1/accounts/{id or name}/brief`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Brief {
    pub account: AccountHead,
    pub audience: Audience,
    pub since: Option<DateTime<Utc>>,
    pub figures: Vec<Figure>,
    /// In the order for the audience; none is empty.
    pub sections: Vec<Section>,
    pub citations: Vec<Citation>,
    pub verification: Verification,
    /// When the index was last brought up to date.
    pub as_of: Option<DateTime<Utc>>,
    /// The model that wrote of it, or "extractive".
    pub model: String,
    pub usage: Usage,
    pub request_id: Uuid,
    /// What this brief went without: figures that this user may not know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub degraded: Vec<String>,
    /// For the audit trail, never sent.
    #[serde(skip)]
    pub withheld: usize,
    /// The hash of the prompt, if a model was asked. For the audit trail, never sent.
    #[serde(skip)]
    pub prompt: Option<String>,
}

/// Writes the brief of the account with this id or name, as of now.
///
/// # Errors
/// [`Error::NotFound`] and [`Error::Ambiguous`] for the name, [`Error::Invalid`] for `since`.
pub async fn brief(
    engine: &Engine,
    viewer: &Viewer,
    named: &str,
    request: &BriefRequest,
    request_id: Uuid,
) -> Result<Brief, Error> {
    let now = Utc::now();
    let since = request.since.as_deref().map(|text| since::parse(text, now));
    let clock = Clock::new(now, since.transpose()?);
    let account = account::find(engine, viewer, named).await?;
    let head = account::head(engine, viewer, &account).await?;
    let files = Files::new(engine, viewer, account.id);
    let dossier = Dossier::gather(&files, account, &clock).await?;
    let mut scribe = Scribe::new(viewer);
    let (figures, mut degraded) = figures::compute(&files, &dossier, &clock, &mut scribe);
    let mut sections = sections::write(&dossier, &clock, request.audience, &mut scribe);
    let shown = sections.iter().map(|section| section.claims.len());
    let shown: usize = shown.sum();
    let reading = Reading {
        files: &files,
        dossier: &dossier,
        clock: &clock,
        audience: request.audience,
    };
    let told = narrative::tell(&reading, &mut sections, scribe.citations()).await?;
    degraded.extend(told.degraded);
    let mut verification = told.verification;
    verification.shown += shown;
    Ok(Brief {
        account: head,
        audience: request.audience,
        since: clock.since,
        figures,
        sections,
        citations: scribe.into_citations(),
        verification,
        as_of: engine.as_of(),
        model: told.model.unwrap_or_else(|| EXTRACTIVE.to_owned()),
        usage: told.usage,
        request_id,
        degraded,
        withheld: files.withheld(),
        prompt: told.prompt,
    })
}

impl Audience {
    pub fn title(self) -> &'static str {
        match self {
            Self::SalesCall => "Sales call",
            Self::Renewal => "Renewal",
            Self::Executive => "Executive",
        }
    }
}
