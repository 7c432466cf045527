//! Sessions as an application sees them, on a backend in memory.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod builder;
mod conformance;
mod errors;
mod manage;
mod native;
mod send;
mod spy;
mod toolkits;
mod tools;
mod wait;
