use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::session::{Reply, Session};
use crate::support::ACCOUNTS;

async fn done(session: &Session, path: &str) -> Value {
    for _ in 0..200 {
        let info = session.get(path).await.json();
        match info["state"].as_str() {
            Some("UploadComplete" | "InProgress") => {
                tokio::time::sleep(Duration::from_millis(10)).await
            }
            _ => return info,
        }
    }
    panic!("the job does not end");
}

async fn query_job(session: &Session, spec: Value) -> String {
    let job = session.post("jobs/query", spec).await;
    assert_eq!(job.status, 200, "{}", job.text);
    let path = format!("jobs/query/{}", job.json()["id"].as_str().unwrap());
    assert_eq!(job.json()["state"], "UploadComplete");
    assert_eq!(done(session, &path).await["state"], "JobComplete");
    path
}

fn rows(reply: &Reply, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .from_reader(reply.text.as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[tokio::test]
async fn results_come_in_pages_that_can_be_read_again() {
    let session = Session::small().await;
    let soql = "SELECT Id, Name FROM Account ORDER BY Name";
    let path = query_job(&session, json!({"operation": "query", "query": soql})).await;
    let mut locator = String::new();
    let mut names = Vec::new();
    loop {
        let page = session
            .get(&format!("{path}/results?maxRecords=1000{locator}"))
            .await;
        assert_eq!(page.header("content-type"), "text/csv");
        let again = session
            .get(&format!("{path}/results?maxRecords=1000{locator}"))
            .await;
        assert_eq!(page.text, again.text);
        let rows = rows(&page, b',');
        assert_eq!(rows[0], ["Id", "Name"]);
        assert_eq!(
            page.header("sforce-numberofrecords"),
            (rows.len() - 1).to_string()
        );
        names.extend(rows[1..].iter().map(|row| row[1].clone()));
        match page.header("sforce-locator") {
            "null" => break,
            next => locator = format!("&locator={next}"),
        }
    }
    assert_eq!(names.len(), ACCOUNTS);
    assert!(names.is_sorted());
    assert_eq!(session.delete(&path).await.status, 204);
    assert_eq!(session.get(&path).await.status, 404);
}

#[tokio::test]
async fn values_keep_their_newlines_and_quotes() {
    let session = Session::small().await;
    let soql = "SELECT Id, Description, Account.Name, Account.NumberOfEmployees, IsClosed, CreatedDate, \
                ContactId FROM Case WHERE CaseNumber = '00000003'";
    let path = query_job(&session, json!({"operation": "query", "query": soql})).await;
    let page = session.get(&format!("{path}/results")).await;
    let rows = rows(&page, b',');
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0][2..4], ["Account.Name", "Account.NumberOfEmployees"]);
    assert_eq!(rows[1][1], "Line one\r\nLine \"two\", and more\n\nÜmläut ✓");
    assert_eq!(rows[1][2..5], ["Account 0003", "3", "true"]);
    assert!(rows[1][5].ends_with("Z"), "{}", rows[1][5]);
    assert_eq!(rows[1][6], "");

    let other = json!({
        "operation": "queryAll", "query": soql, "columnDelimiter": "PIPE", "lineEnding": "CRLF",
        "contentType": "CSV",
    });
    let path = query_job(&session, other).await;
    let page = session.get(&format!("{path}/results")).await;
    assert!(page.text.starts_with("\"Id\"|\"Description\"|"));
    assert!(page.text.lines().next().is_some() && page.text.contains("\"ContactId\"\r\n"));
}

#[tokio::test]
async fn jobs_refuse_what_they_cannot_do() {
    let session = Session::small().await;
    let bad = [
        json!({"operation": "query", "query": "SELECT Nothing FROM Account"}),
        json!({"operation": "query", "query": "SELECT COUNT(Id) FROM Account GROUP BY Name"}),
        json!({"operation": "query", "query": "SELECT Id FROM Account", "contentType": "XML"}),
        json!({"operation": "destroy", "query": "SELECT Id FROM Account"}),
        json!({"operation": "query"}),
    ];
    for spec in bad {
        assert_eq!(
            session.post("jobs/query", spec.clone()).await.status,
            400,
            "{spec}"
        );
    }
    let spec = json!({"operation": "query", "query": "SELECT Id FROM Account"});
    let id = session.post("jobs/query", spec.clone()).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let early = session.get(&format!("jobs/query/{id}/results")).await;
    assert_eq!(
        (early.status, early.error_code().as_str()),
        (400, "INVALIDJOBSTATE")
    );
    let aborted = session
        .patch(&format!("jobs/query/{id}"), json!({"state": "Aborted"}))
        .await;
    assert_eq!(aborted.json()["state"], "Aborted");

    let path = query_job(&session, spec).await;
    let wrong = session
        .get(&format!("/services/data/v60.0/{path}/results"))
        .await;
    assert_eq!(wrong.status, 409);
    let locator = session.get(&format!("{path}/results?locator=xyz")).await;
    assert_eq!(locator.error_code(), "INVALID_QUERY_LOCATOR");
    let listed = session.get("jobs/query").await.json();
    assert_eq!(listed["records"].as_array().unwrap().len(), 2);
    assert_eq!(
        session.get("jobs/query/750000000000000AAA").await.status,
        404
    );
}

#[tokio::test]
async fn an_upload_says_what_came_of_each_row() {
    let session = Session::small().await;
    let spec = json!({"operation": "insert", "object": "account", "lineEnding": "LF"});
    let job = session.post("jobs/ingest", spec).await.json();
    assert_eq!(
        (&job["state"], &job["object"]),
        (&json!("Open"), &json!("Account"))
    );
    let path = format!("jobs/ingest/{}", job["id"].as_str().unwrap());
    assert!(job["contentUrl"].as_str().unwrap().ends_with("/batches"));
    let upload =
        "Name,NumberOfEmployees,Description\nGood,12,\"two\nlines\"\n,1,none\nOdd,many,x\n";
    let headers = [("content-type", "text/csv")];
    let batches = format!("{path}/batches");
    let stored = session.send(Method::PUT, &batches, &headers, Some(upload.to_owned()));
    assert_eq!(stored.await.status, 201);
    assert_eq!(
        session
            .patch(&path, json!({"state": "UploadComplete"}))
            .await
            .status,
        200
    );
    let info = done(&session, &path).await;
    assert_eq!(
        (&info["state"], &info["numberRecordsFailed"]),
        (&json!("JobComplete"), &json!(2))
    );

    let good = rows(
        &session.get(&format!("{path}/successfulResults")).await,
        b',',
    );
    assert_eq!(
        good[0],
        [
            "sf__Id",
            "sf__Created",
            "Name",
            "NumberOfEmployees",
            "Description"
        ]
    );
    assert_eq!(good[1][1..], ["true", "Good", "12", "two\nlines"]);
    let record = session
        .get(&format!("sobjects/Account/{}", good[1][0]))
        .await
        .json();
    assert_eq!(record["NumberOfEmployees"], 12);
    let bad = rows(&session.get(&format!("{path}/failedResults/")).await, b',');
    assert_eq!(bad.len(), 3);
    assert!(
        bad[1][1].starts_with("REQUIRED_FIELD_MISSING:"),
        "{}",
        bad[1][1]
    );
    let rest = session.get(&format!("{path}/unprocessedrecords")).await;
    assert_eq!(rows(&rest, b',').len(), 1);
}

#[tokio::test]
async fn an_upload_with_unknown_columns_fails_as_a_whole() {
    let session = Session::small().await;
    let spec = json!({"operation": "update", "object": "Account"});
    let job = session.post("jobs/ingest", spec).await.json();
    let path = format!("jobs/ingest/{}", job["id"].as_str().unwrap());
    let upload = Some("Id,Nothing\n001,x\n".to_owned());
    session
        .send(Method::PUT, &format!("{path}/batches"), &[], upload)
        .await;
    session
        .patch(&path, json!({"state": "UploadComplete"}))
        .await;
    let info = done(&session, &path).await;
    assert_eq!(info["state"], "Failed");
    assert!(info["errorMessage"].as_str().unwrap().contains("Nothing"));
    let unknown = session
        .post(
            "jobs/ingest",
            json!({"operation": "insert", "object": "Nope"}),
        )
        .await;
    assert_eq!(unknown.error_code(), "INVALIDENTITY");
}

#[tokio::test]
async fn results_stay_as_the_job_found_them() {
    let session = Session::small().await;
    let soql = "SELECT Id, Subject FROM Case ORDER BY Id";
    let path = query_job(&session, json!({"operation": "query", "query": soql})).await;
    let case = "sobjects/Case/500000000000001AAA";
    session.patch(case, json!({"Subject": "Changed"})).await;
    session.delete("sobjects/Case/500000000000002AAA").await;
    let page = session.get(&format!("{path}/results")).await;
    let rows = rows(&page, b',');
    assert_eq!(rows.len(), 21);
    assert_eq!(rows[2], ["500000000000001AAA", "Case 1"]);
    assert_eq!(rows[3], ["500000000000002AAA", "Case 2"]);
}
