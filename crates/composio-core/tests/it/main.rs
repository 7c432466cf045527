//! Sessions as an application sees them, on a backend in memory.

#![allow(clippy::panic, clippy::unwrap_used, reason = "helpers of tests are tests")]

mod adapter;
mod answers;
mod approvals;
mod batches;
mod builder;
mod conformance;
mod ensure;
mod errors;
#[cfg(feature = "hosted")]
mod hosted;
mod live;
mod manage;
mod mcp;
mod modifiers;
mod native;
mod policy;
mod preset;
mod printed;
mod progress;
mod properties;
mod send;
mod services;
mod several;
mod spy;
mod stored;
mod toolkits;
mod tools;
mod update;
mod wait;
#[cfg(feature = "wire")]
mod wire;
