use domain::RecordId;
use serde_json::{Value, json};

use crate::support::{Folder, export, id, object, profiles, sync, texts};

fn article(number: usize, status: &str, body: &str) -> Value {
    json!({
        "Id": id("ka0", number), "KnowledgeArticleId": id("kA0", number),
        "ArticleNumber": format!("{number:09}"), "Title": format!("Article {number}"),
        "UrlName": format!("article-{number}"), "Summary": "How to reset it",
        "Language": "en_US", "PublishStatus": status, "IsLatestVersion": true,
        "VersionNumber": 1, "IsVisibleInApp": true, "Body__c": body,
    })
}

fn knowledge() -> Value {
    json!({"name": "Knowledge__kav", "label": "Knowledge", "fields": [
        {"name": "Body__c", "label": "Body", "type": "textarea", "length": 131_072,
         "htmlFormatted": true, "custom": true},
    ]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_its_comments_and_emails_in_order() {
    let org = Folder::new()
        .with(
            "Account",
            [json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
        )
        .with(
            "Case",
            [json!({
                "Id": id("500", 1), "CaseNumber": "00000001", "Subject": " The pump\u{a0} leaks ",
                "Description": "First line\r\n\r\n\r\nsecond <b>line</b>", "Status": "New",
                "Priority": "High", "AccountId": id("001", 1), "OwnerId": id("005", 1),
                "CreatedDate": "2026-01-01T09:00:00.000+0000",
                "SystemModstamp": "2026-01-01T09:00:00.000+0000",
            })],
        )
        .with(
            "CaseComment",
            [
                json!({"Id": id("00a", 1), "ParentId": id("500", 1), "CommentBody": "last",
                   "CreatedDate": "2026-01-04T09:00:00.000+0000",
                   "SystemModstamp": "2026-01-05T09:00:00.000+0000"}),
                json!({"Id": id("00a", 2), "ParentId": id("500", 1), "CommentBody": "first",
                   "CreatedDate": "2026-01-02T09:00:00.000+0000",
                   "SystemModstamp": "2026-01-02T09:00:00.000+0000"}),
            ],
        )
        .with(
            "EmailMessage",
            [
                json!({"Id": id("02s", 1), "ParentId": id("500", 1), "ActivityId": id("00T", 1),
                   "Subject": "Re: pump", "HtmlBody": "<p>Dear&nbsp;team,</p><p>it drips</p>",
                   "FromName": "Kim", "FromAddress": "kim@example.com", "Incoming": true,
                   "MessageDate": "2026-01-03T09:00:00.000+0000",
                   "SystemModstamp": "2026-01-03T09:00:00.000+0000"}),
            ],
        )
        .with(
            "Task",
            [
                json!({"Id": id("00T", 1), "Subject": "Email: Re: pump", "WhatId": id("500", 1),
                   "Status": "Completed", "OwnerId": id("005", 1)}),
                json!({"Id": id("00T", 2), "Subject": "Call Kim", "WhatId": id("500", 1),
                   "Status": "Open", "OwnerId": id("005", 1)}),
            ],
        )
        .start()
        .await;

    let (indexer, report) = org.sync().await;

    assert!(report.complete);
    let documents = export(&indexer).await;
    let case = &documents[&id("500", 1)];
    assert_eq!(case.plain_title(), "Case 00000001");
    assert_eq!(case.title.as_ref().unwrap().text, "The pump leaks");
    assert_eq!(case.parents.account, Some(id("001", 1)));
    assert_eq!(case.status.as_ref().unwrap().value, "New");
    assert_eq!(case.facets["priority"][0].value, "High");
    assert_eq!(case.updated_at.to_rfc3339(), "2026-01-05T09:00:00+00:00");
    assert_eq!(
        case.url,
        format!(
            "{}/lightning/r/Case/{}/view",
            org.server.url(),
            id("500", 1)
        )
    );
    let order: Vec<RecordId> = case.records.iter().map(|record| record.record_id).collect();
    assert_eq!(
        order,
        [id("500", 1), id("00a", 2), id("02s", 1), id("00a", 1)]
    );
    let root = texts(&case.records[0]);
    assert_eq!(root[0], ("Subject", "The pump leaks"));
    assert_eq!(root[1], ("Description", "First line\n\nsecond <b>line</b>"));
    assert_eq!(root[2], ("CaseNumber", "00000001"));
    let email = texts(&case.records[2]);
    assert!(
        email.contains(&("HtmlBody", "Dear team,\n\nit drips")),
        "{email:?}"
    );
    assert!(email.contains(&("FromAddress", "kim@example.com")));
    let all = serde_json::to_string(case).unwrap();
    assert!(!all.contains("Acme"), "an account's name is the account's");

    assert!(!documents.contains_key(&id("00T", 1)), "the email's shadow");
    let task = &documents[&id("00T", 2)];
    assert_eq!(task.parents.case, Some(id("500", 1)));
    let tasks = status_of(&indexer, "Task").await;
    assert_eq!((tasks.documents, tasks.indexed, tasks.skipped), (1, 1, 1));
}

async fn status_of(indexer: &precis_indexer::Indexer, name: &str) -> precis_indexer::ObjectStatus {
    let status = indexer.status().await.unwrap();
    let found = status
        .objects
        .into_iter()
        .find(|status| status.object == name);
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_online_articles_are_documents() {
    let body = "<h2>Steps</h2><ol><li>Hold the button</li><li>Wait</li></ol><script>no()</script>";
    let org = Folder::new()
        .describe("Knowledge__kav", knowledge())
        .with(
            "Knowledge__kav",
            [
                article(1, "Online", body),
                article(2, "Draft", "<p>draft</p>"),
                article(3, "Archived", "<p>old</p>"),
            ],
        )
        .with(
            "Knowledge__DataCategorySelection",
            [json!({
                "Id": id("02o", 1), "ParentId": id("ka0", 1), "DataCategoryGroupName": "Products",
                "DataCategoryName": "Pumps",
            })],
        )
        .start()
        .await;

    let (indexer, _) = org.sync().await;

    let documents = export(&indexer).await;
    assert_eq!(documents.len(), 1);
    let article = &documents[&id("ka0", 1)];
    assert_eq!(article.language.as_deref(), Some("en_US"));
    assert_eq!(article.parents.article, Some(id("kA0", 1)));
    assert_eq!(article.facets["category"][0].value, "Pumps");
    assert_eq!(article.records.len(), 1, "a category is no text");
    assert!(
        texts(&article.records[0]).contains(&("Body__c", "Steps\n\n1. Hold the button\n2. Wait"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_is_read_and_hangs_on_what_it_is_linked_to() {
    // "<p>Renewal at risk &amp; urgent</p>"
    let content = "PHA+UmVuZXdhbCBhdCByaXNrICZhbXA7IHVyZ2VudDwvcD4=";
    let note = |number: usize, content: &str| {
        json!({"Id": id("069", number), "Title": "Call notes", "Content": content,
               "FileType": "SNOTE", "OwnerId": id("005", 1)})
    };
    let org = Folder::new()
        .with(
            "Account",
            [json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
        )
        .with("ContentNote", [note(1, content)])
        .with(
            "ContentDocumentLink",
            [
                json!({"Id": id("06A", 1), "ContentDocumentId": id("069", 1),
                   "LinkedEntityId": id("001", 1), "ShareType": "V"}),
                json!({"Id": id("06A", 2), "ContentDocumentId": id("069", 1),
                   "LinkedEntityId": id("005", 1), "ShareType": "I"}),
            ],
        )
        .start()
        .await;

    let (mut indexer, report) = org.sync().await;

    let documents = export(&indexer).await;
    let note = &documents[&id("069", 1)];
    assert!(texts(&note.records[0]).contains(&("Content", "Renewal at risk & urgent")));
    assert_eq!(note.parents.account, Some(id("001", 1)));
    assert!(note.parents.other.is_empty(), "a person is no parent");

    let again = sync(&mut indexer).await;
    assert!(
        again.calls < report.calls,
        "the note's text is not fetched again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_custom_object_needs_no_words() {
    let sale = json!({"name": "Sale__c", "label": "Sale", "keyPrefix": "a01", "custom": true,
    "fields": [
        {"name": "Account__c", "label": "Account", "type": "reference",
         "referenceTo": ["Account"], "relationshipName": "Account__r", "custom": true},
        {"name": "Remark__c", "label": "Remark", "type": "textarea", "length": 32_000,
         "custom": true},
        {"name": "Channel__c", "label": "Channel", "type": "picklist", "custom": true},
        {"name": "Price__c", "label": "Price", "type": "currency", "custom": true},
    ]});
    let org = Folder::new()
        .describe("Sale__c", sale)
        .with(
            "Account",
            [json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
        )
        .with(
            "Sale__c",
            [json!({
                "Id": id("a01", 1), "Name": "S-000001", "Account__c": id("001", 1),
                "Remark__c": "Sold at the fair", "Channel__c": "Fair", "Price__c": 399.0,
            })],
        )
        .start()
        .await;

    let without = org.indexer(org.options()).await;
    let unlisted = without.unlisted().await.unwrap();
    assert_eq!(unlisted.len(), 1);
    assert_eq!(
        (unlisted[0].object.as_str(), unlisted[0].rows),
        ("Sale__c", Some(1))
    );
    drop(without);

    let mut options = org.options();
    options.discover_objects = true;
    let mut indexer = org.indexer(options).await;
    sync(&mut indexer).await;
    let sale = export(&indexer).await.remove(&id("a01", 1)).unwrap();
    assert_eq!(sale.number.as_ref().unwrap().text, "S-000001");
    assert_eq!(sale.parents.account, Some(id("001", 1)));
    assert_eq!(
        texts(&sale.records[0]),
        [
            ("Name", "S-000001"),
            ("Remark__c", "Sold at the fair"),
            ("Channel__c", "Fair"),
            ("Price__c", "399")
        ]
    );
    drop(indexer);

    // Without its profile its documents go.
    let mut indexer = org.indexer(org.options()).await;
    sync(&mut indexer).await;
    assert!(!export(&indexer).await.contains_key(&id("a01", 1)));
    assert!(export(&indexer).await.contains_key(&id("001", 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_text_arrives_letter_for_letter() {
    let odd = "e\u{301}\u{200b} 👩\u{200d}👧 \u{202e}עברית\u{202c} \u{1F6B0} 東京\t|\u{0}| \"q\", 'r' \\ %";
    let long = format!(
        "<p>{}</p>",
        "Ünïcödé sentence with some words in it. ".repeat(2_600)
    );
    assert!(long.len() > 100_000);
    let org = Folder::new()
        .describe("Knowledge__kav", knowledge())
        .with("Knowledge__kav", [article(1, "Online", &long)])
        .with(
            "Case",
            [
                json!({"Id": id("500", 1), "CaseNumber": "00000001", "Subject": odd,
                              "Status": "New", "OwnerId": id("005", 1)}),
            ],
        )
        .start()
        .await;
    let mut options = org.options();
    options.profiles = profiles("[Case]\nfacts = []\nchildren = []");
    options.bulk_from = 1;
    let mut indexer = org.indexer(options).await;

    sync(&mut indexer).await;

    let documents = export(&indexer).await;
    let subject = &documents[&id("500", 1)].title.as_ref().unwrap().text;
    assert_eq!(
        subject,
        "\u{e9} 👩\u{200d}👧 \u{202e}עברית\u{202c} \u{1F6B0} 東京 || \"q\", 'r' \\ %"
    );
    let body = texts(&documents[&id("ka0", 1)].records[0])
        .into_iter()
        .find(|(field, _)| *field == "Body__c");
    assert!(
        body.unwrap()
            .1
            .ends_with("Ünïcödé sentence with some words in it.")
    );
    let counts = indexer.writer().counts().await.unwrap();
    assert_eq!(counts.documents[&object("Knowledge__kav")], 1);
    assert!(counts.passages > 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn record_types_products_and_closedness_are_facets_without_a_profile() {
    let types = json!([
        {"recordTypeId": "012000000000000AAA", "name": "Master", "developerName": "Master",
         "master": true},
        {"recordTypeId": id("012", 1), "name": "Device fault", "developerName": "Device_Fault",
         "master": false},
    ]);
    let org = Folder::new()
        .describe("Case", json!({"name": "Case", "recordTypeInfos": types}))
        .with(
            "Product2",
            [json!({"Id": id("01t", 1), "Name": "Pump 200", "ProductCode": "PX-200"})],
        )
        .with(
            "Case",
            [
                json!({"Id": id("500", 1), "CaseNumber": "00000001", "Subject": "It leaks",
               "Status": "New", "IsClosed": false, "RecordTypeId": id("012", 1),
               "ProductId": id("01t", 1), "OwnerId": id("005", 1)}),
            ],
        )
        .with(
            "Opportunity",
            [
                json!({"Id": id("006", 1), "Name": "Pumps", "StageName": "Closed Won",
               "IsClosed": true, "CloseDate": "2026-01-01", "OwnerId": id("005", 1)}),
            ],
        )
        .with(
            "OpportunityLineItem",
            [
                json!({"Id": id("00k", 1), "OpportunityId": id("006", 1), "Quantity": 1,
               "Product2Id": id("01t", 1), "Name": "Pump"}),
            ],
        )
        .start()
        .await;

    let (indexer, _) = org.sync().await;

    let documents = export(&indexer).await;
    let case = &documents[&id("500", 1)];
    let record_type = &case.facets["record_type"][0];
    assert_eq!(record_type.value, "Device_Fault");
    assert_eq!(record_type.label.as_deref(), Some("Device fault"));
    assert_eq!(case.facets["product"][0].value, id("01t", 1).as_str());
    assert_eq!(case.facets["is_closed"][0].value, "false");
    let sale = &documents[&id("006", 1)];
    assert_eq!(sale.facets["is_closed"][0].value, "true");
    let product = &sale.facets["product"][0];
    assert_eq!(product.value, id("01t", 1).as_str());
    let source = product.source(&sale.object);
    assert_eq!(source.as_str(), "OpportunityLineItem.Product2Id");
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_fields_are_in_the_document_and_not_searched() {
    let org = Folder::new()
        .with(
            "Case",
            [
                json!({"Id": id("500", 1), "CaseNumber": "00000001", "Subject": "Pump",
                    "Status": "New", "IsEscalated": true, "OwnerId": id("005", 1),
                    "CreatedDate": "2026-01-02T09:00:00.000+0000"}),
            ],
        )
        .start()
        .await;
    let mut options = org.options();
    options.profiles = profiles(
        "[Case]\nfacts = ['Status']\nkept = ['IsEscalated', 'CreatedDate', 'Gone__c']\nchildren = []",
    );
    let mut indexer = org.indexer(options).await;

    let report = sync(&mut indexer).await;

    assert!(
        report.complete,
        "a kept field that is not there is not missed"
    );
    let case = &export(&indexer).await[&id("500", 1)];
    assert_eq!(
        texts(&case.records[0]),
        [
            ("Subject", "Pump"),
            ("CaseNumber", "00000001"),
            ("Status", "New"),
            ("IsEscalated", "true"),
            ("CreatedDate", "2026-01-02T09:00:00Z"),
        ]
    );
    assert_eq!(case.facets["is_escalated"][0].value, "true");
    let counts = indexer.writer().counts().await.unwrap();
    assert_eq!(counts.passages, 3, "subject, number and status");
}
