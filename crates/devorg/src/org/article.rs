//! The life cycle of Knowledge articles: draft, online, archived.

use serde_json::Value;

use super::{
    Org, Row,
    derive::{Keep, put, time},
    stamp,
    table::{id_of, text},
    write::touch,
};
use crate::error::ApiError;

/// What a row of a version is copied without when the article is published anew.
const NOT_COPIED: [&str; 4] = [
    "ArchivedDate",
    "ArchivedById",
    "ArticleArchivedDate",
    "ArticleArchivedById",
];

impl Org {
    /// Puts a version online and returns the id under which it is online now.
    ///
    /// The first time that is its own id. An article that was online before, and is edited or published
    /// again, comes online under a new id; its former version becomes archived and is no longer the
    /// latest. Data categories go along.
    ///
    /// # Errors
    /// 404 for an id that is no article version; 400 `INVALID_STATUS` for an archived one.
    pub fn publish(&mut self, article_version_id: &str) -> Result<String, ApiError> {
        let version = self.version_row(article_version_id)?;
        let former = self.online_sibling(&version);
        let status = text(&version, "PublishStatus").unwrap_or_default();
        let was_online = time(&version, "LastPublishedDate").is_some();
        if status == "Archived" {
            return Err(invalid_status("an archived version cannot be published"));
        }
        let is_own_successor = status == "Online" || (former.is_none() && was_online);
        let published = if is_own_successor {
            self.successor(&version)
        } else {
            version.clone()
        };
        if let Some(former) = former.or_else(|| is_own_successor.then_some(version)) {
            self.archive_row(former, false);
        }
        Ok(self.put_online(published))
    }

    /// Archives the online version: the article is gone from every channel. Returns its id.
    ///
    /// # Errors
    /// 404 for an id that is no article version; 400 `INVALID_STATUS` unless it is online.
    pub fn archive(&mut self, article_version_id: &str) -> Result<String, ApiError> {
        let version = self.online_row(article_version_id)?;
        let id = id_of(&version).to_owned();
        self.archive_row(version, true);
        Ok(id)
    }

    /// Takes the online version back to draft. Returns its id.
    ///
    /// # Errors
    /// As [`Org::archive`].
    pub fn unpublish(&mut self, article_version_id: &str) -> Result<String, ApiError> {
        let mut version = self.online_row(article_version_id)?;
        let id = id_of(&version).to_owned();
        put(&mut version, "PublishStatus", "Draft".into(), Keep::Nothing);
        self.save_version(version);
        Ok(id)
    }

    fn version_row(&self, id: &str) -> Result<Row, ApiError> {
        let object = self.schema.article_object();
        self.row(object, id)
            .cloned()
            .ok_or_else(ApiError::not_found)
    }

    fn online_row(&self, id: &str) -> Result<Row, ApiError> {
        let version = self.version_row(id)?;
        if text(&version, "PublishStatus") != Some("Online") {
            return Err(invalid_status(
                "only an online version can be archived or unpublished",
            ));
        }
        Ok(version)
    }

    /// The online version of the same article and language, if it is another one.
    fn online_sibling(&self, version: &Row) -> Option<Row> {
        let object = self.schema.article_object();
        let article = text(version, "KnowledgeArticleId")?;
        let siblings = self.children(object, "KnowledgeArticleId", article);
        let sibling = siblings.into_iter().find(|other| {
            text(other, "PublishStatus") == Some("Online")
                && text(other, "Language") == text(version, "Language")
                && id_of(other) != id_of(version)
        });
        sibling.cloned()
    }

    /// A copy under a new id, with the data categories of the original.
    fn successor(&mut self, version: &Row) -> Row {
        let object = self.schema.article_object().to_owned();
        let describe = self.schema.object(&object);
        let prefix = describe.and_then(|describe| describe.key_prefix.clone());
        let id = self.new_id(&object, prefix.as_deref().unwrap_or("ka0"));
        let mut successor = version.clone();
        for field in NOT_COPIED {
            successor.remove(field);
        }
        let number = version
            .get("VersionNumber")
            .and_then(Value::as_i64)
            .unwrap_or(1);
        put(&mut successor, "Id", id.as_str().into(), Keep::Nothing);
        put(
            &mut successor,
            "VersionNumber",
            (number + 1).into(),
            Keep::Nothing,
        );
        let now = stamp::format(self.next_stamp());
        put(
            &mut successor,
            "CreatedDate",
            now.as_str().into(),
            Keep::Nothing,
        );
        put(&mut successor, "SystemModstamp", now.into(), Keep::Nothing);
        self.store(&object, successor.clone());
        self.copy_categories(&object, id_of(version), &id);
        successor
    }

    fn copy_categories(&mut self, object: &str, from: &str, to: &str) {
        let selections = object.replace("__kav", "__DataCategorySelection");
        let rows: Vec<Row> = self
            .children(&selections, "ParentId", from)
            .into_iter()
            .cloned()
            .collect();
        for mut row in rows {
            let id = self.new_id(&selections, "02o");
            put(&mut row, "Id", id.into(), Keep::Nothing);
            put(&mut row, "ParentId", to.into(), Keep::Nothing);
            put(
                &mut row,
                "SystemModstamp",
                stamp::format(self.next_stamp()).into(),
                Keep::Nothing,
            );
            self.store(&selections, row);
        }
    }

    fn put_online(&mut self, mut version: Row) -> String {
        let now = stamp::format(self.now());
        put(
            &mut version,
            "PublishStatus",
            "Online".into(),
            Keep::Nothing,
        );
        put(&mut version, "IsLatestVersion", true.into(), Keep::Nothing);
        put(
            &mut version,
            "FirstPublishedDate",
            now.as_str().into(),
            Keep::Given,
        );
        put(
            &mut version,
            "LastPublishedDate",
            now.as_str().into(),
            Keep::Nothing,
        );
        let id = id_of(&version).to_owned();
        self.save_version(version);
        id
    }

    /// `is_latest` stays true for an article that is archived as a whole.
    fn archive_row(&mut self, mut version: Row, is_latest: bool) {
        let now = stamp::format(self.now());
        let user = version.get("LastModifiedById").cloned().unwrap_or_default();
        put(
            &mut version,
            "PublishStatus",
            "Archived".into(),
            Keep::Nothing,
        );
        put(
            &mut version,
            "IsLatestVersion",
            is_latest.into(),
            Keep::Nothing,
        );
        for field in ["ArchivedDate", "ArticleArchivedDate"] {
            put(&mut version, field, now.as_str().into(), Keep::Nothing);
        }
        put(&mut version, "ArchivedById", user, Keep::Nothing);
        self.save_version(version);
    }

    fn save_version(&mut self, mut version: Row) {
        let object = self.schema.article_object().to_owned();
        let user = text(&version, "LastModifiedById")
            .unwrap_or_default()
            .to_owned();
        let now = self.next_stamp();
        touch(&mut version, &user, now);
        self.replace(&object, version);
    }
}

fn invalid_status(message: &str) -> ApiError {
    ApiError::bad_request("INVALID_STATUS", message)
}
