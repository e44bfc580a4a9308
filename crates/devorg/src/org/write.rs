//! Insert and update.

use super::{Org, Row};
use crate::error::ApiError;

impl Org {
    /// Creates a record and returns its id.
    pub fn insert(
        &mut self,
        _user_id: &str,
        _object: &str,
        _fields: Row,
    ) -> Result<String, ApiError> {
        Err(ApiError::not_found())
    }

    /// Changes the given fields of a record; null empties one.
    pub fn update(
        &mut self,
        _user_id: &str,
        _object: &str,
        _id: &str,
        _fields: Row,
    ) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }
}
