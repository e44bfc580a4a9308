use reqwest::Method;
use serde_json::json;

use crate::session::Session;
use crate::support::{ACCOUNTS, Folder, account_id};

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let session = Session::small().await;
    let headers = [("Sforce-Query-Options", "batchSize=500")];
    let path = "query/?q=SELECT+Id,Name+FROM+Account+ORDER+BY+Name";
    let mut page = session.send(Method::GET, path, &headers, None).await.json();
    assert_eq!(page["totalSize"], ACCOUNTS);
    let mut names = Vec::new();
    let mut pages = 1;
    loop {
        let records = page["records"].as_array().unwrap().clone();
        names.extend(
            records
                .iter()
                .map(|record| record["Name"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["nextRecordsUrl"].as_str() else {
            break;
        };
        assert_eq!((page["done"].as_bool(), records.len()), (Some(false), 500));
        assert!(next.starts_with("/services/data/v66.0/query/01g"), "{next}");
        page = session.get(next).await.json();
        pages += 1;
    }
    assert_eq!(page["done"], json!(true));
    assert_eq!((pages, names.len()), (5, ACCOUNTS));
    assert!(names.is_sorted());
}

#[tokio::test]
async fn addresses_are_in_the_version_that_was_asked() {
    let session = Session::small().await;
    let path = "/services/data/v59.0/query?q=SELECT%20Id%2C%20Name%2C%20(SELECT%20Id%20FROM%20Contacts)\
                %20FROM%20Account%20ORDER%20BY%20Name";
    let page = session.get(path).await.json();
    let next = page["nextRecordsUrl"].as_str().unwrap();
    assert!(next.starts_with("/services/data/v59.0/query/"), "{next}");
    let text = page.to_string();
    assert!(
        text.contains("/services/data/v59.0/sobjects/Contact/003"),
        "nested records too"
    );
    assert!(!text.contains("v66.0"));
    assert_eq!(session.get(next).await.json()["done"], json!(true));
}

#[tokio::test]
async fn locators_that_lead_nowhere_are_refused() {
    let session = Session::small().await;
    let next = session
        .get("queryAll?q=SELECT+Id+FROM+Account")
        .await
        .json()["nextRecordsUrl"]
        .clone();
    let locator = next
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let cursor = locator.split('-').next().unwrap().to_owned();
    assert_eq!(
        session.get(&format!("queryAll/{locator}")).await.status,
        200
    );
    let wrong = [
        "01gNOTHING-2000".to_owned(),
        cursor.clone(),
        format!("{cursor}-99999"),
        format!("{cursor}-x"),
    ];
    for locator in wrong {
        let refused = session.get(&format!("query/{locator}")).await;
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (400, "INVALID_QUERY_LOCATOR")
        );
    }
}

#[tokio::test]
async fn counts_come_without_records() {
    let session = Session::small().await;
    let body = session.query("SELECT COUNT() FROM Account").await.json();
    assert_eq!(
        body,
        json!({"totalSize": ACCOUNTS, "done": true, "records": []})
    );
}

#[tokio::test]
async fn refused_statements_say_why() {
    let session = Session::small().await;
    let cases = [
        ("", "MALFORMED_QUERY"),
        ("SELECT", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
    ];
    for (soql, code) in cases {
        let refused = session.query(soql).await;
        assert_eq!(
            (refused.status, refused.error_code().as_str()),
            (400, code),
            "{soql}"
        );
    }
    assert_eq!(session.get("query").await.error_code(), "MALFORMED_QUERY");
}

#[tokio::test]
async fn a_user_sees_only_what_sharing_shows() {
    let session = Session::as_user("bob@small.example").await;
    let body = session.query("SELECT COUNT() FROM Account").await.json();
    // Accounts are private: Bob has his own.
    assert_eq!(body["totalSize"], 10);
}

#[tokio::test]
async fn base64_fields_are_shown_as_their_address() {
    let session = Session::with(Folder::small(), |_| {}).await;
    let body = session
        .query("SELECT Id, Content FROM ContentNote")
        .await
        .json();
    let address = body["records"][0]["Content"].as_str().unwrap().to_owned();
    assert_eq!(
        address,
        "/services/data/v66.0/sobjects/ContentNote/069000000000001AAA/Content"
    );
    let blob = session.get(&address).await;
    assert_eq!(
        (blob.status, blob.text.as_str()),
        (200, "<p>Hello, note</p>")
    );
}

#[tokio::test]
async fn keyset_pages_pass_rows_that_share_a_stamp() {
    let folder = Folder::small();
    let stamp = |number: usize| format!("2025-01-01T00:00:0{}.000+0000", number / 900);
    let cases = (0..1_800).map(|number| {
        json!({"Id": format!("5000000000{number:05}AAA"), "CaseNumber": format!("{number:08}"),
            "SystemModstamp": stamp(number), "LastModifiedDate": stamp(number)})
    });
    folder.records("Case", cases.collect());
    let session = Session::with(folder, |_| {}).await;
    let (mut condition, mut ids) = (String::new(), Vec::new());
    loop {
        let soql = format!(
            "SELECT Id, SystemModstamp FROM Case{condition} ORDER BY SystemModstamp, Id LIMIT 250"
        );
        let page = session.query(&soql).await.json();
        let records = page["records"].as_array().unwrap();
        ids.extend(
            records
                .iter()
                .map(|record| record["Id"].as_str().unwrap().to_owned()),
        );
        let Some(last) = records.last() else {
            break;
        };
        let stamp = last["SystemModstamp"]
            .as_str()
            .unwrap()
            .replace("+0000", "Z");
        condition = format!(
            " WHERE SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{}')",
            last["Id"].as_str().unwrap()
        );
    }
    assert_eq!(ids.len(), 1_800);
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]));
}

#[tokio::test]
async fn later_pages_show_rows_as_they_are_then() {
    let session = Session::small().await;
    let soql = "SELECT Id, Name FROM Account ORDER BY Id";
    let first = session.query(soql).await.json();
    let (changed, deleted) = (account_id(2_100), account_id(2_200));
    let path = format!("sobjects/Account/{changed}");
    session.patch(&path, json!({"Name": "Renamed"})).await;
    session.delete(&format!("sobjects/Account/{deleted}")).await;
    let next = session
        .get(first["nextRecordsUrl"].as_str().unwrap())
        .await
        .json();
    let records = next["records"].as_array().unwrap();
    assert_eq!(records.len(), ACCOUNTS - 2_000 - 1);
    let id = |record: &&serde_json::Value| record["Id"] == json!(changed);
    assert_eq!(records.iter().find(id).unwrap()["Name"], "Renamed");
    assert!(!next.to_string().contains(&deleted));
}
