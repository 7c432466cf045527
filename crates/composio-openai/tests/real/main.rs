//! Against a scripted model that others made: aimock, which `cargo xtask counterparts` starts with
//! `xtask/counterparts/aimock.json`. Its journal holds what the model was sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod chat;
mod kit;
mod place;
mod responses;
