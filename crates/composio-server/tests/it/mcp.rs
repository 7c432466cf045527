//! Sessions over MCP, request by request.

mod admission;
mod hearing;
mod isolation;
mod keeping;
mod places;
mod secrets;
mod serving;
mod streams;
mod world;
