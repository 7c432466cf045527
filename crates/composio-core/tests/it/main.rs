//! Sessions as an application sees them, on a backend in memory.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod adapter;
mod answers;
mod builder;
mod conformance;
mod errors;
mod live;
mod manage;
mod mcp;
mod native;
mod progress;
mod properties;
mod send;
mod spy;
mod toolkits;
mod tools;
mod wait;
