//! The suites that every composio backend and store must pass.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "a suite fails by panicking")]

pub mod registry;
pub mod store;
