//! The server: tools are listed afresh, and calls find their tool by name.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use composio_core::{Error, Session, SessionTool, ToolSet, ToolkitPolicy};
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, Implementation, InitializeRequestParams, InitializeResult,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, SubscriptionFilter,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, SubscriptionContext};

use crate::call;
use crate::listening::{self, Hello};
use crate::shown::Names;

/// A session as an MCP server: its tools, and nothing else. Cheap to clone; clones share what they have read.
///
/// A client hears when the session's configuration changes, and a call that waits for a person is put before the client's
/// user; see the [crate's documentation](crate#what-a-client-sees).
///
/// Serve it over any transport of [`rmcp`], over standard input and output with [`serve_stdio`](crate::serve_stdio), or
/// over HTTP with the crate `composio-server`.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// use composio_mcp::SessionServer;
/// use composio_mcp::rmcp::ServiceExt as _;
///
/// let session = composio.create("user_123").toolkits(["github"]).direct_tools().await?;
/// let (ours, theirs) = tokio::io::duplex(4096);
/// # let client = async move { ().serve(theirs).await.map(|client| client.cancellation_token().cancel()) };
/// let serving = SessionServer::new(session).serve(ours);
/// # let (server, client) = tokio::join!(serving, client);
/// # client?;
/// # let serving = std::future::ready(server);
/// serving.await?.waiting().await?;
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SessionServer {
    source: Source,
    names: Names,
    reveal_links: bool,
    instructions: Arc<str>,
    known: Arc<Mutex<Option<Known>>>,
    hello: Hello,
}

/// Tools that were read, and the version that the session had before. With another version they may be others.
#[derive(Clone)]
struct Known {
    tools: ToolSet,
    version: u64,
}

#[derive(Clone)]
enum Source {
    Session(Session),
    Tools(ToolSet),
}

impl SessionServer {
    /// Serves what the session offers at the time of each listing.
    #[must_use]
    pub fn new(session: Session) -> Self {
        let instructions = instructions(Some(&session));
        Self::from(Source::Session(session), &instructions)
    }

    /// Serves these tools, as they are: a set that you filtered, or made [`strict`](ToolSet::strict).
    #[must_use]
    pub fn of_tools(tools: ToolSet) -> Self {
        let instructions = instructions(tools.iter().next().map(SessionTool::session));
        Self::from(Source::Tools(tools), &instructions)
    }

    fn from(source: Source, instructions: &str) -> Self {
        Self {
            source,
            names: Names::Slugs,
            reveal_links: false,
            instructions: instructions.into(),
            known: Arc::default(),
            hello: Hello::default(),
        }
    }

    /// Shows native tools as their author called them, without `LOCAL_`, where no other tool has that name.
    #[must_use]
    pub fn without_native_prefix(mut self) -> Self {
        self.names = Names::Authored;
        self
    }

    /// Lets the client read the link where a connection is missing; see [`ToolSet::reveal_connect_links`]. Whoever opens
    /// it can connect an account in the user's name, so use it only where the client is that user's own.
    #[must_use]
    pub fn reveal_connect_links(mut self) -> Self {
        self.reveal_links = true;
        // What was read before would hide them.
        self.known = Arc::default();
        self
    }

    /// Reads the tools, and keeps them for the calls that follow.
    async fn read(&self) -> Result<ToolSet, Error> {
        let version = self.source.version();
        let mut tools = match &self.source {
            Source::Session(session) => session.tools().await?,
            Source::Tools(tools) => tools.clone(),
        };
        if self.reveal_links {
            tools = tools.reveal_connect_links();
        }
        *self.known() = Some(Known { tools: tools.clone(), version });
        Ok(tools)
    }

    /// The tool of this name. What was read before is read again where the session changed since, and once where the name
    /// is not there, because the session may have more by now.
    async fn tool(&self, name: &str) -> Result<SessionTool, ErrorData> {
        let known = self.known().clone().filter(|known| known.version == self.source.version());
        if let Some(tool) = known.and_then(|known| self.names.find(name, &known.tools).cloned()) {
            return Ok(tool);
        }
        let tools = self.read().await.map_err(|error| failed(&error))?;
        self.names.find(name, &tools).cloned().ok_or_else(|| {
            let answer = tools.no_such_tool(name);
            let text = answer.error().map(|error| error.for_model().into_owned());
            ErrorData::invalid_params(text.unwrap_or_default(), None)
        })
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session that is listed afresh. A set of tools stays as it is.
    fn session(&self) -> Option<&Session> {
        match &self.source {
            Source::Session(session) => Some(session),
            Source::Tools(_) => None,
        }
    }
}

impl Source {
    /// The version of what is listed.
    fn version(&self) -> u64 {
        match self {
            Self::Session(session) => session.version(),
            Self::Tools(_) => 0,
        }
    }
}

impl ServerHandler for SessionServer {
    fn get_info(&self) -> ServerConfig {
        let itself = Implementation::new("composio", env!("CARGO_PKG_VERSION"));
        let tools = ServerCapabilities::builder().enable_tools();
        let capabilities = match self.session() {
            Some(_) => tools.enable_tool_list_changed().build(),
            None => tools.build(),
        };
        ServerConfig::new(capabilities).with_server_info(itself).with_instructions(self.instructions.as_ref())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.read().await.map_err(|error| failed(&error))?;
        Ok(ListToolsResult::with_all_items(self.names.all(&tools)))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = self.tool(&request.name).await?;
        call::run(tool, request, context).await
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        context.peer.set_peer_info(request.clone());
        if let Some(session) = self.session() {
            self.hello.said(context, session.changes());
        }
        self.negotiate_initialize(&request)
    }

    /// Tells the client of changes for as long as it stays: rmcp runs this beside everything else.
    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {
        self.hello.listen(|| *self.known() = None).await;
    }

    fn accepted_subscription_filter(&self, _: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.session()?;
        Some(SubscriptionFilter::builder().tools_list_changed().build())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        if let Some(session) = self.session() {
            listening::tell(&context, session.changes(), || *self.known() = None).await;
        }
        Ok(())
    }
}

impl fmt::Debug for SessionServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SessionServer");
        match &self.source {
            Source::Session(session) => shown.field("session", session),
            Source::Tools(tools) => shown.field("tools", tools),
        };
        shown.field("names", &self.names).field("reveal_links", &self.reveal_links).finish_non_exhaustive()
    }
}

/// Tools could not be read. The client learns what a model may read; the operator finds the rest in the log.
fn failed(error: &Error) -> ErrorData {
    tracing::warn!(kind = ?error.kind(), log_id = error.log_id(), "the session's tools could not be read: {error}");
    ErrorData::internal_error(error.for_model().into_owned(), None)
}

/// What the tools are for, in a sentence or two that clients put before their model.
fn instructions(session: Option<&Session>) -> String {
    let config = session.map(Session::config);
    let services = match config.as_deref().map(|config| &config.toolkits) {
        Some(ToolkitPolicy::Enable(slugs)) if !slugs.is_empty() => {
            let slugs: Vec<_> = slugs.iter().map(AsRef::as_ref).collect();
            format!("the user's own accounts at {}", slugs.join(", "))
        }
        _ => "the user's own accounts".to_owned(),
    };
    format!(
        "Tools that act with {services}. Every result is a JSON object: `successful` says whether it worked, `data` \
         holds the result and `error` what to do instead."
    )
}
