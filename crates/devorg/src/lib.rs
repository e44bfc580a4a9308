//! A Salesforce org in a box and an Azure OpenAI in a box, speaking the real wire contracts.
//!
//! It stands in for the services in the demo and in tests. It shares no type with the clients of those
//! services, so that one mistake cannot hide on both sides.

pub mod error;
pub mod faults;
mod http;
pub mod openai;
pub mod org;
pub mod server;
pub mod sharing;
pub mod soql;
