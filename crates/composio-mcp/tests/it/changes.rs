//! What clients hear when a session changes, and what a change does to their calls.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use composio_core::schemars::{self, JsonSchema};
use composio_core::{Composio, MultiAccount, Result, ScriptedBackend, Session, Tool, ToolContext, ToolPolicy};
use composio_mcp::SessionServer;
use composio_mcp::rmcp::model::{ServerNotification, SubscriptionFilter};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Ears, backend, refused, session};

fn two_tools() -> ScriptedBackend {
    backend().tool("KIT_OTHER", "kit", json!({"type": "object"}))
}

async fn without_other(session: &Session) {
    session.update().tools([("kit", ToolPolicy::Disable(["KIT_OTHER".try_into().unwrap()].into()))]).await.unwrap();
}

#[tokio::test]
async fn every_client_hears_of_a_change_and_lists_what_is_left() {
    let session = session(&two_tools()).await;
    let server = SessionServer::new(session.clone());
    let (one, other) = (Client::of(server.clone()).await, Client::of(server).await);
    assert_eq!(one.names().await, ["KIT_ECHO", "KIT_OTHER"]);
    without_other(&session).await;
    for client in [&one, &other] {
        client.ears.changed().await;
        assert_eq!(client.names().await, ["KIT_ECHO"]);
    }
    session.update().reset_tools().await.unwrap();
    one.ears.changed().await;
    assert_eq!(one.names().await, ["KIT_ECHO", "KIT_OTHER"]);
    assert_eq!(one.ears.more_changes(), 0, "one change is heard once");
    one.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_client_that_says_again_that_it_is_ready_hears_of_a_change_once() {
    let session = session(&two_tools()).await;
    let client = Client::of(SessionServer::new(session.clone())).await;
    for _ in 0..3 {
        client.peer().notify_initialized().await.unwrap();
    }
    client.names().await;
    without_other(&session).await;
    client.ears.changed().await;
    client.names().await;
    client.names().await;
    assert_eq!(client.ears.more_changes(), 0);
    client.close().await;
}

#[tokio::test]
async fn a_change_by_another_value_of_the_session_is_heard_too() {
    let composio = Composio::with_backend(two_tools());
    let session = composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
    let client = Client::of(SessionServer::new(session.clone())).await;
    let again = composio.session(session.id()).await.unwrap();
    drop(session);
    without_other(&again).await;
    client.ears.changed().await;
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    client.close().await;
}

#[tokio::test]
async fn only_a_list_that_can_change_is_announced_as_one() {
    let session = session(&backend()).await;
    let announced = async |server| {
        let client = Client::of(server).await;
        let tools = client.peer().peer_info().unwrap().capabilities.tools.clone().unwrap();
        client.close().await;
        tools.list_changed
    };
    assert_eq!(announced(SessionServer::new(session.clone())).await, Some(true));
    assert_eq!(announced(SessionServer::of_tools(session.tools().await.unwrap())).await, None);
}

/// One client hears of the change before its next call, the other never listens.
async fn clients(session: &Session) -> [Client; 2] {
    let of = || SessionServer::new(session.clone());
    [Client::of(of()).await, Client::of_2026(of(), Ears::new()).await]
}

#[tokio::test]
async fn a_tool_that_was_taken_away_is_refused_without_a_new_listing() {
    let backend = two_tools();
    let session = session(&backend).await;
    for client in clients(&session).await {
        client.names().await;
        without_other(&session).await;
        let error = refused(client.try_call("KIT_OTHER", json!({})).await.unwrap_err());
        assert_eq!(error.code.0, -32602);
        assert!(error.message.contains("KIT_ECHO"), "{error:?}");
        assert!(backend.calls().is_empty());
        session.update().reset_tools().await.unwrap();
        client.close().await;
    }
}

/// With several accounts a tool has a parameter more. Whoever still took it for the old one would send that on.
#[tokio::test]
async fn a_call_after_a_change_is_read_by_the_new_schema() {
    let backend = backend();
    let composio = Composio::with_backend(backend.clone());
    let session = composio.create("user_u").toolkits(["kit"]).preload(["KIT_ECHO"]).await.unwrap();
    for client in clients(&session).await {
        client.names().await;
        session.update().multi_account(MultiAccount::default()).await.unwrap();
        client.call("KIT_ECHO", json!({"note": "n", "account": "work"})).await;
        let call = backend.calls().pop().unwrap();
        assert_eq!(Value::Object(call.arguments), json!({"note": "n"}));
        assert_eq!(call.account.as_deref(), Some("work"));
        session.update().reset_multi_account().await.unwrap();
        client.close().await;
    }
}

/// A tool that says when it is gone, and the session with it.
struct Kept(Arc<AtomicBool>);

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

impl Tool for Kept {
    const SLUG: &'static str = "KEPT";
    type Input = Nothing;
    type Output = Value;

    fn description(&self) -> Cow<'static, str> {
        "Is kept.".into()
    }

    async fn call(&self, _: ToolContext, _: Nothing) -> Result<Value> {
        Ok(json!("here"))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn nothing_listens_for_a_client_that_left() {
    let gone = Arc::new(AtomicBool::new(false));
    let composio = Composio::with_backend(backend());
    let session = composio.create("user_u").no_toolkits().tool(Kept(Arc::clone(&gone))).await.unwrap();
    let client = Client::of(SessionServer::new(session.clone())).await;
    session.update().reset_tags().await.unwrap();
    client.ears.changed().await;
    drop(session);
    assert!(!gone.load(Ordering::SeqCst), "its client is there");
    client.close().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(gone.load(Ordering::SeqCst), "somebody still holds the session");
}

#[tokio::test]
async fn a_client_of_2026_hears_of_changes_where_it_listens() {
    let session = session(&two_tools()).await;
    let client = Client::of_2026(SessionServer::new(session.clone()), Ears::new()).await;
    client.names().await;
    let wanted = SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().build();
    let mut changes = client.peer().listen(wanted).await.unwrap();
    assert_eq!(changes.acknowledged(), &SubscriptionFilter::builder().tools_list_changed().build());
    // The server begins to listen after it said so.
    client.names().await;
    without_other(&session).await;
    let heard = changes.next().await.unwrap().expect("it goes on");
    assert!(matches!(heard, ServerNotification::ToolListChangedNotification(_)), "{heard:?}");
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    changes.cancel().await.unwrap();
    client.close().await;
}
