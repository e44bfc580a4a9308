use std::collections::BTreeSet;

use domain::FieldName;
use futures::{StreamExt, TryStreamExt};
use precis_salesforce::{
    BulkJob, BulkPage, BulkState, Children, Client, Condition, Error, FieldPath, Locator, Record,
    Retry, Scope, Selected, Soql,
};

use crate::support::{CASES, HOSTILE, Org, id, object, path};

fn cases() -> Soql {
    Soql::select([
        FieldPath::ID,
        path("Subject"),
        path("Description"),
        path("Account.Name"),
        path("IsClosed"),
    ])
    .from(&object("Case"))
}

async fn finished_job(client: &Client) -> BulkJob {
    let job = client.bulk().start(&cases(), Scope::Live).await.unwrap();
    let mut looks = 0;
    let status = client.bulk().wait(&job, |_| looks += 1).await.unwrap();
    assert_eq!(status.state, BulkState::JobComplete);
    assert_eq!(status.records, CASES as u64);
    assert!(looks > 0);
    job
}

async fn read(client: &Client, job: &BulkJob, from: Option<Locator>, rows: u32) -> Vec<BulkPage> {
    client
        .bulk()
        .pages(job, from, rows)
        .try_collect()
        .await
        .unwrap()
}

fn records(pages: Vec<BulkPage>) -> Vec<Record> {
    pages.into_iter().flat_map(|page| page.records).collect()
}

#[tokio::test]
async fn a_result_is_read_in_pages_and_equals_the_query() {
    let org = Org::start().await;
    let client = org.client();
    let job = finished_job(&client).await;
    let pages = read(&client, &job, None, 200).await;
    assert!(pages.len() >= 3);
    let last = pages.last().unwrap();
    assert!(last.next.is_none());
    assert!(pages.iter().rev().skip(1).all(|page| page.next.is_some()));
    let bulk = records(pages);
    let rest = client.query_all_rows(&cases()).await.unwrap();
    assert_eq!(bulk.len(), CASES);
    let texts = |rows: &[Record]| -> BTreeSet<Vec<(String, String)>> {
        let fields = |row: &Record| {
            row.fields()
                .map(|(path, text)| (path.to_owned(), text.to_owned()))
                .collect()
        };
        rows.iter().map(fields).collect()
    };
    assert_eq!(texts(&bulk), texts(&rest), "one shape for both");
    let hostile = bulk
        .iter()
        .find(|row| row.id() == Some(id("500", 1)))
        .unwrap();
    assert_eq!(hostile.text("Description"), Some(HOSTILE));
}

#[tokio::test]
async fn reading_goes_on_from_a_stored_place() {
    let org = Org::start().await;
    let client = org.client();
    let job = finished_job(&client).await;
    let whole: Vec<_> = records(read(&client, &job, None, 100).await)
        .iter()
        .map(Record::id)
        .collect();

    // Another process knows only what was stored.
    let stored_job = serde_json::to_string(&job).unwrap();
    let mut read_so_far = Vec::new();
    let mut place: Option<String> = None;
    loop {
        let client = org.client();
        let job: BulkJob = serde_json::from_str(&stored_job).unwrap();
        let from = place
            .as_deref()
            .map(|place| serde_json::from_str(place).unwrap());
        let mut pages = std::pin::pin!(client.bulk().pages(&job, from, 100));
        let page = pages.next().await.unwrap().unwrap();
        read_so_far.extend(page.records.iter().map(Record::id));
        match page.next {
            Some(next) => place = Some(serde_json::to_string(&next).unwrap()),
            None => break,
        }
    }
    assert_eq!(read_so_far, whole);
}

#[tokio::test]
async fn an_empty_result_is_one_last_page() {
    let org = Org::start().await;
    let client = org.client();
    let none = cases().filter(Condition::eq(path("Subject"), "no such case"));
    let job = client.bulk().start(&none, Scope::All).await.unwrap();
    client.bulk().wait(&job, |_| {}).await.unwrap();
    let pages = read(&client, &job, None, 100).await;
    assert_eq!(pages.len(), 1);
    assert!(pages[0].records.is_empty() && pages[0].next.is_none());
}

#[tokio::test]
async fn what_only_rest_answers_says_so() {
    let org = Org::start().await;
    let bulk = org.client().bulk();
    let comments = Children::new(&FieldName::parse("CaseComments").unwrap(), [FieldPath::ID]);
    let with_children = Soql::select([Selected::from(comments)]).from(&object("Case"));
    for soql in [with_children, Soql::count(&object("Case"))] {
        let error = bulk.start(&soql, Scope::Live).await.unwrap_err();
        assert_eq!(error.retry(), Retry::UseRest, "{error}");
    }
}

#[tokio::test]
async fn a_removed_job_is_a_lost_place() {
    let org = Org::start().await;
    let client = org.client();
    let job = finished_job(&client).await;
    client.bulk().delete(&job).await.unwrap();
    let error = client.bulk().status(&job).await.unwrap_err();
    assert!(matches!(error, Error::CursorLost { .. }), "{error}");
    let pages: Result<Vec<_>, _> = client.bulk().pages(&job, None, 10).try_collect().await;
    assert_eq!(pages.unwrap_err().retry(), Retry::NextRun);
}

#[tokio::test]
async fn an_aborted_job_fails_the_wait() {
    let org = Org::start().await;
    let client = org.client();
    let job = client.bulk().start(&cases(), Scope::Live).await.unwrap();
    client.bulk().abort(&job).await.unwrap();
    let error = client.bulk().wait(&job, |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::BulkFailed { .. }), "{error}");
}
