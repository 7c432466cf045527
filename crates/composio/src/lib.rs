#![doc = include_str!("../README.md")]

pub use composio_core::*;

#[cfg(feature = "embedded")]
mod embedded;

/// The engine itself, for stores, manifests and several projects of your own.
#[cfg(feature = "embedded")]
pub use composio_engine as engine;
/// Sessions as MCP servers: over standard input and output, or over a transport of your own.
#[cfg(feature = "mcp")]
pub use composio_mcp as mcp;
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, EmbeddedOptions};

/// The workspace's README, so that its program compiles.
#[cfg(all(doctest, feature = "embedded", feature = "hosted"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
