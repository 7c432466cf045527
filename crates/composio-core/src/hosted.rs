//! The hosted backend: sessions over the REST API v3.1, of the hosted service or of any server of the same dialect.
//!
//! Four layers, of which only one does IO: `request` and `response` are pure, `send` is the one sender, [`HostedClient`]
//! joins them to one method per operation of the API, and [`HostedBackend`] makes the crate's own vocabulary of that.

mod backend;
mod body;
mod chance;
mod client;
mod clock;
mod credential;
mod error;
mod gate;
mod options;
mod project;
mod request;
mod response;
mod retry;
mod send;
mod session;
mod tls;

pub use self::backend::HostedBackend;
pub use self::client::HostedClient;
pub use self::options::HostedOptions;
/// The HTTP client that [`HostedOptions`] takes and configures, in the version that fits.
pub use reqwest;
