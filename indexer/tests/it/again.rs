use std::collections::BTreeSet;

use precis_indexer::{Error, Indexer, Progress, Report, Request, Scope};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::admin::Admin;
use crate::support::{Folder, cases, export, id, object, open_index, profiles, sync, texts};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_equal_is_not_built_again() {
    let org = cases(20).start().await;
    let (mut indexer, first) = org.sync().await;
    assert_eq!(
        first
            .objects
            .iter()
            .map(|object| object.written)
            .sum::<u64>(),
        20
    );
    let again = sync(&mut indexer).await;
    assert_eq!(
        again
            .objects
            .iter()
            .map(|object| object.changed)
            .sum::<u64>(),
        0
    );
    assert_eq!(
        again
            .objects
            .iter()
            .map(|object| object.written)
            .sum::<u64>(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_child_rebuilds_its_document_alone() {
    let org = cases(20).start().await;
    let (mut indexer, _) = org.sync().await;
    org.change(
        "CaseComment",
        id("00a", 7),
        json!({"CommentBody": "It was the seal."}),
    )
    .await;
    let again = sync(&mut indexer).await;
    assert_eq!(
        again
            .objects
            .iter()
            .map(|object| object.written)
            .sum::<u64>(),
        1
    );
    let case = export(&indexer).await.remove(&id("500", 7)).unwrap();
    let comment = texts(&case.records[1]);
    assert!(
        comment.contains(&("CommentBody", "It was the seal.")),
        "{comment:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attached_article_rebuilds_its_case_alone() {
    let article = json!({
        "Id": id("ka0", 1), "KnowledgeArticleId": id("kA0", 1), "ArticleNumber": "000000001",
        "Title": "Valves", "UrlName": "valves", "Language": "en_US", "PublishStatus": "Online",
        "IsLatestVersion": true, "VersionNumber": 1, "IsVisibleInApp": true,
    });
    let attached = json!({
        "Id": id("0AR", 1), "CaseId": id("500", 3), "KnowledgeArticleId": id("kA0", 1),
    });
    let org = cases(20)
        .with("Knowledge__kav", [article])
        .with("CaseArticle", [attached])
        .start()
        .await;
    let (mut indexer, first) = org.sync().await;
    assert!(first.complete, "{first:?}");
    let documents = export(&indexer).await;
    let [known] = documents[&id("500", 3)].articles.as_slice() else {
        panic!("{:?}", documents[&id("500", 3)]);
    };
    assert_eq!(known.article, id("kA0", 1));
    assert_eq!(known.object, "CaseArticle");

    let admin = Admin::of(&org).await;
    let attached = json!({"CaseId": id("500", 7), "KnowledgeArticleId": id("kA0", 1)});
    let added = admin.insert("CaseArticle", attached).await;
    let added = added.unwrap_or_else(|| panic!("{:?}", admin.refused.borrow()));
    let written = |report: &Report| -> u64 { report.objects.iter().map(|o| o.written).sum() };
    assert_eq!(written(&sync(&mut indexer).await), 1);
    let case = export(&indexer).await.remove(&id("500", 7)).unwrap();
    assert_eq!(case.articles.len(), 1, "{case:?}");

    assert!(admin.delete("CaseArticle", &added).await);
    assert_eq!(written(&sync(&mut indexer).await), 1);
    let case = export(&indexer).await.remove(&id("500", 7)).unwrap();
    assert!(case.articles.is_empty(), "{case:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_index_is_rebuilt_from_the_mirror() {
    let org = cases(20).start().await;
    let (indexer, _) = org.sync().await;
    let before = export(&indexer).await;
    drop(indexer);
    let index = org.data.path().join("index");
    let lost = org.data.path().join("lost");
    while std::fs::rename(&index, &lost).is_err() {}

    let mut indexer = org.indexer(org.options()).await;
    let waiting: u64 = indexer
        .status()
        .await
        .unwrap()
        .objects
        .iter()
        .map(|object| object.waiting)
        .sum();
    assert_eq!(waiting, 20);
    let report = sync(&mut indexer).await;
    assert_eq!(
        report
            .objects
            .iter()
            .map(|object| object.changed)
            .sum::<u64>(),
        0
    );
    assert_eq!(export(&indexer).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_mirror_is_pulled_again_and_leaves_nothing_behind() {
    let org = cases(20).start().await;
    let (indexer, _) = org.sync().await;
    let before = export(&indexer).await;
    drop(indexer);
    for file in ["mirror.sqlite", "mirror.sqlite-wal", "mirror.sqlite-shm"] {
        let _ = std::fs::remove_file(org.data.path().join(file));
    }
    let (indexer, report) = org.sync().await;
    assert_eq!(
        report
            .objects
            .iter()
            .map(|object| object.written)
            .sum::<u64>(),
        20
    );
    assert_eq!(export(&indexer).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_profile_builds_the_documents_anew() {
    let org = cases(20).start().await;
    drop(org.sync().await);
    let mut options = org.options();
    options.profiles = profiles("[Case]\nchildren = []");
    let mut indexer = org.indexer(options).await;
    let report = sync(&mut indexer).await;
    let case = report
        .objects
        .iter()
        .find(|report| report.object == "Case")
        .unwrap();
    assert_eq!((case.changed, case.written), (0, 20));
    assert!(
        export(&indexer)
            .await
            .values()
            .all(|case| case.records.len() == 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_that_is_taken_back_goes() {
    let article = json!({
        "Id": id("ka0", 1), "KnowledgeArticleId": id("kA0", 1), "ArticleNumber": "000000001",
        "Title": "Reset", "UrlName": "reset", "Language": "en_US", "PublishStatus": "Online",
        "IsLatestVersion": true, "VersionNumber": 1, "IsVisibleInApp": true,
    });
    let org = Folder::new()
        .with("Knowledge__kav", [article])
        .start()
        .await;
    let (mut indexer, _) = org.sync().await;
    assert_eq!(export(&indexer).await.len(), 1);
    let url = format!("{}/__devorg/archive", org.server.url());
    let body = json!({"id": id("ka0", 1)});
    let reply = reqwest::Client::new()
        .post(url)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(
        reply.status().is_success(),
        "{}",
        reply.text().await.unwrap()
    );
    sync(&mut indexer).await;
    assert!(export(&indexer).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_syncs_its_objects_alone() {
    let org = cases(3)
        .with(
            "Account",
            [json!({"Id": id("001", 1), "Name": "Acme", "OwnerId": id("005", 1)})],
        )
        .start()
        .await;
    let mut indexer = org.indexer(org.options()).await;
    let run = async |indexer: &mut Indexer, name| {
        let request = Request {
            scope: Scope::Objects(BTreeSet::from([object(name)])),
            ..Request::default()
        };
        let stop = CancellationToken::new();
        indexer.sync(&request, &Progress::silent(), &stop).await
    };
    run(&mut indexer, "Account").await.unwrap();
    assert_eq!(export(&indexer).await.len(), 1);
    let refused = run(&mut indexer, "CaseComment").await.unwrap_err();
    assert!(matches!(refused, Error::UnknownObject(_)));
    assert!(refused.to_string().contains("CaseComment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_belongs_to_one_org() {
    let org = cases(1).start().await;
    drop(org.sync().await);
    let connection = rusqlite::Connection::open(org.data.path().join("mirror.sqlite")).unwrap();
    connection
        .execute("UPDATE meta SET value = '00Dother' WHERE key = 'org'", [])
        .unwrap();
    drop(connection);
    let mut indexer = org.indexer(org.options()).await;
    let stop = CancellationToken::new();
    let refused = indexer
        .sync(&Request::default(), &Progress::silent(), &stop)
        .await;
    assert!(matches!(refused, Err(Error::OtherOrg { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_mirror_is_named() {
    let org = cases(1).start().await;
    std::fs::write(org.data.path().join("mirror.sqlite"), vec![b'x'; 8192]).unwrap();
    let model = store::ModelSpec {
        id: "none".to_owned(),
        dimension: 4,
    };
    let writer = open_index(&org.data.path().join("index"), model).await;
    let opened = Indexer::open(org.options(), org.client(), None, writer).await;
    let error = opened.err().unwrap();
    assert!(matches!(error, Error::Mirror { .. }), "{error}");
    assert!(error.to_string().contains("mirror.sqlite"), "{error}");
}
