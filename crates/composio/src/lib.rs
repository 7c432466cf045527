#![doc = include_str!("../README.md")]

pub use composio_core::*;

#[cfg(feature = "embedded")]
mod embedded;

/// The engine itself, for stores, manifests and several projects of your own.
#[cfg(feature = "embedded")]
pub use composio_engine as engine;
#[cfg(feature = "embedded")]
pub use embedded::{Embedded, EmbeddedOptions};

/// The workspace's README, so that its program compiles.
#[cfg(all(doctest, feature = "embedded"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
