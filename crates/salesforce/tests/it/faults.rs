use futures::TryStreamExt;
use precis_salesforce::{
    BulkJob, BulkPage, Client, Error, FieldPath, Locator, Page, Record, Retry, Scope, Soql,
};
use serde_json::{Value, json};

use crate::support::{Answer, Ask, Broken, id, object, path};

const LIMITS: &str = "/services/data/v66.0/limits";

fn limits() -> Answer {
    Answer::Json(
        200,
        json!({"DailyApiRequests": {"Max": 5000, "Remaining": 4993}}),
    )
}

fn cases() -> Soql {
    Soql::select([FieldPath::ID, path("Subject")]).from(&object("Case"))
}

fn is_query(ask: &Ask) -> bool {
    ask.path.starts_with("/services/data/v66.0/query?")
}

fn row(number: usize) -> Value {
    json!({"attributes": {"type": "Case"}, "Id": id("500", number), "Subject": "x"})
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    for (status, code) in [
        (503, "SERVER_UNAVAILABLE"),
        (500, "UNKNOWN_EXCEPTION"),
        (400, "UNABLE_TO_LOCK_ROW"),
    ] {
        let server = Broken::start(move |ask| match ask.path.as_str() {
            LIMITS if ask.before < 3 => Answer::error(status, code, "later"),
            LIMITS => limits(),
            _ => Answer::unknown(),
        })
        .await;
        let client = server.client();
        assert_eq!(
            client
                .limits()
                .await
                .unwrap()
                .daily_api_requests()
                .unwrap()
                .max,
            5000
        );
        assert_eq!(server.counts()[LIMITS], 4);
        let usage = client.usage();
        assert_eq!(
            (usage.calls, usage.api_used, usage.api_limit),
            (4, Some(7), Some(5000))
        );
    }
}

#[tokio::test]
async fn tries_come_to_an_end() {
    let server = Broken::start(|ask| match ask.path.as_str() {
        LIMITS => Answer::Html(502),
        _ => Answer::unknown(),
    })
    .await;
    let error = server.client().limits().await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "{error}");
    assert_eq!(server.counts()[LIMITS], 6);
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_asked_for_again() {
    let server = Broken::start(|ask| match ask.before {
        0..2 if is_query(ask) => Answer::CutJson,
        _ if is_query(ask) => Answer::Json(
            200,
            json!({"totalSize": 1, "done": true, "records": [row(1)]}),
        ),
        _ => Answer::unknown(),
    })
    .await;
    let rows = server.client().query_all_rows(&cases()).await.unwrap();
    assert_eq!(rows.len(), 1);
}

#[tokio::test]
async fn a_session_that_keeps_ending_is_renewed_once() {
    let server = Broken::start(|ask| match ask.path.as_str() {
        LIMITS => Answer::error(401, "INVALID_SESSION_ID", "Session expired or invalid"),
        _ => Answer::unknown(),
    })
    .await;
    let error = server.client().limits().await.unwrap_err();
    assert!(matches!(error, Error::SessionExpired { .. }), "{error}");
    assert_eq!((server.sign_ins(), server.counts()[LIMITS]), (2, 2));
    let tokens = server.asks().into_iter().filter_map(|ask| ask.token);
    assert_eq!(tokens.collect::<Vec<_>>(), ["token-1", "token-2"]);
}

#[tokio::test]
async fn a_401_that_is_no_expiry_opens_no_new_session() {
    let server = Broken::start(|ask| match ask.path.as_str() {
        LIMITS => Answer::error(
            401,
            "INVALID_SESSION_ID",
            "This session is not valid for use with the REST API",
        ),
        _ => Answer::unknown(),
    })
    .await;
    let error = server.client().limits().await.unwrap_err();
    assert_eq!(error.retry(), Retry::Never, "{error}");
    assert_eq!((server.sign_ins(), server.counts()[LIMITS]), (1, 1));
}

#[tokio::test]
async fn a_failed_sign_in_is_shared_by_those_who_waited_for_it() {
    let server = Broken::start(|_| Answer::Json(400, json!({"error": "invalid_client"}))).await;
    let client = server.client();
    let calls = (0..8).map(|_| client.limits());
    for refused in futures::future::join_all(calls).await {
        assert!(matches!(
            refused.unwrap_err(),
            Error::Setting {
                setting: "salesforce.client_secret",
                ..
            }
        ));
    }
    assert_eq!(server.sign_ins(), 1);
}

#[tokio::test]
async fn a_redirect_takes_no_token_elsewhere() {
    let elsewhere = Broken::start(|_| limits()).await;
    let target = format!("{}{LIMITS}", elsewhere.url);
    let server = Broken::start(move |ask| match ask.path.as_str() {
        LIMITS => Answer::Redirect(target.clone()),
        "/services/data/v66.0/sobjects" => Answer::Redirect("/moved".to_owned()),
        "/moved" => Answer::Json(200, json!({"sobjects": []})),
        _ => Answer::unknown(),
    })
    .await;
    let client = server.client();
    let text = client.limits().await.unwrap_err().to_string();
    assert!(text.ends_with("check salesforce.login_url"), "{text}");
    assert!(elsewhere.asks().is_empty(), "nothing went there");
    assert!(
        client.describe_global().await.unwrap().is_empty(),
        "its own host is followed"
    );
}

#[tokio::test]
async fn a_sign_in_takes_no_secret_elsewhere() {
    let elsewhere = Broken::start(|_| limits()).await;
    let target = elsewhere.url.clone();
    let server = Broken::start(move |_| Answer::Redirect(target.clone())).await;
    let text = server.client().sign_in().await.unwrap_err().to_string();
    assert!(text.ends_with("check salesforce.login_url"), "{text}");
    assert!(elsewhere.asks().is_empty(), "nothing went there");
}

#[tokio::test]
async fn a_next_page_on_another_host_is_refused() {
    let elsewhere = Broken::start(|_| limits()).await;
    let next = format!("{}/services/data/v66.0/query/01g-1", elsewhere.url);
    let server = Broken::start(move |ask| {
        if is_query(ask) {
            return Answer::Json(
                200,
                json!({"totalSize": 2, "done": false, "nextRecordsUrl": next, "records": [row(1)]}),
            );
        }
        Answer::unknown()
    })
    .await;
    let error = server.client().query_all_rows(&cases()).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    assert!(elsewhere.asks().is_empty());
}

#[tokio::test]
async fn the_pages_of_children_are_followed_to_the_end() {
    let comments = |done: bool, next: &str, texts: &[&str]| {
        let rows: Vec<Value> = texts
            .iter()
            .map(|text| json!({"attributes": {"type": "CaseComment"}, "CommentBody": text}))
            .collect();
        json!({"totalSize": 5, "done": done, "nextRecordsUrl": next, "records": rows})
    };
    let server = Broken::start(move |ask| match ask.path.as_str() {
        "/services/data/v66.0/query/01g-2" => Answer::Json(
            200,
            comments(false, "/services/data/v66.0/query/01g-4", &["c", "d"]),
        ),
        "/services/data/v66.0/query/01g-4" => Answer::Json(200, comments(true, "", &["e"])),
        _ if is_query(ask) => {
            let mut case = row(1);
            case["CaseComments"] = comments(false, "/services/data/v66.0/query/01g-2", &["a", "b"]);
            Answer::Json(
                200,
                json!({"totalSize": 1, "done": true, "records": [case]}),
            )
        }
        _ => Answer::unknown(),
    })
    .await;
    let pages: Vec<Page> = server
        .client()
        .query(&cases(), Scope::Live)
        .try_collect()
        .await
        .unwrap();
    let texts: Vec<_> = pages[0].records[0]
        .children("CaseComments")
        .iter()
        .filter_map(|row| row.text("CommentBody"))
        .collect();
    assert_eq!(texts, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_reply_of_another_shape_is_an_error_and_no_panic() {
    for reply in [
        json!(5),
        json!({"totalSize": 1, "done": false, "records": []}),
        json!({"totalSize": 1, "done": true, "records": ["row"]}),
        json!({"totalSize": -1, "done": true, "records": []}),
    ] {
        let server = Broken::start(move |ask| {
            if is_query(ask) {
                Answer::Json(200, reply.clone())
            } else {
                Answer::unknown()
            }
        })
        .await;
        let error = server.client().query_all_rows(&cases()).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    }
}

#[tokio::test]
async fn files_have_a_largest_size_and_stay_in_the_api() {
    let server = Broken::start(|ask| match ask.path.as_str() {
        "/services/data/v66.0/sobjects/ContentVersion/068/VersionData" => Answer::Html(200),
        _ => Answer::unknown(),
    })
    .await;
    let file = "/services/data/v66.0/sobjects/ContentVersion/068/VersionData";
    assert_eq!(
        &server.client().get_blob(file).await.unwrap()[..],
        b"<html>hello</html>"
    );
    let mut options = server.options();
    options.max_blob_bytes = 5;
    let client = Client::new(options).unwrap();
    assert!(matches!(
        client.get_blob(file).await.unwrap_err(),
        Error::FileTooLarge { limit: 5 }
    ));
    for elsewhere in [
        "https://example.com/services/data/x",
        "/services/data/../../secur",
        "//example.com/services/data/",
    ] {
        assert!(
            matches!(
                client.get_blob(elsewhere).await.unwrap_err(),
                Error::Unreadable { .. }
            ),
            "{elsewhere}"
        );
    }
}

const FIRST: &str = "\"Id\",\"Description\"\n\"500Tst000000001\",\"a\nb\"\n\"500Tst000000002\",\"c\"\"d\"\n\"500Tst000000003\",\"\"\n";
const SECOND: &str = "\"Id\",\"Description\"\n\"500Tst000000004\",\"e\"\n";

fn bulk_job() -> BulkJob {
    serde_json::from_value(json!({"id": id("750", 1), "object": "Case", "api_version": "v66.0"}))
        .unwrap()
}

async fn bulk_pages(client: &Client, from: Option<Locator>) -> Result<Vec<BulkPage>, Error> {
    client
        .bulk()
        .pages(&bulk_job(), from, 3)
        .try_collect()
        .await
}

#[tokio::test]
async fn a_bulk_result_that_breaks_off_goes_on_without_loss_or_repeat() {
    // Cut within the quotes of the second row, then right behind the second row.
    for length in [FIRST.len() - 28, FIRST.len() - 22, 5] {
        let server = Broken::start(move |ask| match ask.path.contains("locator=next") {
            _ if !ask.path.contains("/results?") => Answer::unknown(),
            true if ask.before == 0 => Answer::CutCsv(SECOND, 1, "null", SECOND.len()),
            true => Answer::Csv(SECOND, 1, "null"),
            false if ask.before == 0 => Answer::CutCsv(FIRST, 3, "next", length),
            false => Answer::Csv(FIRST, 3, "next"),
        })
        .await;
        let pages = bulk_pages(&server.client(), None).await.unwrap();
        let rows: Vec<Record> = pages.into_iter().flat_map(|page| page.records).collect();
        let ids: Vec<_> = rows.iter().filter_map(Record::id).collect();
        assert_eq!(ids, [1, 2, 3, 4].map(|number| id("500", number)));
        assert_eq!(rows[0].text("Description"), Some("a\nb"));
        assert_eq!(rows[1].text("Description"), Some("c\"d"));
        assert_eq!(rows[2].text("Description"), None);
    }
}

#[tokio::test]
async fn a_bulk_result_with_fewer_rows_than_announced_is_an_error() {
    let server = Broken::start(|ask| match ask.path.contains("/results?") {
        true => Answer::Csv(SECOND, 2, "null"),
        false => Answer::unknown(),
    })
    .await;
    let error = bulk_pages(&server.client(), None).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    let asked = server
        .asks()
        .iter()
        .filter(|ask| ask.path.contains("/results?"))
        .count();
    assert_eq!(asked, 7, "one for the row that came, and six in vain");
}

#[tokio::test]
async fn a_place_within_a_page_is_found_again_whatever_the_page_size() {
    let server = Broken::start(|ask| match ask.path.as_str() {
        path if path.contains("locator=next") => Answer::Csv(SECOND, 1, "null"),
        path if path.contains("/results?") => Answer::Csv(FIRST, 3, "next"),
        _ => Answer::unknown(),
    })
    .await;
    let client = server.client();
    for (skip, expected) in [(1, vec![2, 3, 4]), (3, vec![4]), (4, vec![])] {
        let place: Locator = serde_json::from_value(json!({"page": null, "skip": skip})).unwrap();
        let pages = bulk_pages(&client, Some(place)).await.unwrap();
        let rows = pages
            .iter()
            .flat_map(|page| &page.records)
            .filter_map(Record::id);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|number| id("500", number))
            .collect();
        assert_eq!(rows.collect::<Vec<_>>(), expected, "behind {skip} rows");
    }
}
