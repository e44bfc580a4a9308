//! The calls that a rule can be about.

/// What a client asks for, as far as fault plans tell calls apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `/query` and `/queryAll` with a statement.
    Query,
    /// A `nextRecordsUrl`.
    QueryPage,
    /// `POST /jobs/query`.
    BulkJob,
    /// `GET /jobs/query/{id}`.
    BulkStatus,
    /// `GET /jobs/query/{id}/results`.
    BulkResults,
    Describe,
    /// `GET` of one record.
    Record,
    /// `POST`, `PATCH` or `DELETE` of one record.
    Write,
    /// The bytes of a file.
    Blob,
    Limits,
    /// A sign-in.
    Token,
    /// Composite, composite batch and collections.
    Composite,
    /// `/updated` and `/deleted`.
    Replication,
}

impl Call {
    /// Every call with its name in a plan.
    pub const NAMED: [(&'static str, Self); 13] = [
        ("query", Self::Query),
        ("query_page", Self::QueryPage),
        ("bulk_job", Self::BulkJob),
        ("bulk_status", Self::BulkStatus),
        ("bulk_results", Self::BulkResults),
        ("describe", Self::Describe),
        ("record", Self::Record),
        ("write", Self::Write),
        ("blob", Self::Blob),
        ("limits", Self::Limits),
        ("token", Self::Token),
        ("composite", Self::Composite),
        ("replication", Self::Replication),
    ];

    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, call)| *call)
    }

    pub fn name(self) -> &'static str {
        let found = Self::NAMED.iter().find(|(_, call)| *call == self);
        found.map_or("", |(name, _)| name)
    }
}
