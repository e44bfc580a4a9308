//! A reply to look over and send. Everything that it states is quoted from articles that customers
//! may read: what other customers wrote, and what is for the company alone, stays out of it.

use domain::{Channel, Document, Viewer};

use super::matter::Matter;
use super::missing::{Asked, How};
use super::quote::Quote;
use super::report::ReplyDraft;
use super::words::words;
use crate::query::grounding::Citations;

/// Questions of one reply.
const MOST_QUESTIONS: usize = 3;

/// Steps of an article in a drafted reply, and questions.
pub fn draft(
    viewer: &Viewer,
    matter: &Matter,
    steps: &[Quote<'_>],
    asked: &[Asked],
    citations: &mut Citations,
) -> ReplyDraft {
    let say = words().reply(matter.tongue);
    let mut numbers: Vec<usize> = Vec::new();
    let mut paragraphs = vec![greeting(viewer, matter)];
    let questions: Vec<String> = asked
        .iter()
        .filter_map(|asked| question(matter, asked))
        .take(MOST_QUESTIONS)
        .collect();
    paragraphs.push(say.thanks);
    if !steps.is_empty() {
        let lines = steps.iter().map(|step| {
            let number = step.cite(citations, viewer);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
            format!("{} [{number}]", step.text())
        });
        let lines: Vec<String> = lines.collect();
        paragraphs.push(format!("{}\n{}", say.steps, lines.join("\n")));
    }
    if !questions.is_empty() {
        paragraphs.push(format!("{}\n- {}", say.questions, questions.join("\n- ")));
    }
    paragraphs.push(match steps.is_empty() {
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
