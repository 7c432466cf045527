//! What rig agents do with the tools of a session.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod calls;
mod failures;
mod invalid;
mod model;
mod registry;
mod secrets;
mod stage;
mod suite;
