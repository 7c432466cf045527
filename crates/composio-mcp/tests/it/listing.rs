//! What a client is shown.

use std::sync::Arc;

use composio_core::{Composio, Error, ErrorKind, ScriptedBackend};
use composio_mcp::{McpTools as _, SessionServer};
use serde_json::json;

use crate::client::{Client, backend, refused, session};

#[tokio::test]
async fn a_session_is_listed_with_what_it_is_for() {
    let client = Client::of(SessionServer::new(session(&backend()).await)).await;
    let tools = client.tools().await.unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0].name, "KIT_ECHO");
    assert_eq!(tools[0].description.as_deref(), Some("Scripted KIT_ECHO."));
    assert_eq!(tools[0].input_schema["properties"]["note"]["type"], "string");
    assert!(client.instructions().contains("kit"), "{}", client.instructions());
    assert!(!client.instructions().contains("user_u"), "the user's id is nobody's business");
    client.close().await;
}

#[tokio::test]
async fn schemas_are_shared_and_never_copied() {
    let tools = session(&backend()).await.tools().await.unwrap();
    let shown = tools.to_mcp();
    assert!(Arc::ptr_eq(&shown[0].input_schema, tools.iter().next().unwrap().schema()));
}

#[tokio::test]
async fn a_listing_is_as_fresh_as_the_session() {
    let backend = backend();
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    let _ = backend.clone().tool("KIT_LATER", "kit", json!({}));
    assert_eq!(client.names().await, ["KIT_ECHO", "KIT_LATER"]);
    client.close().await;
}

#[tokio::test]
async fn a_tool_that_came_later_is_found_without_a_new_listing() {
    let backend = backend();
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    client.names().await;
    let _ = backend.clone().tool("KIT_LATER", "kit", json!({}));
    client.call("KIT_LATER", json!({})).await;
    assert_eq!(backend.calls().len(), 1);
    client.close().await;
}

#[tokio::test]
async fn a_set_of_tools_is_served_as_it_is() {
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let backend = ScriptedBackend::new().tool("KIT_ECHO", "kit", schema);
    let tools = session(&backend).await.tools().await.unwrap().strict();
    let client = Client::of(SessionServer::of_tools(tools)).await;
    let _ = backend.clone().tool("KIT_LATER", "kit", json!({}));
    let shown = client.tools().await.unwrap();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].input_schema["required"], json!(["note"]));
    let error = refused(client.try_call("KIT_LATER", json!({})).await.unwrap_err());
    assert_eq!(error.code.0, -32602);
    client.close().await;
}

#[tokio::test]
async fn a_session_without_tools_lists_none() {
    let session = Composio::with_backend(backend()).create("user_u").await.unwrap();
    let client = Client::of(SessionServer::new(session)).await;
    assert!(client.names().await.is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_session_that_ended_says_so_and_no_more() {
    let session = session(&backend()).await;
    session.delete().await.unwrap();
    let client = Client::of(SessionServer::new(session.clone())).await;
    for error in [client.tools().await.unwrap_err(), client.try_call("KIT_ECHO", json!({})).await.unwrap_err()] {
        let error = refused(error);
        assert!(error.message.contains("This session has ended"), "{error:?}");
        assert!(!error.message.contains(session.id().as_str()), "{error:?}");
    }
    client.close().await;
}

#[tokio::test]
async fn what_an_operator_reads_never_reaches_a_client() {
    let backend = backend().answer("KIT_ECHO", |_| {
        let source = std::io::Error::other("source-secret");
        let error = Error::new(ErrorKind::Unexpected, "display-secret at db-secret.internal").with_source(source);
        Err(error.with_context("account", "context-secret"))
    });
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    let result = client.call("KIT_ECHO", json!({})).await;
    assert_eq!(result.is_error, Some(true));
    let text = format!("{result:?}");
    assert!(!text.contains("secret"), "{text}");
    client.close().await;
}
