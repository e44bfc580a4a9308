//! What counts no more stays behind what counts: duplicates that were closed as such, what calls itself
//! superseded, and older articles of one title.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use domain::{Document, RecordId};
use regex::Regex;
use store::KeywordQuery;

use super::pattern::pattern;
use super::rank::{self, Boost, BoostReason, Ranked};

/// What such a document loses, as a share of its score.
const LOST: f32 = 0.5;
/// By how much the newer of two articles goes before the older one.
const AHEAD: f32 = 0.001;

/// Values and words by which people mark what counts no more.
static SUPERSEDED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:duplicate|duplikat|superseded|obsolete|outdated|deprecated|no longer valid|replaced by|veraltet|überholt|ersetzt durch)\b",
    )
});

/// Years and versions in a title: what two versions of one article differ in.
static VERSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:19|20)\d{2}\b|\b(?:v|version|edition|rev|revision|stand|ausgabe)\.?\s*\d+(?:\.\d+)*\b|\((?:old|new|alt|neu)\)",
    )
});

/// Puts what counts no more behind; `ranked` is in order, best first, and those without a head stay as
/// they are.
pub(super) fn prefer_current(
    ranked: &mut [Ranked],
    heads: &HashMap<RecordId, Document>,
    asked: &KeywordQuery,
) {
    for candidate in ranked.iter_mut() {
        let head = heads.get(&candidate.document);
        if head.is_some_and(is_superseded) {
            let lost = -LOST * candidate.score;
            candidate.lift(Boost::new(BoostReason::Superseded, lost));
        }
    }
    for family in families(ranked, heads, asked) {
        put_newest_first(ranked, &family);
    }
    ranked.sort_by(rank::best_first);
}

/// By its status, its facets and its title.
fn is_superseded(head: &Document) -> bool {
    let facets = head.facets.values().flatten().map(|facet| &facet.value);
    let values = head.status.iter().map(|status| &status.value).chain(facets);
    let title = head.title.iter().map(|title| &title.text);
    values.chain(title).any(|text| SUPERSEDED.is_match(text))
}

/// Articles that differ by a year or a version in their titles only, the newest first; not where that
/// is what is asked for.
fn families(
    ranked: &[Ranked],
    heads: &HashMap<RecordId, Document>,
    asked: &KeywordQuery,
) -> Vec<Vec<RecordId>> {
    let mut families: BTreeMap<(String, Option<&str>), Vec<&Document>> = BTreeMap::new();
    for candidate in ranked
        .iter()
        .filter(|ranked| rank::is_article(ranked.document))
    {
        let Some(head) = heads.get(&candidate.document) else {
            continue;
        };
        let Some(title) = &head.title else {
            continue;
        };
        let versions = VERSION.find_iter(&title.text);
        if versions
            .into_iter()
            .any(|version| asked.matched_terms(version.as_str()) > 0)
        {
            return Vec::new();
        }
        let plain = VERSION.replace_all(&title.text, " ").to_lowercase();
        let words: Vec<&str> = plain
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .collect();
        families
            .entry((words.join(" "), head.language.as_deref()))
            .or_default()
            .push(head);
    }
    let mut found = Vec::new();
    for (_, mut family) in families.into_iter().filter(|(_, family)| family.len() > 1) {
        family.sort_by_key(|head| (Reverse(year(head)), Reverse(head.updated_at)));
        found.push(family.iter().map(|head| head.id).collect());
    }
    found
}

/// The year or version that the title names counts before the date of the last change.
fn year(head: &Document) -> Option<String> {
    let title = head.title.as_ref()?;
    VERSION
        .find(&title.text)
        .map(|version| version.as_str().to_lowercase())
}

/// Each of a family scores at least a little more than the next older one.
fn put_newest_first(ranked: &mut [Ranked], family: &[RecordId]) {
    let score = |ranked: &[Ranked], id: &RecordId| {
        let found = ranked.iter().find(|candidate| candidate.document == *id);
        found.map_or(0.0, |candidate| candidate.score)
    };
    let mut least = 0.0_f32;
    for id in family.iter().rev() {
        let own = score(ranked, id);
        if own <= least
            && let Some(candidate) = ranked
                .iter_mut()
                .find(|candidate| candidate.document == *id)
        {
            candidate.lift(Boost::new(BoostReason::Newer, least + AHEAD - own));
        }
        least = least.max(own.max(least + AHEAD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use domain::{Facet, FieldName, ObjectName, Parents, Title};

    fn head(id: &str, object: &str, title: &str, status: &str, day: i64) -> Document {
        let field = |name: &str| FieldName::parse(name).unwrap();
        Document {
            id: RecordId::parse(id).unwrap(),
            object: ObjectName::parse(object).unwrap(),
            label: object.to_owned(),
            title: Some(Title {
                field: field("Title"),
                text: title.to_owned(),
            }),
            number: None,
            url: String::new(),
            parents: Parents::default(),
            owner: None,
            status: Some(Facet::new(field("Status"), status.to_owned())),
            language: None,
            created_at: None,
            updated_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(day),
            facets: BTreeMap::new(),
            articles: Vec::new(),
            grants: std::collections::BTreeSet::new(),
            visibility: None,
            records: Vec::new(),
        }
    }

    fn order(heads: &[(Document, f32)], asked: &str) -> Vec<i64> {
        let mut ranked: Vec<Ranked> = heads
            .iter()
            .map(|(head, score)| Ranked {
                score: *score,
                ..Ranked::unscored(head.id)
            })
            .collect();
        let heads: HashMap<RecordId, Document> = heads
            .iter()
            .map(|(head, _)| (head.id, head.clone()))
            .collect();
        prefer_current(&mut ranked, &heads, &KeywordQuery::parse(asked));
        let day = |ranked: &Ranked| {
            (heads[&ranked.document].updated_at - DateTime::UNIX_EPOCH).num_days()
        };
        ranked.iter().map(day).collect()
    }

    #[test]
    fn closed_duplicates_stay_behind() {
        let cases = [
            (
                head(
                    "500000000000001",
                    "Case",
                    "Pump stops",
                    "Closed - Duplicate",
                    1,
                ),
                0.9,
            ),
            (
                head(
                    "500000000000002",
                    "Case",
                    "Pump stops at night",
                    "Closed",
                    2,
                ),
                0.8,
            ),
            (
                head(
                    "ka0000000000003",
                    "Knowledge__kav",
                    "Pump (obsolete)",
                    "Online",
                    3,
                ),
                0.7,
            ),
            (
                head(
                    "ka0000000000004",
                    "Knowledge__kav",
                    "Pump stops",
                    "Online",
                    4,
                ),
                0.6,
            ),
        ];
        assert_eq!(order(&cases, "pump stops"), [2, 4, 1, 3]);
    }

    #[test]
    fn the_newest_of_one_title_goes_first_unless_another_is_asked_for() {
        let articles = [
            (
                head(
                    "ka0000000000001",
                    "Knowledge__kav",
                    "Prices 2026",
                    "Online",
                    9,
                ),
                0.9,
            ),
            (
                head(
                    "ka0000000000002",
                    "Knowledge__kav",
                    "Prices 2027",
                    "Online",
                    2,
                ),
                0.8,
            ),
            (
                head(
                    "ka0000000000003",
                    "Knowledge__kav",
                    "Kelda 300: alarm E17",
                    "Online",
                    3,
                ),
                0.7,
            ),
            (
                head(
                    "ka0000000000004",
                    "Knowledge__kav",
                    "Kelda 700: alarm E17",
                    "Online",
                    4,
                ),
                0.6,
            ),
        ];
        assert_eq!(order(&articles, "what is the price"), [2, 9, 3, 4]);
        assert_eq!(order(&articles, "prices of 2026"), [9, 2, 3, 4]);
    }
}
