//! A Salesforce org, an Azure OpenAI, an Entra ID and Azure's plumbing in boxes, speaking the real
//! wire contracts.
//!
//! It stands in for the services in the demo and in tests. It shares no type with the clients of those
//! services, so that one mistake cannot hide on both sides.
//!
//! Beside Salesforce's own resources an org answers control routes, without a session:
//!
//! | Route below `/__devorg` | Body | |
//! |---|---|---|
//! | GET `/calls` | | API calls by kind, in all and in the last 24 hours |
//! | GET, POST `/clock` | `now`, `advanceSeconds`, `running` | the org's clock: stamps, `Date`, the daily allocation |
//! | GET, POST `/faults` | a plan, see [`faults`] | what fails from now on; `{}` for nothing |
//! | POST `/expire-sessions` | `userId` or nothing | ends sessions |
//! | POST `/undelete`, `/hard-delete` | `id` or `ids` | out of the recycle bin; gone without a trace |
//! | POST `/empty-bin` | | `/deleted` cannot tell of the time before |
//! | POST `/merge` | `master`, `merged` | accounts, contacts, leads, cases |
//! | POST `/publish`, `/archive`, `/unpublish` | `id` or `ids` | article versions |
//! | POST `/set` | `object`, `id`, `fields` | changes fields without a stamp, as a formula does |

pub mod azure;
pub mod entra;
pub mod error;
pub mod faults;
mod http;
pub mod openai;
pub mod org;
pub mod server;
pub mod sharing;
pub mod soql;
