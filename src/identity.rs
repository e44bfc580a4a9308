//! Who calls, and how they proved it.

use std::sync::Arc;

use domain::Viewer;
use serde::Serialize;

/// The viewer of a request, and who asks as them. Nothing else in a request says who is asking.
#[derive(Debug, Clone)]
pub struct Caller {
    pub viewer: Arc<Viewer>,
    pub identity: Identity,
}

/// How a caller proved who they are; it stands on the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Identity {
    /// Whoever can read this machine's data folder, on behalf of the viewer.
    Operator,
    /// An API key, by its name in the configuration.
    ApiKey { name: String },
}
