//! The life cycle of Knowledge articles: draft, online, archived.

use super::Org;
use crate::error::ApiError;

impl Org {
    /// Publishes a draft and returns the id of the version that is online now, which is a new one
    /// when the article was online before; that version becomes archived.
    pub fn publish(&mut self, _article_version_id: &str) -> Result<String, ApiError> {
        Err(ApiError::not_found())
    }

    /// Archives the online version; returns its id.
    pub fn archive(&mut self, _article_version_id: &str) -> Result<String, ApiError> {
        Err(ApiError::not_found())
    }

    /// Takes the online version back to draft; returns its id.
    pub fn unpublish(&mut self, _article_version_id: &str) -> Result<String, ApiError> {
        Err(ApiError::not_found())
    }
}
