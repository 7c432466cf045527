//! What is kept for each session that is served: its clients, and nothing once the last of them is gone.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use composio_core::{Composio, Result, SessionId};
use composio_mcp::SessionServer;
use composio_mcp::rmcp::ServerHandler;
use composio_mcp::rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, InitializeRequestParams, InitializeResult, ListToolsResult,
    PaginatedRequestParams, ServerConfig, SubscriptionFilter,
};
use composio_mcp::rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};
use composio_mcp::rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::clients::{Clients, MOST};

/// What one who wants to listen reads where too many do.
const LISTENERS: &str = "Too many streams listen to this session. Close one, and listen again.";

/// How much is kept, and how tools are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) sessions: usize,
    pub(super) idle: Duration,
    pub(super) body: usize,
    pub(super) native_prefix: bool,
    pub(super) reveal_links: bool,
}

/// The sessions that are served now. Dropping it ends them all.
pub(super) struct Services {
    composio: Composio,
    limits: Limits,
    register: Arc<Register>,
    all: CancellationToken,
    _end: DropGuard,
}

/// Who is served. It keeps nothing alive: requests and clients do.
#[derive(Default)]
struct Register {
    by_session: Mutex<BySession>,
}

#[derive(Default)]
struct BySession {
    entries: HashMap<SessionId, Entry>,
    /// Counts uses, which is all that "longest ago" needs.
    uses: u64,
}

struct Entry {
    served: Weak<Served>,
    used: u64,
}

/// One session's service. It lives for as long as a request runs, a stream is open or a client is not idle.
pub(super) struct Served {
    session: SessionId,
    http: StreamableHttpService<Held, Clients>,
    /// What the next client gets: the session as it was last taken up.
    latest: Mutex<SessionServer>,
    register: Arc<Register>,
    ended: CancellationToken,
    /// Places for those who listen without having said hello.
    listeners: Semaphore,
}

/// The server of one client. It holds on to its service.
pub(super) struct Held {
    server: SessionServer,
    served: Arc<Served>,
}

impl Services {
    pub(super) fn new(composio: Composio, limits: Limits) -> Self {
        let all = CancellationToken::new();
        Self { composio, limits, register: Arc::default(), _end: all.clone().drop_guard(), all }
    }

    /// The service of a session whose clients said hello, if any of them is left.
    pub(super) fn known(&self, session: &SessionId) -> Option<Arc<Served>> {
        self.register.find(session)
    }

    /// The service of a session for a new client. The session is taken up again, with the native tools that it has now.
    ///
    /// # Errors
    /// `NotFound` where the session is gone; whatever else the backend says.
    pub(super) async fn open(&self, session: &SessionId) -> Result<Arc<Served>> {
        let server = self.server(session).await?;
        let served = self.register.find_or(session, self.limits.sessions, || self.serve(session, server.clone()));
        *served.latest() = server;
        Ok(served)
    }

    /// Ends what is served of a session.
    pub(super) fn end(&self, session: &SessionId) {
        if let Some(served) = self.register.find(session) {
            served.ended.cancel();
        }
    }

    async fn server(&self, session: &SessionId) -> Result<SessionServer> {
        let mut server = SessionServer::new(self.composio.session(session.clone()).live_tools().await?);
        if !self.limits.native_prefix {
            server = server.without_native_prefix();
        }
        if self.limits.reveal_links {
            server = server.reveal_connect_links();
        }
        Ok(server)
    }

    fn serve(&self, session: &SessionId, server: SessionServer) -> Arc<Served> {
        let ended = self.all.child_token();
        // Who asks is checked by the guard, which also knows the ports.
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .with_max_request_body_bytes(self.limits.body)
            .with_cancellation_token(ended.clone());
        Arc::new_cyclic(|served: &Weak<Served>| {
            let served = Weak::clone(served);
            let hold = move || {
                let served = served.upgrade().ok_or_else(|| io::Error::other("the session is served no longer"))?;
                let server = served.latest().clone();
                Ok(Held { server, served })
            };
            Served {
                session: session.clone(),
                http: StreamableHttpService::new(hold, Arc::new(Clients::new(self.limits.idle)), config),
                latest: Mutex::new(server),
                register: Arc::clone(&self.register),
                ended,
                listeners: Semaphore::new(MOST),
            }
        })
    }
}

impl Register {
    fn find(&self, session: &SessionId) -> Option<Arc<Served>> {
        let found = self.lock().find(session);
        found.filter(|served| !served.ended.is_cancelled())
    }

    /// The service that is there, or a new one. Where there are too many, the one that was used longest ago ends.
    fn find_or(&self, session: &SessionId, most: usize, make: impl FnOnce() -> Arc<Served>) -> Arc<Served> {
        if let Some(served) = self.find(session) {
            return served;
        }
        let made = make();
        // Whoever drops the last hold on a service takes it out of the register, so that nothing is dropped in the lock.
        let (mut over, mut surplus) = (None, None);
        let served = {
            let mut all = self.lock();
            match all.find(session) {
                // Somebody was quicker.
                Some(other) if !other.ended.is_cancelled() => other,
                other => {
                    over = other;
                    surplus = all.enter(session, &made, most);
                    Arc::clone(&made)
                }
            }
        };
        drop(over);
        if let Some(surplus) = surplus {
            surplus.ended.cancel();
        }
        served
    }

    fn lock(&self) -> MutexGuard<'_, BySession> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BySession {
    fn find(&mut self, session: &SessionId) -> Option<Arc<Served>> {
        let entry = self.entries.get_mut(session)?;
        let served = entry.served.upgrade()?;
        self.uses += 1;
        entry.used = self.uses;
        Some(served)
    }

    /// Enters a service, and takes out the one that was used longest ago where there are too many.
    fn enter(&mut self, session: &SessionId, served: &Arc<Served>, most: usize) -> Option<Arc<Served>> {
        self.entries.remove(session);
        let surplus = if self.entries.len() >= most { self.oldest() } else { None };
        self.uses += 1;
        let entry = Entry { served: Arc::downgrade(served), used: self.uses };
        self.entries.insert(session.clone(), entry);
        surplus
    }

    fn oldest(&mut self) -> Option<Arc<Served>> {
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(session, _)| session.clone())?;
        self.entries.remove(&oldest)?.served.upgrade()
    }
}

impl Served {
    /// What the session answers to a request that was admitted.
    pub(super) async fn answer(&self, request: Request) -> Response {
        self.http.handle(request).await.map(Body::new)
    }

    fn latest(&self) -> MutexGuard<'_, SessionServer> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.ended.cancel();
        let mut all = self.register.lock();
        // Another one may stand in its place by now.
        let ours = all.entries.get(&self.session).is_some_and(|entry| std::ptr::eq(entry.served.as_ptr(), self));
        if ours {
            all.entries.remove(&self.session);
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("sessions", &self.register.lock().entries.len()).finish_non_exhaustive()
    }
}

impl ServerHandler for Held {
    fn get_info(&self) -> ServerConfig {
        self.server.get_info()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.server.list_tools(request, context).await
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.server.call_tool(request, context).await
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.server.initialize(request, context).await
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.server.on_initialized(context).await;
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.server.accepted_subscription_filter(requested)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        match self.served.listeners.try_acquire() {
            Ok(_place) => self.server.listen(context).await,
            Err(_) => Err(ErrorData::internal_error(LISTENERS, None)),
        }
    }
}
