#![doc = include_str!("../README.md")]

mod failure;
#[cfg(feature = "agent")]
mod hook;
#[cfg(feature = "agent")]
mod registry;
mod tools;

pub use failure::failure_of;
#[cfg(feature = "agent")]
pub use hook::AnswerInvalidCalls;
#[cfg(feature = "agent")]
pub use registry::{FillRegistry, RigRegistry};
pub use rig_core;
pub use tools::{LogId, RigTools, rig_tool};
