use std::time::Duration;

use precis_models::{Embedder, Error};

use crate::support::{cosine, local, model_folder};

#[tokio::test]
async fn vectors_have_the_dimension_and_length_one() {
    let model = local();
    assert_eq!(model.dimension(), 384);
    let id = model.id().as_str();
    assert!(id.starts_with("local/all-MiniLM-L6-v2-int8/"), "{id}");
    for text in [
        "",
        "a",
        "Gateway offline after upgrade",
        "日本語のテキスト 🤖",
    ] {
        let vector = model.query(text).await.unwrap();
        assert_eq!(vector.len(), 384);
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{text:?}");
    }
}

/// `reference.json` holds vectors of the original fp32 weights, computed in 64-bit floats with
/// another implementation: tokens, pooling and the int8 weights must stay close to them.
#[tokio::test]
async fn vectors_are_close_to_the_original_model() {
    let reference = include_str!("reference.json");
    let reference: Vec<(String, Vec<f32>)> = serde_json::from_str(reference).unwrap();
    for (text, expected) in reference {
        let vector = local().query(&text).await.unwrap();
        let similarity = cosine(&vector, &expected);
        assert!(similarity > 0.999, "{similarity} for {text:?}");
    }
}

#[tokio::test]
async fn a_paraphrase_is_closer_than_another_subject() {
    let model = local();
    let query = model.query("How do I reset my password?").await.unwrap();
    let texts = [
        "Steps to recover a forgotten login credential",
        "The quarterly invoice was paid late",
        "Battery of the sensor drains overnight",
    ];
    let vectors = model.passages(texts.map(String::from).to_vec()).await;
    let near: Vec<f32> = vectors.unwrap().iter().map(|v| cosine(&query, v)).collect();
    assert!(
        near[0] > near[1] + 0.2 && near[0] > near[2] + 0.2,
        "{near:?}"
    );
}

/// What the embedding cache rests on: a text's vector is the same bits in any company.
#[tokio::test]
async fn a_vector_depends_on_its_text_alone() {
    let model = local();
    let texts: Vec<String> = (1..40).map(|n| "the pump leaks ".repeat(n * 3)).collect();
    let together = model.passages(texts.clone()).await.unwrap();
    for (text, vector) in texts.iter().zip(&together).rev() {
        assert_eq!(&model.query(text).await.unwrap(), vector);
    }
}

#[tokio::test]
async fn a_query_does_not_queue_behind_passages() {
    let model = local();
    let texts = (0..100).map(|n| format!("{n} {}", "the pump leaks ".repeat(80)));
    let texts = texts.collect();
    let indexing = tokio::spawn({
        let model = model.clone();
        async move { model.passages(texts).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    model.query("Which pump leaks?").await.unwrap();
    assert!(!indexing.is_finished());
    indexing.abort();
}

#[tokio::test]
async fn text_beyond_the_models_window_changes_nothing_and_costs_nothing() {
    let model = local();
    let window = "valve pressure ".repeat(300);
    let endless = "valve pressure ".repeat(100_000);
    let expected = model.query(&window).await.unwrap();
    let embedding = tokio::time::timeout(Duration::from_secs(20), model.query(&endless));
    assert_eq!(embedding.await.expect("it is cut first").unwrap(), expected);
}

#[test]
fn a_folder_without_a_model_names_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let Err(error) = Embedder::local(&folder.path().join("nowhere"), 1) else {
        panic!("loaded a model from nowhere");
    };
    assert!(matches!(error, Error::ModelMissing { .. }));
    assert!(error.to_string().contains("make model"), "{error}");
}

#[test]
fn a_changed_file_is_refused_under_the_models_name_and_unusable_under_another() {
    let parent = tempfile::tempdir().unwrap();
    let load = |name: &str| {
        let folder = parent.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("model.onnx"), b"not a model").unwrap();
        std::fs::copy(
            model_folder().join("tokenizer.json"),
            folder.join("tokenizer.json"),
        )
        .unwrap();
        Embedder::local(&folder, 1).err().expect("it is no model")
    };
    assert!(matches!(
        load("all-MiniLM-L6-v2-int8"),
        Error::ModelChanged { .. }
    ));
    assert!(matches!(load("my-model"), Error::ModelUnusable { .. }));
}

#[tokio::test]
async fn the_model_keeps_its_id_when_its_folder_moves() {
    let elsewhere = tempfile::tempdir().unwrap();
    for file in ["model.onnx", "tokenizer.json"] {
        std::fs::copy(model_folder().join(file), elsewhere.path().join(file)).unwrap();
    }
    let moved = Embedder::local(elsewhere.path(), 1).unwrap();
    assert_eq!(moved.id(), local().id());
}
