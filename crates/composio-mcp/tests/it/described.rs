//! Schemas of results: shown of native tools alone, and kept to.

use std::time::Duration;

use async_trait::async_trait;
use composio_core::{
    ApprovalRule, Backend, Capabilities, Composio, ConnectedAccount, ConnectedAccountId, Error, ErrorKind, Events,
    Explanation, HistoryQuery, Link, LinkRequest, Management, McpToken, McpTokenId, NativeDefinitions, Page,
    ProxyRequest, ProxyResponse, Result, Schema, ScriptedBackend, SearchRequest, SearchResults, SessionConfig,
    SessionFiles, SessionId, SessionRecord, SessionUpdate, SessionVersion, ToolCall, ToolDefinition, ToolExplanation,
    ToolOutput, ToolQuery, ToolSlug, ToolkitQuery, ToolkitSlug, ToolkitState, UserId,
};
use composio_mcp::SessionServer;
use serde_json::json;

use crate::client::{Client, read};

/// Lists two tools that describe their results: one of a toolkit, and one of nobody's, as native ones are.
#[derive(Debug)]
struct Described(ScriptedBackend);

fn definition(slug: &str) -> ToolDefinition {
    let result = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let slug = ToolSlug::new(slug).unwrap();
    ToolDefinition::new(slug, "Counts.", Schema::from(json!({}))).output_schema(Schema::from(result))
}

#[async_trait]
impl Backend for Described {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }
    fn management(&self) -> Option<&dyn Management> {
        None
    }
    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        self.0.create_session(user, config, native).await
    }
    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        self.0.session(session).await
    }
    fn files(&self) -> Option<&dyn SessionFiles> {
        self.0.files()
    }

    async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord> {
        self.0.attach(session, native).await
    }

    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        self.0.search(session, request).await
    }

    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        self.0.proxy_execute(session, request).await
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        self.0.update_session(session, update).await
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        self.0.session_history(session, query).await
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.0.get_tool(session, tool).await
    }

    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation> {
        self.0.explain_tool(session, tool).await
    }

    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        self.0.confirm(session, call, rule).await
    }

    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.0.probe(session, account).await
    }

    fn events(&self) -> Result<Events> {
        self.0.events()
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        self.0.delete_session(session).await
    }
    async fn list_tools(&self, _: &SessionId, _: &ToolQuery) -> Result<Page<ToolDefinition>> {
        let of_kit = definition("KIT_COUNT").toolkit(ToolkitSlug::new("kit")?);
        let list = definition("LIST").output_schema(Schema::from(json!({"type": "array"})));
        Ok(Page::new(vec![of_kit, definition("COUNT"), definition("FAIL"), list], None, None))
    }
    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        self.0.list_toolkits(session, query).await
    }
    async fn execute(&self, _: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        match call.tool.as_str() {
            "FAIL" => Err(Error::new(ErrorKind::ToolFailed, "no")),
            "LIST" => Ok(ToolOutput::new(json!([1]))),
            _ => Ok(ToolOutput::new(json!({"n": 1}))),
        }
    }
    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        self.0.link(session, request).await
    }
    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.0.connected_account(session, account).await
    }
    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        self.0.explain(session, toolkit).await
    }
    async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken> {
        self.0.create_mcp_token(session, lifetime).await
    }
    async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()> {
        self.0.revoke_mcp_tokens(session, token).await
    }
}

async fn client() -> Client {
    let session = Composio::with_backend(Described(ScriptedBackend::new())).create("user_u").await.unwrap();
    Client::of(SessionServer::new(session)).await
}

#[tokio::test]
async fn what_a_tool_returns_is_described_for_native_tools_alone() {
    let client = client().await;
    let tools = client.tools().await.unwrap();
    assert_eq!(tools[0].output_schema, None, "services describe their results too loosely");
    assert_eq!(tools[1].output_schema.as_ref().unwrap()["properties"]["n"]["type"], "integer");
    client.close().await;
}

#[tokio::test]
async fn a_result_that_was_described_comes_bare_too() {
    let client = client().await;
    for (name, expected) in [("KIT_COUNT", None), ("COUNT", Some(json!({"n": 1}))), ("FAIL", None)] {
        assert_eq!(client.call(name, json!({})).await.structured_content, expected, "{name}");
    }
    client.close().await;
}

/// Up to 2025-11-25 a client knows results that are objects, and no others.
#[tokio::test]
async fn a_result_that_is_no_object_comes_as_the_envelope_alone() {
    let client = client().await;
    let tools = client.tools().await.unwrap();
    let list = tools.iter().find(|tool| tool.name == "LIST").unwrap();
    assert_eq!(list.output_schema, None);
    let result = client.call("LIST", json!({})).await;
    assert_eq!(read(&result).0["data"], json!([1]), "one text, as from every tool");
    assert_eq!(result.structured_content, None);
    client.close().await;
}
