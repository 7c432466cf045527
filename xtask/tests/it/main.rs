//! The verbs as a terminal sees them.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod tidy;
