//! Who carries out what a tool asks: this process for the caller of an HTTP request, or whoever owns the
//! index for the one at the keyboard.

use std::sync::Arc;

use super::replies::Refusal;
use crate::app::App;
use crate::asking::{AskError, Asking};
use crate::audit::{Outcome, Surface};
use crate::cli::Service;
use crate::identity::Caller;
use crate::query::{
    Answer, AnswerRequest, Brief, BriefRequest, NewCase, Record, SearchRequest, SearchResponse,
    Triage, TriageRequest,
};

/// The caller of an HTTP request.
#[derive(Clone)]
pub struct Here {
    pub app: Arc<App>,
    pub caller: Arc<Caller>,
    pub asking: Asking,
}

/// Asks as one caller.
#[derive(Clone)]
pub enum Asker {
    Here(Here),
    /// With the username to ask as; the user that precis signs in as, if there is none.
    Command(Arc<Service>, Option<String>),
}

impl Here {
    fn on(&self, tool: &'static str) -> Asking {
        self.asking.on(Surface::Mcp, tool)
    }
}

impl Asker {
    /// Puts a call on the trail whose arguments could not be read. Their words may be in the sentence, so
    /// the line does not have it.
    ///
    /// # Errors
    /// When the line cannot be written.
    pub async fn refused(&self, tool: &'static str) -> Result<(), Refusal> {
        // Over standard input the core was not asked, and there is no caller but the operator.
        let Self::Here(here) = self else {
            return Ok(());
        };
        let asking = here.on(tool);
        let reason = Some("the arguments are invalid".to_owned());
        let line = asking.entry(&here.caller).ended(Outcome::Refused, reason);
        let written = asking.write(&here.app, line).await;
        Ok(written.map_err(AskError::from)?)
    }

    pub async fn search(
        &self,
        tool: &'static str,
        request: SearchRequest,
    ) -> Result<SearchResponse, Refusal> {
        match self {
            Self::Here(here) => {
                let asking = here.on(tool);
                Ok(asking.search(&here.app, &here.caller, request).await?)
            }
            Self::Command(service, user) => Ok(service.search(user.as_deref(), request).await?),
        }
    }

    pub async fn answer(
        &self,
        tool: &'static str,
        request: AnswerRequest,
    ) -> Result<Answer, Refusal> {
        match self {
            Self::Here(here) => {
                let asking = here.on(tool);
                Ok(asking.answer(&here.app, &here.caller, request).await?)
            }
            Self::Command(service, user) => Ok(service.answer(user.as_deref(), request).await?),
        }
    }

    pub async fn brief(
        &self,
        tool: &'static str,
        account: &str,
        request: BriefRequest,
    ) -> Result<Brief, Refusal> {
        match self {
            Self::Here(here) => {
                let (app, caller) = (&here.app, &here.caller);
                let asking = here.on(tool);
                Ok(asking.brief(app, caller, account, &request).await?)
            }
            Self::Command(service, user) => {
                Ok(service.brief(user.as_deref(), account, request).await?)
            }
        }
    }

    pub async fn triage_case(&self, tool: &'static str, case: &str) -> Result<Triage, Refusal> {
        let request = TriageRequest::default();
        match self {
            Self::Here(here) => {
                let (app, caller) = (&here.app, &here.caller);
                let asking = here.on(tool);
                Ok(asking.triage_case(app, caller, case, &request).await?)
            }
            Self::Command(service, user) => {
                Ok(service.triage_case(user.as_deref(), case, request).await?)
            }
        }
    }

    pub async fn triage_new(
        &self,
        tool: &'static str,
        request: NewCase,
    ) -> Result<Triage, Refusal> {
        match self {
            Self::Here(here) => {
                let asking = here.on(tool);
                Ok(asking.triage_new(&here.app, &here.caller, request).await?)
            }
            Self::Command(service, user) => {
                Ok(service.triage_new(user.as_deref(), request).await?)
            }
        }
    }

    pub async fn record(&self, tool: &'static str, named: &str) -> Result<Record, Refusal> {
        match self {
            Self::Here(here) => {
                let asking = here.on(tool);
                Ok(asking.record(&here.app, &here.caller, named).await?)
            }
            Self::Command(service, user) => Ok(service.record(user.as_deref(), named).await?),
        }
    }
}

impl From<AskError> for Refusal {
    fn from(error: AskError) -> Self {
        let problem = crate::http::ApiError::from(error);
        Self(problem.with_choices())
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self(format!("{error:#}"))
    }
}
