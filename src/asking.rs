//! One request of one caller: what it asks of the core, and its line on the audit trail, which is written
//! before anything is shown. Every skin asks through here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::app::App;
use crate::audit::{Asked, AuditError, Entry, Feedback, OPEN_DAYS, Surface};
use crate::identity::{Caller, Identity};
use crate::query::{
    self, Answer, AnswerRequest, Brief, BriefRequest, Knowledge, KnowledgeRequest, NewCase, Record,
    SearchRequest, SearchResponse, Shown, Triage, TriageRequest,
};

/// Why a request has no reply.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error(transparent)]
    Query(#[from] query::Error),
    /// What cannot be recorded is not shown.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// A request under way. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Asking {
    id: Uuid,
    surface: Surface,
    operation: String,
    known: Arc<Mutex<Known>>,
}

/// What is known of a request so far.
#[derive(Debug, Default)]
pub struct Known {
    pub identity: Option<Identity>,
    pub username: Option<String>,
    /// A line was written, or could not be.
    pub is_recorded: bool,
}

impl Asking {
    /// A request that begins. `operation` is its name on the trail.
    pub fn new(id: Uuid, surface: Surface, operation: impl Into<String>) -> Self {
        Self {
            id,
            surface,
            operation: operation.into(),
            known: Arc::default(),
        }
    }

    /// The same request under the name that another skin has for it: a tool of MCP.
    pub fn on(&self, surface: Surface, operation: impl Into<String>) -> Self {
        Self {
            id: self.id,
            surface,
            operation: operation.into(),
            known: Arc::clone(&self.known),
        }
    }

    pub fn id(&self) -> Uuid {
        self.id
    }

    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Who asks, as soon as that is proved, and as whom if they are one user.
    pub fn proved(&self, identity: &Identity, username: Option<&str>) {
        let mut known = self.known();
        known.identity = Some(identity.clone());
        known.username = username.map(ToOwned::to_owned);
    }

    /// The line of a request of which nothing more is known.
    pub fn line(&self) -> Entry {
        Entry::new(self.id, self.surface, self.operation.as_str())
    }

    /// The line of a request whose caller has proved who they are, and whose viewer is not known.
    pub fn proved_line(&self) -> Entry {
        let known = self.known();
        Entry {
            identity: known.identity.clone(),
            username: known.username.clone(),
            ..self.line()
        }
    }

    /// The line of a request whose viewer is known.
    pub fn entry(&self, caller: &Caller) -> Entry {
        self.line().by(caller)
    }

    /// The line of what the operator asks.
    pub fn operator_entry(&self) -> Entry {
        self.line().by_operator()
    }

    /// Writes the line. When this fails nothing may be shown.
    pub async fn write(&self, app: &App, entry: Entry) -> Result<(), AuditError> {
        // Whether it could be written or not, it is not tried once more.
        self.known().is_recorded = true;
        app.audit.write(entry).await
    }

    pub fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`query::search`].
    pub async fn search(
        &self,
        app: &App,
        caller: &Caller,
        request: SearchRequest,
    ) -> Result<SearchResponse, AskError> {
        let entry = self.entry(caller).asking(&request);
        let found = query::search(&app.engine, &caller.viewer, request).await;
        self.write(app, entry.of_search(&found)).await?;
        Ok(found?)
    }

    /// As [`query::knowledge`]; what is away is told as a reason, and stands on the trail as it is.
    pub async fn knowledge(
        &self,
        app: &App,
        caller: &Caller,
        request: &KnowledgeRequest,
    ) -> Result<Knowledge, AskError> {
        let entry = self.entry(caller).asking(request);
        let found = query::knowledge(&app.engine, &caller.viewer, request).await;
        self.write(app, entry.of_knowledge(&found)).await?;
        Ok(found.or_else(Knowledge::instead_of)?)
    }

    /// As [`query::answer`], in one piece.
    pub async fn answer(
        &self,
        app: &App,
        caller: &Caller,
        request: AnswerRequest,
    ) -> Result<Answer, AskError> {
        let shown: Shown<'_> = None;
        let entry = self.entry(caller).asking(&request);
        let answer = query::answer(&app.engine, &caller.viewer, request, self.id, shown).await;
        self.write(app, entry.of_answer(&answer)).await?;
        Ok(answer?)
    }

    /// As [`query::brief`].
    pub async fn brief(
        &self,
        app: &App,
        caller: &Caller,
        account: &str,
        request: &BriefRequest,
    ) -> Result<Brief, AskError> {
        let entry = self.entry(caller).asking(Asked::brief(account, request));
        let brief = query::brief(&app.engine, &caller.viewer, account, request, self.id).await;
        self.write(app, entry.of_brief(&brief)).await?;
        Ok(brief?)
    }

    /// As [`query::triage_case`].
    pub async fn triage_case(
        &self,
        app: &App,
        caller: &Caller,
        case: &str,
        request: &TriageRequest,
    ) -> Result<Triage, AskError> {
        let entry = self.entry(caller).asking(Asked::of_case(case));
        let viewer = &caller.viewer;
        let triage = query::triage_case(&app.engine, viewer, case, request, self.id).await;
        self.write(app, entry.of_triage(&triage)).await?;
        Ok(triage?)
    }

    /// As [`query::triage_new`].
    pub async fn triage_new(
        &self,
        app: &App,
        caller: &Caller,
        request: NewCase,
    ) -> Result<Triage, AskError> {
        let entry = self.entry(caller).asking(&request);
        let triage = query::triage_new(&app.engine, &caller.viewer, request, self.id).await;
        self.write(app, entry.of_triage(&triage)).await?;
        Ok(triage?)
    }

    /// Puts on the trail what the caller thinks of a reply that they were shown.
    ///
    /// # Errors
    /// [`query::Error::NotFound`], alike for what was shown to others and for what never was.
    pub async fn feedback(
        &self,
        app: &App,
        caller: &Caller,
        feedback: &Feedback,
    ) -> Result<(), AskError> {
        feedback.check().map_err(query::Error::Invalid)?;
        let noted = match app.audit.was_shown(feedback.request_id, caller).await? {
            true => Ok(()),
            false => Err(query::Error::NotFound(format!(
                "no reply with this request_id was shown to you in the last {OPEN_DAYS} days"
            ))),
        };
        let entry = self.entry(caller).of_feedback(feedback, &noted);
        self.write(app, entry).await?;
        Ok(noted?)
    }

    /// As [`query::record`].
    pub async fn record(
        &self,
        app: &App,
        caller: &Caller,
        named: &str,
    ) -> Result<Record, AskError> {
        let entry = self.entry(caller).asking(Asked::of_record(named));
        let record = query::record(&app.engine, &caller.viewer, named).await;
        self.write(app, entry.of_record(&record)).await?;
        Ok(record?)
    }
}
