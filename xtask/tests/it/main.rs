//! The verbs as a terminal sees them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests too")]

mod new_adapter;
mod tidy;
