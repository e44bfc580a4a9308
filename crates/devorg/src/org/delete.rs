//! The recycle bin: delete with its cascades, undelete, and deleting for good.

use super::Org;
use crate::error::ApiError;

impl Org {
    /// Moves a record and what hangs on it into the recycle bin.
    pub fn delete(&mut self, _user_id: &str, _object: &str, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }

    /// Takes a record out of the recycle bin, and what was deleted along with it.
    pub fn undelete(&mut self, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }

    /// Forgets a record and what hangs on it, without a trace.
    pub fn hard_delete(&mut self, _id: &str) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }
}
