//! The ways in which a call can fail.

use super::Call;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 500 `UNKNOWN_EXCEPTION`, an HTML 502 of the edge, and 503 `SERVER_UNAVAILABLE`, in turn.
    ServerError,
    /// 403 `REQUEST_LIMIT_EXCEEDED`: too many calls at once.
    ConcurrentLimit,
    /// 400 `UNABLE_TO_LOCK_ROW`.
    LockRow,
    /// 400 `QUERY_TIMEOUT`.
    QueryTimeout,
    /// 401 `INVALID_SESSION_ID`, and the session is gone.
    SessionExpired,
    /// 400 `INVALID_QUERY_LOCATOR`, and the cursor is gone.
    QueryLocator,
    /// A next page begins with rows of the page before it.
    DuplicatePage,
    /// A job ends in state `Failed`.
    BulkFailed,
    /// A job ends in state `Aborted`.
    BulkAborted,
    /// 404 for a job that was there; it is gone.
    BulkLost,
    /// A CSV breaks off in the middle of a row.
    BulkCut,
    /// A JSON body breaks off before its `Content-Length`.
    CutReply,
    /// 200 with a body that is not JSON.
    Garbage,
    /// The connection closes before any reply.
    DropConnection,
    /// The reply takes longer.
    Slow,
    /// What is written shows later, with the stamp of the write.
    LateCommit,
    /// `Date` and new stamps differ from the machine's clock.
    ClockSkew,
    /// 403 `REQUEST_LIMIT_EXCEEDED`: the day's allocation is used up.
    QuotaSpent,
}

/// All calls that carry a session.
const REST: [Call; 12] = [
    Call::Query,
    Call::QueryPage,
    Call::BulkJob,
    Call::BulkStatus,
    Call::BulkResults,
    Call::Describe,
    Call::Record,
    Call::Write,
    Call::Blob,
    Call::Limits,
    Call::Composite,
    Call::Replication,
];

/// The calls of [`REST`] whose replies are JSON.
const JSON: [Call; 10] = [
    Call::Query,
    Call::QueryPage,
    Call::BulkJob,
    Call::BulkStatus,
    Call::Describe,
    Call::Record,
    Call::Write,
    Call::Limits,
    Call::Composite,
    Call::Replication,
];

/// The calls that read or write rows which others may hold.
const ROWS: [Call; 5] = [
    Call::Query,
    Call::QueryPage,
    Call::Record,
    Call::Write,
    Call::Composite,
];

impl Kind {
    /// Every kind with its name in a plan.
    pub const NAMED: [(&'static str, Self); 18] = [
        ("server_error", Self::ServerError),
        ("concurrent_limit", Self::ConcurrentLimit),
        ("lock_row", Self::LockRow),
        ("query_timeout", Self::QueryTimeout),
        ("session_expired", Self::SessionExpired),
        ("query_locator", Self::QueryLocator),
        ("duplicate_page", Self::DuplicatePage),
        ("bulk_failed", Self::BulkFailed),
        ("bulk_aborted", Self::BulkAborted),
        ("bulk_lost", Self::BulkLost),
        ("bulk_cut", Self::BulkCut),
        ("cut_reply", Self::CutReply),
        ("garbage", Self::Garbage),
        ("drop_connection", Self::DropConnection),
        ("slow", Self::Slow),
        ("late_commit", Self::LateCommit),
        ("clock_skew", Self::ClockSkew),
        ("quota_spent", Self::QuotaSpent),
    ];

    pub fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind)
    }

    pub fn name(self) -> &'static str {
        let found = Self::NAMED.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }

    /// The calls to which it happens when a rule does not say.
    pub fn default_calls(self) -> &'static [Call] {
        match self {
            Self::ServerError
            | Self::ConcurrentLimit
            | Self::SessionExpired
            | Self::DropConnection
            | Self::Slow
            | Self::QuotaSpent => &REST,
            Self::LockRow => &ROWS,
            Self::QueryTimeout => &[Call::Query, Call::QueryPage],
            Self::QueryLocator | Self::DuplicatePage => &[Call::QueryPage],
            Self::BulkFailed | Self::BulkAborted => &[Call::BulkJob],
            Self::BulkLost => &[Call::BulkStatus, Call::BulkResults],
            Self::BulkCut => &[Call::BulkResults],
            Self::CutReply | Self::Garbage => &JSON,
            Self::LateCommit | Self::ClockSkew => &[],
        }
    }

    /// Can it happen to this call at all? Sign-ins fail only where a rule names them.
    pub fn happens_to(self, call: Call) -> bool {
        let to_token = match self {
            Self::ServerError
            | Self::DropConnection
            | Self::Slow
            | Self::CutReply
            | Self::Garbage => true,
            Self::ConcurrentLimit
            | Self::LockRow
            | Self::QueryTimeout
            | Self::SessionExpired
            | Self::QueryLocator
            | Self::DuplicatePage
            | Self::BulkFailed
            | Self::BulkAborted
            | Self::BulkLost
            | Self::BulkCut
            | Self::LateCommit
            | Self::ClockSkew
            | Self::QuotaSpent => false,
        };
        self.default_calls().contains(&call) || (to_token && call == Call::Token)
    }

    /// Does it strike the reply rather than the request?
    pub fn is_of_reply(self) -> bool {
        matches!(self, Self::BulkCut | Self::CutReply | Self::Garbage)
    }

    pub fn takes_seconds(self) -> bool {
        matches!(self, Self::Slow | Self::LateCommit | Self::ClockSkew)
    }
}
