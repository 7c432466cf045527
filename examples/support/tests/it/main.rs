//! Whole agents on the embedded engine, with a model that misbehaves, and services that fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod agent;
mod bad_input;
mod scripts;
