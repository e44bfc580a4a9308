//! A claim is held against what its passages say: quotes, facts, words, and whether it says yes or no.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use store::KeywordQuery;

use super::citation::Source;
use super::contract::{RawClaim, RawSupport};
use super::facts::{Fact, Said, facts, words_at};
use super::orders::{is_order, touches_order, without_orders};
use super::quote::{self, Quote};
use super::sentence::{Span, cut, sentences};
use crate::query::pattern::pattern;

/// The share of a claim's words that its passages must have.
const SHARED: f32 = 0.5;
/// With fewer words a share says nothing.
const FEWEST_WORDS: usize = 3;
/// The share from which a sentence says the same as a claim, or the contrary of it.
const ALIKE: f32 = 0.6;
/// A quote of so many words that stands in another passage than the one it is said to be of is taken
/// from there.
const RECOGNISED_WORDS: usize = 4;

/// Reads a text as the index reads it: its words by their stems.
pub type Parse<'a> = &'a (dyn Fn(&str) -> KeywordQuery + Send + Sync);

/// Why a claim cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("it says nothing")]
    Empty,
    #[error("it names no passage")]
    NoPassage,
    #[error("passage {0} does not exist")]
    UnknownPassage(usize),
    #[error("the quote is not in passage {0}")]
    QuoteNotFound(usize),
    #[error("'{0}' is in none of its passages")]
    Invented(String),
    #[error("its passages do not say this")]
    NotSaid,
    #[error("it denies what its passage says, or says what its passage denies")]
    Contradicted,
    #[error("it repeats an instruction that stands in a record")]
    Order,
    #[error("a second model does not find it in its passages")]
    Judged,
}

impl Unsupported {
    /// For counts: what kind of fault it is, without the words of the claim.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoPassage => "no_passage",
            Self::UnknownPassage(_) => "unknown_passage",
            Self::QuoteNotFound(_) => "quote_not_found",
            Self::Invented(_) => "invented_fact",
            Self::NotSaid => "not_said",
            Self::Contradicted => "contradicted",
            Self::Order => "order_in_record",
            Self::Judged => "judged_unsupported",
        }
    }
}

/// A claim that holds, with the places that say it.
#[derive(Debug)]
pub struct Held<'a> {
    pub text: String,
    pub section: Option<String>,
    pub quotes: Vec<(&'a Source, Span)>,
    /// Sources whose titles say something that no quote does.
    pub titles: Vec<&'a Source>,
    /// A quote stands there otherwise, or elsewhere, than the model wrote.
    pub mended: bool,
    /// How many numbers, dates, names and codes were looked up.
    pub facts: usize,
}

/// # Errors
/// The first reason for which the claim does not hold.
pub fn verify<'a>(
    claim: &RawClaim,
    sources: &'a [Source],
    parse: Parse<'_>,
) -> Result<Held<'a>, Unsupported> {
    let text = without_links(&claim.text);
    if !text.chars().any(char::is_alphanumeric) {
        return Err(Unsupported::Empty);
    }
    if is_order(&text) {
        return Err(Unsupported::Order);
    }
    let (mut quotes, mended) = located(claim, &text, sources)?;
    let said = said_by(&different(&quotes));
    let facts = facts(&text);
    check_facts(&facts, &said)?;
    check_words(&text, &said, parse)?;
    check_denial(&text, &quotes, parse)?;
    let titles = completed(&facts, &mut quotes);
    Ok(Held {
        text,
        section: claim.section.clone(),
        titles,
        mended,
        facts: facts.len(),
        quotes: quotes
            .into_iter()
            .map(|(source, quote)| (source, quote.span))
            .collect(),
    })
}

type Located<'a> = Vec<(&'a Source, Quote)>;

/// Where the quotes stand; one that stands nowhere costs the claim its support, not its life.
fn located<'a>(
    claim: &RawClaim,
    text: &str,
    sources: &'a [Source],
) -> Result<(Located<'a>, bool), Unsupported> {
    let mut quotes: Located<'a> = Vec::new();
    let mut mended = false;
    let mut fault = Unsupported::NoPassage;
    for support in &claim.support {
        match locate(support, text, sources) {
            Ok((source, quote, moved)) => {
                mended |= quote.mended || moved;
                quotes.push((source, quote));
            }
            Err(reason) => {
                mended = true;
                fault = reason;
            }
        }
    }
    match quotes.is_empty() {
        true => Err(fault),
        false => Ok((quotes, mended)),
    }
}

/// The source and the place of one quote, and whether that is another source than the model names.
fn locate<'a>(
    support: &RawSupport,
    claim: &str,
    sources: &'a [Source],
) -> Result<(&'a Source, Quote, bool), Unsupported> {
    let named = support
        .passage
        .checked_sub(1)
        .and_then(|index| sources.get(index));
    let not_found = match named {
        Some(_) => Unsupported::QuoteNotFound(support.passage),
        None => Unsupported::UnknownPassage(support.passage),
    };
    let Some(wanted) = &support.quote else {
        let source = named.ok_or_else(|| not_found.clone())?;
        let quote = quote::find_meant(&source.passage.text, claim).ok_or(not_found)?;
        return allowed(source, quote, false);
    };
    // Models shorten: "Hold the button … until it blinks".
    let wanted = longest_part(wanted);
    if let Some(source) = named
        && let Some(quote) = quote::find(&source.passage.text, wanted)
    {
        return allowed(source, quote, false);
    }
    if wanted.split_whitespace().count() >= RECOGNISED_WORDS {
        let elsewhere =
            |source: &'a Source| Some((source, quote::find(&source.passage.text, wanted)?));
        if let Some((source, quote)) = sources.iter().find_map(elsewhere) {
            return allowed(source, quote, true);
        }
    }
    let source = named.ok_or_else(|| not_found.clone())?;
    let quote = quote::find_near(&source.passage.text, wanted).ok_or(not_found)?;
    allowed(source, quote, false)
}

/// Nothing is quoted of what talks to the model.
fn allowed(
    source: &Source,
    quote: Quote,
    moved: bool,
) -> Result<(&Source, Quote, bool), Unsupported> {
    match touches_order(&source.passage.text, quote.span) {
        true => Err(Unsupported::Order),
        false => Ok((source, quote, moved)),
    }
}

fn longest_part(quote: &str) -> &str {
    let parts = quote.split('…').flat_map(|part| part.split("..."));
    parts.max_by_key(|part| part.len()).unwrap_or(quote).trim()
}

fn different<'a>(quotes: &Located<'a>) -> Vec<&'a Source> {
    let mut seen = BTreeSet::new();
    let sources = quotes.iter().map(|(source, _)| *source);
    sources
        .filter(|source| seen.insert(source.passage.id))
        .collect()
}

/// The titles and the texts that are cited, without what talks to the model.
fn said_by(cited: &[&Source]) -> Vec<String> {
    let texts = |source: &&Source| [source.title.clone(), without_orders(&source.passage.text)];
    cited.iter().flat_map(texts).collect()
}

/// Every number, date, amount, name and code stands in a cited passage or in the title above it.
fn check_facts(facts: &[Fact], said: &[String]) -> Result<(), Unsupported> {
    if facts.is_empty() {
        return Ok(());
    }
    let known = Said::of(said.iter().map(String::as_str));
    match facts.iter().find(|fact| !known.says(fact)) {
        Some(fact) => Err(Unsupported::Invented(fact.shown.clone())),
        None => Ok(()),
    }
}

/// The claim is made of words of its passages. One in another language than they are cannot be.
fn check_words(text: &str, said: &[String], parse: Parse<'_>) -> Result<(), Unsupported> {
    let said = said.join("\n");
    let (shared, all) = shared(text, &said, parse);
    let is_said = all < FEWEST_WORDS || shared as f32 >= SHARED * all as f32;
    if is_said || is_translated(text, &said) {
        return Ok(());
    }
    Err(Unsupported::NotSaid)
}

/// A claim must not deny what the quoted sentence says, nor say what it denies.
fn check_denial(text: &str, quotes: &Located<'_>, parse: Parse<'_>) -> Result<(), Unsupported> {
    let denies = is_denial(text);
    let mut alike = Vec::new();
    for (source, quote) in quotes {
        let sentence = whole_sentences(&source.passage.text, quote.span);
        if is_translated(text, &sentence) {
            return Ok(());
        }
        let (shared, all) = shared(text, &sentence, parse);
        if denies || (all > 0 && shared as f32 >= ALIKE * all as f32) {
            alike.push(is_denial(&sentence));
        }
    }
    let contradicted = !alike.is_empty() && alike.iter().all(|other| *other != denies);
    match contradicted {
        true => Err(Unsupported::Contradicted),
        false => Ok(()),
    }
}

/// Adds the sentences that say the facts of the claim that no quote says, so that what is cited is all
/// that is needed to check it. Tells the sources whose title alone says one.
fn completed<'a>(facts: &[Fact], quotes: &mut Located<'a>) -> Vec<&'a Source> {
    let mut titles: Vec<&Source> = Vec::new();
    for fact in facts {
        let quoted: Vec<String> = quotes
            .iter()
            .map(|(source, quote)| cut(&source.passage.text, quote.span))
            .collect();
        if Said::of(quoted.iter().map(String::as_str)).says(fact) {
            continue;
        }
        let cited = different(quotes);
        let saying = cited.iter().find_map(|source| {
            let text = &source.passage.text;
            let spans = sentences(text).into_iter();
            let mut saying = spans.filter(|span| {
                Said::of([cut(text, *span).as_str()]).says(fact) && !touches_order(text, *span)
            });
            Some((
                *source,
                Quote {
                    span: saying.next()?,
                    mended: false,
                },
            ))
        });
        match saying {
            Some(found) => quotes.push(found),
            None => {
                let titled = cited
                    .into_iter()
                    .find(|source| Said::of([source.title.as_str()]).says(fact));
                titles.extend(titled);
            }
        }
    }
    titles
}

/// How many of the words of `text` stand in `other`, and how many there are.
fn shared(text: &str, other: &str, parse: Parse<'_>) -> (usize, usize) {
    let query = parse(text);
    (query.matched_terms(other), query.term_count())
}

/// The sentences that a span touches.
fn whole_sentences(text: &str, span: Span) -> String {
    let touched = sentences(text)
        .into_iter()
        .filter(|other| other.overlaps(span));
    let texts: Vec<String> = touched.map(|span| cut(text, span)).collect();
    texts.join(" ")
}

fn is_denial(text: &str) -> bool {
    const DENYING: [&str; 34] = [
        "not",
        "no",
        "never",
        "none",
        "nobody",
        "nothing",
        "neither",
        "nor",
        "without",
        "cannot",
        "unable",
        "impossible",
        "unsupported",
        "unavailable",
        "lacks",
        "lack",
        "refused",
        "refuses",
        "rejected",
        "failed",
        "fails",
        "fail",
        "denied",
        "stopped",
        "nicht",
        "kein",
        "keine",
        "keinen",
        "keiner",
        "keinem",
        "nie",
        "niemals",
        "ohne",
        "niemand",
    ];
    words_at(text).iter().any(|(_, word)| {
        let word = word.to_lowercase().replace('’', "'");
        DENYING.contains(&word.as_str()) || word.ends_with("n't")
    })
}

/// Whether two texts are surely in two languages.
fn is_translated(one: &str, other: &str) -> bool {
    let language = |text: &str| {
        whatlang::detect(text)
            .filter(whatlang::Info::is_reliable)
            .map(|info| info.lang())
    };
    match (language(one), language(other)) {
        (Some(one), Some(other)) => one != other,
        (None, _) | (_, None) => false,
    }
}

static LINK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"!?\[(?P<text>[^\]]*)\]\((?P<url>[^)\s]*)[^)]*\)"));

/// A link of Markdown as its words and its address: both are held against the passages.
fn without_links(text: &str) -> String {
    let text = LINK.replace_all(text, "$text ($url)");
    text.replace("**", "")
        .trim_start_matches(['-', '*', '•', ' ', '#'])
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests;
