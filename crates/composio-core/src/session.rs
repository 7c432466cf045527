//! A session: one user, what they may use, and which account runs it.

mod approve;
mod authorize;
mod batch;
mod builder;
mod calls;
mod changes;
mod check;
mod config;
mod ensure;
mod files;
mod live;
mod mcp;
mod modifier;
mod proxy;
mod run;
mod search;
mod settings;
mod update;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures::TryStreamExt as _;
use serde_json::Value;
use tokio::sync::watch;
use url::Url;

pub use self::approve::AnswerApproval;
pub use self::authorize::{Authorize, ConnectionRequest, Wait};
#[cfg(feature = "hosted")]
pub(crate) use self::batch::BATCH;
pub use self::builder::{OpenSession, SessionBuilder};
pub use self::calls::{Execute, ListToolkits};
pub use self::changes::{Changes, ListHistory};
pub use self::config::{MultiAccount, Preload, SessionConfig};
pub use self::ensure::{EnsureConnected, Ensured};
pub use self::files::{Files, ListFiles};
pub(crate) use self::live::Live;
use self::live::{Held, Local};
pub use self::mcp::CreateMcpToken;
pub use self::modifier::{Modifier, ModifierContext, ToolFailure};
pub use self::proxy::ProxyExecute;
pub(crate) use self::run::Caller;
pub use self::search::SearchTools;
pub use self::settings::{
    Hook, HookCheck, HostedSettings, InstantUsage, MetaTools, PermissionDefault, PermissionOverride, Permissions,
    SandboxSize, Workbench,
};
pub use self::update::{MultiAccountUpdate, Patch, SessionUpdate, UpdateSession};
use crate::account::ConnectedAccount;
use crate::backend::{Backend, LinkTarget, McpEndpoint, SessionRecord, ToolQuery, pages};
use crate::composio::Composio;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ConnectedAccountId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::tool::{NativeTools, SessionTool, ToolSet, not_given};

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
    held: Held,
}

impl Session {
    /// A session that brings its native tools and modifiers, so that others find them.
    fn new(door: Composio, record: SessionRecord, local: Local) -> Self {
        Self::of(door, record, |shared| shared.give(local))
    }

    /// A session that takes what another value of it was given, and otherwise what it was given itself.
    fn of_found(door: Composio, record: SessionRecord, local: Local) -> Self {
        Self::of(door, record, |shared| match shared.find() {
            Some(found) => shared.found(found),
            None => shared.give(local),
        })
    }

    fn of(door: Composio, record: SessionRecord, hold: impl FnOnce(Arc<live::Shared>) -> Held) -> Self {
        let held = hold(door.live.enter(record));
        Self { inner: Arc::new(Inner { backend: door.backend, held }) }
    }

    /// Its id. Keep it to take the session up again with [`Composio::session`](crate::Composio::session).
    pub fn id(&self) -> &SessionId {
        self.inner.held.shared().id()
    }

    /// Whose it is. It never changes.
    pub fn user(&self) -> &UserId {
        self.inner.held.shared().user()
    }

    /// Its configuration, as this process last read it. [`update`](Self::update) changes it for every value of the session.
    pub fn config(&self) -> Arc<SessionConfig> {
        Arc::clone(&self.record().config)
    }

    /// Where MCP clients reach it; nothing where the backend does not serve MCP.
    ///
    /// On the hosted service the headers carry the project's own key, for clients of yours and for nobody else's; there are
    /// none where the endpoint has another origin than the API. On the embedded engine, make a token with
    /// [`mcp_token`](Self::mcp_token). Rule: `session-api` 12.5.
    pub fn mcp(&self) -> Option<&McpEndpoint> {
        self.inner.held.shared().mcp()
    }

    /// The tools for a model: those that were preloaded, then the native ones by slug.
    ///
    /// # Errors
    /// `NotFound` where the session was deleted. `Conflict` where two tools have the same slug, or names that a model could
    /// not tell apart. `Unexpected` where the backend's list does not end.
    pub async fn tools(&self) -> Result<ToolSet> {
        let mut pages = pin!(pages(Ok(None), |cursor| async move {
            let query = ToolQuery { cursor, limit: Some(TOOL_PAGE) };
            self.inner.backend.list_tools(self.id(), &query).await
        }));
        let mut definitions = Vec::new();
        while let Some(page) = pages.try_next().await? {
            definitions.extend(page.into_iter().map(Arc::new));
        }
        definitions.extend(self.native().definitions().map(Arc::clone));
        self.tool_set(definitions)
    }

    /// One tool, whether a model gets it directly or not.
    ///
    /// # Errors
    /// `NotFound` for an unknown tool, with near slugs; `PermissionDenied` for one that the session may not use.
    pub async fn tool<T>(&self, slug: T) -> Result<SessionTool>
    where
        T: TryInto<ToolSlug, Error: Into<Error>> + Send,
    {
        let slug = slug.try_into().map_err(Into::into)?;
        let tools = self.tool_set(vec![self.definition(&slug).await?])?;
        tools.get(slug.as_str()).cloned().ok_or_else(|| Error::new(ErrorKind::Unexpected, format!("{slug} was lost")))
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

    /// Why this session may use a tool, or may not: which rule allowed or refused it, and whether a call needs an approval.
    ///
    /// # Errors
    /// `NotFound` for an unknown tool, with near slugs.
    pub async fn explain_tool<T>(&self, tool: T) -> Result<ToolExplanation>
    where
        T: TryInto<ToolSlug, Error: Into<Error>> + Send,
    {
        let tool = tool.try_into().map_err(Into::into)?;
        match self.native().definition(&tool) {
            Some(native) => {
                let mut explained = ToolExplanation::native(tool, native.hints);
                explained.approval = self.config().needs_approval(None, &explained.tool, native.hints);
                Ok(explained)
            }
            None if NativeTools::claims(&tool) => Err(not_given(&tool)),
            None => self.inner.backend.explain_tool(self.id(), &tool).await,
        }
    }

    /// Makes sure that a toolkit is connected: returns at once where it is, and otherwise makes a link, gives it to
    /// `show`, and waits for the user. An account that ended is connected again, with the same id. Rule: `session-semantics`
    /// 2.2.
    ///
    /// # Errors
    /// The await gives what [`authorize`](Self::authorize) and [`ConnectionRequest::wait`] give; `Conflict` for an account
    /// that the application switched off.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # let backend = ScriptedBackend::new().toolkit("github").links_connect();
    /// # let composio = Composio::with_backend(backend);
    /// # let session = composio.create("user_123").await?;
    /// let ensured = session.ensure_connected("github", |link| println!("Connect here: {link}")).await?;
    /// assert!(!ensured.was_connected);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn ensure_connected<T>(&self, toolkit: T, show: impl FnOnce(&Url) + Send + 'static) -> EnsureConnected
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        EnsureConnected::new(self.clone(), toolkit.try_into().map_err(Into::into), Box::new(show))
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

    fn record(&self) -> Arc<SessionRecord> {
        self.inner.held.shared().record()
    }

    fn publish(&self, record: SessionRecord) {
        self.inner.held.shared().publish(record);
    }

    fn listen(&self) -> watch::Receiver<u64> {
        self.inner.held.shared().listen()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", self.id()).field("user", self.user()).finish_non_exhaustive()
    }
}
