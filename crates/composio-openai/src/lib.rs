#![doc = include_str!("../README.md")]

mod answered;
mod chat;
#[cfg(feature = "client")]
mod client;
mod mcp;
mod responses;
mod stream;
mod tools;
mod value;
mod value_stream;

pub use async_openai;

pub use self::answered::{Answered, Failure, Unhandled};
#[cfg(feature = "client")]
pub use self::client::{Finished, RunChat, Stopped, run_chat};
pub use self::mcp::mcp_tool;
pub use self::stream::{ChatStream, ResponseStream};
pub use self::tools::OpenAiTools;
pub use self::value_stream::{ChatValueStream, ResponseValueStream};
