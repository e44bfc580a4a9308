//! What letters between customers and support say, as data: words and phrases of each language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

/// Languages that have words here; whatever a case is written in, all of them are looked for.
const FILES: [(Tongue, &str); 2] = [
    (Tongue::English, include_str!("words/en.toml")),
    (Tongue::German, include_str!("words/de.toml")),
];
/// Characters from which a word tells something of a matter.
const SHORTEST: usize = 4;

static WORDS: LazyLock<Words> = LazyLock::new(Words::read);

/// A language that replies are drafted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tongue {
    English,
    German,
}

/// What a customer's words can be a sign of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    Safety,
    Legal,
    Loss,
    Outage,
    Anger,
    Deadline,
    Repeat,
}

/// One file of words.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    greetings: Vec<String>,
    sign_offs: Vec<String>,
    older_letters: Vec<String>,
    courtesies: Vec<String>,
    relays: Vec<String>,
    imperatives: Vec<String>,
    wants: Vec<String>,
    contented: Vec<String>,
    solved: Vec<String>,
    stop: Vec<String>,
    priorities: Vec<Vec<String>>,
    high_tiers: Vec<String>,
    signals: BTreeMap<Signal, Vec<String>>,
    reply: ReplyWords,
}

/// What a drafted reply says beside what it quotes: courtesies and questions, no statements.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyWords {
    /// With `{name}`.
    pub greeting: String,
    pub greeting_unknown: String,
    pub thanks: String,
    pub steps: String,
    pub questions: String,
    /// With `{name}`.
    pub field: String,
    pub identifier: String,
    pub waiting: String,
    pub closing: String,
    pub sign_off: String,
}

/// The words of all languages.
pub struct Words {
    all: File,
    stop: BTreeSet<String>,
    replies: BTreeMap<Tongue, ReplyWords>,
}

/// The words, read once.
pub fn words() -> &'static Words {
    &WORDS
}

impl Tongue {
    /// By a code as Salesforce writes it (`de`, `en_US`); languages without words get English.
    pub fn of_code(code: &str) -> Self {
        match code.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("de") => Self::German,
            Some(_) | None => Self::English,
        }
    }

    /// By what a text is written in.
    pub fn of_text(text: &str) -> Self {
        match whatlang::detect_lang(text) {
            Some(whatlang::Lang::Deu) => Self::German,
            Some(_) | None => Self::English,
        }
    }

    /// As the codes of its languages begin.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

impl Signal {
    /// Those for which somebody should look at once.
    pub fn is_grave(self) -> bool {
        match self {
            Self::Safety | Self::Legal | Self::Anger => true,
            Self::Loss | Self::Outage | Self::Deadline | Self::Repeat => false,
        }
    }

    /// What it is called in a reason.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Legal => "legal consequences",
            Self::Loss => "loss of samples, goods or data",
            Self::Outage => "an outage",
            Self::Anger => "anger",
            Self::Deadline => "a deadline",
            Self::Repeat => "a problem that came back",
        }
    }
}

impl Words {
    /// A file that cannot be read gives no words; a test reads them all.
    fn read() -> Self {
        let mut all = File::default();
        let mut replies = BTreeMap::new();
        for (tongue, text) in FILES {
            let file: File = toml::from_str(text).unwrap_or_default();
            replies.insert(tongue, file.reply.clone());
            all.add(file);
        }
        let stop = all.stop.iter().cloned().collect();
        Self { all, stop, replies }
    }

    pub fn reply(&self, tongue: Tongue) -> ReplyWords {
        self.replies.get(&tongue).cloned().unwrap_or_default()
    }

    /// "Dear Ms Amstutz,"
    pub fn greets(&self, sentence: &str) -> bool {
        let is_short = sentence.split_whitespace().count() <= 5;
        let ends_open = sentence.trim_end().ends_with([',', '!', ':']);
        (is_short || ends_open) && begins_with_any(sentence, &self.all.greetings)
    }

    /// "Kind regards"
    pub fn signs_off(&self, sentence: &str) -> bool {
        let bare = sentence.trim().trim_end_matches([',', '.', '!', '–', '-']);
        let bare = bare.trim().to_lowercase();
        bare == "--" || self.all.sign_offs.contains(&bare)
    }

    pub fn opens_older_letter(&self, sentence: &str) -> bool {
        let lower = sentence.to_lowercase();
        let opens = |phrase: &String| lower.starts_with(phrase.as_str());
        self.all.older_letters.iter().any(opens)
    }

    pub fn is_courtesy(&self, sentence: &str) -> bool {
        begins_with_any(sentence, &self.all.courtesies)
    }

    /// Whether a note tells what the customer said.
    pub fn relays(&self, note: &str) -> bool {
        let Some((lead, _)) = note.split_once(':') else {
            return false;
        };
        let is_lead = lead.chars().count() <= 80 && !lead.contains('\n');
        is_lead && holds_any(lead, &self.all.relays)
    }

    /// Whether a sentence tells to do something.
    pub fn is_imperative(&self, sentence: &str) -> bool {
        begins_with_any(sentence, &self.all.imperatives)
    }

    pub fn wants(&self, sentence: &str) -> bool {
        sentence.trim_end().ends_with('?') || holds_any(sentence, &self.all.wants)
    }

    /// Whether a customer's word waits for no answer: they thank, or say that it works.
    pub fn is_contented(&self, message: &str) -> bool {
        !message.contains('?') && holds_any(message, &self.all.contented)
    }

    pub fn solves(&self, sentence: &str) -> bool {
        holds_any(sentence, &self.all.solved)
    }

    /// What a sentence of a customer is a sign of, gravest first.
    pub fn signals(&self, sentence: &str) -> Vec<Signal> {
        let found = self.all.signals.iter();
        let found = found.filter(|(_, phrases)| holds_any(sentence, phrases));
        found.map(|(signal, _)| *signal).collect()
    }

    /// How high a priority is, from 0; none for names that are not known.
    pub fn priority_level(&self, name: &str) -> Option<usize> {
        let lower = name.trim().to_lowercase();
        let is_called = |names: &Vec<String>| {
            let mut names = names.iter();
            names.any(|known| {
                let rest = lower.strip_prefix(known.as_str());
                rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            })
        };
        self.all.priorities.iter().position(is_called)
    }

    pub fn is_high_tier(&self, tier: &str) -> bool {
        holds_any(tier, &self.all.high_tiers)
    }

    /// The words and codes that tell something of the matter, in lower case.
    pub fn telling(&self, text: &str) -> BTreeSet<String> {
        let pieces = text.split(|c: char| !(c.is_alphanumeric() || c == '-'));
        let bare = pieces.map(|piece| piece.trim_matches('-').to_lowercase());
        bare.filter(|word| self.is_telling(word)).collect()
    }

    fn is_telling(&self, word: &str) -> bool {
        let is_long = word.chars().count() >= SHORTEST;
        is_code(word)
            || (is_long && word.contains(char::is_alphabetic) && !self.stop.contains(word))
    }
}

impl File {
    fn add(&mut self, other: Self) {
        self.greetings.extend(other.greetings);
        self.sign_offs.extend(other.sign_offs);
        self.older_letters.extend(other.older_letters);
        self.courtesies.extend(other.courtesies);
        self.relays.extend(other.relays);
        self.imperatives.extend(other.imperatives);
        self.wants.extend(other.wants);
        self.contented.extend(other.contented);
        self.solved.extend(other.solved);
        self.stop.extend(other.stop);
        self.high_tiers.extend(other.high_tiers);
        for (level, names) in other.priorities.into_iter().enumerate() {
            match self.priorities.get_mut(level) {
                Some(known) => known.extend(names),
                None => self.priorities.push(names),
            }
        }
        for (signal, phrases) in other.signals {
            self.signals.entry(signal).or_default().extend(phrases);
        }
    }
}

/// `E17`, `ERR-1042`, `K3-2022-0632`: letters and digits in one word.
pub fn is_code(word: &str) -> bool {
    word.len() > 2
        && word.contains(|c: char| c.is_ascii_digit())
        && word.contains(|c: char| c.is_alphabetic())
}

fn begins_with_any(sentence: &str, phrases: &[String]) -> bool {
    let lower = sentence.trim_start().to_lowercase();
    phrases.iter().any(|phrase| {
        let rest = lower.strip_prefix(phrase.as_str());
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

fn holds_any(sentence: &str, phrases: &[String]) -> bool {
    let lower = sentence.to_lowercase();
    phrases.iter().any(|phrase| holds(&lower, phrase))
}

/// Whether `phrase` stands in `lower` as whole words.
fn holds(lower: &str, phrase: &str) -> bool {
    lower.match_indices(phrase).any(|(at, found)| {
        let before = lower[..at].chars().next_back();
        let after = lower[at + found.len()..].chars().next();
        let is_bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        is_bound(before) && is_bound(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_words_for_everything() {
        for (tongue, text) in FILES {
            let file: File = toml::from_str(text).expect("a file of words");
            assert!(file.signals.len() == 7, "{tongue:?}");
            assert!(!file.imperatives.is_empty() && !file.stop.is_empty());
            assert!(file.reply.greeting.contains("{name}"), "{tongue:?}");
        }
    }

    #[test]
    fn phrases_are_whole_words() {
        let words = words();
        assert_eq!(
            words.signals("There is smoke, and we have an audit."),
            [Signal::Safety, Signal::Deadline]
        );
        assert!(words.signals("The auditorium is smokeless.").is_empty());
        assert!(
            words
                .signals("Das ist inakzeptabel!")
                .contains(&Signal::Anger)
        );
        assert!(words.is_imperative("Schalten Sie den Hauptschalter aus."));
        assert!(!words.is_imperative("Checklists are attached."));
    }

    #[test]
    fn letters_have_a_frame() {
        let words = words();
        assert!(
            words.greets("Hi Tarnwick team,") && words.greets("Sehr geehrte Damen und Herren,")
        );
        assert!(!words.greets("Hi there is a lot of water below the door since this morning."));
        assert!(words.signs_off("Many thanks,") && words.signs_off("Viele Grüße"));
        assert!(!words.signs_off("Thanks, Sam, that was quick."));
        assert!(words.relays("Spoke to Ada Byron: it works."));
        assert!(!words.relays("We spoke to nobody."));
    }

    #[test]
    fn priorities_have_an_order_whatever_they_are_called() {
        let level = |name| words().priority_level(name);
        assert!(level("Low") < level("Hoch") && level("High") < level("P1 - Critical"));
        assert_eq!(level("Purple"), None);
    }

    #[test]
    fn codes_and_long_words_tell_of_the_matter() {
        let telling = words().telling("The Kelda 700 shows E17 since we moved K7-2013-0625.");
        let telling: Vec<&str> = telling.iter().map(String::as_str).collect();
        assert_eq!(telling, ["e17", "k7-2013-0625", "kelda", "moved", "shows"]);
    }
}
