//! A session as a hosted MCP server.

use composio_core::secrecy::SecretString;
use composio_core::{ErrorKind, McpEndpoint, Url};
use composio_openai::async_openai::types::responses::Tool;
use composio_openai::mcp_tool;
use serde_json::{Value, json};

fn endpoint(headers: &[(&str, &str)]) -> McpEndpoint {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))).collect::<Vec<_>>();
    McpEndpoint::new(Url::parse("https://composio.example/mcp/trs_1").unwrap(), headers)
}

fn sent(headers: &[(&str, &str)]) -> Value {
    serde_json::to_value(Tool::Mcp(mcp_tool("composio", &endpoint(headers)).unwrap())).unwrap()
}

#[test]
fn a_bearer_token_is_the_authorization() {
    let expected = json!({"type": "mcp", "server_label": "composio", "server_url": "https://composio.example/mcp/trs_1",
        "authorization": "token-1"});
    assert_eq!(sent(&[("Authorization", "Bearer token-1")]), expected);
    assert_eq!(sent(&[("authorization", "bearer token-1")]), expected);
}

#[test]
fn other_headers_are_headers() {
    let tool = sent(&[("x-api-key", "key-1"), ("Authorization", "Bearer token-1")]);
    assert_eq!((&tool["headers"], &tool["authorization"]), (&json!({"x-api-key": "key-1"}), &json!("token-1")));
    let tool = sent(&[("Authorization", "Basic dTpw")]);
    assert_eq!((&tool["headers"], tool.get("authorization")), (&json!({"Authorization": "Basic dTpw"}), None));
}

#[test]
fn approval_and_tools_are_left_to_the_caller() {
    let tool = sent(&[("x-api-key", "key-1")]);
    assert!(tool.get("require_approval").is_none() && tool.get("allowed_tools").is_none(), "{tool}");
}

#[test]
fn an_endpoint_without_a_credential_is_refused_with_the_next_step() {
    let error = mcp_tool("composio", &endpoint(&[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("Session::mcp_token"), "{error}");
}
