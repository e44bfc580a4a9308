//! Fault plans: which calls fail, how, and how often.
//!
//! A plan is TOML in a file or the same as JSON. Each `[[fault]]` is a rule; the first rule that fires
//! takes the call. `seed` makes the shares repeatable.
//!
//! ```toml
//! seed = 7
//!
//! [[fault]]
//! kind = "query_timeout"
//! above_rows = 500            # only where this call would return more rows
//! object = "Case"
//!
//! [[fault]]
//! kind = "server_error"
//! rate = 0.05                 # of the calls that match
//! calls = ["query", "query_page"]
//!
//! [[fault]]
//! kind = "session_expired"
//! after = 10                  # the first ten calls that match pass
//! every = 20                  # then each twentieth fails
//! times = 3                   # until three have failed
//! ```
//!
//! A rule without `rate`, `after`, `every` and `times` fires at every call that matches.

mod call;
mod fields;
mod kind;
mod live;
mod plan;
#[cfg(test)]
mod tests;

pub(crate) use call::Call;
pub(crate) use kind::Kind;
pub(crate) use live::{Faults, Injection, Reply};
pub use plan::{FaultPlan, Problems};
