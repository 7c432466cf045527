//! The engine, from outside.

mod store;
mod renewal;
mod secrets;
mod world;
