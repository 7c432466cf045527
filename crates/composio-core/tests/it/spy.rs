//! A backend that passes everything on and remembers what was asked.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use composio_core::{
    ApprovalRule, Backend, Capabilities, ConnectedAccount, ConnectedAccountId, Events, Explanation, HistoryQuery, Link,
    LinkRequest, Management, McpToken, McpTokenId, NativeDefinitions, Page, ProxyRequest, ProxyResponse, Result,
    ScriptedBackend, SearchRequest, SearchResults, SessionConfig, SessionFiles, SessionId, SessionRecord,
    SessionUpdate, SessionVersion, ToolCall, ToolDefinition, ToolExplanation, ToolOutput, ToolQuery, ToolSlug,
    ToolkitQuery, ToolkitSlug, ToolkitState, UserId,
};

/// Cheap to clone; clones share what they remember.
#[derive(Clone, Debug)]
pub(crate) struct Spy {
    inner: ScriptedBackend,
    asked: Arc<Mutex<Vec<&'static str>>>,
    links: Arc<Mutex<Vec<LinkRequest>>>,
    lifetimes: Arc<Mutex<Vec<Duration>>>,
    revoked: Arc<Mutex<Vec<Option<McpTokenId>>>>,
    tool_page: Option<usize>,
    stuck_at: Option<&'static str>,
    slow: Arc<Slow>,
}

/// A service that takes its time until a new credential works.
#[derive(Default)]
struct Slow {
    tries: AtomicUsize,
    when_tried: Mutex<Option<Box<dyn Fn() + Send + Sync>>>,
}

impl fmt::Debug for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not ready for {} tries", self.tries.load(Ordering::Relaxed))
    }
}

impl Slow {
    fn seen(&self, account: ConnectedAccount) -> ConnectedAccount {
        let mut account = account;
        if self.tries.load(Ordering::Relaxed) > 0 {
            account.ready_at = None;
        }
        account
    }
}

impl Spy {
    pub(crate) fn new(inner: ScriptedBackend) -> Self {
        Self {
            inner,
            asked: Arc::default(),
            links: Arc::default(),
            lifetimes: Arc::default(),
            revoked: Arc::default(),
            tool_page: None,
            stuck_at: None,
            slow: Arc::default(),
        }
    }

    /// Shows no account as ready before it was tried so often.
    pub(crate) fn not_ready_for(&self, tries: usize) {
        self.slow.tries.store(tries, Ordering::Relaxed);
    }

    /// Lets this happen whenever an account is tried.
    pub(crate) fn when_tried(&self, happen: impl Fn() + Send + Sync + 'static) {
        *self.slow.when_tried.lock().unwrap() = Some(Box::new(happen));
    }

    /// Puts this many tools on a page, whatever was asked for.
    pub(crate) fn tool_page(self, tools: usize) -> Self {
        Self { tool_page: Some(tools), ..self }
    }

    /// Answers every page of tools with this cursor.
    pub(crate) fn stuck_at(self, cursor: &'static str) -> Self {
        Self { stuck_at: Some(cursor), ..self }
    }

    /// The methods that were called, in order.
    pub(crate) fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap().clone()
    }

    /// How often a method was called.
    pub(crate) fn count(&self, method: &str) -> usize {
        self.asked().into_iter().filter(|asked| *asked == method).count()
    }

    /// The links that were asked for.
    pub(crate) fn links(&self) -> Vec<LinkRequest> {
        self.links.lock().unwrap().clone()
    }

    /// How long the tokens were to live that were asked for.
    pub(crate) fn lifetimes(&self) -> Vec<Duration> {
        self.lifetimes.lock().unwrap().clone()
    }

    /// The tokens that were to be revoked; none for all of them.
    pub(crate) fn revoked(&self) -> Vec<Option<McpTokenId>> {
        self.revoked.lock().unwrap().clone()
    }

    fn hear(&self, method: &'static str) -> &ScriptedBackend {
        self.asked.lock().unwrap().push(method);
        &self.inner
    }
}

#[async_trait]
impl Backend for Spy {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn management(&self) -> Option<&dyn Management> {
        self.inner.management()
    }

    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        self.hear("create_session").create_session(user, config, native).await
    }

    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        self.hear("session").session(session).await
    }

    fn files(&self) -> Option<&dyn SessionFiles> {
        self.inner.files()
    }

    async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
        self.hear("attach").attach(session, native).await
    }

    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        self.hear("search").search(session, request).await
    }

    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        self.hear("proxy_execute").proxy_execute(session, request).await
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        self.hear("update_session").update_session(session, update).await
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        self.hear("session_history").session_history(session, query).await
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.hear("get_tool").get_tool(session, tool).await
    }

    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
        self.hear("explain_tool").explain_tool(session, tool).await
    }

    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        self.hear("confirm").confirm(session, call, rule).await
    }

    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let inner = self.hear("probe");
        if let Some(happen) = &*self.slow.when_tried.lock().unwrap() {
            happen();
        }
        let mut tried = inner.probe(session, account).await?;
        let left = self.slow.tries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            tried.ready_at = None;
        }
        Ok(tried)
    }

    fn events(&self) -> Result<Events> {
        self.hear("events").events()
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        self.hear("delete_session").delete_session(session).await
    }

    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        let inner = self.hear("list_tools");
        assert!(query.limit.is_none_or(|limit| limit <= 500), "no page holds more than 500: {query:?}");
        let mut query = query.clone();
        if self.stuck_at.is_some() {
            query.cursor = None;
        }
        query.limit = self.tool_page.or(query.limit);
        let mut page = inner.list_tools(session, &query).await?;
        page.next_cursor = self.stuck_at.map(str::to_owned).or(page.next_cursor);
        Ok(page)
    }

    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        let mut page = self.hear("list_toolkits").list_toolkits(session, query).await?;
        for toolkit in &mut page.items {
            toolkit.account = toolkit.account.take().map(|account| self.slow.seen(account));
            toolkit.accounts = toolkit.accounts.drain(..).map(|account| self.slow.seen(account)).collect();
        }
        Ok(page)
    }

    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        self.hear("execute").execute(session, call).await
    }

    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        self.links.lock().unwrap().push(request.clone());
        self.hear("link").link(session, request).await
    }

    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let account = self.hear("connected_account").connected_account(session, account).await?;
        Ok(self.slow.seen(account))
    }

    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        self.hear("explain").explain(session, toolkit).await
    }

    async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken> {
        self.lifetimes.lock().unwrap().push(lifetime);
        self.hear("create_mcp_token").create_mcp_token(session, lifetime).await
    }

    async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()> {
        self.revoked.lock().unwrap().push(token.cloned());
        self.hear("revoke_mcp_tokens").revoke_mcp_tokens(session, token).await
    }
}
