#![doc = include_str!("../README.md")]

mod failure;
#[cfg(feature = "agent")]
mod hook;
mod tools;

#[cfg(feature = "agent")]
pub use hook::AnswerInvalidCalls;
pub use rig_core;
pub use tools::{LogId, RigTools, rig_tool};
