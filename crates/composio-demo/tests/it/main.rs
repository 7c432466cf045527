//! The demo over loopback, as a client meets it. Time moves by hand; no test sleeps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod api;
mod authorize;
mod control;
mod keep;
mod model;
mod support;
mod token;
