//! Changes that leave no trace in a row, or none that a query of changes would tell.

use precis_indexer::Depth;
use serde_json::json;

use crate::admin::Admin;
use crate::support::{Folder, Org, cases, export, id, sync, sync_to, texts};

async fn ids_of(org: &Org, depth: Depth) -> Vec<String> {
    let mut indexer = org.indexer(org.options()).await;
    assert!(sync_to(&mut indexer, depth).await.complete);
    export(&indexer)
        .await
        .keys()
        .map(ToString::to_string)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_may_no_longer_be_read_goes_with_the_next_comparison() {
    let other = json!({
        "Id": id("005", 2), "Username": "bo@example.com", "LastName": "Bo", "Name": "Bo",
        "Email": "bo@example.com", "IsActive": true, "UserType": "Standard",
    });
    let org = cases(3).with("User", [other]).private("Case").start().await;
    assert_eq!(ids_of(&org, Depth::Changes).await.len(), 3);
    let admin = Admin::of(&org).await;
    let owned = json!({"object": "Case", "id": id("500", 2), "fields": {"OwnerId": id("005", 2)}});
    admin.control("set", owned).await.unwrap();
    let left = ids_of(&org, Depth::Reconcile).await;
    assert_eq!(left, [id("500", 1).to_string(), id("500", 3).to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_for_good_goes_with_the_next_comparison() {
    for depth in [Depth::Reconcile, Depth::Full] {
        let org = cases(3).start().await;
        assert_eq!(ids_of(&org, Depth::Changes).await.len(), 3);
        let admin = Admin::of(&org).await;
        admin
            .control("hard-delete", json!({"id": id("500", 2)}))
            .await
            .unwrap();
        admin
            .control("hard-delete", json!({"id": id("00a", 3)}))
            .await
            .unwrap();
        assert_eq!(
            ids_of(&org, Depth::Changes).await.len(),
            3,
            "nothing tells of it"
        );
        let mut indexer = org.indexer(org.options()).await;
        sync_to(&mut indexer, depth).await;
        let left = export(&indexer).await;
        assert_eq!(
            left.keys().copied().collect::<Vec<_>>(),
            [id("500", 1), id("500", 3)]
        );
        assert_eq!(left[&id("500", 3)].records.len(), 1, "its comment is gone");
        let status = indexer.status().await.unwrap();
        assert!(
            status.objects.iter().all(|object| object.is_complete()),
            "{status:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_a_renamed_product_is_read_again() {
    let org = Folder::new()
        .with("Product2", [json!({"Id": id("01t", 1), "Name": "Old"})])
        .with(
            "Opportunity",
            [json!({
                "Id": id("006", 1), "Name": "Deal", "StageName": "Open", "CloseDate": "2026-12-01",
                "OwnerId": id("005", 1),
            })],
        )
        .with(
            "OpportunityLineItem",
            [json!({
                "Id": id("00k", 1), "OpportunityId": id("006", 1), "Product2Id": id("01t", 1),
                "Name": "Deal Old", "Quantity": 1,
            })],
        )
        .start()
        .await;
    let (mut indexer, _) = org.sync().await;
    let admin = Admin::of(&org).await;
    // Salesforce changes the name of the line along with the product, and not its stamp.
    assert!(
        admin
            .update("Product2", id("01t", 1).as_str(), json!({"Name": "New"}))
            .await
    );
    let line = json!({"object": "OpportunityLineItem", "id": id("00k", 1), "fields": {"Name": "Deal New"}});
    admin.control("set", line).await.unwrap();
    sync(&mut indexer).await;
    let deal = &export(&indexer).await[&id("006", 1)];
    assert!(
        texts(&deal.records[1]).contains(&("Name", "Deal New")),
        "{deal:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_hidden_later_leaves_the_index_and_the_rest_goes_on() {
    let set = id("0PS", 1);
    let readable = |number: usize, field: &str| {
        json!({"Id": id("01k", number), "ParentId": set, "SobjectType": "Case",
               "Field": format!("Case.{field}"), "PermissionsRead": true})
    };
    let org = cases(3)
        .with(
            "PermissionSet",
            [json!({"Id": set, "Name": "Agents", "Label": "Agents"})],
        )
        .with(
            "PermissionSetAssignment",
            [json!({"Id": id("0Pa", 1), "AssigneeId": id("005", 1), "PermissionSetId": set})],
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
            [readable(1, "Subject"), readable(2, "Description")],
        )
        .start()
        .await;
    let (mut indexer, _) = org.sync().await;
    let has_description = |documents: &std::collections::BTreeMap<_, domain::Document>| {
        let mut records = documents.values().flat_map(|case| &case.records);
        records.any(|record| {
            texts(record)
                .iter()
                .any(|(field, _)| *field == "Description")
        })
    };
    assert!(has_description(&export(&indexer).await));
    let admin = Admin::of(&org).await;
    admin
        .control("hard-delete", json!({"id": id("01k", 2)}))
        .await
        .unwrap();
    let report = sync(&mut indexer).await;
    let named = report
        .warnings
        .iter()
        .any(|warning| warning.starts_with("Case.Description:"));
    assert!(named, "{:?}", report.warnings);
    assert!(
        report.objects.iter().all(|object| object.error.is_none()),
        "{report:?}"
    );
    let documents = export(&indexer).await;
    assert_eq!(documents.len(), 3);
    assert!(!has_description(&documents));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_gets_another_part_in_documents_takes_it() {
    use crate::support::profiles;
    let contact = json!({
        "Id": id("003", 1), "LastName": "Bo", "AccountId": id("001", 1), "Description": "Likes tea.",
        "OwnerId": id("005", 1),
    });
    let org = Folder::new()
        .with(
            "Account",
            [json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
        )
        .with("Contact", [contact])
        .start()
        .await;
    drop(org.sync().await);
    let part =
        "[[Account.children]]\nobject = 'Contact'\nparent = 'AccountId'\ntext = ['Description']";
    for (toml, records) in [(part, 2), ("", 1)] {
        let mut options = org.options();
        options.profiles = profiles(toml);
        let mut indexer = org.indexer(options).await;
        sync(&mut indexer).await;
        let account = &export(&indexer).await[&id("001", 1)];
        assert_eq!(account.records.len(), records, "{toml}: {account:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_after_the_orgs_clock_was_set_back_is_seen() {
    let org = cases(3).start().await;
    let (mut indexer, _) = org.sync().await;
    let admin = Admin::of(&org).await;
    admin
        .control("clock", json!({"advanceSeconds": 3600}))
        .await
        .unwrap();
    assert!(
        admin
            .update("Case", id("500", 1).as_str(), json!({"Subject": "Ahead"}))
            .await
    );
    sync(&mut indexer).await;
    admin.control("clock", json!({})).await.unwrap();
    assert!(
        admin
            .update("Case", id("500", 2).as_str(), json!({"Subject": "Behind"}))
            .await
    );
    sync(&mut indexer).await;
    let documents = export(&indexer).await;
    let titles: Vec<_> = documents
        .values()
        .map(|case| case.title.as_ref().unwrap().text.as_str())
        .collect();
    assert_eq!(&titles[..2], ["Ahead", "Behind"]);
}
