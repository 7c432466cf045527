//! Sessions against MCP clients that nobody here wrote: the Inspector, and the protocol's conformance suite.

mod conformance;
mod fixtures;
mod forwarder;
mod inspector;
mod tools;
