//! The engine, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod backend;
mod decision_table;
mod harness;
mod mcp;
mod once;
mod refused;
mod renewal;
mod secrets;
mod services;
mod store;
mod world;
