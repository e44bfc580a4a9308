use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use precis_models::{CachedEmbedder, EmbeddingCache, Error, ModelId, TextKey};

use crate::support::local;

fn model(name: &str) -> ModelId {
    ModelId::from_stored(name)
}

fn vectors(count: u16) -> HashMap<TextKey, Vec<f32>> {
    let vector = |n: u16| vec![f32::from(n), 0.1, f32::MIN_POSITIVE];
    (0..count)
        .map(|n| (TextKey::of(&n.to_string()), vector(n)))
        .collect()
}

#[tokio::test]
async fn vectors_come_back_bit_for_bit_after_a_restart_and_only_for_their_model() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/embeddings.sqlite");
    let kept = vectors(1_000);
    let cache = EmbeddingCache::open(&path).unwrap();
    cache.put_many(&model("a"), kept.clone()).await.unwrap();
    drop(cache);

    let cache = EmbeddingCache::open(&path).unwrap();
    let mut keys: Vec<TextKey> = kept.keys().copied().collect();
    keys.push(TextKey::of("never seen"));
    let found = cache.get_many(&model("a"), keys.clone()).await.unwrap();
    assert_eq!(found, kept);
    let other = cache.get_many(&model("b"), keys).await.unwrap();
    assert!(other.is_empty());
}

#[tokio::test]
async fn a_later_vector_replaces_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::open(&folder.path().join("c")).unwrap();
    let key = TextKey::of("x");
    for value in [1.0, 2.0] {
        let vectors = HashMap::from([(key, vec![value])]);
        cache.put_many(&model("a"), vectors).await.unwrap();
    }
    let found = cache.get_many(&model("a"), vec![key]).await.unwrap();
    assert_eq!(found[&key], [2.0]);
}

#[tokio::test]
async fn an_embedder_computes_each_text_once() {
    let folder = tempfile::tempdir().unwrap();
    let cache = EmbeddingCache::open(&folder.path().join("c")).unwrap();
    let embedder = CachedEmbedder::new(local(), cache);
    let texts: Vec<String> = (0..300).map(|n| format!("text {}", n % 280)).collect();

    let first = embedder.passages(texts.clone()).await.unwrap();
    assert_eq!((first.computed, first.cached), (280, 20));
    let second = embedder.passages(texts.clone()).await.unwrap();
    assert_eq!((second.computed, second.cached), (0, 300));
    assert_eq!(first.vectors, second.vectors);
    let fresh = local().query(&texts[299]).await.unwrap();
    assert_eq!(second.vectors[299], fresh);
}

#[test]
fn a_file_that_is_no_cache_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings.sqlite");
    let garbage = "these are not the bytes of a database ".repeat(200);
    std::fs::write(&path, &garbage).unwrap();
    let error = EmbeddingCache::open(&path).err().expect("it is garbage");
    assert!(matches!(error, Error::CacheDamaged { .. }), "{error}");
    assert!(error.to_string().contains("embeddings.sqlite"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), garbage);
}

#[tokio::test]
async fn damage_within_the_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings.sqlite");
    let kept = vectors(5_000);
    let cache = EmbeddingCache::open(&path).unwrap();
    cache.put_many(&model("a"), kept.clone()).await.unwrap();
    close(cache, &path).await;

    let mut bytes = std::fs::read(&path).unwrap();
    let length = bytes.len();
    bytes[8_192..length / 2].fill(0xAB);
    std::fs::write(&path, bytes).unwrap();

    let keys = kept.into_keys().collect();
    let read = match EmbeddingCache::open(&path) {
        Ok(cache) => cache.get_many(&model("a"), keys).await.err(),
        Err(error) => Some(error),
    };
    let error = read.expect("half of the file is overwritten");
    assert!(matches!(error, Error::CacheDamaged { .. }), "{error}");
}

#[test]
fn a_folder_in_the_way_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let error = EmbeddingCache::open(folder.path()).err().expect("a folder");
    assert!(matches!(error, Error::CacheUnusable { .. }), "{error}");
}

/// Waits until the cache's thread has closed the file, which folds the write-ahead log into it.
async fn close(cache: EmbeddingCache, path: &Path) {
    drop(cache);
    let log = path.with_extension("sqlite-wal");
    while log.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Runs this very test program again as a process that writes without end, and kills it.
#[tokio::test]
async fn what_was_put_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings.sqlite");
    let mut writer = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cache::endless_writer", "--ignored"])
        .env("PRECIS_TEST_CACHE", &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let done = folder.path().join("done");
    while !done.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    writer.kill().unwrap();
    writer.wait().unwrap();

    let kept = vectors(500);
    let cache = EmbeddingCache::open(&path).unwrap();
    let found = cache
        .get_many(&model("a"), kept.keys().copied().collect())
        .await
        .unwrap();
    assert_eq!(found, kept);
}

#[tokio::test]
#[ignore = "the process that `what_was_put_survives_a_kill` kills"]
async fn endless_writer() {
    let Some(path) = std::env::var_os("PRECIS_TEST_CACHE") else {
        return;
    };
    let path = Path::new(&path);
    let cache = EmbeddingCache::open(path).unwrap();
    loop {
        cache.put_many(&model("a"), vectors(500)).await.unwrap();
        std::fs::write(path.with_file_name("done"), b"").unwrap();
    }
}
