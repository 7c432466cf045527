#![doc = include_str!("../README.md")]

mod ask;
mod call;
mod listening;
mod question;
mod server;
mod shown;
mod stdio;

pub use rmcp;

pub use self::server::SessionServer;
pub use self::shown::McpTools;
pub use self::stdio::serve_stdio;
