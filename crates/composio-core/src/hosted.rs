//! The hosted backend: sessions over the REST API v3.1, of the hosted service or of any server of the same dialect.
//!
//! Four layers, of which only one does IO: `request` and `response` are pure, `send` is the one sender, [`HostedClient`]
//! joins them to one method per operation of the API, and [`HostedBackend`] makes the crate's own vocabulary of that.

mod client;
mod project;
mod request;
mod response;
mod send;
mod session;

pub use self::client::HostedClient;
