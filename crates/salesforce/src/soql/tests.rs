use chrono::{DateTime, NaiveDate, Utc};
use domain::{FieldName, ObjectName, RecordId};
use proptest::prelude::*;

use super::*;

fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).unwrap()
}

fn path(text: &str) -> FieldPath {
    FieldPath::parse(text).unwrap()
}

fn filtered(condition: Condition) -> String {
    Soql::count(&object("Case")).filter(condition).to_string()
}

#[test]
fn a_semi_join_selects_what_is_compared() {
    let name = |name| ObjectName::parse(name).unwrap();
    let documents = Soql::select([FieldPath::ID]).from(&name("ContentDocument"));
    let path = FieldPath::fixed("ContentDocumentId");
    let links = Soql::select([path.clone()])
        .from(&name("ContentDocumentLink"))
        .filter(Condition::is_in_rows(path, documents));
    assert_eq!(
        links.to_string(),
        "SELECT ContentDocumentId FROM ContentDocumentLink \
         WHERE ContentDocumentId IN (SELECT Id FROM ContentDocument)"
    );
}

#[test]
fn a_whole_query_is_written() {
    let comments = Children::new(
        &FieldName::parse("CaseComments").unwrap(),
        [path("CommentBody")],
    )
    .filter(Condition::eq(path("IsPublished"), true))
    .order_by(path("CreatedDate"))
    .limit(5);
    let soql = Soql::select([
        Selected::from(FieldPath::ID),
        path("Account.Name").into(),
        comments.into(),
    ])
    .from(&object("Case"))
    .filter(Condition::ge(
        path("SystemModstamp"),
        DateTime::<Utc>::UNIX_EPOCH,
    ))
    .order_by(FieldPath::SYSTEM_MODSTAMP)
    .order_by(Order::descending(path("Priority")).nulls(Nulls::Last))
    .limit(200);
    assert_eq!(
        soql.to_string(),
        "SELECT Id, Account.Name, (SELECT CommentBody FROM CaseComments WHERE IsPublished = true \
         ORDER BY CreatedDate LIMIT 5) FROM Case WHERE SystemModstamp >= 1970-01-01T00:00:00Z \
         ORDER BY SystemModstamp, Priority DESC NULLS LAST LIMIT 200"
    );
    assert!(soql.has_children() && !soql.is_count());
}

#[test]
fn and_and_or_never_mix_without_parentheses() {
    let at = Literal::DateTime(DateTime::<Utc>::UNIX_EPOCH);
    let id: RecordId = "500EzAAAAAAAAAB".parse().unwrap();
    let keyset = Condition::gt(FieldPath::SYSTEM_MODSTAMP, at.clone()).or(Condition::eq(
        FieldPath::SYSTEM_MODSTAMP,
        at,
    )
    .and(Condition::gt(FieldPath::ID, id)));
    assert_eq!(
        filtered(keyset.clone()),
        "SELECT COUNT() FROM Case WHERE SystemModstamp > 1970-01-01T00:00:00Z OR \
         (SystemModstamp = 1970-01-01T00:00:00Z AND Id > '500EzAAAAAAAAABI55')"
    );
    let both = Condition::eq(path("IsClosed"), false)
        .and(keyset)
        .to_string();
    assert!(
        both.starts_with("IsClosed = false AND (SystemModstamp > "),
        "{both}"
    );
    assert_eq!(
        Condition::eq(path("A"), Literal::Null)
            .not()
            .and(Condition::eq(path("B"), 1))
            .to_string(),
        "(NOT A = null) AND B = 1"
    );
    assert_eq!(
        Condition::any([Condition::eq(path("A"), 1), Condition::eq(path("B"), 2)])
            .not()
            .to_string(),
        "NOT (A = 1 OR B = 2)"
    );
}

#[test]
fn empty_lists_mean_what_they_say() {
    let none: [&str; 0] = [];
    assert_eq!(
        Condition::is_in(path("Name"), none).to_string(),
        "Id = null"
    );
    assert_eq!(
        Condition::not_in(path("Name"), none).to_string(),
        "Id != null"
    );
    assert_eq!(Condition::all([]).to_string(), "Id != null");
    assert_eq!(Condition::any([]).to_string(), "Id = null");
    assert_eq!(
        Condition::is_in(path("Name"), ["a", "b'"]).to_string(),
        r"Name IN ('a', 'b\'')"
    );
}

#[test]
fn dates_and_patterns_are_literals() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
    assert_eq!(
        Condition::lt(path("CloseDate"), day).to_string(),
        "CloseDate < 2026-03-01"
    );
    assert_eq!(
        Condition::like(path("Name"), Pattern::contains("100%_'\\")).to_string(),
        r"Name LIKE '%100\%\_\'\\%'"
    );
    assert_eq!(
        Condition::like(path("Name"), Pattern::starts_with("a")).to_string(),
        "Name LIKE 'a%'"
    );
}

#[test]
fn paths_are_checked() {
    for good in ["Id", "Account.Owner.Name", "A__r.B__c", "a.b.c.d.e.f"] {
        assert!(FieldPath::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "1a",
        "a b",
        "a'b",
        "COUNT()",
        "a.b.c.d.e.f.g",
        "ä",
    ] {
        assert!(FieldPath::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn long_lists_are_cut_to_fit() {
    let ids: Vec<RecordId> = (0..5_000)
        .map(|number| RecordId::parse(&format!("500{number:012}")).unwrap())
        .collect();
    let base = Soql::select([FieldPath::ID]).from(&object("Case"));
    let queries = base.chunks_in(path("ParentId"), ids.iter().copied());
    assert!(queries.len() > 5 && queries.len() < 20, "{}", queries.len());
    assert!(queries.iter().all(|query| query.encoded_length() < 12_500));
    let all: String = queries.iter().map(ToString::to_string).collect();
    for id in &ids {
        assert_eq!(all.matches(id.as_str()).count(), 1, "{id}");
    }
    assert!(
        base.chunks_in(path("ParentId"), Vec::<RecordId>::new())
            .is_empty()
    );
}

/// The inside of a string literal by the rules of the SOQL reference, written without a look at the
/// escaping code: where the literal ends, and what it means.
fn unescape(literal: &str) -> Option<(String, &str)> {
    let mut rest = literal.strip_prefix('\'')?;
    let mut units: Vec<u16> = Vec::new();
    loop {
        let character = rest.chars().next()?;
        rest = &rest[character.len_utf8()..];
        if character == '\'' {
            return Some((String::from_utf16(&units).ok()?, rest));
        }
        if character.is_control() && character.is_ascii() && character != '\u{7f}' {
            return None;
        }
        if character != '\\' {
            units.extend(character.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        let escape = rest.chars().next()?;
        rest = &rest[escape.len_utf8()..];
        units.push(match escape {
            'n' | 'N' => 0x0a,
            'r' | 'R' => 0x0d,
            't' | 'T' => 0x09,
            'b' | 'B' => 0x08,
            'f' | 'F' => 0x0c,
            '\'' => 0x27,
            '"' => 0x22,
            '\\' => 0x5c,
            'u' => {
                let code = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
                rest = &rest[4..];
                code
            }
            _ => return None,
        });
    }
}

proptest! {
    #[test]
    fn any_text_stays_one_literal(text in any::<String>(), spice in "['\\\\\"%_\\n\\u{0}nu]{0,6}") {
        let text = format!("{spice}{text}{spice}");
        let condition = Condition::eq(path("Name"), text.as_str()).to_string();
        let literal = condition.strip_prefix("Name = ").unwrap();
        let (read, rest) = unescape(literal).unwrap();
        prop_assert_eq!(read, text);
        prop_assert_eq!(rest, "");
    }

    #[test]
    fn any_text_stays_one_list(texts in proptest::collection::vec(any::<String>(), 1..5)) {
        let condition = Condition::is_in(path("Name"), texts.clone()).to_string();
        let mut rest = condition.strip_prefix("Name IN (").unwrap();
        for text in texts {
            let (read, after) = unescape(rest).unwrap();
            prop_assert_eq!(read, text);
            rest = after.strip_prefix(", ").unwrap_or(after);
        }
        prop_assert_eq!(rest, ")");
    }
}
