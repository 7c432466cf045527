//! The embedded engine and its listener, from outside.
#![cfg(feature = "embedded")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod embedded;
#[cfg(feature = "mcp")]
mod mcp;
