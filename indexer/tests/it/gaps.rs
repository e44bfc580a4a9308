use serde_json::{Value, json};

use crate::support::{Folder, cases, export, id, profiles, sync, texts};

#[tokio::test(flavor = "multi_thread")]
async fn a_field_or_object_that_is_missing_is_named() {
    let org = cases(2).start().await;
    let mut options = org.options();
    options.profiles = profiles(
        "[Case]\nfacts = ['Status', 'Gone__c']\n[Sale__c]\n\
         [[Case.children]]\nobject = 'CaseComment'\nparent = 'ParentId'\ntext = ['Lost__c', 'CommentBody']\n\
         [[Case.children]]\nobject = 'Nowhere__c'\nparent = 'Case__c'",
    );
    let mut indexer = org.indexer(options).await;

    let report = sync(&mut indexer).await;

    assert!(report.complete);
    for name in [
        "Case.Gone__c",
        "CaseComment.Lost__c",
        "Nowhere__c",
        "Sale__c",
    ] {
        let told = report
            .warnings
            .iter()
            .filter(|warning| warning.starts_with(&format!("{name}:")));
        assert_eq!(told.count(), 1, "{name}: {:?}", report.warnings);
    }
    let documents = export(&indexer).await;
    assert_eq!(documents.len(), 2);
    assert!(documents.values().all(|case| case.records.len() == 2));
    let status = indexer.status().await.unwrap();
    let case = status
        .objects
        .iter()
        .find(|status| status.object == "Case")
        .unwrap();
    assert!(
        case.warnings
            .iter()
            .any(|warning| warning.contains("Case.Gone__c"))
    );
    let sale = status
        .objects
        .iter()
        .find(|status| status.object == "Sale__c")
        .unwrap();
    assert_eq!(sale.warnings.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_hidden_from_the_sync_user_is_named() {
    let set = id("0PS", 1);
    let readable = |number: usize, field: &str| -> Value {
        json!({"Id": id("01k", number), "ParentId": set, "SobjectType": "Case",
               "Field": format!("Case.{field}"), "PermissionsRead": true})
    };
    let org = cases(2)
        .with(
            "PermissionSet",
            [json!({"Id": set, "Name": "Agents", "Label": "Agents"})],
        )
        .with(
            "PermissionSetAssignment",
            [json!({
                "Id": id("0Pa", 1), "AssigneeId": id("005", 1), "PermissionSetId": set,
            })],
        )
        .with(
            "ObjectPermissions",
            [json!({
                "Id": id("110", 1), "ParentId": set, "SobjectType": "Case", "PermissionsRead": true,
                "PermissionsViewAllRecords": true,
            })],
        )
        .with(
            "FieldPermissions",
            [readable(1, "Subject"), readable(2, "Status")],
        )
        .start()
        .await;

    let (indexer, report) = org.sync().await;

    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.starts_with("Case.Description:"))
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.starts_with("Lead:"))
    );
    let documents = export(&indexer).await;
    assert_eq!(documents.len(), 2);
    let root = texts(&documents[&id("500", 1)].records[0]);
    assert_eq!(root[0].0, "Subject");
    assert!(root.iter().all(|(field, _)| *field != "Description"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_without_content_has_its_title() {
    let note = |number: usize, content: &str| {
        json!({"Id": id("069", number), "Title": format!("Note {number}"), "Content": content,
               "FileType": "SNOTE", "OwnerId": id("005", 1)})
    };
    let org = Folder::new()
        .with("ContentNote", [note(1, "Z29vZA=="), note(2, "")])
        .start()
        .await;
    let (indexer, report) = org.sync().await;
    assert!(report.complete);
    let documents = export(&indexer).await;
    assert!(documents.contains_key(&id("069", 1)));
    let title = texts(&documents[&id("069", 2)].records[0]);
    assert_eq!(title, [("Title", "Note 2")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_org_is_synced_to_nothing() {
    let org = Folder::new().start().await;
    let (indexer, report) = org.sync().await;
    assert!(report.complete);
    assert_eq!(
        report.objects.iter().map(|object| object.rows).sum::<u64>(),
        0
    );
    assert!(export(&indexer).await.is_empty());
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}
