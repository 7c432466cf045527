//! The Inspector (npm `@modelcontextprotocol/inspector`), as a client that people use.

use composio::secrecy::ExposeSecret as _;
use composio::{Embedded, EmbeddedOptions, McpToken, Session};
use serde_json::{Value, json};

use super::fixtures;
use super::tools::{Said, Tools};

/// A session of everything that GitHub has, with native tools besides.
async fn started() -> (Embedded, Session, McpToken) {
    let options = EmbeddedOptions::new().port(0).managed_app("github", "id", "secret");
    let embedded = Embedded::start(options).await.unwrap();
    let created = embedded.composio().create("user_123").toolkits(["github"]).direct_tools();
    let session = fixtures::added_to(created).await.unwrap();
    let token = session.mcp_token().await.unwrap();
    (embedded, session, token)
}

async fn ask(tools: &Tools, token: &McpToken, arguments: &[&str]) -> Said {
    let (name, value) = &token.endpoint.headers[0];
    let header = format!("{name}: {}", value.expose_secret());
    let always = [token.endpoint.url.as_str(), "--transport", "http", "--header", &header, "--method"];
    tools.inspector(&[&always, arguments].concat()).await
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[tokio::test]
async fn every_tool_is_shown_as_the_session_has_it() {
    let Some(tools) = Tools::installed() else { return };
    let (embedded, session, token) = started().await;
    let said = ask(&tools, &token, &["tools/list", "--strict"]).await;
    assert!(said.success, "a schema that clients cannot read: {}", said.err);
    let shown = json(&said)["tools"].clone();
    let own = session.tools().await.unwrap();
    assert!(own.len() > 500);
    assert_eq!(shown.as_array().unwrap().len(), own.len());
    for (shown, own) in shown.as_array().unwrap().iter().zip(&own) {
        assert_eq!(shown["name"], own.name());
        assert_eq!(shown["description"], own.description());
        assert_eq!(shown["inputSchema"], Value::Object(own.schema().as_ref().clone()), "{}", own.name());
        assert_eq!(shown["annotations"]["readOnlyHint"] == true, own.definition().hints.read_only, "{}", own.name());
    }
    embedded.shutdown().await;
}

#[tokio::test]
async fn tools_are_run_and_failures_are_told() {
    let Some(tools) = Tools::installed() else { return };
    let (embedded, _session, token) = started().await;
    let call = |name: &'static str| ask_to_run(&tools, &token, name);
    let said = call("LOCAL_test_simple_text").await;
    assert!(said.success, "{said:?}");
    let envelope: Value = serde_json::from_str(json(&said)["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["data"], "This is a simple text response for testing.");

    let said = call("GITHUB_GET_THE_AUTHENTICATED_USER").await;
    assert!(!said.success);
    let result = json(&said);
    assert_eq!(result["isError"], true);
    assert!(result["content"][0]["text"].as_str().unwrap().contains("connect"), "{result}");
    assert!(!said.out.contains("/link/"), "whoever reads what a client prints could connect an account");

    let said = call("GITHUB_NO_SUCH_THING").await;
    assert!(!said.success && said.err.contains("GITHUB_NO_SUCH_THING"), "{said:?}");
    embedded.shutdown().await;
}

async fn ask_to_run(tools: &Tools, token: &McpToken, name: &str) -> Said {
    ask(tools, token, &["tools/call", "--tool-name", name]).await
}

#[tokio::test]
async fn without_the_credential_there_is_nothing_to_see() {
    let Some(tools) = Tools::installed() else { return };
    let (embedded, session, token) = started().await;
    session.revoke_mcp_tokens().await.unwrap();
    let said = ask(&tools, &token, &["tools/list", "--stored-auth-only"]).await;
    assert!(!said.success, "{said:?}");
    let all = json!({"out": said.out, "err": said.err}).to_string();
    assert!(!all.contains("GITHUB_") && !all.contains("LOCAL_"), "{all}");
    embedded.shutdown().await;
}
