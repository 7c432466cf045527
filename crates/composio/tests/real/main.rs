//! The engine against services that nobody here wrote: a GitHub emulator, an OpenID Connect provider, a browser,
//! MCP clients.
//!
//! `cargo xtask counterparts` starts them and prints the variables that these tests read. Without its variable a test
//! says so and does not run; with `COMPOSIO_REQUIRE_REAL=1` it fails instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests are tests")]

mod browser;
mod emulate;
mod forms;
#[cfg(feature = "mcp")]
mod mcp;
mod oidc;
mod place;
mod visitor;
mod wiretap;
