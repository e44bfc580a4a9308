use std::path::PathBuf;

use models::Embedder;
use serde_json::json;

use crate::support::{cases, export, id, sync};

fn embedder() -> Embedder {
    let folder = match std::env::var_os("PRECIS_MODEL_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models/all-MiniLM-L6-v2-int8"),
    };
    match Embedder::local(&folder, 2) {
        Ok(embedder) => embedder,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prose_gets_vectors_and_none_is_made_twice() {
    let org = cases(12)
        .with(
            "Account",
            [
                json!({"Id": id("001", 1), "Name": "Tarn Works", "Phone": "+49 89 1234567",
                   "Industry": "Energy", "OwnerId": id("005", 1)}),
            ],
        )
        .start()
        .await;
    let mut indexer = org.indexer_with(org.options(), Some(embedder())).await;

    let report = sync(&mut indexer).await;

    // Description and comment of each case, and the name of the account that has no prose.
    let counts = indexer.writer().counts().await.unwrap();
    assert_eq!(counts.vectors, 12 * 2 + 1);
    assert!(counts.passages > counts.vectors);
    let embedded: u64 = report.objects.iter().map(|object| object.embedded).sum();
    assert_eq!(embedded, counts.vectors);
    let before = export(&indexer).await;
    drop(indexer);

    let index = org.data.path().join("index");
    while std::fs::rename(&index, org.data.path().join("lost")).is_err() {}
    let mut indexer = org.indexer_with(org.options(), Some(embedder())).await;
    let report = sync(&mut indexer).await;
    assert_eq!(
        report
            .objects
            .iter()
            .map(|object| object.embedded)
            .sum::<u64>(),
        0
    );
    assert_eq!(
        report
            .objects
            .iter()
            .map(|object| object.known)
            .sum::<u64>(),
        25
    );
    assert_eq!(export(&indexer).await, before);
}
