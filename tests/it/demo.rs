//! The demo's sample questions, answered.
