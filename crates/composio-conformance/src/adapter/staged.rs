//! A backend around the scripted one: it lists what scripts cannot say, and takes its time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use composio_core::{
    ApprovalRule, Backend, Capabilities, ConnectedAccount, ConnectedAccountId, Events, Explanation, HistoryQuery, Link,
    LinkRequest, Management, McpToken, McpTokenId, NativeDefinitions, Page, ProxyRequest, ProxyResponse, Result,
    ScriptedBackend, SearchRequest, SearchResults, SessionConfig, SessionFiles, SessionId, SessionRecord,
    SessionUpdate, SessionVersion, ToolCall, ToolDefinition, ToolExplanation, ToolOutput, ToolQuery, ToolSlug,
    ToolkitQuery, ToolkitSlug, ToolkitState, UserId,
};
use serde_json::{Value, json};

/// A list that is made anew each time it is asked for.
type List = Arc<dyn Fn() -> Vec<ToolDefinition> + Send + Sync>;

/// Cheap to clone; clones share what they remember.
#[derive(Clone)]
pub(super) struct Staged {
    inner: ScriptedBackend,
    list: Option<List>,
    run: Run,
}

/// How a call is run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// As scripted.
    Scripted,
    /// As scripted, after as many turns of other tasks as the argument `late` says, and with the session in the answer.
    Late,
    /// The arguments come back at once, and nothing is remembered.
    Instant,
}

impl Staged {
    pub(super) fn new(inner: ScriptedBackend, run: Run) -> Self {
        Self { inner, list: None, run }
    }

    /// Lists these tools, which the script does not have to know.
    pub(super) fn listing(self, list: impl Fn() -> Vec<ToolDefinition> + Send + Sync + 'static) -> Self {
        Self { list: Some(Arc::new(list)), ..self }
    }

    async fn late(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        for _ in 0..call.arguments.get("late").and_then(Value::as_u64).unwrap_or(0) {
            tokio::task::yield_now().await;
        }
        let output = self.inner.execute(session, call).await?;
        let user = self.inner.session(session).await?.user;
        Ok(ToolOutput::new(json!({"user": user.as_str(), "arguments": output.value()})))
    }
}

#[async_trait]
impl Backend for Staged {
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
        self.inner.create_session(user, config, native).await
    }

    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        self.inner.session(session).await
    }

    fn files(&self) -> Option<&dyn SessionFiles> {
        self.inner.files()
    }

    async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
        self.inner.attach(session, native).await
    }

    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        self.inner.search(session, request).await
    }

    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        self.inner.proxy_execute(session, request).await
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        self.inner.update_session(session, update).await
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        self.inner.session_history(session, query).await
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.inner.get_tool(session, tool).await
    }

    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
        self.inner.explain_tool(session, tool).await
    }

    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        self.inner.confirm(session, call, rule).await
    }

    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.inner.probe(session, account).await
    }

    fn events(&self) -> Result<Events> {
        self.inner.events()
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        self.inner.delete_session(session).await
    }

    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        match &self.list {
            Some(list) => Ok(Page::new(list(), None, None)),
            None => self.inner.list_tools(session, query).await,
        }
    }

    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        self.inner.list_toolkits(session, query).await
    }

    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        match self.run {
            Run::Scripted => self.inner.execute(session, call).await,
            Run::Late => self.late(session, call).await,
            Run::Instant => Ok(ToolOutput::new(Value::Object(call.arguments)).log_id("log_1")),
        }
    }

    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        self.inner.link(session, request).await
    }

    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.inner.connected_account(session, account).await
    }

    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        self.inner.explain(session, toolkit).await
    }

    async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken> {
        self.inner.create_mcp_token(session, lifetime).await
    }

    async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()> {
        self.inner.revoke_mcp_tokens(session, token).await
    }
}

impl fmt::Debug for Staged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staged").field("inner", &self.inner).field("run", &self.run).finish_non_exhaustive()
    }
}
