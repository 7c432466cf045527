//! A session as an MCP server, from the side of a client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod calling;
mod changes;
mod client;
mod conformance;
mod described;
mod listing;
mod native;
