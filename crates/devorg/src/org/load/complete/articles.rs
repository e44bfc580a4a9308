//! Knowledge: the versions' flags, and the articles behind them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::{Records, implied};
use crate::org::{
    Row, Schema,
    derive::{Keep, flag, put},
    id::IdKey,
    table::{id_of, text},
};

pub fn complete(schema: &Schema, records: &mut Records) {
    let object = schema.article_object().to_owned();
    let Some(versions) = records.get_mut(&object) else {
        return;
    };
    for (_, row) in versions.iter_mut() {
        complete_version(row);
    }
    mark_latest(versions);
    mark_masters(versions);
    let articles = imply_articles(versions);
    let known = records.entry("KnowledgeArticle".to_owned()).or_default();
    let ids: HashSet<String> = known.iter().map(|(_, row)| id_of(row).to_owned()).collect();
    let missing = articles.into_iter().filter(|(id, _)| !ids.contains(id));
    known.extend(missing.map(|(_, article)| article));
    complete_case_articles(&object, records);
}

fn complete_version(row: &mut Row) {
    put(row, "PublishStatus", "Draft".into(), Keep::Given);
    put(row, "Language", "en_US".into(), Keep::Given);
    put(row, "VersionNumber", 1.into(), Keep::Given);
    put(row, "IsVisibleInApp", true.into(), Keep::Given);
    if let Some(article) = article_id(id_of(row)) {
        put(row, "KnowledgeArticleId", article.into(), Keep::Given);
    }
    let title = text(row, "Title").unwrap_or("Untitled").to_owned();
    put(row, "Title", title.as_str().into(), Keep::Given);
    put(row, "UrlName", url_name(&title).into(), Keep::Given);
    let published = row
        .get("LastPublishedDate")
        .cloned()
        .filter(Value::is_string);
    if let Some(published) = published {
        put(row, "FirstPublishedDate", published, Keep::Given);
    }
}

/// The article id that belongs to a version which names none.
fn article_id(version_id: &str) -> Option<String> {
    let article = format!("kA{}", version_id.get(2..15)?);
    Some(IdKey::parse(&article)?.widen())
}

/// `Reset your sensor!` becomes `Reset-your-sensor`.
pub fn url_name(title: &str) -> String {
    let words = title.split(|character: char| !character.is_alphanumeric());
    let name = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    name.chars().take(255).collect()
}

/// The version with the highest number is the latest of its article and language.
fn mark_latest(versions: &mut [(usize, Row)]) {
    let mut latest: HashMap<(String, String), i64> = HashMap::new();
    for (_, row) in versions.iter() {
        let highest = latest.entry(article_and_language(row)).or_default();
        *highest = (*highest).max(version_number(row));
    }
    for (_, row) in versions {
        let is_latest = latest.get(&article_and_language(row)) == Some(&version_number(row));
        put(row, "IsLatestVersion", is_latest.into(), Keep::Given);
    }
}

/// Translations point at their master, which is the version that says so, or else the first.
fn mark_masters(versions: &mut [(usize, Row)]) {
    let mut masters: HashMap<String, (String, String, bool)> = HashMap::new();
    for (_, row) in versions.iter() {
        let language = text(row, "Language").unwrap_or_default().to_owned();
        let declared = flag(row, "IsMasterLanguage");
        let this = (language, id_of(row).to_owned(), declared);
        let known = masters.entry(article(row)).or_insert_with(|| this.clone());
        if declared && !known.2 {
            *known = this;
        }
    }
    for (_, row) in versions {
        let Some((language, id, _)) = masters.get(&article(row)) else {
            continue;
        };
        let is_master = text(row, "Language") == Some(language.as_str());
        put(row, "IsMasterLanguage", is_master.into(), Keep::Given);
        put(
            row,
            "ArticleMasterLanguage",
            language.as_str().into(),
            Keep::Given,
        );
        if !is_master {
            put(row, "MasterVersionId", id.as_str().into(), Keep::Given);
        }
    }
}

/// One KnowledgeArticle for each article that has versions.
fn imply_articles(versions: &[(usize, Row)]) -> BTreeMap<String, (usize, Row)> {
    let mut articles = BTreeMap::new();
    for (_, row) in versions {
        let part = |field: &str| row.get(field).cloned().unwrap_or_default();
        articles.entry(article(row)).or_insert_with(|| {
            implied(
                article(row),
                &[
                    ("ArticleNumber", part("ArticleNumber")),
                    ("MasterLanguage", part("ArticleMasterLanguage")),
                    ("FirstPublishedDate", part("FirstPublishedDate")),
                    ("LastPublishedDate", part("LastPublishedDate")),
                    ("CreatedDate", part("CreatedDate")),
                ],
            )
        });
    }
    articles
}

/// Case articles name the article and its version; a folder may give one of the two.
fn complete_case_articles(object: &str, records: &mut Records) {
    let versions = records.get(object).map_or(&[][..], Vec::as_slice);
    let mut online: HashMap<String, String> = HashMap::new();
    let mut articles: HashMap<String, String> = HashMap::new();
    for (_, row) in versions {
        articles.insert(id_of(row).to_owned(), article(row));
        if text(row, "PublishStatus") == Some("Online") {
            online
                .entry(article(row))
                .or_insert_with(|| id_of(row).to_owned());
        }
    }
    for (_, row) in records.get_mut("CaseArticle").into_iter().flatten() {
        if let Some(article) =
            text(row, "KnowledgeArticleVersionId").and_then(|id| articles.get(id))
        {
            put(
                row,
                "KnowledgeArticleId",
                article.as_str().into(),
                Keep::Given,
            );
        }
        if let Some(version) = text(row, "KnowledgeArticleId").and_then(|id| online.get(id)) {
            put(
                row,
                "KnowledgeArticleVersionId",
                version.as_str().into(),
                Keep::Given,
            );
        }
    }
}

fn article(row: &Row) -> String {
    text(row, "KnowledgeArticleId")
        .unwrap_or_default()
        .to_owned()
}

fn article_and_language(row: &Row) -> (String, String) {
    (
        article(row),
        text(row, "Language").unwrap_or_default().to_owned(),
    )
}

fn version_number(row: &Row) -> i64 {
    row.get("VersionNumber")
        .and_then(Value::as_i64)
        .unwrap_or(1)
}
