//! The routes, through the router that users mount, over a scripted flow.
//!
//! One binary, because linking is what costs time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod app;
mod callback;
mod guard;
mod link;
mod logs;
#[cfg(feature = "mcp")]
mod mcp;
mod press;
mod refusals;
mod snapshots;
