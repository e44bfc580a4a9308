//! What was changed and deleted in a span of time: `/updated` and `/deleted`.

use chrono::{DateTime, Utc};

use super::{Deleted, Org, Updated};
use crate::error::ApiError;

impl Org {
    /// Ids of the live rows changed in `start..end`.
    pub fn updated(
        &self,
        _object: &str,
        _start: DateTime<Utc>,
        _end: DateTime<Utc>,
    ) -> Result<Updated, ApiError> {
        Err(ApiError::not_found())
    }

    /// The rows put into the recycle bin in `start..end`.
    pub fn deleted(
        &self,
        _object: &str,
        _start: DateTime<Utc>,
        _end: DateTime<Utc>,
    ) -> Result<Deleted, ApiError> {
        Err(ApiError::not_found())
    }
}
