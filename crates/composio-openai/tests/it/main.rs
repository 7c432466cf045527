//! The adapter for async-openai: the suite for both APIs in both forms, and what is its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod chat;
#[cfg(feature = "client")]
mod client;
mod kit;
mod mcp;
#[cfg(feature = "client")]
mod model;
mod parallel;
mod responses;
mod streams;
mod suite;
mod value_streams;
mod values;
