//! The adapter over genai: the suite that every adapter passes, and whole runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod runs;
mod suite;
