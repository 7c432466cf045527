#![doc = include_str!("../README.md")]

mod tolerant;
mod tool;

pub use langchain_rust;

pub use self::tolerant::{Tolerant, tolerant};
pub use self::tool::{LangChainTool, LangChainTools};
