//! What a client that was let in finds.

use std::borrow::Cow;

use composio_core::{Result, Tool, ToolContext};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::world::{World, backend, message};

#[derive(Deserialize, JsonSchema)]
pub(super) struct Nothing {}

pub(super) struct Greet;

impl Tool for Greet {
    const SLUG: &'static str = "GREET";
    type Input = Nothing;
    type Output = Value;

    fn description(&self) -> Cow<'static, str> {
        "Greets.".into()
    }

    async fn call(&self, cx: ToolContext, _: Nothing) -> Result<Value> {
        cx.report_progress(1.0, None, "thinking");
        Ok(json!({"greets": cx.user().as_str()}))
    }
}

#[tokio::test]
async fn tools_are_listed_and_run_in_the_users_name() {
    let backend = backend();
    let world = World::with(backend.clone(), |options| options);
    let (_, mut client) = world.client().await;
    let hello = client.hello().await.result();
    assert_eq!(hello["capabilities"], json!({"tools": {"listChanged": true}}), "tools are all there is");
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    let result = client.call("KIT_ECHO", json!({"note": "hi"})).await.result();
    let envelope: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(envelope["data"], json!({"note": "hi"}));
    assert_eq!(backend.calls().len(), 1);
}

#[tokio::test]
async fn native_tools_of_this_process_are_served_too() {
    let world = World::new();
    let session = world.composio.create("user_n").toolkits(["kit"]).direct_tools().tool(Greet).await.unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    assert_eq!(client.names().await, ["KIT_ECHO", "LOCAL_GREET"]);
    let result = client.call("LOCAL_GREET", json!({})).await.result();
    assert!(result["content"][0]["text"].as_str().unwrap().contains(r#"{"greets":"user_n"}"#), "{result}");
}

#[tokio::test]
async fn native_tools_can_be_shown_as_they_were_written() {
    let world = World::with(backend(), |options| options.without_native_prefix());
    let session = world.composio.create("user_n").no_toolkits().tool(Greet).await.unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    assert_eq!(client.names().await, ["GREET"]);
    client.call("GREET", json!({})).await.result();
}

#[tokio::test]
async fn progress_comes_on_the_stream_of_its_call() {
    let world = World::new();
    let session = world.composio.create("user_n").no_toolkits().tool(Greet).await.unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    let params = json!({"name": "LOCAL_GREET", "arguments": {}, "_meta": {"progressToken": "p"}});
    let answer = client.post("tools/call", params).await;
    let progress = answer.body.find("notifications/progress").expect("progress is told");
    assert!(progress < answer.body.find("\"result\"").unwrap(), "{}", answer.body);
    assert!(answer.body.contains("thinking"));
}

#[tokio::test]
async fn a_client_that_never_says_hello_is_served_request_by_request() {
    let world = World::new();
    let (_, client) = world.client().await;
    let version = "2026-07-28";
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for (method, mut params, found) in [
        ("tools/list", json!({}), "KIT_ECHO"),
        ("tools/call", json!({"name": "KIT_ECHO", "arguments": {"note": "hi"}}), "log_1"),
    ] {
        params["_meta"] = meta.clone();
        let mut request = client.request(axum::http::Method::POST, message(3, method, &params));
        let headers = request.headers_mut();
        headers.insert("mcp-protocol-version", version.parse().unwrap());
        headers.insert("mcp-method", method.parse().unwrap());
        if method == "tools/call" {
            headers.insert("mcp-name", "KIT_ECHO".parse().unwrap());
        }
        let answer = world.send(request).await;
        assert!(answer.result().to_string().contains(found), "{answer:?}");
        assert_eq!(answer.header("mcp-session-id"), "");
    }
}
