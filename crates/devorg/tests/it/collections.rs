use serde_json::{Value, json};

use crate::session::Session;
use crate::support::account_id;

fn account(name: &str) -> Value {
    json!({"attributes": {"type": "Account"}, "Name": name})
}

#[tokio::test]
async fn each_record_has_its_own_result() {
    let session = Session::small().await;
    let records = json!({"records": [account("One"), account(""), account("Three")]});
    let results = session.post("composite/sobjects", records).await.json();
    let flags: Vec<&Value> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|result| &result["success"])
        .collect();
    assert_eq!(flags, [&json!(true), &json!(false), &json!(true)]);
    assert_eq!(
        results[1]["errors"][0]["statusCode"],
        "REQUIRED_FIELD_MISSING"
    );

    let id = &results[0]["id"];
    let update = json!({"records": [{"attributes": {"type": "Account"}, "id": id, "Name": "Uno"}]});
    assert_eq!(
        session.patch("composite/sobjects", update).await.json()[0]["success"],
        json!(true)
    );
    let path = format!("composite/sobjects?ids={},bad", id.as_str().unwrap());
    let deleted = session.delete(&path).await.json();
    assert_eq!(
        (&deleted[0]["success"], &deleted[1]["success"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn all_or_none_takes_everything_back() {
    let session = Session::small().await;
    let first = account_id(20);
    let count = session.query("SELECT COUNT() FROM Account").await.json();
    let records = json!({"allOrNone": true, "records": [account("One"), account("")]});
    let results = session.post("composite/sobjects", records).await.json();
    assert_eq!(
        results[0]["errors"][0]["statusCode"],
        "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    );
    assert_eq!(
        session.query("SELECT COUNT() FROM Account").await.json(),
        count
    );

    let changes = json!({"allOrNone": true, "records": [
        {"attributes": {"type": "Account"}, "Id": first, "Name": "Changed"},
        {"attributes": {"type": "Account"}, "Id": account_id(21), "Nothing": 1},
    ]});
    session.patch("composite/sobjects", changes).await;
    let record = session
        .get(&format!("sobjects/Account/{first}?fields=Name"))
        .await
        .json();
    assert_eq!(record["Name"], "Account 0020");
}

#[tokio::test]
async fn many_records_are_read_at_once() {
    let session = Session::small().await;
    let ids = [account_id(3), account_id(99_999)];
    let path = format!(
        "composite/sobjects/Account?ids={}&fields=Name",
        ids.join(",")
    );
    let by_query = session.get(&path).await.json();
    assert_eq!(
        (&by_query[0]["Name"], &by_query[1]),
        (&json!("Account 0003"), &Value::Null)
    );
    let body = json!({"ids": ids, "fields": ["Name"]});
    assert_eq!(
        session
            .post("composite/sobjects/Account", body)
            .await
            .json(),
        by_query
    );
    let many = json!({"records": vec![account("x"); 201]});
    assert_eq!(
        session.post("composite/sobjects", many).await.error_code(),
        "EXCEEDED_ID_LIMIT"
    );
}

#[tokio::test]
async fn calls_in_one_call_use_each_others_answers() {
    let session = Session::small().await;
    let before = session.get("/__devorg/calls").await.json()["total"].clone();
    let body = json!({"allOrNone": true, "compositeRequest": [
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Account", "referenceId": "new",
         "body": {"Name": "Composite"}},
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Contact/", "referenceId": "person",
         "body": {"LastName": "Person", "AccountId": "@{new.id}"}},
        {"method": "GET", "referenceId": "found",
         "url": "/services/data/v66.0/query?q=SELECT Id, Account.Name FROM Contact WHERE Id = '@{person.id}'"},
    ]});
    let results = session.post("composite", body).await.json()["compositeResponse"].clone();
    let codes: Vec<&Value> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["httpStatusCode"])
        .collect();
    assert_eq!(codes, [&json!(201), &json!(201), &json!(200)], "{results}");
    assert_eq!(
        results[2]["body"]["records"][0]["Account"]["Name"],
        "Composite"
    );
    let after = session.get("/__devorg/calls").await.json()["total"].clone();
    assert_eq!(after.as_u64(), before.as_u64().map(|calls| calls + 1));

    let batch = json!({"batchRequests": [
        {"method": "GET", "url": "v66.0/limits"}, {"method": "GET", "url": "v66.0/sobjects/Nothing/describe"},
    ]});
    let results = session.post("composite/batch", batch).await.json();
    assert_eq!(results["hasErrors"], json!(true));
    assert_eq!(results["results"][1]["statusCode"], 404);
}
