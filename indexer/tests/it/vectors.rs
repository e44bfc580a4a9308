use std::path::PathBuf;
use std::time::Duration;

use devorg::openai::{Behaviour, OpenAiOptions, Script};
use models::{Credential, Embedder, Endpoint, RemoteOptions, Route};
use serde_json::json;
use url::Url;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_answer_costs_vectors_for_a_while_and_nothing_else() {
    let service = devorg::openai::start(OpenAiOptions {
        dimensions: 64,
        ..OpenAiOptions::default()
    })
    .await
    .unwrap();
    let org = cases(12).start().await;
    let embedder = Embedder::remote(RemoteOptions {
        endpoint: Endpoint {
            section: "embedding".to_owned(),
            route: Route::Compatible {
                base: Url::parse(&format!("{}/openai/v1", service.url())).unwrap(),
                model: "embed".to_owned(),
            },
            credential: Credential::ApiKey(service.api_key().into()),
            timeout: Duration::from_secs(5),
            retries: 0,
        },
        dimension: Some(64),
        shorten: false,
        batch: 256,
    })
    .await
    .unwrap();
    service.script(Script {
        embeddings: [Behaviour::ServerError { status: 503 }].into(),
        repeat: true,
        ..Script::default()
    });
    let mut indexer = org.indexer_with(org.options(), Some(embedder)).await;

    let report = sync(&mut indexer).await;

    assert!(report.complete);
    assert!(report.outage.is_some());
    assert_eq!(
        export(&indexer).await.len(),
        12,
        "found by their words at once"
    );
    assert_eq!(indexer.writer().counts().await.unwrap().vectors, 0);
    let case = |status: precis_indexer::Status| {
        let mut objects = status.objects.into_iter();
        objects.find(|status| status.object == "Case").unwrap()
    };
    let told = case(indexer.status().await.unwrap());
    assert_eq!((told.vectorless, told.is_complete()), (12, false));

    // It still does not answer: nothing is built again, and nothing is forgotten.
    let report = sync(&mut indexer).await;
    assert_eq!(
        report
            .objects
            .iter()
            .map(|object| object.written)
            .sum::<u64>(),
        0
    );
    assert!(report.outage.is_some());

    service.script(Script::default());
    let report = sync(&mut indexer).await;
    assert_eq!(report.outage, None);
    assert_eq!(indexer.writer().counts().await.unwrap().vectors, 24);
    let told = case(indexer.status().await.unwrap());
    assert_eq!((told.vectorless, told.is_complete()), (0, true));
}
