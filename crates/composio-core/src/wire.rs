//! The types of the REST dialect v3.1, as both ends of a connection write and read them.
//!
//! Requests say exactly what was set: absent, null and empty are three things, which [`Patch`](crate::Patch) keeps apart.
//! Replies are read leniently: fields that this version does not know are passed over, values of an enum that it does not
//! know are kept as text ([`Open`]), and what may be absent may be null. What nobody may want to read, such as a tool's
//! schemas and results, stays JSON text.
//!
//! The names are those of the dialect. Turning them into the crate's own types is the business of the backend on the one
//! end and of a server on the other.

mod open;

pub use self::open::Open;
