//! Case triage: what a case is about, how cases like it were solved, what to try, what to ask and
//! what to reply, each with where it was read. It proposes and writes nothing.
//!
//! All of it is computed and quoted from records that the viewer may read, and works without a
//! language model. What customers write is quoted and compared, never obeyed.

mod alike;
mod articles;
mod duplicates;
mod escalation;
mod matter;
mod missing;
mod narrative;
mod proposal;
mod quote;
mod reply;
mod report;
mod request;
mod resolution;
mod steps;
mod thread;
mod timeline;
mod told;
mod words;

use std::collections::BTreeSet;

use chrono::Utc;
use domain::{Claim, Document, FieldName, Viewer};
use uuid::Uuid;

use self::alike::Alike;
use self::articles::Applying;
use self::matter::Matter;
use self::narrative::Narrative;
use self::quote::Quote;
use self::told::Told;
use super::answer::EXTRACTIVE;
use super::grounding::Citations;
use super::retrieve::Question;
use super::search::DocumentHead;
use super::{Engine, Error};

use report::CaseHead;
pub use report::{ArticleSteps, Proposed, SimilarCase, Triage, Who};
pub use request::{NewCase, TriageRequest};

/// Similar cases that are shown.
const SHOWN: usize = 5;

/// On whose behalf, and on what.
#[derive(Clone, Copy)]
struct Desk<'a> {
    engine: &'a Engine,
    viewer: &'a Viewer,
}

impl Desk<'_> {
    /// Whether the viewer may read a field of the document's root record.
    fn reads(self, document: &Document, field: &str) -> bool {
        let field = FieldName::parse(field);
        field.is_ok_and(|field| self.viewer.reads_field(&document.object, &field))
    }
}

/// Triages the case with this id or number.
///
/// # Errors
/// [`Error::NotFound`], alike for a case that is not there and for one that the viewer may not read.
pub async fn triage_case(
    engine: &Engine,
    viewer: &Viewer,
    case: &str,
    request: &TriageRequest,
    request_id: Uuid,
) -> Result<Triage, Error> {
    let matter = Matter::of_case(engine, viewer, case, request).await?;
    triage(Desk { engine, viewer }, matter, request_id).await
}

/// Triages a case that does not exist yet. Its words are the viewer's own: nothing cites them.
///
/// # Errors
/// [`Error::Invalid`] names the field: an empty case, or an account that the viewer cannot read.
pub async fn triage_new(
    engine: &Engine,
    viewer: &Viewer,
    request: NewCase,
    request_id: Uuid,
) -> Result<Triage, Error> {
    let matter = Matter::of_words(engine, viewer, request).await?;
    triage(Desk { engine, viewer }, matter, request_id).await
}

/// What was found for a case, before anything is said of it.
struct Findings {
    question: Question,
    closed: Vec<Alike>,
    /// For the queues that they stand in: a case that is done with belongs to whoever did it.
    open: Vec<Alike>,
    applying: Applying,
    withheld: usize,
    degraded: BTreeSet<String>,
}

impl Findings {
    async fn of(desk: Desk<'_>, matter: &Matter) -> Result<Self, Error> {
        let question = matter.question(desk.engine, desk.viewer).await?;
        let closed = alike::closed(desk, &question).await?;
        let open = alike::open(desk, &question).await?;
        let applying = articles::applying(desk, matter, &question, &closed.cases).await?;
        let mut degraded = closed.degraded;
        degraded.extend(open.degraded);
        Ok(Self {
            question,
            withheld: closed.withheld + open.withheld,
            closed: closed.cases,
            open: open.cases,
            applying,
            degraded,
        })
    }

    /// The steps of each article that applies.
    fn steps(&self) -> Vec<(&Document, Vec<Quote<'_>>)> {
        let query = &self.question.query;
        let terms = query.term_count().max(1) as f32;
        let matched = |text: &str| query.matched_terms(text) as f32 / terms;
        let articles = self.applying.articles.iter();
        articles
            .map(|article| {
                (
                    article,
                    steps::steps(article, &matched, &self.applying.near),
                )
            })
            .collect()
    }
}

async fn triage(desk: Desk<'_>, matter: Matter, request_id: Uuid) -> Result<Triage, Error> {
    let findings = Findings::of(desk, &matter).await?;
    let (closed, open) = (&findings.closed, &findings.open);
    let mut citations = Citations::default();
    let cited = &mut citations;
    let steps = findings.steps();
    let told = told_by_model(desk, &matter, &findings, &steps, cited).await?;
    let case = matter.document.as_ref();
    let as_of = desk.engine.as_of();
    let (narrative, reply, mut triage) = begun(told);
    let Narrative { summary, wants } = match case {
        Some(case) => narrative::completed(desk, case, narrative, cited),
        None => narrative,
    };
    triage.summary = summary;
    triage.wants = wants;
    triage.case = case.map(|case| head(desk, case));
    triage.timeline = case
        .map(|case| timeline::timeline(desk, case, cited))
        .unwrap_or_default();
    triage.proposal = proposal::propose(desk, &matter, closed, open, cited).await?;
    triage.similar_cases = similar_cases(desk, &matter, &findings, cited);
    triage.articles = articles_with_steps(desk, &steps, cited);
    let asked = missing::missing(desk, &matter, closed, cited);
    let says = reply::Says {
        told: &reply,
        steps: sendable(&steps),
    };
    triage.reply_draft = reply::draft(desk.viewer, &matter, &says, &asked, cited);
    triage.missing = asked.into_iter().map(|asked| asked.missing).collect();
    triage.duplicates = duplicates::duplicates(desk, &matter, &findings.question, cited).await?;
    let now = as_of.unwrap_or_else(Utc::now);
    triage.escalation = escalation::escalation(desk, &matter, now, cited);
    triage.citations = citations.into_vec();
    triage.as_of = as_of;
    triage.request_id = request_id;
    triage.withheld = findings.withheld;
    triage.degraded.extend(findings.degraded);
    triage.count();
    Ok(triage)
}

/// What a model says of it, if there is one.
async fn told_by_model(
    desk: Desk<'_>,
    matter: &Matter,
    findings: &Findings,
    steps: &[(&Document, Vec<Quote<'_>>)],
    citations: &mut Citations,
) -> Result<Option<Told>, Error> {
    let Some(chat) = &desk.engine.chat else {
        return Ok(None);
    };
    let solved = findings.closed.iter().take(SHOWN);
    let solved = solved.filter_map(|case| resolution::resolution(&case.document));
    let solved: Vec<Quote<'_>> = solved.collect();
    told::told(desk, chat, matter, &solved, steps, citations).await
}

/// An empty triage with what the model took, and what it told.
fn begun(told: Option<Told>) -> (Narrative, Vec<Claim>, Triage) {
    let Some(told) = told else {
        return (Narrative::default(), Vec::new(), Triage::empty(EXTRACTIVE));
    };
    let is_told = !told.reply.is_empty() || !told.narrative.is_empty();
    let triage = Triage {
        verification: told.verification,
        usage: told.usage,
        prompt: Some(told.prompt),
        degraded: told.degraded.into_iter().collect(),
        ..Triage::empty(if is_told { &told.model } else { EXTRACTIVE })
    };
    (told.narrative, told.reply, triage)
}

fn head(desk: Desk<'_>, case: &Document) -> CaseHead {
    CaseHead {
        id: case.id,
        number: case.number.as_ref().map(|number| number.text.clone()),
        title: desk.viewer.title_of(case),
        url: case.url.clone(),
    }
}

fn similar_cases(
    desk: Desk<'_>,
    matter: &Matter,
    findings: &Findings,
    citations: &mut Citations,
) -> Vec<SimilarCase> {
    let mut shown = Vec::new();
    for case in findings.closed.iter().take(SHOWN) {
        let document = &case.document;
        let attached: BTreeSet<_> = document.articles.iter().map(|a| a.article).collect();
        let articles = attached
            .iter()
            .filter_map(|id| findings.applying.attached.get(id));
        let solved = resolution::resolution(document);
        shown.push(SimilarCase {
            document: DocumentHead::of(document, desk.viewer),
            score: (case.score * 10_000.0).round() / 10_000.0,
            similarity_reason: alike::reason(matter, document),
            resolution: solved.map(|quote| quote.claim(citations, desk.viewer)),
            articles: articles
                .map(|head| DocumentHead::of(head, desk.viewer))
                .collect(),
        });
    }
    shown
}

fn articles_with_steps(
    desk: Desk<'_>,
    articles: &[(&Document, Vec<Quote<'_>>)],
    citations: &mut Citations,
) -> Vec<ArticleSteps> {
    let mut shown = Vec::new();
    for (article, steps) in articles {
        let steps = steps.iter().map(|step| step.claim(citations, desk.viewer));
        let steps: Vec<Claim> = steps.collect();
        shown.push(ArticleSteps {
            document: DocumentHead::of(article, desk.viewer),
            steps,
        });
    }
    shown
}

/// The steps of the best article that has any and that customers may read.
fn sendable<'a, 'b>(articles: &'b [(&Document, Vec<Quote<'a>>)]) -> &'b [Quote<'a>] {
    let sendable = articles
        .iter()
        .find(|(article, steps)| !steps.is_empty() && reply::is_for_customers(article));
    sendable.map_or(&[], |(_, steps)| steps)
}
