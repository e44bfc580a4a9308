//! Collections: their names, how they are made, and the alias that readers follow.

use std::sync::atomic::{AtomicBool, Ordering};

use qdrant_client::qdrant::{
    CreateAlias, CreateCollection, CreateFieldIndexCollection, Distance, FieldType, Modifier,
    QuantizationConfig, QuantizationType, ScalarQuantization, SparseIndexConfig,
    SparseVectorConfig, SparseVectorParams, VectorParams, VectorParamsMap, VectorsConfig,
    quantization_config, vectors_config,
};

use super::link::Link;
use super::options::{Quantization, ServerOptions, Words};
use super::payload::{
    CONDITIONS, CREATED, DOCUMENT, OBJECT, ORDINAL, SOURCE, TITLE_SOURCE, UPDATED,
};
use crate::{Error, ModelSpec};

/// Raised with every change of the payloads, the analysis or the hash of words.
pub(super) const LAYOUT: u32 = 2;

/// Names of vectors.
pub(super) const MEANING: &str = "meaning";
pub(super) const WORDS: &str = "words";

/// What the alias points to and what this model and layout need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    pub alias: String,
    pub passages: String,
}

impl Names {
    pub(super) fn new(options: &ServerOptions, model: &ModelSpec) -> Self {
        let alias = options.collection.clone();
        let words = match options.words {
            Words::Local => "vectors",
            Words::Server => "vectors and words",
        };
        let made_by = format!("{LAYOUT}\n{words}\n{}\n{}", model.id, model.dimension);
        let hash = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, made_by.as_bytes());
        let passages = format!("{alias}-{:012x}", hash.as_u128() >> 80);
        Self { alias, passages }
    }

    /// The collection of documents beside one of passages.
    pub(super) fn documents(passages: &str) -> String {
        format!("{passages}{DOCUMENTS}")
    }

    /// Whether a collection was made by precis under this alias.
    fn are_of(&self, collection: &str) -> bool {
        let rest = collection.strip_prefix(&self.alias);
        let hash = rest.and_then(|rest| rest.strip_prefix('-'));
        let hash = hash.map(|hash| hash.strip_suffix(DOCUMENTS).unwrap_or(hash));
        hash.is_some_and(|hash| hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

const DOCUMENTS: &str = "-documents";

/// The collection that readers are sent to; none before the first was made.
pub(super) async fn target(link: &Link, alias: &str) -> Result<Option<String>, Error> {
    let aliases = link.read(link.reads().list_aliases()).await?.aliases;
    let mut aliases = aliases.into_iter();
    let found = aliases.find(|found| found.alias_name == alias);
    Ok(found.map(|found| found.collection_name))
}

/// Makes what is missing of the collections, and the alias if there is none that can be read by.
/// Sets `made` when the passages had to be made, and so are empty.
pub(super) async fn ensure(
    link: &Link,
    names: &Names,
    options: &ServerOptions,
    dimension: usize,
    made: &AtomicBool,
) -> Result<(), Error> {
    if make(link, of_passages(names, options, dimension)).await? {
        made.store(true, Ordering::Relaxed);
    }
    let (integer, keyword) = (FieldType::Integer, FieldType::Keyword);
    let mut fields = vec![
        (DOCUMENT, keyword),
        (OBJECT, keyword),
        (CONDITIONS, keyword),
        (UPDATED, integer),
        (CREATED, integer),
    ];
    if options.words == Words::Server {
        let documents = Names::documents(&names.passages);
        make(link, of_documents(&documents, options)).await?;
        make_indexes(link, &documents, &fields).await?;
        fields.extend([(TITLE_SOURCE, keyword), (ORDINAL, integer)]);
    }
    fields.push((SOURCE, keyword));
    make_indexes(link, &names.passages, &fields).await?;
    match is_readable(link, names, options.words).await? {
        true => Ok(()),
        false => point(link, names).await,
    }
}

/// Whether the alias points to something, and to documents too where they are needed.
async fn is_readable(link: &Link, names: &Names, words: Words) -> Result<bool, Error> {
    let writes = link.writes();
    let aliases = link.write(|| writes.list_aliases()).await?.aliases;
    let mut aliases = aliases.into_iter();
    let Some(alias) = aliases.find(|found| found.alias_name == names.alias) else {
        return Ok(false);
    };
    let documents = Names::documents(&alias.collection_name);
    match words {
        Words::Local => Ok(true),
        Words::Server => {
            link.write(|| writes.collection_exists(documents.as_str()))
                .await
        }
    }
}

/// Sends readers here. An alias of that name moves in one step: no reader finds none.
pub(super) async fn point(link: &Link, names: &Names) -> Result<(), Error> {
    let alias = CreateAlias {
        alias_name: names.alias.clone(),
        collection_name: names.passages.clone(),
    };
    let writes = link.writes();
    link.write(|| writes.create_alias(alias.clone())).await?;
    Ok(())
}

/// Removes the collections of other models and layouts under this alias.
pub(super) async fn remove_others(link: &Link, names: &Names) -> Result<(), Error> {
    let writes = link.writes();
    let all = link.write(|| writes.list_collections()).await?.collections;
    let documents = Names::documents(&names.passages);
    for collection in all.into_iter().map(|found| found.name) {
        if names.are_of(&collection) && collection != names.passages && collection != documents {
            link.write(|| writes.delete_collection(collection.as_str()))
                .await?;
            tracing::info!(collection, "a collection that was replaced is removed");
        }
    }
    Ok(())
}

/// Returns false if it was there.
async fn make(link: &Link, collection: CreateCollection) -> Result<bool, Error> {
    let (writes, name) = (link.writes(), collection.collection_name.as_str());
    if link.write(|| writes.collection_exists(name)).await? {
        return Ok(false);
    }
    link.write(|| async {
        let made = writes.create_collection(collection.clone()).await;
        // An answer that was lost, or another's hand: what counts is that it is there.
        match made {
            Err(error) => match writes.collection_exists(name).await {
                Ok(true) => Ok(()),
                Ok(false) | Err(_) => Err(error),
            },
            Ok(_) => Ok(()),
        }
    })
    .await?;
    tracing::info!(collection = name, "a collection is made");
    Ok(true)
}

/// An index that is there stays as it is.
async fn make_indexes(
    link: &Link,
    collection: &str,
    fields: &[(&str, FieldType)],
) -> Result<(), Error> {
    let writes = link.writes();
    for (field, kind) in fields {
        let index = CreateFieldIndexCollection {
            collection_name: collection.to_owned(),
            wait: Some(true),
            field_name: (*field).to_owned(),
            field_type: Some((*kind).into()),
            ..CreateFieldIndexCollection::default()
        };
        link.write(|| writes.create_field_index(index.clone()))
            .await?;
    }
    Ok(())
}

#[expect(
    deprecated,
    reason = "servers of the last versions know where to keep vectors by these fields alone"
)]
fn of_passages(names: &Names, options: &ServerOptions, dimension: usize) -> CreateCollection {
    let quantization = match options.quantization {
        Quantization::None => None,
        Quantization::Scalar => Some(QuantizationConfig {
            quantization: Some(quantization_config::Quantization::Scalar(
                ScalarQuantization {
                    r#type: QuantizationType::Int8.into(),
                    quantile: Some(0.99),
                    always_ram: Some(true),
                    ..ScalarQuantization::default()
                },
            )),
        }),
    };
    let meaning = VectorParams {
        size: dimension as u64,
        distance: Distance::Cosine.into(),
        quantization_config: quantization,
        on_disk: Some(options.on_disk),
        ..VectorParams::default()
    };
    let words = SparseVectorParams {
        index: Some(SparseIndexConfig {
            on_disk: Some(options.on_disk),
            ..SparseIndexConfig::default()
        }),
        modifier: Some(Modifier::Idf.into()),
    };
    CreateCollection {
        collection_name: names.passages.clone(),
        vectors_config: Some(VectorsConfig {
            config: Some(vectors_config::Config::ParamsMap(VectorParamsMap {
                map: [(MEANING.to_owned(), meaning)].into(),
            })),
        }),
        sparse_vectors_config: (options.words == Words::Server).then(|| SparseVectorConfig {
            map: [(WORDS.to_owned(), words)].into(),
        }),
        ..common(options)
    }
}

/// Documents have no vectors: they are found by id and by their conditions.
fn of_documents(name: &str, options: &ServerOptions) -> CreateCollection {
    CreateCollection {
        collection_name: name.to_owned(),
        ..common(options)
    }
}

fn common(options: &ServerOptions) -> CreateCollection {
    CreateCollection {
        replication_factor: Some(options.replication_factor),
        write_consistency_factor: Some(options.write_consistency_factor),
        shard_number: options.shard_number,
        ..CreateCollection::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(model: &str, words: Words) -> Names {
        let url = "http://localhost:6334".to_owned();
        let options = ServerOptions {
            words,
            ..ServerOptions::new(url, "precis".to_owned())
        };
        let model = ModelSpec {
            id: model.to_owned(),
            dimension: 384,
        };
        Names::new(&options, &model)
    }

    #[test]
    fn each_model_and_layout_has_a_collection_of_its_own() {
        let one = names("one", Words::Local);
        assert_eq!(one, names("one", Words::Local));
        assert_ne!(one, names("two", Words::Local));
        assert_ne!(one, names("one", Words::Server));
        assert!(one.passages.starts_with("precis-"), "{one:?}");
    }

    #[test]
    fn only_collections_of_this_alias_are_ours() {
        let names = names("one", Words::Server);
        assert!(names.are_of(&names.passages));
        assert!(names.are_of(&Names::documents(&names.passages)));
        for other in [
            "precis",
            "precis-test-0123456789ab",
            "precis-notes",
            "other-0123456789ab",
        ] {
            assert!(!names.are_of(other), "{other}");
        }
    }
}
