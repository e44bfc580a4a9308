//! What sharing opens to a viewer narrows a search, in either engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{ArticleSight, ArticleVisibility, Channel, Grant, Grantee, Reach, Viewer};
use precis_store::{Filters, Order, Reached};

use crate::support::*;

fn grant(path: &[&str], to: Grantee) -> Grant {
    Grant {
        path: path.iter().map(|name| object(name)).collect(),
        to,
    }
}

fn reach(user: u32, open: &[&str], principals: &[u32]) -> Reach {
    Reach {
        user: id("005", user),
        all_data: false,
        open: open.iter().map(|name| object(name)).collect(),
        principals: principals.iter().map(|group| id("00G", *group)).collect(),
    }
}

/// Cases that are open in different ways, each with the same text.
async fn index() -> TestIndex {
    let all = || Grantee::All(object("Case"));
    let to_group = |group| Grantee::Reach(id("00G", group));
    TestIndex::with(vec![
        case(1, "one", "the pump stalls").build(),
        case(2, "two", "the pump stalls")
            .grant(grant(&[], all()))
            .grant(grant(&[], to_group(7)))
            .build(),
        case(3, "three", "the pump stalls")
            .grant(grant(&["Account"], Grantee::All(object("Account"))))
            .grant(grant(&["Account"], to_group(8)))
            .build(),
        case(4, "four", "the pump stalls")
            .grant(grant(&[], Grantee::Only(id("005", 1))))
            .build(),
    ])
    .await
}

fn cases(numbers: &[u32]) -> BTreeSet<domain::RecordId> {
    numbers.iter().map(|number| id("500", *number)).collect()
}

/// What both engines and the lists find, which must be the same.
async fn found(index: &TestIndex, viewer: &Viewer, reach: Reached) -> BTreeSet<domain::RecordId> {
    let filters = Filters {
        reach,
        ..Filters::default()
    };
    let words = index.words_in(viewer, "pump", &filters).await;
    let near = index.nearest_in(viewer, "the pump stalls", &filters).await;
    let listed = index
        .reader
        .listed(viewer, &filters, Order::Newest, None, 50);
    let listed = listed
        .await
        .unwrap()
        .into_iter()
        .map(|place| place.document);
    let words: BTreeSet<_> = words.into_iter().collect();
    let all: Vec<_> = cases(&[1, 2, 3, 4]).into_iter().collect();
    let among = index.reader.among(viewer, &filters, &all).await.unwrap();
    assert_eq!(words, among);
    assert_eq!(words, near.into_iter().collect());
    assert_eq!(words, listed.collect());
    words
}

#[tokio::test]
async fn sharing_narrows_both_engines() {
    let index = index().await;
    let of_cases = || viewer(&["Case"]);
    let of_both = || viewer(&["Account", "Case"]);
    let with = |viewer: Viewer, reach: Reach| viewer.with_reach(Arc::new(reach));
    for (name, viewer, granted) in [
        ("nobody", with(of_cases(), reach(9, &[], &[])), vec![]),
        ("a group", with(of_cases(), reach(9, &[], &[7])), vec![2]),
        (
            "view all",
            with(of_cases(), reach(9, &["Case"], &[])),
            vec![2],
        ),
        (
            "a path without its object",
            with(of_cases(), reach(9, &["Account"], &[8])),
            vec![],
        ),
        ("a path", with(of_both(), reach(9, &[], &[8])), vec![3]),
        (
            "all of the parent",
            with(of_both(), reach(9, &["Account"], &[])),
            vec![3],
        ),
        (
            "the owner alone",
            with(of_cases(), reach(1, &[], &[])),
            vec![4],
        ),
    ] {
        assert_eq!(
            found(&index, &viewer, Reached::Granted).await,
            cases(&granted),
            "{name}"
        );
        let likely: Vec<u32> = [1].into_iter().chain(granted).collect();
        assert_eq!(
            found(&index, &viewer, Reached::Likely).await,
            cases(&likely),
            "{name}"
        );
        let everything = cases(&[1, 2, 3, 4]);
        assert_eq!(
            found(&index, &viewer, Reached::Anything).await,
            everything,
            "{name}"
        );
    }
}

#[tokio::test]
async fn thousands_of_principals_are_a_filter_like_few() {
    let index = index().await;
    let principals: Vec<u32> = (100..4_000).chain([7]).collect();
    let viewer = viewer(&["Case"]).with_reach(Arc::new(reach(9, &[], &principals)));
    for _ in 0..2 {
        assert_eq!(found(&index, &viewer, Reached::Granted).await, cases(&[2]));
    }
    let other: Vec<u32> = (100..4_000).collect();
    let other = crate::support::viewer(&["Case"]).with_reach(Arc::new(reach(9, &[], &other)));
    assert_eq!(found(&index, &other, Reached::Granted).await, cases(&[]));
}

#[tokio::test]
async fn an_article_out_of_sight_is_not_found_or_read() {
    let visibility = |channel, category: &str| ArticleVisibility {
        channels: BTreeSet::from([channel]),
        categories: BTreeMap::from([(
            "Products".to_owned(),
            BTreeSet::from([category.to_owned()]),
        )]),
        validation_status: None,
    };
    let index = TestIndex::with(vec![
        case(1, "one", "the pump stalls")
            .visible(visibility(Channel::App, "Pumps"))
            .build(),
        case(2, "two", "the pump stalls")
            .visible(visibility(Channel::App, "Valves"))
            .build(),
        case(3, "three", "the pump stalls")
            .visible(visibility(Channel::Pkb, "Pumps"))
            .build(),
    ])
    .await;
    let sight = ArticleSight {
        channels: Some(BTreeSet::from([Channel::App])),
        categories: BTreeMap::from([("Products".to_owned(), BTreeSet::from(["Pumps".to_owned()]))]),
        ..ArticleSight::default()
    };
    let ada = viewer(&["Case"]).with_articles(sight);
    assert_eq!(found(&index, &ada, Reached::Anything).await, cases(&[1]));
    let all: Vec<_> = cases(&[1, 2, 3]).into_iter().collect();
    let read = index.reader.documents(&ada, &all).await.unwrap();
    assert_eq!(read.len(), 1);
    let heads = index.reader.heads(&ada, &all).await.unwrap();
    assert_eq!(heads.len(), 1);
}

#[tokio::test]
async fn vectors_that_know_a_hidden_title_are_not_searched() {
    let index = TestIndex::with(vec![
        case(1, "Secret merger", "The pump stalls").build(),
        case(2, "", "The valve leaks").untitled().build(),
    ])
    .await;
    let ada = viewer_of_fields(&["Case.Description"]);
    let near = index.nearest(&ada, "Secret merger The pump stalls").await;
    assert_eq!(near, [id("500", 2)], "what has no title tells none");
    assert_eq!(
        index.nearest(&viewer(&["Case"]), "pump stalls").await.len(),
        2
    );
}
