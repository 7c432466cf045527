//! `Arc` and `Box` forward, so that a backend can be handed over in either.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Backend, Capabilities, HistoryQuery, Link, LinkRequest, Management, McpToken, Page, ProxyRequest, ProxyResponse,
    SearchRequest, SearchResults, SessionFiles, SessionRecord, SessionVersion, ToolQuery, ToolkitQuery, ToolkitState,
};
use crate::account::ConnectedAccount;
use crate::approval::ApprovalRule;
use crate::error::Result;
use crate::event::Events;
use crate::id::{ConnectedAccountId, McpTokenId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{NativeDefinitions, ToolCall, ToolDefinition, ToolOutput};

macro_rules! forward {
    ($pointer:ident) => {
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<B: Backend + ?Sized> Backend for $pointer<B> {
            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn management(&self) -> Option<&dyn Management> {
                (**self).management()
            }

            fn files(&self) -> Option<&dyn SessionFiles> {
                (**self).files()
            }

            async fn create_session(
                &self,
                user: &UserId,
                config: &SessionConfig,
                native: &NativeDefinitions,
            ) -> Result<SessionRecord> {
                (**self).create_session(user, config, native).await
            }

            async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
                (**self).session(session).await
            }

            async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
                (**self).attach(session, native).await
            }

            async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
                (**self).search(session, request).await
            }

            async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
                (**self).proxy_execute(session, request).await
            }

            async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
                (**self).update_session(session, update).await
            }

            async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
                (**self).session_history(session, query).await
            }

            async fn delete_session(&self, session: &SessionId) -> Result<()> {
                (**self).delete_session(session).await
            }

            async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
                (**self).list_tools(session, query).await
            }

            async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
                (**self).get_tool(session, tool).await
            }

            async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
                (**self).list_toolkits(session, query).await
            }

            async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
                (**self).execute(session, call).await
            }

            async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
                (**self).link(session, request).await
            }

            async fn connected_account(
                &self,
                session: &SessionId,
                account: &ConnectedAccountId,
            ) -> Result<ConnectedAccount> {
                (**self).connected_account(session, account).await
            }

            async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
                (**self).explain(session, toolkit).await
            }

            async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
                (**self).explain_tool(session, tool).await
            }

            async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
                (**self).confirm(session, call, rule).await
            }

            async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
                (**self).probe(session, account).await
            }

            fn events(&self) -> Result<Events> {
                (**self).events()
            }

            async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken> {
                (**self).create_mcp_token(session, lifetime).await
            }

            async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()> {
                (**self).revoke_mcp_tokens(session, token).await
            }
        }
    };
}

forward!(Arc);
forward!(Box);
