//! The hosted backend against Prism, which serves the API's description: every request is held against it, and the replies
//! are its examples.
//!
//! `cargo xtask counterparts` starts Prism and prints the variable that these tests read. Without it a test says so and does
//! not run; with `COMPOSIO_REQUIRE_REAL=1` it fails instead. The objects of requests are closed in the description that Prism
//! gets, so that a field with a wrong name is refused everywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]
#![allow(clippy::field_reassign_with_default, reason = "a filter a line is read beside the query that it becomes")]

mod body;
mod case;
mod client;
mod description;
mod domain;
mod failures;
mod place;
mod service;
mod whole;
