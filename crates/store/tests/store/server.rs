use std::process::Command;
use std::time::{Duration, Instant};

use precis_store::{Error, Filters, ModelSpec, ServerOptions, Words};

use crate::support::*;

/// What is promised of a folder alone: commits that are seen whole or not at all, and words that
/// are found although they are spelled wrong.
const OF_FOLDERS: &[&str] = &[
    "a_write_without_its_commit_shows_no_ghosts",
    "readers_see_a_write_at_its_commit_and_not_before",
    "one_slip_of_the_keyboard_is_forgiven_in_words_but_not_in_codes",
];

/// Runs the tests of every index again, in processes of their own, with the index on a server.
#[test]
fn a_server_keeps_the_same_promises() {
    if std::env::var("PRECIS_TEST_QDRANT_URL").is_err() {
        return;
    }
    for words in ["local", "server"] {
        let mut tests = Command::new(std::env::current_exe().unwrap());
        tests.args(["round_trip::", "crash::", "access::", "search::"]);
        if words == "server" {
            for skipped in OF_FOLDERS {
                tests.args(["--skip", skipped]);
            }
        }
        let status = tests.env("PRECIS_TEST_WORDS", words).status().unwrap();
        assert!(status.success(), "with words {words}");
    }
}

fn other_model() -> ModelSpec {
    ModelSpec {
        id: "test/other".to_owned(),
        dimension: DIMENSION,
    }
}

#[tokio::test]
async fn another_model_is_built_beside_the_old_one() {
    let Some(remote) = Remote::new(Words::Server) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let open = |model: ModelSpec| {
        let mut options = options(folder.path());
        options.model = model;
        precis_store::open_on_server(options, remote.options.clone())
    };
    let ada = viewer(&["Case"]);
    let batch = |text: &str| precis_store::Batch {
        upserts: vec![case(1, "Pump", text).build()],
        removals: Vec::new(),
    };
    let (_, mut old) = open(options(folder.path()).model).await.unwrap();
    old.write(batch("pressure lost")).await.unwrap();
    old.commit("one").await.unwrap();
    let reader =
        precis_store::read_from_server(options(folder.path()).model, remote.options.clone())
            .unwrap();
    let near = vector("pressure");
    let none = Filters::default();
    assert_eq!(reader.vector(&ada, &near, &none, 5).await.unwrap().len(), 1);
    drop(old);

    let (_, mut new) = open(other_model()).await.unwrap();
    assert_eq!(new.cursor(), None, "the new collection begins anew");
    new.write(batch("pressure lost")).await.unwrap();
    new.commit("two").await.unwrap();
    let newer = precis_store::read_from_server(other_model(), remote.options.clone()).unwrap();
    assert_eq!(reader.vector(&ada, &near, &none, 5).await.unwrap().len(), 1);
    // A reader of the new model finds words in what the old one wrote, until the new is whole.
    let query = precis_store::KeywordQuery::parse("pressure");
    assert_eq!(
        newer.keyword(&ada, &query, &none, 5).await.unwrap().len(),
        1
    );
    let early = newer.vector(&ada, &near, &none, 5).await.unwrap_err();
    assert!(matches!(early, Error::OtherCollection { .. }), "{early}");

    new.publish().await.unwrap();
    assert_eq!(newer.vector(&ada, &near, &none, 5).await.unwrap().len(), 1);
    let late = reader.vector(&ada, &near, &none, 5).await.unwrap_err();
    assert!(late.vectors_away().is_some(), "{late}");
    assert_eq!(
        remote.collections().await.len(),
        2,
        "passages and documents"
    );
}

#[tokio::test]
async fn vectors_that_have_gone_are_written_anew() {
    let Some(remote) = Remote::new(Words::Local) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let open = || precis_store::open_on_server(options(folder.path()), remote.options.clone());
    let (reader, mut writer) = open().await.unwrap();
    let batch = || precis_store::Batch {
        upserts: vec![case(1, "Pump", "pressure lost").build()],
        removals: Vec::new(),
    };
    writer.write(batch()).await.unwrap();
    writer.commit("one").await.unwrap();
    drop((reader, writer));
    for collection in remote.collections().await {
        remote.client().delete_collection(collection).await.unwrap();
    }
    let (reader, mut writer) = open().await.unwrap();
    assert_eq!(writer.cursor(), Some("one"));
    let error = writer.write(batch()).await.unwrap_err();
    assert!(matches!(error, Error::CutShort), "{error}");
    assert_eq!(writer.cursor(), None);
    writer.write(batch()).await.unwrap();
    writer.commit("again").await.unwrap();
    let (ada, near, none) = (viewer(&["Case"]), vector("pressure"), Filters::default());
    assert_eq!(reader.vector(&ada, &near, &none, 5).await.unwrap().len(), 1);
}

/// Nothing listens there.
fn nowhere() -> ServerOptions {
    ServerOptions::new("http://127.0.0.1:9".to_owned(), "nowhere".to_owned())
}

#[tokio::test]
async fn a_server_that_is_away_costs_the_vectors_and_no_time() {
    let (_directory, folder) = TestIndex::with(vec![case(1, "Pump", "pressure lost").build()])
        .await
        .closed();
    let opened = precis_store::open_on_server(options(&folder), nowhere()).await;
    let (reader, writer) = opened.unwrap();
    assert_eq!(writer.cursor(), None, "the vectors are to be written there");
    let (ada, near, none) = (viewer(&["Case"]), vector("pressure"), Filters::default());
    for _ in 0..20 {
        let begun = Instant::now();
        let error = reader.vector(&ada, &near, &none, 5).await.unwrap_err();
        assert!(matches!(error, Error::Away { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(1));
    }
    let query = precis_store::KeywordQuery::parse("pressure");
    assert_eq!(
        reader.keyword(&ada, &query, &none, 5).await.unwrap().len(),
        1
    );
    assert_eq!(writer.counts().await.unwrap().vectors, 0);
}
