#![doc = include_str!("../README.md")]

mod answered;
mod tools;

pub use genai;

pub use self::answered::{Answered, Failure, Unhandled};
pub use self::tools::GenAiTools;
