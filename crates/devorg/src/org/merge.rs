//! Merging accounts, contacts, leads and cases.

use super::Org;
use crate::error::ApiError;

impl Org {
    /// Merges records into a master: their children move over, they go to the recycle bin with
    /// `MasterRecordId` set.
    pub fn merge(
        &mut self,
        _object: &str,
        _master_id: &str,
        _merged_ids: &[&str],
    ) -> Result<(), ApiError> {
        Err(ApiError::not_found())
    }
}
