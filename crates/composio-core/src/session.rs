//! A session: one user, what they may use, and which account runs it.

mod authorize;
mod builder;
mod calls;
mod config;
mod live;
mod mcp;

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

pub use self::authorize::{Authorize, ConnectionRequest, Wait};
pub use self::builder::{OpenSession, SessionBuilder};
pub use self::calls::{Execute, ListToolkits};
pub use self::config::{MultiAccount, Preload, SessionConfig};
pub(crate) use self::live::LiveTools;
use self::live::Registered;
pub use self::mcp::CreateMcpToken;
use crate::account::ConnectedAccount;
use crate::backend::{Backend, LinkTarget, McpEndpoint, SessionRecord, ToolQuery};
use crate::composio::Composio;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ConnectedAccountId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::precedence::Explanation;
use crate::tool::{NativeTools, ProgressSink, ToolCall, ToolContext, ToolOutput, ToolSet};

/// A future in a box, as the values that implement `IntoFuture` here return.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// How many tools are asked for at a time. The dialect's maximum.
const TOOL_PAGE: usize = 500;

/// One user, the toolkits they may use, and the rules that choose the account. Cheap to clone.
///
/// Sessions hold no credentials and do not expire. Which account runs a tool is decided at each call, so an account
/// that the user connects later is used at once; pin one with
/// [`connected_account`](SessionBuilder::connected_account) to keep it, and ask [`explain`](Self::explain) to see why.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// let session = composio.create("user_123").toolkits(["github"]).await?;
/// let output = session.execute("GITHUB_GET_A_USER", json!({"username": "octocat"})).await?;
/// println!("{}", output.data.as_str());
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Arc<dyn Backend>,
    record: SessionRecord,
    native: Registered,
}

impl Session {
    /// A session that brings its native tools, so that others find them.
    fn new(door: Composio, record: SessionRecord, native: NativeTools) -> Self {
        let native = door.live.register(&record.id, Arc::new(native));
        Self { inner: Arc::new(Inner { backend: door.backend, record, native }) }
    }

    /// A session that found its native tools. It keeps them for itself: found through it, they would outlive for ever
    /// the session that was given them.
    fn of_found(door: Composio, record: SessionRecord, native: Arc<NativeTools>) -> Self {
        let native = Registered::nowhere(&record.id, native);
        Self { inner: Arc::new(Inner { backend: door.backend, record, native }) }
    }

    /// Its id. Keep it to take the session up again with [`Composio::session`](crate::Composio::session).
    pub fn id(&self) -> &SessionId {
        &self.inner.record.id
    }

    /// Whose it is.
    pub fn user(&self) -> &UserId {
        &self.inner.record.user
    }

    /// What it was created with.
    pub fn config(&self) -> &SessionConfig {
        &self.inner.record.config
    }

    /// Where MCP clients reach it; nothing where the backend does not serve MCP. The headers to send are those of the
    /// hosted service; on the embedded engine, make a token with [`mcp_token`](Self::mcp_token).
    pub fn mcp(&self) -> Option<&McpEndpoint> {
        self.inner.record.mcp.as_ref()
    }

    /// The tools for a model: those that were preloaded, then the native ones by slug.
    ///
    /// # Errors
    /// `NotFound` where the session was deleted. `Conflict` where two tools have the same slug, or names that a model could
    /// not tell apart. `Unexpected` where the backend's list does not end.
    pub async fn tools(&self) -> Result<ToolSet> {
        let mut query = ToolQuery { limit: Some(TOOL_PAGE), ..ToolQuery::new() };
        let (mut definitions, mut seen) = (Vec::new(), HashSet::new());
        loop {
            let page = self.inner.backend.list_tools(self.id(), &query).await?;
            definitions.extend(page.items.into_iter().map(Arc::new));
            let Some(next) = page.next_cursor else { break };
            if !seen.insert(next.clone()) {
                let message = "the backend's list of tools does not end: a page names one as the next that was read";
                return Err(Error::new(ErrorKind::Unexpected, message));
            }
            query.cursor = Some(next);
        }
        definitions.extend(self.inner.native.tools().definitions().map(Arc::clone));
        ToolSet::new(self, definitions)
    }

    /// The toolkits it may use and how each is connected: the first 20, unless the returned value says otherwise.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// # let session = composio.create("user_123").await?;
    /// for toolkit in session.toolkits().search("mail").connected(true).await?.items {
    ///     println!("{} is {}", toolkit.name, if toolkit.is_active() { "connected" } else { "not connected" });
    /// }
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn toolkits(&self) -> ListToolkits {
        ListToolkits::new(self.clone())
    }

    /// Runs a tool by its slug, once.
    ///
    /// Native tools run in this process and are sent nowhere. Everything else runs with the account that the session's
    /// rules choose.
    ///
    /// # Errors
    /// The await gives
    /// - `InvalidInput` for a malformed slug, or arguments that do not fit; nothing was sent;
    /// - `NotFound` for an unknown tool, with near slugs, `PermissionDenied` for one outside the session;
    /// - `ConnectionRequired` with a [`connect_url`](Error::connect_url) where there is nothing to run with;
    /// - `ToolFailed` where the service refused: [`for_model`](Error::for_model) is what it said;
    /// - `OutcomeUnknown` where it may or may not have happened; it is never sent again by itself.
    pub fn execute<T>(&self, tool: T, arguments: Value) -> Execute
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        Execute::new(self.clone(), tool.try_into().map_err(Into::into), arguments)
    }

    /// Begins a new connection of this toolkit. Accounts that exist are never reused: linking adds one.
    ///
    /// # Errors
    /// The await gives `InvalidInput` where the session pins an account of the toolkit or the toolkit needs none,
    /// `PermissionDenied` outside the session, `Conflict` for an alias that is taken, `NoManagedAuth` where nothing says
    /// how to connect.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # let backend = ScriptedBackend::new().toolkit("github").links_connect();
    /// # let composio = Composio::with_backend(backend);
    /// # let session = composio.create("user_123").await?;
    /// let request = session.authorize("github").alias("work").await?;
    /// println!("Connect your account: {}", request.redirect_url());
    /// let account = request.wait().await?;
    /// assert!(account.is_active());
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn authorize<T>(&self, toolkit: T) -> Authorize
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        Authorize::new(self.clone(), toolkit.try_into().map(LinkTarget::Toolkit).map_err(Into::into))
    }

    /// Connects an account again that is EXPIRED, REVOKED or FAILED. It keeps its id, and has to end at the same
    /// identity.
    ///
    /// # Errors
    /// The await gives `NotFound` for an account that is not this session's, `Conflict` for one that needs no reconnect.
    pub fn reconnect(&self, account: impl Into<ConnectedAccountId>) -> Authorize {
        Authorize::new(self.clone(), Ok(LinkTarget::Account(account.into())))
    }

    /// Which account a tool of this toolkit would run with now, and why not each of the others.
    ///
    /// # Errors
    /// `NotFound` for an unknown toolkit, `PermissionDenied` for one outside the session.
    pub async fn explain<T>(&self, toolkit: T) -> Result<Explanation>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>> + Send,
    {
        let toolkit = toolkit.try_into().map_err(Into::into)?;
        self.inner.backend.explain(self.id(), &toolkit).await
    }

    /// Reads an account of the session's user.
    ///
    /// # Errors
    /// `NotFound`, for accounts of other users too.
    pub async fn connected_account(&self, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.inner.backend.connected_account(self.id(), account).await
    }

    /// Deletes the session. Accounts and auth configs stay.
    ///
    /// # Errors
    /// `NotFound` where it is gone already.
    pub async fn delete(&self) -> Result<()> {
        self.inner.backend.delete_session(self.id()).await
    }

    pub(crate) fn backend(&self) -> &Arc<dyn Backend> {
        &self.inner.backend
    }

    /// The one router: native here, everything else at the backend. A native slug that this session does not have is
    /// not sent either: its arguments were meant for this process.
    pub(crate) async fn run(&self, call: ToolCall, progress: Option<ProgressSink>) -> Result<ToolOutput> {
        if NativeTools::claims(&call.tool) {
            check_native(&call)?;
            let cx = ToolContext::new(self.clone(), progress);
            return self.inner.native.tools().call(&call.tool, cx, call.arguments).await;
        }
        self.inner.backend.execute(self.id(), call).await
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", self.id()).field("user", self.user()).finish_non_exhaustive()
    }
}

/// A native tool has no account and no memory; a call that counts on either is not made.
fn check_native(call: &ToolCall) -> Result<()> {
    if call.account.is_none() && call.idempotency_key.is_none() {
        return Ok(());
    }
    let message = format!("{} is a native tool, which takes no account and no idempotency key", call.tool);
    Err(Error::new(ErrorKind::Unsupported, message))
}
