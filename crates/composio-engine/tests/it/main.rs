//! The engine, from outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod renewal;
mod secrets;
mod store;
mod world;
