use std::collections::BTreeMap;

use domain::{FieldName, ObjectName, RecordId};

use std::collections::BTreeSet;

use super::{Columns, Failure, Mirror, Page, Row, read, source};

fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).unwrap()
}

fn id(prefix: &str, number: usize) -> RecordId {
    RecordId::parse(&format!("{prefix}Tst{number:09}")).unwrap()
}

fn parent() -> FieldName {
    FieldName::parse("ParentId").unwrap()
}

fn row(id: RecordId, fields: &[(&str, &str)]) -> Row {
    let fields = fields.iter();
    Row {
        id,
        stamp: None,
        fields: fields
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn page(name: &str, rows: Vec<Row>) -> Page {
    Page {
        object: object(name),
        is_document: name == "Case",
        rows,
        gone: Vec::new(),
        failures: Vec::new(),
        links: match name {
            "Case" => Vec::new(),
            _ => vec![(parent(), object("Case"))],
        },
        refreshes: BTreeSet::new(),
        references: BTreeSet::new(),
        sharing: None,
        seen: Vec::new(),
        cursor: Some("here".to_owned()),
    }
}

fn comment(number: usize, case: usize, text: &str) -> Row {
    let parent = id("500", case);
    row(
        id("00a", number),
        &[("ParentId", parent.as_str()), ("CommentBody", text)],
    )
}

async fn apply(mirror: &Mirror, page: Page) -> u64 {
    mirror.call(move |mirror| page.apply(mirror)).await.unwrap()
}

/// The cases that changed behind a position, and the position behind them.
async fn changed(mirror: &Mirror, after: i64) -> (Vec<RecordId>, i64) {
    let changes = mirror
        .call(move |mirror| read::changes(mirror, &object("Case"), after, 100))
        .await
        .unwrap();
    let last = changes.last().map_or(after, |change| change.seq);
    (changes.iter().map(|change| change.id).collect(), last)
}

async fn two_cases() -> (tempfile::TempDir, Mirror, i64) {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(folder.path()).await.unwrap();
    let comments = vec![comment(1, 1, "one"), comment(2, 2, "two")];
    assert_eq!(apply(&mirror, page("CaseComment", comments)).await, 2);
    assert_eq!(changed(&mirror, 0).await.0, [], "their cases have not come");
    let cases = vec![row(id("500", 1), &[]), row(id("500", 2), &[])];
    apply(&mirror, page("Case", cases)).await;
    let (cases, seq) = changed(&mirror, 0).await;
    assert_eq!(cases, [id("500", 1), id("500", 2)]);
    (folder, mirror, seq)
}

#[tokio::test]
async fn equal_rows_touch_nothing() {
    let (_folder, mirror, seq) = two_cases().await;
    let comments = vec![comment(1, 1, "one"), comment(2, 2, "two")];
    assert_eq!(apply(&mirror, page("CaseComment", comments)).await, 0);
    assert_eq!(changed(&mirror, seq).await.0, []);
}

#[tokio::test]
async fn a_child_touches_the_document_that_it_left_and_the_one_that_it_joined() {
    let (_folder, mirror, seq) = two_cases().await;
    apply(&mirror, page("CaseComment", vec![comment(1, 1, "changed")])).await;
    let (cases, seq) = changed(&mirror, seq).await;
    assert_eq!(cases, [id("500", 1)]);
    apply(&mirror, page("CaseComment", vec![comment(1, 2, "changed")])).await;
    let (mut cases, seq) = changed(&mirror, seq).await;
    cases.sort();
    assert_eq!(cases, [id("500", 1), id("500", 2)]);
    let mut gone = page("CaseComment", Vec::new());
    gone.gone = vec![id("00a", 1)];
    apply(&mirror, gone).await;
    assert_eq!(changed(&mirror, seq).await.0, [id("500", 2)]);
    let left = mirror
        .call(|mirror| read::linked(mirror, &object("CaseComment"), &parent(), id("500", 2)))
        .await
        .unwrap();
    assert_eq!(left.len(), 1);
}

#[tokio::test]
async fn a_document_that_is_gone_stays_in_the_log() {
    let (_folder, mirror, seq) = two_cases().await;
    let mut gone = page("Case", Vec::new());
    gone.gone = vec![id("500", 1), id("500", 9)];
    assert_eq!(apply(&mirror, gone).await, 1);
    assert_eq!(changed(&mirror, seq).await.0, [id("500", 1)]);
    let ids = mirror
        .call(|mirror| read::document_ids(mirror, &object("Case")))
        .await
        .unwrap();
    assert_eq!(ids, [id("500", 2)]);
}

#[tokio::test]
async fn further_columns_begin_a_new_pull() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(folder.path()).await.unwrap();
    let begin = |names: &'static [&str]| {
        let columns = Columns {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            rows: String::new(),
            roles: String::new(),
        };
        mirror.call(move |mirror| {
            source::begin(mirror, &object("Case"), &columns, chrono::Utc::now())
        })
    };
    assert_eq!(begin(&["a", "b"]).await.unwrap(), None);
    apply(&mirror, page("Case", Vec::new())).await;
    let here = begin(&["a", "b"]).await.unwrap();
    assert_eq!(here.as_deref(), Some("here"));
    let fewer = begin(&["a"]).await.unwrap();
    assert_eq!(
        fewer.as_deref(),
        Some("here"),
        "the rows have all that is wanted"
    );
    assert_eq!(begin(&["a", "b"]).await.unwrap(), None);
}

#[tokio::test]
async fn a_failed_record_is_kept_until_it_comes() {
    let (_folder, mirror, _) = two_cases().await;
    let failures = |mirror: &Mirror| {
        let mirror = mirror.clone();
        async move {
            mirror
                .call(|mirror| {
                    mirror.query_row("SELECT count(*), max(reason) FROM failure", [], |row| {
                        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
                    })
                })
                .await
                .unwrap()
        }
    };
    let mut failed = page("CaseComment", Vec::new());
    failed.failures = vec![Failure {
        id: id("00a", 3).to_string(),
        reason: "no base64".to_owned(),
    }];
    apply(&mirror, failed.clone()).await;
    apply(&mirror, failed).await;
    assert_eq!(failures(&mirror).await, (1, Some("no base64".to_owned())));
    apply(&mirror, page("CaseComment", vec![comment(3, 1, "read")])).await;
    assert_eq!(failures(&mirror).await, (0, None));
}

#[tokio::test]
async fn another_layout_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = Mirror::open(folder.path()).await.unwrap();
    mirror
        .call(|mirror| mirror.pragma_update(None, "user_version", 99))
        .await
        .unwrap();
    drop(mirror);
    let refused = Mirror::open(folder.path()).await.unwrap_err();
    assert!(matches!(
        refused,
        crate::Error::OtherVersion { found: 99, .. }
    ));
}
