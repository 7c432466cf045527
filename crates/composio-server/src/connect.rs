//! Connect pages: options, routes, and what the handlers share.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use axum::routing::get;
use axum::{Router, middleware};
use composio_core::{ConnectFlow, Url};

mod color;
mod cookies;
mod form;
mod guard;
mod handlers;
mod pages;

/// Where links lead.
pub const LINK_PATH: &str = "/link/{token}";
/// Where services send browsers back to: the redirect URI to register with them, behind the public address.
pub const CALLBACK_PATH: &str = "/oauth/callback";

/// The connect pages of a backend, to serve alone or to merge into your own router.
///
/// | route | what it does |
/// |---|---|
/// | `GET /link/{token}` | shows who asks for what; changes nothing, because chats open links to preview them |
/// | `POST /link/{token}` | the button was pressed: on to the service, or connected with what was entered |
/// | `GET /oauth/callback` | the service sent the browser back: on to the application, or our own last page |
///
/// Merge it at the root: the cookies are bound to these paths. It adds no fallback, and its guard covers its own routes
/// alone, so that the rest of your application is left as it is.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use composio_core::ConnectFlow;
/// use composio_server::{ConnectOptions, Url, axum, connect_router};
///
/// # fn app(flow: Arc<dyn ConnectFlow>) -> Result<axum::Router, Box<dyn std::error::Error>> {
/// let options = ConnectOptions::new(Url::parse("https://app.example.com")?);
/// let app = axum::Router::new()
///     .route("/", axum::routing::get(|| async { "my application" }))
///     .merge(connect_router(flow, options));
/// # Ok(app) }
/// ```
pub fn connect_router(flow: Arc<dyn ConnectFlow>, options: ConnectOptions) -> Router {
    let connect = Arc::new(Connect::new(flow, options));
    Router::new()
        .route(LINK_PATH, get(handlers::open).post(handlers::start))
        .route(CALLBACK_PATH, get(handlers::complete).head(handlers::no_preview))
        .route_layer(DefaultBodyLimit::max(form::MAX_BYTES))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&connect), guard::protect))
        .with_state(connect)
}

/// Where the pages live.
///
/// # Example
/// ```
/// use composio_server::{ConnectOptions, Url};
///
/// let options = ConnectOptions::new(Url::parse("https://app.example.com")?).allow_host("app.internal:8443");
/// # Ok::<(), url::ParseError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// The address that browsers see. Links and the callback share its origin; with `https` cookies are `Secure`, and
    /// requests for another host are turned away. Of a loopback address every name is accepted: `127.0.0.1`,
    /// `localhost` and `[::1]`.
    pub public_url: Url,
    /// Other hosts to answer for.
    pub extra_hosts: Vec<String>,
}

impl ConnectOptions {
    /// Pages at this address.
    #[must_use]
    pub fn new(public_url: Url) -> Self {
        Self { public_url, extra_hosts: Vec::new() }
    }

    /// Answers for another host too, as `host` or `host:port`: where a proxy in front passes its own name on.
    ///
    /// Cookies do not travel between hosts, so that a link opened at one has to come back to the same one.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.extra_hosts.push(host.into());
        self
    }
}

/// What every handler needs.
#[derive(Debug)]
struct Connect {
    flow: Arc<dyn ConnectFlow>,
    guard: guard::Guard,
}

impl Connect {
    fn new(flow: Arc<dyn ConnectFlow>, options: ConnectOptions) -> Self {
        Self { flow, guard: guard::Guard::new(options) }
    }

    /// The one answer to every link, state and form that is not accepted.
    fn refusal(&self) -> Response {
        pages::refusal(&self.flow.brand())
    }
}
