use precis_store::{Batch, Error, Filters};

use crate::support::*;

fn batch() -> Batch {
    Batch {
        upserts: vec![
            case(1, "Pump", "alpha replaced").build(),
            case(3, "Pump", "gamma new").build(),
        ],
        removals: vec![id("500", 2)],
    }
}

async fn before() -> TestIndex {
    TestIndex::with(vec![
        case(1, "Pump", "alpha").comment(1, "old comment").build(),
        case(2, "Pump", "beta").build(),
    ])
    .await
}

#[tokio::test]
async fn a_write_without_its_commit_shows_no_ghosts() {
    let mut index = before().await;
    index.writer.write(batch()).await.unwrap();
    let index = index.reopened().await;
    let ada = viewer(&["Case", "CaseComment"]);

    assert_eq!(index.writer.cursor(), Some("added"));
    for text in ["gamma new", "alpha beta old comment"] {
        let nearest = index.nearest(&ada, text).await;
        assert!(!nearest.contains(&id("500", 3)), "{text}: {nearest:?}");
    }
    assert!(index.words(&ada, "gamma").await.is_empty());
    // The keyword index is exactly as it was committed.
    assert_eq!(index.words(&ada, "alpha beta comment").await.len(), 2);
}

#[tokio::test]
async fn the_replay_ends_where_an_undisturbed_run_does() {
    let mut disturbed = before().await;
    disturbed.writer.write(batch()).await.unwrap();
    let mut disturbed = disturbed.reopened().await;
    let mut calm = before().await;
    for index in [&mut disturbed, &mut calm] {
        index.writer.write(batch()).await.unwrap();
        index.writer.commit("end").await.unwrap();
    }
    let ada = viewer(&["Case", "CaseComment"]);

    let (left, right) = (disturbed.writer.counts().await, calm.writer.counts().await);
    assert_eq!(left.unwrap(), right.unwrap());
    for text in ["alpha replaced", "gamma new", "beta", "old comment"] {
        assert_eq!(
            disturbed.words(&ada, text).await,
            calm.words(&ada, text).await
        );
        assert_eq!(
            disturbed.nearest(&ada, text).await,
            calm.nearest(&ada, text).await
        );
    }
}

#[tokio::test]
async fn a_bad_vector_writes_nothing() {
    let mut index = before().await;
    let mut short = case(4, "Pump", "delta").build();
    short.passages[0].1 = Some(vec![1.0; 3]);
    let mut endless = case(4, "Pump", "delta").build();
    endless.passages[0].1 = Some(vec![f32::NAN; DIMENSION]);
    for bad in [short, endless] {
        let batch = Batch {
            upserts: vec![case(5, "Pump", "epsilon").build(), bad],
            removals: Vec::new(),
        };
        let error = index.writer.write(batch).await.unwrap_err();
        assert!(
            matches!(error, Error::Dimension { .. } | Error::NotFinite { .. }),
            "{error}"
        );
    }
    index.writer.commit("after").await.unwrap();
    assert_eq!(
        index.writer.counts().await.unwrap().documents[&object("Case")],
        2
    );
    let found = index
        .reader
        .vector(&viewer(&["Case"]), &[1.0], &Filters::default(), 5)
        .await;
    assert!(matches!(found, Err(Error::Dimension { found: 1, .. })));
}

#[tokio::test]
async fn a_write_that_was_dropped_is_undone_and_reported() {
    let mut index = before().await;
    let given_up = tokio::time::timeout(std::time::Duration::ZERO, index.writer.write(batch()));
    if given_up.await.is_ok() {
        // The machine was faster than the timeout; then nothing was cut short.
        return;
    }
    let error = index.writer.commit("too far").await.unwrap_err();
    assert!(matches!(error, Error::CutShort), "{error}");
    assert_eq!(index.writer.cursor(), Some("added"));
    index.writer.write(batch()).await.unwrap();
    index.writer.commit("end").await.unwrap();
    assert_eq!(
        index.words(&viewer(&["Case"]), "gamma").await,
        [id("500", 3)]
    );
}
