use domain::Viewer;
use precis_store::{ExactKey, Filters};

use crate::support::*;

async fn index() -> TestIndex {
    TestIndex::with(vec![
        case(1, "Secret merger", "The pump stalls")
            .comment(1, "whispered password")
            .status("Escalated")
            .account(1)
            .owner(2)
            .facet("product", "Product__c", "PX-200")
            .record("Case", id("500", 1), "Email__c", "ann@acme.com")
            .build(),
    ])
    .await
}

/// Whether anything at all is found for the text.
async fn finds(index: &TestIndex, viewer: &Viewer, text: &str) -> bool {
    !index.words(viewer, text).await.is_empty()
}

#[tokio::test]
async fn an_empty_viewer_sees_nothing() {
    let index = index().await;
    let nobody = viewer(&[]);
    let case = id("500", 1);
    assert!(!finds(&index, &nobody, "pump merger password").await);
    assert!(index.nearest(&nobody, "The pump stalls").await.is_empty());
    assert!(
        index
            .reader
            .documents(&nobody, &[case])
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        index
            .reader
            .document_passages(&nobody, case, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(index.reader.counts(&nobody).await.unwrap().is_empty());
    let exact = index
        .reader
        .exact(&nobody, &[ExactKey::Id(case)], &Filters::default())
        .await;
    assert!(exact.unwrap().is_empty());
}

#[tokio::test]
async fn a_hidden_object_within_a_document_does_not_match() {
    let index = index().await;
    let ada = viewer(&["Case"]);
    assert!(!finds(&index, &ada, "whispered").await);
    assert!(finds(&index, &ada, "stalls").await);

    let (password, filters) = (vector("whispered password"), Filters::default());
    let hits = index.reader.vector(&ada, &password, &filters, 9).await;
    for hit in hits.unwrap() {
        let passages = index.reader.passages(&ada, &[hit.passage]).await.unwrap();
        assert_eq!(passages[0].object, object("Case"));
    }
    let passages = index
        .reader
        .document_passages(&ada, id("500", 1), 9)
        .await
        .unwrap();
    assert!(
        passages
            .iter()
            .all(|passage| passage.object == object("Case"))
    );

    let key = [ExactKey::Id(id("00a", 1))];
    let exact = index.reader.exact(&ada, &key, &Filters::default()).await;
    assert!(
        exact.unwrap().is_empty(),
        "a hidden comment's id names its case"
    );
}

#[tokio::test]
async fn a_readable_comment_of_a_hidden_case_does_not_match() {
    let index = index().await;
    let ada = viewer(&["CaseComment"]);
    assert!(!finds(&index, &ada, "whispered").await);
    assert!(index.nearest(&ada, "whispered password").await.is_empty());
}

#[tokio::test]
async fn a_hidden_field_does_not_match() {
    let index = index().await;
    let ada = viewer_of_fields(&["Case.Subject", "CaseComment.CommentBody"]);
    assert!(!finds(&index, &ada, "stalls").await);
    assert!(finds(&index, &ada, "whispered").await);
    let hits = index
        .reader
        .vector(&ada, &vector("The pump stalls"), &Filters::default(), 9)
        .await;
    let hits: Vec<_> = hits.unwrap().into_iter().map(|hit| hit.passage).collect();
    let passages = index.reader.passages(&ada, &hits).await.unwrap();
    assert_eq!(passages.len(), 1);
    assert_eq!(passages[0].object, object("CaseComment"));
}

#[tokio::test]
async fn a_hidden_title_does_not_match() {
    let index = index().await;
    let ada = viewer_of_fields(&["Case.Description"]);
    assert!(!finds(&index, &ada, "merger").await);
    assert!(!finds(&index, &ada, "\"secret merger\"").await);
    assert!(!finds(&index, &ada, "mergre").await, "by a typing mistake");
    assert!(finds(&index, &ada, "stalls").await);
    assert!(finds(&index, &viewer(&["Case"]), "merger").await);

    let seen = index.reader.documents(&ada, &[id("500", 1)]).await.unwrap();
    assert_eq!(seen[0].title, None);
}

#[tokio::test]
async fn a_hidden_title_moves_no_score() {
    let index = TestIndex::with(vec![
        case(1, "pump", "pump").build(),
        case(2, "other", "pump").build(),
    ])
    .await;
    let ada = viewer_of_fields(&["Case.Description"]);
    let query = precis_store::KeywordQuery::parse("pump");
    let hits = index
        .reader
        .keyword(&ada, &query, &Filters::default(), 9)
        .await
        .unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!(hits[0].score, hits[1].score);
}

#[tokio::test]
async fn a_filter_on_a_hidden_field_finds_nothing() {
    let index = index().await;
    let filters = [
        Filters {
            status: vec!["Escalated".to_owned()],
            ..Filters::default()
        },
        Filters {
            accounts: vec![id("001", 1)],
            ..Filters::default()
        },
        Filters {
            owners: vec![id("005", 2)],
            ..Filters::default()
        },
        Filters {
            facets: [("product".to_owned(), vec!["PX-200".to_owned()])].into(),
            ..Filters::default()
        },
    ];
    let blind = viewer_of_fields(&["Case.Description"]);
    let seeing = viewer_of_fields(&[
        "Case.Subject",
        "Case.Description",
        "Case.Status",
        "Case.AccountId",
        "Case.OwnerId",
        "Case.Product__c",
    ]);
    for filters in &filters {
        assert!(
            index
                .both(&blind, "The pump stalls", filters)
                .await
                .is_empty(),
            "{filters:?}"
        );
        assert_eq!(
            index.both(&seeing, "The pump stalls", filters).await.len(),
            1,
            "{filters:?}"
        );
        let key = [ExactKey::Id(id("500", 1))];
        let exact = index.reader.exact(&blind, &key, filters).await.unwrap();
        assert!(exact.is_empty(), "{filters:?}");
    }
}

#[tokio::test]
async fn an_address_in_a_hidden_field_names_nothing() {
    let index = index().await;
    let key = [ExactKey::Email("ANN@acme.com".to_owned())];
    let filters = Filters::default();
    let seeing = index
        .reader
        .exact(&viewer(&["Case"]), &key, &filters)
        .await
        .unwrap();
    assert_eq!(seeing, [id("500", 1)]);
    let blind = viewer_of_fields(&["Case.Description"]);
    assert!(
        index
            .reader
            .exact(&blind, &key, &filters)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn what_a_viewer_may_not_read_is_neither_asked_nor_excluded() {
    let index = TestIndex::with(vec![
        case(1, "a", "pump")
            .status("New")
            .facet("level", "Level__c", "high")
            .build(),
        case(2, "b", "pump").status("Closed").build(),
    ])
    .await;
    let all = viewer_of_fields(&[
        "Case.Subject",
        "Case.Description",
        "Case.Status",
        "Case.Level__c",
    ]);
    let less = viewer_of_fields(&["Case.Subject", "Case.Description"]);
    assert!(index.reader.facet_names(&all).contains("level"));
    assert!(index.reader.facet_names(&less).is_empty());
    let mut filters = Filters::default();
    filters.not.status = vec!["Closed".to_owned()];
    assert_eq!(index.both(&all, "pump", &filters).await, [id("500", 1)]);
    let both = [id("500", 1), id("500", 2)];
    assert_eq!(index.both(&less, "pump", &filters).await, both);
}
