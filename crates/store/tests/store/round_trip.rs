use std::ops::ControlFlow;

use precis_store::{Batch, Counts, Filters, KeywordQuery};

use crate::support::*;

#[tokio::test]
async fn what_is_written_is_found_by_both_engines() {
    let index = TestIndex::with(vec![
        case(1, "Pump stalls", "The pump stalls under load").build(),
        case(2, "Invoice", "The invoice shows a wrong amount").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);

    assert_eq!(index.words(&ada, "stalling pumps").await, [id("500", 1)]);
    let nearest = index
        .nearest(&ada, "the invoice shows a wrong amount")
        .await;
    assert_eq!(nearest.first(), Some(&id("500", 2)));
    assert!(index.reader.committed_at().is_some());
}

#[tokio::test]
async fn passages_and_documents_come_back_as_written() {
    let written = case(1, "Pump", "It stalls")
        .comment(1, "Replaced the valve")
        .status("New")
        .build();
    let index = TestIndex::with(vec![written.clone()]).await;
    let ada = viewer(&["Case", "CaseComment"]);

    let documents = index
        .reader
        .documents(&ada, &[id("500", 9), id("500", 1)])
        .await;
    assert_eq!(documents.unwrap(), [written.document]);

    let passages: Vec<_> = written
        .passages
        .into_iter()
        .map(|(passage, _)| passage)
        .collect();
    let ids = [passages[1].id, passages[0].id];
    let hydrated = index.reader.passages(&ada, &ids).await.unwrap();
    assert_eq!(hydrated, [passages[1].clone(), passages[0].clone()]);

    let in_order = index.reader.document_passages(&ada, id("500", 1), 10).await;
    assert_eq!(in_order.unwrap(), passages);
    let first = index.reader.document_passages(&ada, id("500", 1), 1).await;
    assert_eq!(first.unwrap(), passages[..1]);
}

#[tokio::test]
async fn replacing_a_document_takes_its_old_passages_away() {
    let before = case(1, "Pump", "It stalls")
        .comment(1, "unobtainium")
        .build();
    let old_comment = before.passages[1].0.id;
    let mut index = TestIndex::with(vec![before]).await;
    index
        .add(vec![case(1, "Pump", "It is repaired").build()])
        .await;
    let ada = viewer(&["Case", "CaseComment"]);

    assert!(index.words(&ada, "unobtainium").await.is_empty());
    assert!(index.words(&ada, "stalls").await.is_empty());
    assert_eq!(index.words(&ada, "repaired").await, [id("500", 1)]);
    assert!(
        index
            .reader
            .passages(&ada, &[old_comment])
            .await
            .unwrap()
            .is_empty()
    );
    let counts = index.writer.counts().await.unwrap();
    assert_eq!((counts.passages, counts.vectors), (1, 1));
}

#[tokio::test]
async fn a_removed_document_is_gone_from_both_engines() {
    let mut index = TestIndex::with(vec![
        case(1, "Pump", "alpha").build(),
        case(2, "Pump", "beta").build(),
    ])
    .await;
    index.remove(vec![id("500", 1), id("500", 77)]).await;
    let ada = viewer(&["Case"]);

    assert_eq!(
        index.both(&ada, "pump alpha", &Filters::default()).await,
        [id("500", 2)]
    );
    assert!(
        index
            .reader
            .documents(&ada, &[id("500", 1)])
            .await
            .unwrap()
            .is_empty()
    );
    let expected = Counts {
        documents: [(object("Case"), 1)].into(),
        passages: 1,
        vectors: 1,
    };
    assert_eq!(index.writer.counts().await.unwrap(), expected);
}

#[tokio::test]
async fn a_restart_keeps_documents_vectors_and_cursor() {
    let mut index = TestIndex::new().await;
    assert_eq!(index.writer.cursor(), None);
    index.add(vec![case(1, "Pump", "alpha").build()]).await;
    index.writer.commit("page 2").await.unwrap();
    let committed_at = index.reader.committed_at();

    let mut index = index.reopened().await;
    assert_eq!(index.writer.cursor(), Some("page 2"));
    assert_eq!(index.reader.committed_at(), committed_at);
    let ada = viewer(&["Case"]);
    assert_eq!(
        index.both(&ada, "alpha", &Filters::default()).await,
        [id("500", 1)]
    );

    index.add(vec![case(2, "Pump", "beta").build()]).await;
    let index = index.reopened().await;
    assert_eq!(
        index
            .both(&ada, "pump beta", &Filters::default())
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn a_commit_without_changes_moves_the_cursor() {
    let mut index = TestIndex::new().await;
    index.writer.commit("empty").await.unwrap();
    assert_eq!(index.reopened().await.writer.cursor(), Some("empty"));
}

#[tokio::test]
async fn readers_see_a_write_at_its_commit_and_not_before() {
    let mut index = TestIndex::with(vec![case(1, "Pump", "alpha").build()]).await;
    let ada = viewer(&["Case"]);
    let batch = Batch {
        upserts: vec![case(2, "Pump", "beta").build()],
        removals: Vec::new(),
    };
    index.writer.write(batch).await.unwrap();
    assert_eq!(
        index
            .both(&ada, "pump alpha beta", &Filters::default())
            .await,
        [id("500", 1)]
    );
    index.writer.commit("two").await.unwrap();
    assert_eq!(
        index
            .both(&ada, "pump alpha beta", &Filters::default())
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn an_export_has_every_document_once() {
    let documents: Vec<_> = (1..=200)
        .map(|number| case(number, "Pump", "text").comment(number, "more").build())
        .collect();
    let mut index = TestIndex::with(documents.clone()).await;
    index.remove(vec![id("500", 5)]).await;

    let mut exported = Vec::new();
    let each = |document: domain::Document| {
        exported.push(document.id);
        ControlFlow::Continue(())
    };
    index.writer.export(each).await.unwrap();
    exported.sort();
    let mut listed = index.writer.document_ids(&object("Case")).await.unwrap();
    listed.sort();
    assert_eq!(exported, listed);
    assert_eq!(exported.len(), 199);

    let mut first = index.writer.documents();
    assert!(first.next().await.unwrap().is_ok());
    let mut handed_over = 0;
    let stop = |_| {
        handed_over += 1;
        ControlFlow::Break(())
    };
    index.writer.export(stop).await.unwrap();
    assert_eq!(handed_over, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_run_while_pages_are_written() {
    let mut index = TestIndex::with(vec![case(1, "Pump", "alpha").build()]).await;
    let (reader, ada) = (index.reader.clone(), viewer(&["Case"]));
    let (done, mut stopped) = tokio::sync::watch::channel(false);
    let searching = tokio::spawn(async move {
        let query = KeywordQuery::parse("pump");
        let (mut rounds, mut most) = (0, 0);
        while !*stopped.borrow_and_update() {
            let filters = Filters::default();
            let words = reader.keyword(&ada, &query, &filters, 1000).await.unwrap();
            let near = reader
                .vector(&ada, &vector("alpha"), &filters, 1000)
                .await
                .unwrap();
            assert!(words.len() >= most, "a committed passage was lost");
            assert!(!near.is_empty());
            most = words.len();
            rounds += 1;
            tokio::task::yield_now().await;
        }
        rounds
    });
    for page in 0..20 {
        let cases = (0..10).map(|number| case(2 + page * 10 + number, "Pump", "alpha").build());
        index.add(cases.collect()).await;
    }
    done.send(true).unwrap();
    assert!(searching.await.unwrap() > 0);
    assert_eq!(index.writer.counts().await.unwrap().vectors, 201);
}

#[tokio::test]
async fn optimizing_changes_no_answer() {
    let documents = (1..=300).map(|number| case(number, "Pump", &format!("word{number}")).build());
    let mut index = TestIndex::with(documents.collect()).await;
    index
        .remove((100..=250).map(|number| id("500", number)).collect())
        .await;
    let ada = viewer(&["Case"]);
    let filters = Filters {
        documents: Some(vec![id("500", 7), id("500", 120)]),
        ..Filters::default()
    };
    let before = index.nearest(&ada, "word7").await;
    index.writer.optimize().await.unwrap();
    assert_eq!(index.nearest(&ada, "word7").await, before);
    assert_eq!(
        index.nearest_in(&ada, "word7", &filters).await,
        [id("500", 7)]
    );
    let index = index.reopened().await;
    assert_eq!(index.nearest(&ada, "word7").await, before);
}

/// Every commit leaves a segment: what is merged, filtered and pruned must not show in the answers.
#[tokio::test]
async fn many_commits_answer_as_one_does() {
    let documents = |numbers: std::ops::Range<u32>| {
        let build = |number: u32| {
            let text = format!("the pump {} leaks at valve {}", number % 7, number % 11);
            let status = if number.is_multiple_of(9) {
                "Open"
            } else {
                "Closed"
            };
            case(number, "Report", &text).status(status).build()
        };
        numbers.map(build).collect::<Vec<_>>()
    };
    let one = TestIndex::with(documents(1..241)).await;
    let mut many = TestIndex::new().await;
    for page in 0..12 {
        many.add(documents(1 + page * 20..21 + page * 20)).await;
    }
    let ada = viewer(&["Case"]);
    let open = Filters {
        status: vec!["open".to_owned()],
        ..Filters::default()
    };
    // Each finds fewer than the fifty that are looked at, so that both indexes give all.
    let questions = [
        (Filters::default(), "10"),
        (open.clone(), "pump 3"),
        (open.clone(), "leaks at valve 5"),
        (open, "report"),
    ];
    for _ in 0..2 {
        for (filters, text) in &questions {
            let mut expected = one.words_in(&ada, text, filters).await;
            let mut found = many.words_in(&ada, text, filters).await;
            // Equal scores stand in the order of the rows, which differs.
            expected.sort();
            found.sort();
            assert!(!expected.is_empty(), "'{text}' finds nothing");
            assert_eq!(found, expected, "'{text}'");
        }
        many.writer.optimize().await.unwrap();
    }
}

#[tokio::test]
async fn heads_are_documents_without_text_and_as_new() {
    let mut index = TestIndex::with(vec![
        case(1, "Pump leaks", "alpha").status("New").build(),
        case(2, "Other", "beta").build(),
    ])
    .await;
    let ada = viewer(&["Case"]);
    let ids = [id("500", 2), id("500", 9), id("500", 1)];
    let mut whole = index.reader.documents(&ada, &ids).await.unwrap();
    whole
        .iter_mut()
        .for_each(|document| document.records.clear());
    let heads = index.reader.heads(&ada, &ids).await.unwrap();
    assert_eq!(heads, whole);
    assert_eq!(heads[1].status.as_ref().unwrap().value, "New");

    index
        .add(vec![case(1, "Pump is dry", "alpha").build()])
        .await;
    let heads = index.reader.heads(&ada, &ids[2..]).await.unwrap();
    assert_eq!(heads[0].title.as_ref().unwrap().text, "Pump is dry");
    let nobody = viewer_of_fields(&["Case.Description"]);
    let heads = index.reader.heads(&nobody, &ids[2..]).await.unwrap();
    assert_eq!(heads[0].title, None);
    index.remove(vec![id("500", 1)]).await;
    assert!(
        index
            .reader
            .heads(&ada, &ids[2..])
            .await
            .unwrap()
            .is_empty()
    );
}
