//! The engine, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod approvals;
mod backend;
mod decision_table;
mod events;
mod harness;
mod life;
mod listing;
mod mcp;
mod moody;
mod once;
mod readiness;
mod refused;
mod renewal;
mod secrets;
mod services;
mod sessions;
mod sharing;
mod stage;
mod store;
mod updates;
mod upkeep;
mod world;
