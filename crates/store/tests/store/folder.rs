use std::fs;
use std::path::{Path, PathBuf};

use precis_store::{Batch, Error, Filters, KeywordQuery};

use crate::support::*;

async fn small_index() -> (tempfile::TempDir, PathBuf) {
    let documents = (1..=20).map(|n| case(n, "Pump", &format!("text {n}")).status("New").build());
    TestIndex::with(documents.collect()).await.closed()
}

#[tokio::test]
async fn a_second_opening_is_refused_while_the_first_lasts() {
    let index = TestIndex::new().await;
    let error = open_error(&index.folder).await;
    assert!(
        matches!(&error, Error::InUse { folder } if *folder == index.folder),
        "{error}"
    );
    index.reopened().await;
}

#[tokio::test]
async fn a_reader_keeps_the_folder_too() {
    let index = TestIndex::new().await;
    drop(index.writer);
    let error = open_error(&index.folder).await;
    assert!(matches!(error, Error::InUse { .. }), "{error}");
    drop(index.reader);
}

#[tokio::test]
async fn another_model_is_refused() {
    let (_directory, folder) = small_index().await;
    for (id, dimension) in [("other", DIMENSION), ("test/hash", DIMENSION + 1)] {
        let mut options = options(&folder);
        options.model.id = id.to_owned();
        options.model.dimension = dimension;
        let Err(error) = precis_store::open(options).await else {
            panic!("another model was accepted");
        };
        assert!(matches!(error, Error::OtherModel { .. }), "{error}");
        assert!(error.to_string().contains("test/hash"), "{error}");
    }
}

#[tokio::test]
async fn another_layout_is_refused() {
    let (_directory, folder) = small_index().await;
    fs::write(
        folder.join("manifest.json"),
        r#"{"layout": 99, "colour": "red"}"#,
    )
    .unwrap();
    let error = open_error(&folder).await;
    assert!(
        matches!(error, Error::OtherVersion { found: 99, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn missing_parts_are_damage_with_advice() {
    for part in [
        "manifest.json",
        "keyword",
        "keyword/meta.json",
        "vectors",
        "vectors/segments",
    ] {
        let (_directory, folder) = small_index().await;
        let path = folder.join(part);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
        let error = open_error(&folder).await;
        assert!(matches!(error, Error::Corrupt { .. }), "{part}: {error}");
        assert!(error.to_string().contains("sync again"), "{error}");
    }
}

#[tokio::test]
async fn an_unfinished_creation_starts_over() {
    let (_directory, folder) = TestIndex::new().await.closed();
    fs::remove_file(folder.join("manifest.json")).unwrap();
    assert!(precis_store::open(options(&folder)).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "no folder").unwrap();
    let error = open_error(&file.join("index")).await;
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

/// What an opening has found whole is not read again, unless it was touched.
#[tokio::test]
async fn damage_after_a_good_opening_is_noticed() {
    let (_directory, folder) = small_index().await;
    for _ in 0..2 {
        drop(precis_store::open(options(&folder)).await.unwrap());
    }
    assert!(folder.join("keyword/checked.json").is_file());
    let stored = files(&folder)
        .into_iter()
        .find(|file| file.extension().is_some_and(|name| name == "store"));
    overwrite(&folder.join(stored.unwrap()));
    let error = open_error(&folder).await;
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

/// Every file of the index, cut in half or overwritten, one at a time: never a panic and never a
/// wrong kind of error. Where the engine does not notice, searches still answer.
#[tokio::test]
async fn damaged_files_never_panic() {
    let (_directory, folder) = small_index().await;
    let damages: Vec<(PathBuf, Damage)> = files(&folder)
        .into_iter()
        .flat_map(|file| [(file.clone(), cut_in_half as Damage), (file, overwrite)])
        .collect();
    let mut noticed = 0;
    for some in damages.chunks(16) {
        let mut openings = tokio::task::JoinSet::new();
        for (file, damage) in some {
            openings.spawn(notices(folder.clone(), file.clone(), *damage));
        }
        let results = openings.join_all().await;
        noticed += results.into_iter().filter(|noticed| *noticed).count();
    }
    assert!(noticed > 10, "only {noticed} damages were noticed");
}

type Damage = fn(&Path);

/// Whether a copy of the index with this damage is refused.
async fn notices(folder: PathBuf, file: PathBuf, damage: Damage) -> bool {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(&folder, copy.path());
    damage(&copy.path().join(&file));
    let (reader, _writer) = match precis_store::open(options(copy.path())).await {
        Ok(opened) => opened,
        Err(error) => {
            let expected = matches!(error, Error::Corrupt { .. } | Error::Io { .. });
            assert!(expected, "{}: {error}", file.display());
            return true;
        }
    };
    let (ada, query) = (viewer(&["Case"]), KeywordQuery::parse("pump"));
    let words = reader.keyword(&ada, &query, &Filters::default(), 5).await;
    assert_eq!(words.unwrap().len(), 5, "{}", file.display());
    // The vector engine keeps no checksums: what it then finds, or fails to, is its own affair.
    let near = vector("pump");
    let _ = reader.vector(&ada, &near, &Filters::default(), 5).await;
    false
}

fn cut_in_half(file: &Path) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

fn overwrite(file: &Path) {
    let bytes = fs::read(file).unwrap();
    let garbage: Vec<u8> = (0..bytes.len()).map(|n| (n * 37 + 11) as u8).collect();
    fs::write(file, garbage).unwrap();
}

/// Paths below the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Copies a folder as it is.
fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_commit_that_was_cut_off_can_be_made_again() {
    let (directory, folder) = small_index().await;
    // The folder as it would be if the process had died while it committed a removal: the new files
    // are there, and what names the commit is not.
    let cut_off = directory.path().join("cut-off");
    copied(&folder, &cut_off);
    let (_, mut writer) = precis_store::open(options(&folder)).await.unwrap();
    let removal = || Batch {
        upserts: Vec::new(),
        removals: vec![id("500", 1)],
    };
    writer.write(removal()).await.unwrap();
    writer.commit("two").await.unwrap();
    drop(writer);
    let mut deletions = 0;
    for entry in fs::read_dir(folder.join("keyword")).unwrap() {
        let name = entry.unwrap().file_name();
        let text = name.to_string_lossy();
        if text.ends_with(".del") || text == ".managed.json" {
            deletions += usize::from(text.ends_with(".del"));
            fs::copy(
                folder.join("keyword").join(&name),
                cut_off.join("keyword").join(&name),
            )
            .unwrap();
        }
    }
    assert!(deletions > 0, "the removal has left no file");
    let (_, mut writer) = precis_store::open(options(&cut_off)).await.unwrap();
    writer.write(removal()).await.unwrap();
    writer.commit("two").await.unwrap();
    assert_eq!(
        writer
            .counts()
            .await
            .unwrap()
            .documents
            .values()
            .sum::<u64>(),
        19
    );
}
