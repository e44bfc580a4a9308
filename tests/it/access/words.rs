//! Words that tell where they come from: each stands in one field of one record alone.

use std::collections::BTreeMap;

use super::world::{World, plain};

/// Words that many records share.
pub const SHARED: [&str; 6] = [
    "gantry", "bellows", "flange", "spindle", "cowling", "trunnion",
];

/// What the texts of a field may be searched for: `(object, field)`. Every field that a generated
/// record fills with a text is here.
pub const SEARCHED: [(&str, &str); 50] = [
    ("Account", "Name"),
    ("Account", "Description"),
    ("Account", "Industry"),
    ("Account", "AnnualRevenue"),
    ("Case", "Subject"),
    ("Case", "Description"),
    ("Case", "Type"),
    ("Case", "Origin"),
    ("Case", "SuppliedName"),
    ("Case", "SuppliedEmail"),
    ("Case", "Notes__c"),
    ("CaseComment", "CommentBody"),
    ("EmailMessage", "TextBody"),
    ("EmailMessage", "Subject"),
    ("EmailMessage", "FromName"),
    ("EmailMessage", "FromAddress"),
    ("Contact", "Name"),
    ("Contact", "Title"),
    ("Contact", "Department"),
    ("Contact", "Email"),
    ("Contact", "Description"),
    ("Contract", "SpecialTerms"),
    ("Contract", "Description"),
    ("Event", "Subject"),
    ("Event", "Description"),
    ("Event", "Location"),
    ("Knowledge__kav", "Title"),
    ("Knowledge__kav", "Summary"),
    ("Knowledge__kav", "UrlName"),
    ("Knowledge__kav", "Answer__c"),
    ("Lead", "Name"),
    ("Lead", "Company"),
    ("Lead", "Title"),
    ("Lead", "Email"),
    ("Lead", "Description"),
    ("Opportunity", "Name"),
    ("Opportunity", "Description"),
    ("Opportunity", "NextStep"),
    ("Opportunity", "Amount"),
    ("Opportunity", "Type"),
    ("OpportunityContactRole", "Role"),
    ("OpportunityLineItem", "Description"),
    ("Task", "Subject"),
    ("Task", "Description"),
    ("Task", "Type"),
    ("Gadget__c", "Name"),
    ("Gadget__c", "Label__c"),
    ("Gadget__c", "Body__c"),
    ("Part__c", "Name"),
    ("Part__c", "Notes__c"),
];

/// The field by which people call a record: never hidden, and found as it is.
pub const NUMBERS: [(&str, &str); 3] = [
    ("Case", "CaseNumber"),
    ("Contract", "ContractNumber"),
    ("Knowledge__kav", "ArticleNumber"),
];

/// Where a word stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub object: String,
    pub record: String,
    pub field: String,
}

/// Every word that stands in one place alone, by the word in lower case.
#[derive(Default)]
pub struct Canaries(pub BTreeMap<String, Place>);

impl Canaries {
    pub fn of(world: &World) -> Self {
        let mut places: BTreeMap<String, Option<Place>> = BTreeMap::new();
        for (object, field) in SEARCHED.iter().chain(&NUMBERS) {
            for (record, row) in world.rows(object) {
                let Some(value) = row.get(*field) else {
                    continue;
                };
                let value = plain(value);
                for word in words(&value).into_iter().filter(|word| is_canary(word)) {
                    let place = Place {
                        object: (*object).to_owned(),
                        record: record.to_owned(),
                        field: (*field).to_owned(),
                    };
                    places
                        .entry(word)
                        .and_modify(|known| {
                            *known = known.take().filter(|known| *known == place);
                        })
                        .or_insert(Some(place));
                }
            }
        }
        let unique = places.into_iter();
        Self(
            unique
                .filter_map(|(word, place)| Some((word, place?)))
                .collect(),
        )
    }
}

/// Words of letters that begin as no other does, and long numbers.
pub fn is_canary(word: &str) -> bool {
    (word.len() == 10 && word.starts_with("zq"))
        || (word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Runs of letters and digits, in lower case.
pub fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

const LETTERS: &[u8] = b"bcdfghjkmnpqrtvwxz";
const MIXED: &[u8] = b"bcdfghjkmnpqrtvwxz23456789";

/// A new word: of letters, or with digits as codes have them.
pub fn coin(random: &mut fastrand::Rng) -> String {
    let letters = if random.bool() { LETTERS } else { MIXED };
    coin_of(random, letters)
}

fn coin_of(random: &mut fastrand::Rng, letters: &[u8]) -> String {
    let tail = (0..8).map(|_| char::from(letters[random.usize(..letters.len())]));
    format!("zq{}", tail.collect::<String>())
}

/// A word that nobody has written, of the same shape: codes are read by their parts too.
pub fn unknown_like(random: &mut fastrand::Rng, word: &str) -> String {
    if !word.starts_with("zq") {
        return format!("{}9991", &word[..4]);
    }
    let letters: Vec<char> = coin_of(random, LETTERS).chars().collect();
    let like = |(at, c): (usize, char)| if c.is_ascii_digit() { c } else { letters[at] };
    word.chars().enumerate().map(like).collect()
}
