use domain::RecordId;

use crate::support::{Org, id, user};

#[tokio::test]
async fn a_user_reads_what_the_org_says_and_nothing_else() {
    let org = Org::start().await;
    let client = org.client();
    let unknown = id("500", 9_999);
    let ids: Vec<RecordId> = (1..=450)
        .map(|number| id("500", number))
        .chain([unknown])
        .collect();

    let bob = client.record_access(user(2), &ids).await.unwrap();
    assert_eq!(bob.len(), ids.len(), "every id is answered");
    let readable: Vec<&RecordId> = bob
        .iter()
        .filter(|(_, may)| **may)
        .map(|(id, _)| id)
        .collect();
    assert_eq!(readable.len(), 45);
    assert!(bob[&id("500", 10)]);
    assert!(!bob[&id("500", 1)]);
    assert!(!bob[&unknown]);
    assert_eq!(client.usage().by_kind.query, 3, "200 ids a call");

    let nothing = client.record_access(user(2), &[]).await.unwrap();
    assert!(nothing.is_empty());
    assert_eq!(client.usage().by_kind.query, 3, "nothing asked, no call");

    let twice = client
        .record_access(user(1), &[ids[0], ids[0]])
        .await
        .unwrap();
    assert_eq!(twice.len(), 1);
    assert!(twice[&ids[0]]);
}
