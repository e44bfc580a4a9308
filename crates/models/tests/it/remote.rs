use std::time::{Duration, Instant};

use devorg::openai::Behaviour;
use precis_models::{Credential, Embedder, Endpoint, Error, RemoteOptions, Route};

use crate::support::{Service, cosine};

fn options(endpoint: Endpoint) -> RemoteOptions {
    RemoteOptions {
        endpoint,
        dimension: None,
        shorten: false,
        batch: 2_048,
    }
}

async fn connect(endpoint: Endpoint) -> Result<Embedder, Error> {
    Embedder::remote(options(endpoint)).await
}

#[tokio::test]
async fn every_route_reaches_the_model_and_learns_its_dimension() {
    let service = Service::start().await;
    let mut ids = Vec::new();
    for endpoint in [
        service.deployment("embed"),
        service.v1("embed"),
        service.compatible("embed"),
    ] {
        let model = connect(endpoint).await.unwrap();
        assert_eq!(model.dimension(), 64);
        let vector = model.query("gateway offline").await.unwrap();
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5);
        model.check().await.unwrap();
        ids.push(model.id().clone());
    }
    assert_eq!(ids[0], ids[1], "two ways to one deployment");
    assert!(ids[0].as_str().ends_with("/embed/64"), "{}", ids[0]);
}

#[tokio::test]
async fn many_texts_go_in_batches_and_keep_their_order() {
    let service = Service::start().await;
    let mut options = options(service.v1("embed"));
    options.dimension = Some(64);
    options.batch = 100;
    let model = Embedder::remote(options).await.unwrap();
    assert!(service.service.embeddings().is_empty(), "nothing to learn");

    let texts: Vec<String> = (0..250).map(|n| format!("passage number {n}")).collect();
    let vectors = model.passages(texts.clone()).await.unwrap();
    let sizes: Vec<usize> = service
        .service
        .embeddings()
        .iter()
        .map(|body| body["input"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 50]);
    for n in [0, 99, 100, 249] {
        assert_eq!(vectors[n], model.query(&texts[n]).await.unwrap());
    }
    assert!(model.passages(Vec::new()).await.unwrap().is_empty());
    assert_eq!(model.query("").await.unwrap().len(), 64);
}

#[tokio::test]
async fn shorter_vectors_are_asked_for_and_other_lengths_refused() {
    let service = Service::start().await;
    let mut options = options(service.v1("embed"));
    options.dimension = Some(32);
    let model = Embedder::remote(options.clone()).await.unwrap();
    let error = model.check().await.unwrap_err();
    let Error::Dimension {
        expected, found, ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((expected, found), (32, 64));
    let error = model.check().await.unwrap_err();
    assert!(error.to_string().contains("`models.dimension`"), "{error}");

    options.shorten = true;
    let model = Embedder::remote(options).await.unwrap();
    assert_eq!(model.query("short").await.unwrap().len(), 32);
}

#[tokio::test]
async fn refusals_for_load_and_failures_are_repeated_as_asked() {
    let service = Service::start().await;
    let model = connect(service.v1("embed")).await.unwrap();
    let wait = 300;
    service.meets_embeddings(&[
        Behaviour::RateLimited {
            retry_after_ms: wait,
        },
        Behaviour::ServerError { status: 503 },
    ]);
    let before = service.service.embeddings().len();
    let start = Instant::now();
    model.query("again").await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(wait));
    assert_eq!(service.service.embeddings().len(), before + 3);

    let limited = Behaviour::RateLimited { retry_after_ms: 10 };
    service.meets_embeddings(&[limited.clone(), limited.clone(), limited]);
    let error = model.query("again").await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");

    // Longer than anybody waits for: refused at once, with the time.
    let hour = 3_600_000;
    service.meets_embeddings(&[Behaviour::RateLimited {
        retry_after_ms: hour,
    }]);
    let error = model.query("again").await.unwrap_err();
    let Error::RateLimited { retry_after } = error else {
        panic!("{error}");
    };
    assert_eq!(retry_after, Some(Duration::from_millis(hour)));
}

#[tokio::test]
async fn a_failing_service_a_slow_one_and_none_are_told_apart() {
    let service = Service::start().await;
    let mut endpoint = service.v1("embed");
    endpoint.timeout = Duration::from_secs(1);
    endpoint.retries = 0;
    let model = connect(endpoint).await.unwrap();

    service.meets_embeddings(&[Behaviour::Slow {
        milliseconds: 5_000,
    }]);
    let error = model.query("late").await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert!(
        error.to_string().contains("`models.timeout_seconds`"),
        "{error}"
    );

    service.meets_embeddings(&[Behaviour::ServerError { status: 500 }]);
    let error = model.query("fails").await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: 500, .. }));
    assert!(error.is_transient());

    let mut nowhere = service.v1("embed");
    nowhere.retries = 0;
    drop(service);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = connect(nowhere).await.err().expect("it was stopped");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("`models.endpoint`"), "{error}");
}

#[tokio::test]
async fn wrong_settings_are_named() {
    let service = Service::start().await;
    let mut endpoint = service.deployment("embed");
    endpoint.credential = Credential::ApiKey("wrong".into());
    let error = connect(endpoint).await.err().expect("the key is wrong");
    assert!(matches!(error, Error::Unauthorized { status: 401, .. }));
    assert!(error.to_string().contains("`models.api_key`"), "{error}");

    let error = connect(service.deployment("missing")).await.err().unwrap();
    assert!(matches!(error, Error::UnknownModel { .. }), "{error}");
    assert!(error.to_string().contains("`models.deployment`"), "{error}");

    let mut endpoint = service.v1("embed");
    endpoint.route = Route::Compatible {
        base: "ftp://127.0.0.1/v1".parse().unwrap(),
        model: "m".to_owned(),
    };
    let error = connect(endpoint).await.err().expect("not http");
    assert!(matches!(error, Error::Setting { .. }), "{error}");
    let error = connect(service.compatible(" ")).await.err().unwrap();
    assert!(error.to_string().contains("`models.model`"), "{error}");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_said_to_be() {
    let service = Service::start().await;
    let model = connect(service.v1("embed")).await.unwrap();
    let error = model.query(&"word ".repeat(20_000)).await.unwrap_err();
    assert!(matches!(error, Error::TooLong { .. }), "{error}");
}
