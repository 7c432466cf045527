//! The suites that every composio backend and store must pass.
//!
//! - [`backend_suite!`] runs what the traits of `composio-core` promise against a backend, as far as it claims them.
//! - [`decision_table_suite!`] runs the sixty rows that say which account a tool runs with.
//! - `adapter_suite!` runs what an agent framework's adapter promises.
//! - `store_suite!` runs what `composio_engine::store::Store` promises.
//!
//! Scenarios are named as rules. One list makes a test of each and the [registry], so that none is left out unseen. None
//! of this is covered by semantic versioning.
//!
//! # Features
//!
//! - `store` (default): the suite of stores, which needs the engine.
//! - `adapter`: the suite of adapters.

#![allow(clippy::panic, clippy::unwrap_used, clippy::expect_used, reason = "a suite fails by panicking")]

#[cfg(feature = "adapter")]
pub mod adapter;
pub mod backend;
pub mod decision_table;
pub mod harness;
pub mod registry;
#[cfg(feature = "store")]
pub mod store;
