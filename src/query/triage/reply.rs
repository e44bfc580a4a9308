//! A reply to look over and send. Everything that it states is quoted from articles that customers
//! may read: what other customers wrote, and what is for the company alone, stays out of it.

use domain::{Channel, Claim, Document, Viewer, marks};

use super::matter::Matter;
use super::missing::{Asked, How};
use super::quote::Quote;
use super::report::ReplyDraft;
use super::words::words;
use crate::query::grounding::Citations;

/// Questions of one reply.
const MOST_QUESTIONS: usize = 3;

/// What a reply states.
pub struct Says<'a> {
    /// By a model, and verified.
    pub told: &'a [Claim],
    /// Steps of an article, where no model has told anything.
    pub steps: &'a [Quote<'a>],
}

impl Says<'_> {
    fn is_empty(&self) -> bool {
        self.told.is_empty() && self.steps.is_empty()
    }

    /// Its paragraph, with the numbers of its citations.
    fn paragraph(&self, lead: &str, viewer: &Viewer, citations: &mut Citations) -> ReplyDraft {
        let claims: Vec<Claim> = match self.told.is_empty() {
            false => self.told.to_vec(),
            true => {
                let steps = self.steps.iter();
                steps.map(|step| step.claim(citations, viewer)).collect()
            }
        };
        let lines = claims
            .iter()
            .map(|claim| format!("{} {}", claim.text, marks(&claim.citations)));
        let lines = lines.collect::<Vec<_>>().join("\n");
        let mut numbers: Vec<usize> = claims.iter().flat_map(|c| c.citations.clone()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        ReplyDraft {
            text: match self.told.is_empty() {
                true => format!("{lead}\n{lines}"),
                false => lines,
            },
            citations: numbers,
        }
    }
}

/// What is said, and questions, between courtesies.
pub fn draft(
    viewer: &Viewer,
    matter: &Matter,
    says: &Says<'_>,
    asked: &[Asked],
    citations: &mut Citations,
) -> ReplyDraft {
    let say = words().reply(matter.tongue);
    let mut paragraphs = vec![greeting(viewer, matter)];
    let questions: Vec<String> = asked
        .iter()
        .filter_map(|asked| question(matter, asked))
        .take(MOST_QUESTIONS)
        .collect();
    paragraphs.push(say.thanks);
    let mut numbers = Vec::new();
    if !says.is_empty() {
        let said = says.paragraph(&say.steps, viewer, citations);
        paragraphs.push(said.text);
        numbers = said.citations;
    }
    if !questions.is_empty() {
        paragraphs.push(format!("{}\n- {}", say.questions, questions.join("\n- ")));
    }
    paragraphs.push(match says.is_empty() {
        true => say.waiting,
        false => say.closing,
    });
    paragraphs.push(say.sign_off);
    ReplyDraft {
        text: paragraphs.join("\n\n"),
        citations: numbers,
    }
}

/// Whether customers may read an article.
pub fn is_for_customers(article: &Document) -> bool {
    let channels = article.visibility.as_ref().map(|v| &v.channels);
    channels.is_some_and(|channels| {
        channels.contains(&Channel::Csp) || channels.contains(&Channel::Pkb)
    })
}

/// By the name of the contact, if the viewer may read it.
fn greeting(viewer: &Viewer, matter: &Matter) -> String {
    let say = words().reply(matter.tongue);
    let contact = matter
        .contact
        .as_ref()
        .filter(|contact| contact.title.is_some());
    let name = contact.map(|contact| viewer.title_of(contact));
    let supplied = || {
        let case = matter.document.as_ref()?;
        Quote::of_root(case, "SuppliedName").map(|quote| quote.text())
    };
    match name.or_else(supplied) {
        Some(name) => say.greeting.replace("{name}", name.trim()),
        None => say.greeting_unknown,
    }
}

fn question(matter: &Matter, asked: &Asked) -> Option<String> {
    let say = words().reply(matter.tongue);
    match &asked.how {
        How::Words(own) => own.clone(),
        How::Field(label) => Some(say.field.replace("{name}", label)),
        How::Identifier => Some(say.identifier),
    }
}
