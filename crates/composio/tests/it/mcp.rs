//! Sessions over MCP, on the listener, with a client of the protocol's own makers.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio::mcp::rmcp::model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam};
use composio::mcp::rmcp::service::{NotificationContext, RoleClient, RunningService};
use composio::mcp::rmcp::transport::StreamableHttpClientTransport;
use composio::mcp::rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use composio::mcp::rmcp::{ClientHandler, ServiceExt as _};
use composio::secrecy::{ExposeSecret as _, SecretString};
use composio::{Embedded, EmbeddedOptions, ErrorKind, McpToken, Result, Session, Tool, ToolContext};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Count {
    /// How far to count.
    to: u8,
}

struct Counter;

impl Tool for Counter {
    const SLUG: &'static str = "COUNT";
    type Input = Count;
    type Output = Value;

    fn description(&self) -> Cow<'static, str> {
        "Counts.".into()
    }

    async fn call(&self, cx: ToolContext, count: Count) -> Result<Value> {
        for step in 1..=count.to {
            cx.report_progress(f64::from(step), Some(f64::from(count.to)), format!("{step}"));
        }
        Ok(json!({"counted": count.to, "for": cx.user().as_str()}))
    }
}

#[derive(Clone, Default)]
struct Ears(Arc<Mutex<Vec<f64>>>);

impl ClientHandler for Ears {
    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().unwrap().push(told.progress);
    }
}

async fn start(change: impl FnOnce(EmbeddedOptions) -> EmbeddedOptions) -> (Embedded, Session) {
    let options = EmbeddedOptions::new().port(0).managed_app("github", "id", "secret");
    let embedded = Embedded::start(change(options)).await.unwrap();
    let created =
        embedded.composio().create("user_123").toolkits(["github"]).preload(["GITHUB_GET_THE_AUTHENTICATED_USER"]);
    let session = created.tool(Counter).await.unwrap();
    (embedded, session)
}

type Running = RunningService<RoleClient, Ears>;

async fn connect(url: &str, credential: &str) -> Option<(Running, Ears)> {
    let config = StreamableHttpClientTransportConfig::with_uri(url).auth_header(credential);
    let ears = Ears::default();
    let running = ears.clone().serve(StreamableHttpClientTransport::from_config(config)).await.ok()?;
    Some((running, ears))
}

/// What the `authorization` header of a token carries behind its scheme.
fn bearer(token: &McpToken) -> String {
    let (name, value) = &token.endpoint.headers[0];
    assert!(name.eq_ignore_ascii_case("authorization"), "{name}");
    value.expose_secret().strip_prefix("Bearer ").unwrap().to_owned()
}

async fn call(client: &Running, name: &'static str, arguments: Value) -> CallToolResult {
    let arguments = arguments.as_object().unwrap().clone();
    client.call_tool(CallToolRequestParams::new(name).with_arguments(arguments)).await.unwrap()
}

fn text(result: &CallToolResult) -> &str {
    &result.content[0].as_text().unwrap().text
}

#[tokio::test]
async fn a_client_with_a_token_lists_and_runs_the_sessions_tools() {
    let (embedded, session) = start(|options| options).await;
    let url = session.mcp().unwrap().url.clone();
    assert_eq!(url.as_str(), format!("{}tool_router/{}/mcp", embedded.public_url(), session.id()));
    let token = session.mcp_token().await.unwrap();
    assert_eq!(token.endpoint.url, url);
    let (client, ears) = connect(url.as_str(), &bearer(&token)).await.unwrap();

    let names: Vec<_> = client.list_all_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["GITHUB_GET_THE_AUTHENTICATED_USER", "LOCAL_COUNT"]);
    let counted = call(&client, "LOCAL_COUNT", json!({"to": 3})).await;
    assert!(text(&counted).contains(r#""data":{"counted":3,"for":"user_123"}"#), "{counted:?}");
    assert_eq!(*ears.0.lock().unwrap(), [1.0, 2.0, 3.0]);

    let refused = call(&client, "GITHUB_GET_THE_AUTHENTICATED_USER", json!({})).await;
    assert_eq!(refused.is_error, Some(true));
    assert!(text(&refused).contains("connect") && !text(&refused).contains("/link/"), "{refused:?}");
    client.cancel().await.unwrap();
    embedded.shutdown().await;
}

#[tokio::test]
async fn a_token_ends_when_it_is_revoked_and_opens_one_session() {
    let (embedded, session) = start(|options| options).await;
    let other = embedded.composio().create("user_456").await.unwrap();
    let (token, theirs) = (session.mcp_token().await.unwrap(), other.mcp_token().await.unwrap());
    let url = session.mcp().unwrap().url.as_str().to_owned();
    assert!(connect(&url, &bearer(&theirs)).await.is_none());

    let (client, _) = connect(&url, &bearer(&token)).await.unwrap();
    session.revoke_mcp_token(&token.id).await.unwrap();
    assert!(client.list_all_tools().await.is_err());
    assert!(connect(&url, &bearer(&token)).await.is_none());
    embedded.shutdown().await;
}

#[tokio::test]
async fn the_projects_key_opens_every_session_and_only_where_it_was_given() {
    let key = "0123456789abcdef0123456789abcdef";
    let (embedded, session) = start(|options| options.project_key(SecretString::from(key))).await;
    let other = embedded.composio().create("user_456").await.unwrap();
    for session in [&session, &other] {
        assert!(connect(session.mcp().unwrap().url.as_str(), key).await.is_some(), "{session:?}");
    }
    embedded.shutdown().await;

    let (embedded, session) = start(|options| options).await;
    assert!(connect(session.mcp().unwrap().url.as_str(), key).await.is_none());
    embedded.shutdown().await;
}

#[tokio::test]
async fn a_client_that_listens_does_not_hold_the_shutdown_up() {
    let (embedded, session) = start(|options| options).await;
    let token = session.mcp_token().await.unwrap();
    let (client, _) = connect(session.mcp().unwrap().url.as_str(), &bearer(&token)).await.unwrap();
    client.list_all_tools().await.unwrap();
    tokio::time::timeout(Duration::from_secs(4), embedded.shutdown()).await.expect("it ends before its grace does");
}

#[tokio::test]
async fn native_tools_can_be_shown_as_they_were_written() {
    let (embedded, session) = start(EmbeddedOptions::mcp_without_native_prefix).await;
    let token = session.mcp_token().await.unwrap();
    let (client, _) = connect(session.mcp().unwrap().url.as_str(), &bearer(&token)).await.unwrap();
    assert!(text(&call(&client, "COUNT", json!({"to": 1})).await).contains("\"counted\":1"));
    client.cancel().await.unwrap();
    embedded.shutdown().await;
}

#[tokio::test]
async fn mistakes_in_the_options_surface_at_the_start() {
    let options = || EmbeddedOptions::new().port(0);
    for (options, told) in [
        (options().mcp_allow_origin("inspector.example"), "inspector.example"),
        (options().project_key("short-key"), "16"),
    ] {
        let error = Embedded::start(options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(told) && !error.to_string().contains("short-key"), "{error}");
    }
}
