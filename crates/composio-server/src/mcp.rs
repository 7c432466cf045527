//! MCP over HTTP: options, the route, and the way of a request through the checks.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::any;
use composio_core::{Composio, ErrorKind, McpAccess, Result, SessionId, Url};
use futures::future::{BoxFuture, FutureExt as _, Shared};

use self::services::{Limits, Services};

mod clients;
mod credential;
mod guard;
mod refusal;
mod services;
mod stream;

/// Where MCP clients reach a session, behind the public address.
pub const MCP_PATH: &str = "/tool_router/{session_id}/mcp";

/// How long a client may be silent before what is kept for it is dropped.
const IDLE: Duration = Duration::from_secs(30 * 60);
/// How large a request may be.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// How many sessions are served at a time.
const MAX_SESSIONS: usize = 1_000;
/// The header that names a client which said hello before.
const CLIENT: &str = "mcp-session-id";
/// The header that says what a request is; one that says something else than the request is refused.
const METHOD: &str = "mcp-method";

/// Sessions as MCP servers over streamable HTTP, to serve alone or to merge into your own router.
///
/// | route | what it does |
/// |---|---|
/// | `POST /tool_router/{session}/mcp` | what a client says: hello, which tools there are, run one |
/// | `GET /tool_router/{session}/mcp` | a stream of what the server has to say |
/// | `DELETE /tool_router/{session}/mcp` | the client says goodbye |
///
/// Every request brings its credential, `Authorization: Bearer …` or `x-api-key: …`, and `access` is asked about it before
/// anything is read, every time: a token that was revoked stops working with the next request, and a stream that is open
/// ends within 30 seconds. What a client opened for one session is found through no other.
///
/// The native tools of a session are offered while a [`Session`](composio_core::Session) value that was given them lives in
/// this process, made by this `composio` or a clone of it. A client that said hello before keeps them until it leaves or
/// is forgotten.
///
/// A client hears when the session's configuration changes, where that is done with this `composio` or a clone of it. A
/// call that needs an approval is put before the client's user; where the client cannot ask, the session's
/// [fallback](composio_core::ApprovalPolicy::fallback) says what becomes of it.
///
/// What it keeps is bounded: 1,000 sessions at a time with 32 clients and 32 mere listeners each, and those that were used longest ago make
/// room; a client that was silent for half an hour is forgotten and says hello again. Who makes room or is forgotten gets
/// no answer to what still runs; see [`idle`](McpOptions::idle). A request has 4 MiB at most.
///
/// Merge it at the root. It adds no fallback, and its checks cover its own route alone. Requests need a tokio runtime with time.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use composio_core::{Composio, McpAccess};
/// use composio_server::{McpOptions, Url, axum, mcp_router};
///
/// # fn app(composio: Composio, access: Arc<dyn McpAccess>) -> Result<axum::Router, Box<dyn std::error::Error>> {
/// let options = McpOptions::new(Url::parse("https://app.example.com")?);
/// let app = axum::Router::new()
///     .route("/", axum::routing::get(|| async { "my application" }))
///     .merge(mcp_router(composio, access, options));
/// # Ok(app) }
/// ```
pub fn mcp_router(composio: Composio, access: Arc<dyn McpAccess>, options: McpOptions) -> Router {
    let guard = guard::Guard::new(&options.public_url, options.extra_hosts, &options.origins);
    let services = Services::new(composio, options.limits);
    let door = Arc::new(Door { access, guard, services, until: options.until });
    Router::new()
        .route(MCP_PATH, any(serve))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&door), guard::protect))
        .with_state(door)
}

/// How sessions are served over MCP.
///
/// # Example
/// ```
/// use composio_server::{McpOptions, Url};
///
/// let options = McpOptions::new(Url::parse("https://app.example.com")?)
///     .allow_origin("https://inspector.example.com")
///     .without_native_prefix();
/// # Ok::<(), url::ParseError>(())
/// ```
#[must_use = "options do nothing until a router is made with them"]
pub struct McpOptions {
    public_url: Url,
    extra_hosts: Vec<String>,
    origins: Vec<String>,
    limits: Limits,
    until: Option<Until>,
}

/// When streams that only listen end.
type Until = Shared<BoxFuture<'static, ()>>;

impl McpOptions {
    /// Sessions at this address: the origin that stands in [`Session::mcp`](composio_core::Session::mcp). Requests for
    /// another host are refused; of a loopback address every name is accepted.
    pub fn new(public_url: Url) -> Self {
        let limits =
            Limits { sessions: MAX_SESSIONS, idle: IDLE, body: MAX_BYTES, native_prefix: true, reveal_links: false };
        Self { public_url, extra_hosts: Vec::new(), origins: Vec::new(), limits, until: None }
    }

    /// Answers for another host too, as `host` or `host:port`: where a proxy in front passes its own name on.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.extra_hosts.push(host.into());
        self
    }

    /// Lets pages of this origin in, such as `https://inspector.example.com`. Browsers name the origin of a page; other
    /// clients name none and need nothing.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// How large a request may be: 4 MiB unless said.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.limits.body = bytes;
        self
    }

    /// How long a client may be silent before it has to say hello again: half an hour unless said.
    ///
    /// A client that waits for an answer is silent too, unless the tool reports progress: give more than your slowest tool
    /// takes. A call that is cut off like this has no answer; what the backend was told by then goes on.
    pub fn idle(mut self, idle: Duration) -> Self {
        self.limits.idle = idle;
        self
    }

    /// How many sessions are served at a time: 1,000 unless said. Give more than have clients at one time: the session that
    /// makes room is cut off, with the calls that it runs.
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.limits.sessions = sessions.max(1);
        self
    }

    /// Shows native tools as their author called them; see
    /// [`SessionServer::without_native_prefix`](composio_mcp::SessionServer::without_native_prefix).
    pub fn without_native_prefix(mut self) -> Self {
        self.limits.native_prefix = false;
        self
    }

    /// Lets clients read connect links; see
    /// [`SessionServer::reveal_connect_links`](composio_mcp::SessionServer::reveal_connect_links).
    pub fn reveal_connect_links(mut self) -> Self {
        self.limits.reveal_links = true;
        self
    }

    /// Ends the streams that only listen when this completes, so that a server that stops gracefully does not wait for
    /// them. Calls that run get their answers.
    pub fn until(mut self, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        self.until = Some(stop.boxed().shared());
        self
    }
}

impl std::fmt::Debug for McpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("McpOptions")
            .field("public_url", &self.public_url.as_str())
            .field("extra_hosts", &self.extra_hosts)
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What every request needs.
struct Door {
    access: Arc<dyn McpAccess>,
    guard: guard::Guard,
    services: Services,
    until: Option<Until>,
}

/// One request. Host and origin are checked already; nothing of the body is read before the credential is accepted.
async fn serve(
    State(door): State<Arc<Door>>,
    path: Result<Path<String>, PathRejection>,
    mut request: Request,
) -> Response {
    let Ok(Path(session)) = path else { return refusal::unauthorized() };
    let session = SessionId::from(session);
    let Some(credential) = credential::taken(request.headers_mut()) else { return refusal::unauthorized() };
    if let Err(error) = door.access.admit(&session, &credential).await {
        return door.refused(&session, &error);
    }
    let served = match is_known(request.headers()) {
        true => door.services.known(&session).ok_or_else(refusal::forgotten),
        false => door.services.open(&session).await.map_err(|error| door.refused(&session, &error)),
    };
    let served = match served {
        Ok(served) => served,
        Err(refusal) => return refusal,
    };
    let listens = listens(&request);
    let response = served.answer(request).await;
    if !is_stream(&response) {
        return response;
    }
    let until = door.until.clone().filter(|_| listens);
    let (door, access) = (Arc::downgrade(&door), Arc::clone(&door.access));
    let watched = stream::Watched { door, access, session, credential, served, until };
    response.map(|body| watched.over(body))
}

impl Door {
    fn refused(&self, session: &SessionId, error: &composio_core::Error) -> Response {
        if error.kind() == ErrorKind::NotFound {
            self.services.end(session);
        }
        refusal::of(error)
    }
}

/// Whether the client says that it said hello before. Others get the session as it is now.
fn is_known(headers: &HeaderMap) -> bool {
    headers.contains_key(CLIENT)
}

/// Whether this only listens: a stream of its own, or since 2026-07-28 a request that says so in its header as well.
fn listens(request: &Request) -> bool {
    let says = || request.headers().get(METHOD).is_some_and(|method| method == "subscriptions/listen");
    request.method() == Method::GET || says()
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    response.status() == StatusCode::OK && kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}
