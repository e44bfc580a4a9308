//! Answers as server-sent events: each claim as soon as it is verified, then the whole answer.

use std::convert::Infallible;
use std::sync::Arc;

use async_stream::stream;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::{Citation, RecordId};
use futures::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use super::RequestId;
use super::error::{ApiError, problem};
use super::limits::Place;
use crate::app::App;
use crate::asking::Asking;
use crate::audit::{Entry, Outcome};
use crate::identity::Caller;
use crate::query::{self, AnswerRequest, ToldClaim};

/// Data of an event `claim`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShownClaim {
    text: String,
    citations: Vec<usize>,
    /// Those of `citations` that no claim before had.
    new_citations: Vec<Citation>,
}

/// Whether the caller wants events (`Accept: text/event-stream`).
pub fn wanted(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.to_ascii_lowercase().contains("text/event-stream"))
}

/// Events `claim`, and at the end one `answer` with what the route replies otherwise, or one `problem`.
///
/// Two lines go on the audit trail: one before the first event leaves, and one at the end, which also
/// comes when the caller goes away before.
pub fn answer(
    app: Arc<App>,
    caller: Caller,
    asking: Asking,
    request: AnswerRequest,
    place: Place,
) -> Response {
    let events = events(app, caller, asking, request).map(move |event| {
        let _taken = &place;
        event
    });
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn events(
    app: Arc<App>,
    caller: Caller,
    asking: Asking,
    request: AnswerRequest,
) -> impl Stream<Item = Result<Event, Infallible>> {
    stream! {
        let entry = asking.entry(&caller).asking(&request);
        let begun = entry.clone().ended(Outcome::Begun, None);
        if let Err(error) = asking.write(&app, begun).await {
            yield Ok(failed(&asking, ApiError::from(error)));
            return;
        }
        let mut line = LastLine::new(&app, &asking, entry);
        let (sender, mut claims) = mpsc::unbounded_channel();
        let show = move |told: &ToldClaim, new: &[Citation]| {
            // Nobody listens any more when the caller has gone away.
            let _ = sender.send((told.claim.clone(), new.to_vec()));
        };
        let (id, viewer) = (asking.id(), Arc::clone(&caller.viewer));
        let engine = app.engine.clone();
        let answer = async move { query::answer(&engine, &viewer, request, id, Some(&show)).await };
        tokio::pin!(answer);
        let answer = loop {
            tokio::select! {
                biased;
                Some((claim, new_citations)) = claims.recv() => {
                    line.saw(&new_citations);
                    let (text, citations) = (claim.text, claim.citations);
                    let data = ShownClaim { text, citations, new_citations };
                    yield Ok(event("claim", &data));
                }
                answer = &mut answer => break answer,
            }
        };
        while let Ok((claim, new_citations)) = claims.try_recv() {
            line.saw(&new_citations);
            let (text, citations) = (claim.text, claim.citations);
            yield Ok(event("claim", &ShownClaim { text, citations, new_citations }));
        }
        let written = line.end(&answer).await;
        yield Ok(match (written, answer) {
            (Err(error), _) => failed(&asking, ApiError::from(error)),
            (Ok(()), Ok(answer)) => event("answer", &answer),
            (Ok(()), Err(error)) => failed(&asking, ApiError::from(error)),
        });
    }
}

/// An event with JSON for its data.
fn event(name: &str, data: &impl Serialize) -> Event {
    let event = Event::default().event(name);
    event.json_data(data).unwrap_or_else(|error| {
        tracing::error!(%error, "event not written");
        Event::default().event("problem").data("{}")
    })
}

fn failed(asking: &Asking, error: ApiError) -> Event {
    event("problem", &problem(&error, RequestId(asking.id())))
}

/// The line that tells how the request ended, written whatever becomes of it.
struct LastLine {
    app: Arc<App>,
    asking: Asking,
    entry: Option<Entry>,
    shown: Vec<RecordId>,
}

impl LastLine {
    fn new(app: &Arc<App>, asking: &Asking, entry: Entry) -> Self {
        Self {
            app: Arc::clone(app),
            asking: asking.clone(),
            entry: Some(entry),
            shown: Vec::new(),
        }
    }

    fn saw(&mut self, citations: &[Citation]) {
        self.shown
            .extend(citations.iter().map(|citation| citation.record_id));
    }

    async fn end(
        &mut self,
        answer: &Result<query::Answer, query::Error>,
    ) -> Result<(), crate::audit::AuditError> {
        match self.entry.take() {
            Some(entry) => self.asking.write(&self.app, entry.of_answer(answer)).await,
            None => Ok(()),
        }
    }
}

impl Drop for LastLine {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else {
            return;
        };
        entry.shown = std::mem::take(&mut self.shown);
        let reason = "the caller went away before the end".to_owned();
        let entry = entry.ended(Outcome::Failed, Some(reason));
        let (app, asking) = (Arc::clone(&self.app), self.asking.clone());
        // Outside of a runtime the process is ending, and its trail with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = asking.write(&app, entry).await {
                    tracing::error!(%error, "end of a streamed answer not recorded");
                }
            });
        }
    }
}
