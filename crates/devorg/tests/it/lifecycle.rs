use reqwest::Method;
use serde_json::{Value, json};

use crate::session::Session;
use crate::support::account_id;

const CASE: &str = "500000000000001AAA";

async fn all(session: &Session, soql: &str) -> Vec<Value> {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", soql)
        .finish();
    let page = session.get(&format!("queryAll?{query}")).await.json();
    page["records"].as_array().unwrap().clone()
}

#[tokio::test]
async fn deleted_rows_stand_where_their_deletion_puts_them() {
    let session = Session::small().await;
    let delete = async |id: &str| {
        let path = format!("sobjects/Case/{id}");
        assert_eq!(session.delete(&path).await.status, 204);
    };
    delete(CASE).await;
    session
        .patch(
            "sobjects/Case/500000000000007AAA",
            json!({"Subject": "Changed"}),
        )
        .await;
    delete("500000000000003AAA").await;

    let soql = "SELECT Id, IsDeleted, SystemModstamp FROM Case ORDER BY SystemModstamp, Id";
    let rows = all(&session, soql).await;
    let key = |row: &Value| {
        let text = |field: &str| row[field].as_str().unwrap().to_owned();
        (text("SystemModstamp"), text("Id"))
    };
    assert_eq!(rows.len(), 20);
    assert!(rows.is_sorted_by_key(key));
    let last: Vec<(&str, bool)> = rows[17..]
        .iter()
        .map(|row| (row["Id"].as_str().unwrap(), row["IsDeleted"] == true))
        .collect();
    let expected = [
        (CASE, true),
        ("500000000000007AAA", false),
        ("500000000000003AAA", true),
    ];
    assert_eq!(last, expected);
    let (stamp, id) = key(&rows[17]);
    let stamp = stamp.replace("+0000", "Z");
    let after = format!(
        "SELECT Id FROM Case WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND \
         Id > '{id}') ORDER BY SystemModstamp, Id"
    );
    assert_eq!(all(&session, &after).await.len(), 2);
}

#[tokio::test]
async fn a_hard_delete_is_silent() {
    let session = Session::small().await;
    let done = session.control("hard-delete", json!({"id": CASE})).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let soql = format!("SELECT Id FROM Case WHERE Id = '{CASE}'");
    assert!(all(&session, &soql).await.is_empty());
    let again = session.control("hard-delete", json!({"ids": [CASE]})).await;
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn jobs_delete_for_good() {
    let session = Session::small().await;
    let spec = json!({"operation": "hardDelete", "object": "Case"});
    let job = session.post("jobs/ingest", spec).await.json();
    let path = format!("jobs/ingest/{}", job["id"].as_str().unwrap());
    let upload = Some(format!("Id\n{CASE}\n500000000000002AAA\n"));
    let batches = format!("{path}/batches");
    session
        .send(
            Method::PUT,
            &batches,
            &[("content-type", "text/csv")],
            upload,
        )
        .await;
    session
        .patch(&path, json!({"state": "UploadComplete"}))
        .await;
    let mut info = session.get(&path).await.json();
    while info["state"] == "UploadComplete" || info["state"] == "InProgress" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        info = session.get(&path).await.json();
    }
    assert_eq!(
        (&info["state"], &info["numberRecordsFailed"]),
        (&json!("JobComplete"), &json!(0))
    );
    assert_eq!(all(&session, "SELECT Id FROM Case").await.len(), 18);
}

#[tokio::test]
async fn an_emptied_bin_cannot_tell_of_the_time_before() {
    let session = Session::small().await;
    session
        .control("clock", json!({"now": "2026-03-01T12:00:30Z"}))
        .await;
    session.delete(&format!("sobjects/Case/{CASE}")).await;
    let deleted = "sobjects/Case/deleted?start=2026-03-01T11:00:00Z&end=2026-03-01T13:00:00Z";
    let told = session.get(deleted).await.json();
    assert_eq!(told["deletedRecords"][0]["id"], CASE);

    let emptied = session.post("/__devorg/empty-bin", json!({})).await;
    assert_eq!(emptied.json()["purged"], 1);
    assert_eq!(all(&session, "SELECT Id FROM Case").await.len(), 19);
    assert_eq!(
        session.get(deleted).await.error_code(),
        "INVALID_REPLICATION_DATE"
    );
    let later = deleted.replace("T11:00", "T12:00");
    let told = session.get(&later).await.json();
    assert_eq!(told["deletedRecords"], json!([]));
    assert!(
        told["earliestDateAvailable"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-01T12:00:30")
    );
    let other = deleted.replace("Case", "Account");
    assert_eq!(session.get(&other).await.status, 200, "its bin had nothing");
}

#[tokio::test]
async fn formulas_move_without_a_stamp() {
    let session = Session::small().await;
    let path = format!("sobjects/Account/{}", account_id(3));
    let before = session.get(&path).await.json();
    let fields = json!({"NumberOfEmployees": 99, "Site": "Set"});
    let set = json!({"object": "Account", "id": account_id(3), "fields": fields});
    assert_eq!(session.control("set", set).await.status, 200);
    let after = session.get(&path).await.json();
    assert_eq!(
        (&after["NumberOfEmployees"], &after["Site"]),
        (&json!(99), &json!("Set"))
    );
    assert_eq!(before["SystemModstamp"], after["SystemModstamp"]);
    let unknown = json!({"id": account_id(3), "fields": {"Nope": 1}});
    assert_eq!(
        session.control("set", unknown).await.error_code(),
        "INVALID_FIELD"
    );
}
