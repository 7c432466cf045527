//! The backend of one project: a thin face over the engine's parts.

use std::time::Duration;

use async_trait::async_trait;
use composio_core::{
    ApprovalRule, Backend, Capabilities, ConnectedAccount, ConnectedAccountId, Error, ErrorKind, Events, Explanation,
    HistoryQuery, Link, LinkRequest, Management, McpToken, McpTokenId, NativeDefinitions, Page, ProxyRequest,
    ProxyResponse, Result, SearchRequest, SearchResults, SessionConfig, SessionFiles, SessionId, SessionRecord,
    SessionUpdate, SessionVersion, ToolCall, ToolDefinition, ToolExplanation, ToolOutput, ToolQuery, ToolSlug,
    ToolkitQuery, ToolkitSlug, ToolkitState, UserId,
};

use crate::engine::Engine;
use crate::scope::Scope;
use crate::store::ProjectId;
use crate::{approvals, connect, execute, mcp, sessions, toolkits, upkeep};

/// The embedded backend: one project of an [`Engine`]. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EmbeddedBackend {
    engine: Engine,
    project: ProjectId,
}

impl EmbeddedBackend {
    pub(crate) fn new(engine: Engine, project: ProjectId) -> Self {
        Self { engine, project }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn project(&self) -> &ProjectId {
        &self.project
    }

    async fn scope(&self, session: &SessionId) -> Result<Scope<'_>> {
        Scope::open(&self.engine, &self.project, session).await
    }
}

#[async_trait]
impl Backend for EmbeddedBackend {
    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.execution = true;
        capabilities.links = true;
        capabilities.explain = true;
        capabilities.idempotency = true;
        capabilities.management = true;
        capabilities.mcp_tokens = self.engine.serves_mcp();
        capabilities.updates = true;
        capabilities.approvals = true;
        capabilities.events = true;
        capabilities
    }

    fn management(&self) -> Option<&dyn Management> {
        Some(self)
    }

    fn files(&self) -> Option<&dyn SessionFiles> {
        None
    }

    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        _native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        let created = sessions::create(&self.engine, &self.project, user, config).await?;
        Ok(mcp::reachable(&self.engine, created))
    }

    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        let found = sessions::warned(&self.engine, self.scope(session).await?.session);
        Ok(mcp::reachable(&self.engine, found))
    }

    async fn attach(&self, session: &SessionId, _native: &NativeDefinitions) -> Result<SessionRecord> {
        self.session(session).await
    }

    async fn search(&self, _session: &SessionId, _request: &SearchRequest) -> Result<SearchResults> {
        Err(Error::new(ErrorKind::Unsupported, "the embedded engine does not search yet; preload tools by name"))
    }

    async fn proxy_execute(&self, _session: &SessionId, _request: &ProxyRequest) -> Result<ProxyResponse> {
        Err(Error::new(ErrorKind::Unsupported, "the embedded engine does not call services' own APIs; write a tool"))
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        let updated = sessions::update(&self.engine, &self.project, session, update).await?;
        Ok(mcp::reachable(&self.engine, updated))
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        sessions::history(&self.scope(session).await?, query).await
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        let scope = self.scope(session).await?;
        self.engine.store().delete_session(&self.project, &scope.session.id).await.map(drop)
    }

    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        toolkits::list_tools(&self.scope(session).await?, query).await
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        toolkits::tool(&self.scope(session).await?, tool).await
    }

    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        toolkits::list_toolkits(&self.scope(session).await?, query).await
    }

    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        execute::execute(&self.scope(session).await?, call).await
    }

    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        connect::link(&self.scope(session).await?, request).await
    }

    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.scope(session).await?.account(account).await
    }

    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
        toolkits::explain_tool(&self.scope(session).await?, tool).await
    }

    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        approvals::confirm(&self.scope(session).await?, call, rule).await
    }

    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let scope = self.scope(session).await?;
        let account = scope.account(account).await?;
        upkeep::probe(&self.engine, &self.project, &account).await.map(|account| account.seen_by(&scope.session.user))
    }

    fn events(&self) -> Result<Events> {
        Ok(self.engine.events().subscribe(&self.project))
    }

    async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken> {
        mcp::check_served(&self.engine)?;
        mcp::create_token(&self.scope(session).await?, lifetime).await
    }

    async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()> {
        mcp::check_served(&self.engine)?;
        mcp::revoke_tokens(&self.scope(session).await?, token).await
    }

    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        toolkits::explain(&self.scope(session).await?, toolkit).await
    }
}
