//! The backend: sessions in the crate's own vocabulary, over the client.

mod approvals;
mod auth_configs;
mod catalogue;
mod config;
mod execute;
mod explain;
mod files;
mod links;
mod management;
mod native;
mod proxy;
mod read;
mod search;
mod sessions;
mod toolkits;
mod tools;
mod users;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tracing::Instrument as _;

use self::approvals::NativeApprovals;
use self::users::Users;
use super::{HostedClient, HostedOptions};
use crate::account::ConnectedAccount;
use crate::approval::ApprovalRule;
use crate::backend::{
    Backend, Capabilities, HistoryQuery, Link, LinkRequest, LinkTarget, Management, McpToken, Page, ProxyRequest,
    ProxyResponse, SearchRequest, SearchResults, SessionFiles, SessionRecord, SessionVersion, ToolQuery, ToolkitQuery,
    ToolkitState,
};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::id::{ConnectedAccountId, McpTokenId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{NativeDefinitions, ToolCall, ToolDefinition, ToolOutput};

/// A span around one method of the backend. What a call carries is in none of them.
macro_rules! span {
    ($name:literal $(, $($field:tt)+)?) => {
        tracing::debug_span!(target: "composio", $name $(, $($field)+)?)
    };
}
use span;

/// Sessions at the hosted service, or at any server of the same dialect.
///
/// What the API does not say is not made up. It knows no idempotency keys, no tokens for MCP and no events, and those are
/// `Unsupported`. It does not say when an account was connected or whether it was seen to work: an account that is or was
/// ACTIVE counts as connected when it was made, and an ACTIVE one as seen to work. Explanations are worked out here from
/// what it lists, and say so.
///
/// It checks arguments itself, so that those that do not fit are `ToolFailed` with its words, and a call that has nothing to
/// run with carries no link: [`Session::authorize`](crate::Session::authorize) makes one. Lists without a limit are as long as
/// the service likes. A change that cannot be said without knowing the session is made of the version that was just read, and
/// is a `Conflict` where somebody else was faster.
///
/// # Example
/// ```no_run
/// # async fn example() -> composio_core::Result<()> {
/// use std::time::Duration;
/// use composio_core::Composio;
/// use composio_core::hosted::{HostedBackend, HostedOptions};
///
/// let options = HostedOptions::from_env()?.timeout(Duration::from_secs(20));
/// let composio = Composio::with_backend(HostedBackend::new(options)?);
/// let session = composio.create("user_123").toolkits(["github"]).await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct HostedBackend {
    client: HostedClient,
    users: Users,
    /// Questions about native tools, which no server can ask.
    native: NativeApprovals,
    /// The credential for MCP endpoints of the same origin, once for all sessions.
    headers: OnceLock<Arc<[(String, SecretString)]>>,
}

impl HostedBackend {
    /// A backend of these options. No connection is opened before the first call.
    ///
    /// # Errors
    /// `InvalidInput` as [`HostedClient::new`].
    pub fn new(options: HostedOptions) -> Result<Self> {
        HostedClient::new(options).map(Self::from)
    }

    /// A backend of these options, or where they cannot work one that gives the error at each call.
    pub(crate) fn deferred(options: HostedOptions) -> Self {
        HostedClient::deferred(options).into()
    }

    /// The client, for what the API has and a session does not.
    pub fn client(&self) -> &HostedClient {
        &self.client
    }
}

impl From<HostedClient> for HostedBackend {
    fn from(client: HostedClient) -> Self {
        let (users, native, headers) = (Users::default(), NativeApprovals::default(), OnceLock::new());
        Self { client, users, native, headers }
    }
}

#[async_trait]
impl Backend for HostedBackend {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            execution: true,
            links: true,
            explain: true,
            idempotency: false,
            management: true,
            mcp_tokens: false,
            updates: true,
            approvals: true,
            events: false,
            search: true,
            proxy: true,
            files: true,
        }
    }

    fn management(&self) -> Option<&dyn Management> {
        Some(self)
    }

    fn files(&self) -> Option<&dyn SessionFiles> {
        Some(self)
    }

    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        self.create(user, config, native).instrument(span!("composio.create_session")).await
    }

    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        self.read(session).instrument(span!("composio.session", session = %session)).await
    }

    async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
        self.attached(session, native).instrument(span!("composio.attach", session = %session)).await
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        self.change(session, update).instrument(span!("composio.update_session", session = %session)).await
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        self.versions(session, query).instrument(span!("composio.session_history", session = %session)).await
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        self.delete(session).instrument(span!("composio.delete_session", session = %session)).await
    }

    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        self.tools(session, query).instrument(span!("composio.list_tools", session = %session)).await
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.tool(session, tool).instrument(span!("composio.get_tool", session = %session, tool = %tool)).await
    }

    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        self.toolkits(session, query).instrument(span!("composio.list_toolkits", session = %session)).await
    }

    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        let span = span!("composio.execute", session = %session, tool = %call.tool);
        self.run(session, call).instrument(span).await
    }

    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        self.found(session, request).instrument(span!("composio.search", session = %session)).await
    }

    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        let span = span!("composio.proxy_execute", session = %session, toolkit = %request.toolkit);
        self.proxied(session, request).instrument(span).await
    }

    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        let span = match &request.target {
            LinkTarget::Toolkit(toolkit) => span!("composio.link", session = %session, toolkit = %toolkit),
            LinkTarget::Account(_) => span!("composio.link", session = %session),
        };
        self.linked(session, request).instrument(span).await
    }

    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.own_account(session, account).instrument(span!("composio.connected_account", session = %session)).await
    }

    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        let span = span!("composio.explain", session = %session, toolkit = %toolkit);
        self.explained(session, toolkit).instrument(span).await
    }

    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
        let span = span!("composio.explain_tool", session = %session, tool = %tool);
        self.tool_explained(session, tool).instrument(span).await
    }

    /// Native tools run in this process, so this process asks about them, and remembers in memory what was asked and what
    /// was always allowed. Another process asks again.
    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        self.native.pass(session, call, rule)
    }

    /// The API makes no such call: an account that is ACTIVE counts as seen to work.
    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let read = self.own_account(session, account).instrument(span!("composio.probe", session = %session));
        management::probed(read.await?)
    }

    fn events(&self) -> Result<Events> {
        let message = "the API tells nothing of what happens to accounts; read them, or have the service call a webhook of \
                       yours";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    async fn create_mcp_token(&self, _: &SessionId, _: Duration) -> Result<McpToken> {
        Err(no_mcp_tokens())
    }

    async fn revoke_mcp_tokens(&self, _: &SessionId, _: Option<&McpTokenId>) -> Result<()> {
        Err(no_mcp_tokens())
    }
}

fn no_mcp_tokens() -> Error {
    let message = "the API makes no tokens for one session; `Session::mcp` has the headers that let a client in, which carry \
                   the project's own key";
    Error::new(ErrorKind::Unsupported, message)
}
