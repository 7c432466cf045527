//! Clients that hear of changes, and of what waits for their user.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, Request, StatusCode};
use composio_core::{ApprovalFallback, ApprovalPolicy, Modifier, Session, ToolOutput, ToolPolicy};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::keeping::Kept;
use super::world::{Client, World, backend, message};

/// A stream, message by message.
struct Stream {
    body: BodyDataStream,
    read: String,
}

impl Stream {
    async fn of(world: &World, request: Request<Body>) -> Self {
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        Self { body: response.into_body().into_data_stream(), read: String::new() }
    }

    async fn listen(world: &World, client: &Client<'_>) -> Self {
        Self::of(world, client.request(Method::GET, Body::empty())).await
    }

    /// The next message; none where the stream ends.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                let data: String = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
                match serde_json::from_str(data.trim()) {
                    Ok(message) => return Some(message),
                    // A sign of life.
                    Err(_) => continue,
                }
            }
            let more = self.body.next().await?.unwrap();
            self.read.push_str(std::str::from_utf8(&more).unwrap());
        }
    }
}

async fn without_other(session: &Session) {
    session.update().tools([("kit", ToolPolicy::Disable(["KIT_OTHER".try_into().unwrap()].into()))]).await.unwrap();
}

fn two_tools() -> composio_core::ScriptedBackend {
    backend().tool("KIT_OTHER", "kit", json!({"type": "object"}))
}

#[tokio::test]
async fn every_client_that_listens_hears_of_a_change() {
    let world = World::with(two_tools(), |options| options);
    let session = world.session().await;
    let (mut one, mut other) = (world.client_of(&session), world.client_of(&session));
    one.hello().await;
    other.hello().await;
    let mut streams = [Stream::listen(&world, &one).await, Stream::listen(&world, &other).await];
    assert_eq!(one.names().await, ["KIT_ECHO", "KIT_OTHER"]);
    without_other(&session).await;
    for stream in &mut streams {
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
    }
    assert_eq!(one.names().await, ["KIT_ECHO"]);
}

#[tokio::test]
async fn a_tool_that_was_taken_away_is_refused_whether_its_client_listened_or_not() {
    let backend = two_tools();
    let world = World::with(backend.clone(), |options| options);
    let (session, mut client) = world.client().await;
    client.hello().await;
    assert_eq!(client.names().await, ["KIT_ECHO", "KIT_OTHER"]);
    without_other(&session).await;
    assert_eq!(client.call("KIT_OTHER", json!({})).await.message()["error"]["code"], -32602);
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn one_session_hears_nothing_of_another() {
    let world = World::with(two_tools(), |options| options);
    let ((session, mut one), (other, mut theirs)) = (world.client().await, world.client().await);
    one.hello().await;
    theirs.hello().await;
    let mut stream = Stream::listen(&world, &one).await;
    without_other(&other).await;
    session.update().reset_tags().await.unwrap();
    session.update().tools([("kit", ToolPolicy::Enable(["KIT_ECHO".try_into().unwrap()].into()))]).await.unwrap();
    // Two changes of its own at most, which may be heard as one.
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
    assert_eq!(theirs.names().await, ["KIT_ECHO"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_to_tell_a_client_that_left() {
    let world = World::with(backend(), |options| options.idle(Duration::from_secs(60)));
    let gone = Arc::new(AtomicBool::new(false));
    let session = world.composio.create("user_k").no_toolkits().tool(Kept(Arc::clone(&gone))).await.unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    session.update().reset_tags().await.unwrap();
    drop(session);
    client.send(Method::DELETE, "").await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(gone.load(Ordering::SeqCst), "somebody still listens");
}

/// A request of 2026-07-28, which names no client.
fn of_2026(client: &Client<'_>, method: &'static str, mut params: Value, name: Option<&'static str>) -> Request<Body> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
    });
    let mut request = client.request(Method::POST, message(3, method, &params));
    let headers = request.headers_mut();
    headers.insert("mcp-protocol-version", "2026-07-28".parse().unwrap());
    headers.insert("mcp-method", method.parse().unwrap());
    if let Some(name) = name {
        headers.insert("mcp-name", name.parse().unwrap());
    }
    request
}

fn listening(client: &Client<'_>) -> Request<Body> {
    of_2026(client, "subscriptions/listen", json!({"notifications": {"toolsListChanged": true}}), None)
}

#[tokio::test]
async fn a_client_that_never_says_hello_hears_where_it_listens() {
    let world = World::with(two_tools(), |options| options);
    let (session, client) = world.client().await;
    let mut stream = Stream::of(&world, listening(&client)).await;
    let acknowledged = stream.next().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    // It listens once it runs again.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    without_other(&session).await;
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test]
async fn those_who_merely_listen_are_bounded_and_end_with_the_server() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let world = World::with(backend(), |options| {
        options.until(async {
            let _ = stopped.await;
        })
    });
    let (_, client) = world.client().await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        let mut stream = Stream::of(&world, listening(&client)).await;
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/subscriptions/acknowledged");
        streams.push(stream);
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    let mut surplus = Stream::of(&world, listening(&client)).await;
    surplus.next().await.unwrap();
    let refused = surplus.next().await.unwrap();
    assert!(refused["error"]["message"].as_str().unwrap().contains("Too many streams"), "{refused}");
    stop.send(()).unwrap();
    for stream in &mut streams {
        assert_eq!(stream.next().await, None, "a server that stops would wait for it");
    }
}

#[tokio::test]
async fn a_request_that_says_it_listens_and_does_not_is_refused() {
    let world = World::new();
    let (_, client) = world.client().await;
    let mut request = of_2026(&client, "tools/list", json!({}), None);
    request.headers_mut().insert("mcp-method", "subscriptions/listen".parse().unwrap());
    assert_eq!(world.send(request).await.status, StatusCode::BAD_REQUEST);
    let mut request = listening(&client);
    request.headers_mut().remove("mcp-method");
    assert_eq!(world.send(request).await.status, StatusCode::BAD_REQUEST);
}

async fn asking(world: &World, fallback: ApprovalFallback) -> Session {
    let mut approvals = ApprovalPolicy::new();
    approvals.toolkits.insert("kit".try_into().unwrap());
    approvals.fallback = fallback;
    let building = world.composio.create("user_u").toolkits(["kit"]).direct_tools();
    building.approvals(approvals).await.unwrap()
}

fn text(result: &Value) -> Value {
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_person_is_asked_on_the_stream_of_the_call() {
    for (decision, made) in [("allow_once", true), ("deny", false)] {
        let backend = backend();
        let world = World::with(backend.clone(), |options| options);
        let session = asking(&world, ApprovalFallback::Deny).await;
        let mut client = world.client_of(&session);
        client.hello_as(&json!({"elicitation": {}})).await;
        let call = message(9, "tools/call", &json!({"name": "KIT_ECHO", "arguments": {"note": "hi"}}));
        let mut stream = Stream::of(&world, client.request(Method::POST, call)).await;
        let question = stream.next().await.unwrap();
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], "Allow KIT_ECHO?\n\"note\": \"hi\"");
        assert!(!question.to_string().contains("approval-"), "the state stays here: {question}");
        assert!(backend.calls().is_empty());
        let said = json!({"jsonrpc": "2.0", "id": question["id"], "result":
            {"action": "accept", "content": {"decision": decision}}});
        assert_eq!(client.send(Method::POST, said.to_string()).await.status, StatusCode::ACCEPTED);
        let answer = stream.next().await.unwrap();
        assert_eq!(text(&answer["result"])["successful"], made, "{answer}");
        assert_eq!(backend.calls().len(), usize::from(made));
    }
}

#[tokio::test]
async fn a_client_that_never_says_hello_is_asked_between_two_requests() {
    let backend = backend();
    let world = World::with(backend.clone(), |options| options);
    let session = asking(&world, ApprovalFallback::Deny).await;
    let client = world.client_of(&session);
    let call = |more: Value| {
        let mut params = json!({"name": "KIT_ECHO", "arguments": {"note": "hi"}});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of_2026(&client, "tools/call", params, Some("KIT_ECHO"))
    };
    let question = world.send(call(json!({}))).await.result();
    assert_eq!(question["resultType"], "input_required");
    assert_eq!(question["inputRequests"]["approval"]["params"]["message"], "Allow KIT_ECHO?\n\"note\": \"hi\"");
    let said = json!({"requestState": question["requestState"], "inputResponses":
        {"approval": {"action": "accept", "content": {"decision": "allow_once"}}}});
    assert_eq!(text(&world.send(call(said.clone())).await.result())["data"], json!({"note": "hi"}));
    assert_eq!(text(&world.send(call(said)).await.result())["successful"], false, "it was used");
    assert_eq!(backend.calls().len(), 1);
}

#[tokio::test]
async fn a_client_that_cannot_ask_gets_what_the_session_falls_back_to() {
    for (fallback, made) in [(ApprovalFallback::Deny, false), (ApprovalFallback::Allow, true)] {
        let backend = backend();
        let world = World::with(backend.clone(), |options| options);
        let session = asking(&world, fallback).await;
        let mut client = world.client_of(&session);
        client.hello().await;
        let read = text(&client.call("KIT_ECHO", json!({"note": "hi"})).await.result());
        assert_eq!((&read["successful"], backend.calls().len()), (&json!(made), usize::from(made)));
        assert_eq!(read.to_string().contains("the application has to allow it"), !made, "{read}");
    }
}

/// Modifiers live with a value of the session in this process. Clients get what they make of tools, calls and results.
#[tokio::test]
async fn modifiers_hold_for_clients_too() {
    let backend = backend();
    let world = World::with(backend.clone(), |options| options);
    let building = world.composio.create("user_u").toolkits(["kit"]).direct_tools();
    let session = building
        .modifier(Modifier::schema(|tool| tool.description = "Says it again.".into()))
        .modifier(Modifier::before(|_, arguments| {
            arguments.insert("tone".to_owned(), json!("kind"));
            Ok(())
        }))
        .modifier(Modifier::after(|_, outcome| outcome.map(|output| ToolOutput::new(json!([output.value()])))))
        .await
        .unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    let tools = client.post("tools/list", json!({})).await.result()["tools"].clone();
    assert_eq!(tools[0]["description"], "Says it again.");
    let read = text(&client.call("KIT_ECHO", json!({"note": "hi"})).await.result());
    assert_eq!(read["data"], json!([{"note": "hi", "tone": "kind"}]));
    assert_eq!(Value::Object(backend.calls()[0].arguments.clone()), json!({"note": "hi", "tone": "kind"}));
}

/// A session that asks for approvals and has modifiers: the person sees what would be sent, and it is sent once.
#[tokio::test]
async fn a_person_is_asked_about_what_would_be_sent() {
    let backend = backend();
    let world = World::with(backend.clone(), |options| options);
    let building = world.composio.create("user_u").toolkits(["kit"]).direct_tools();
    let session = building
        .require_approval_for_tools(["KIT_ECHO"])
        .modifier(Modifier::before(|_, arguments| {
            let count = arguments.get("count").and_then(Value::as_u64).unwrap_or(0);
            arguments.insert("count".to_owned(), json!(count + 1));
            Ok(())
        }))
        .await
        .unwrap();
    let mut client = world.client_of(&session);
    client.hello_as(&json!({"elicitation": {"form": {}}})).await;
    let call = message(9, "tools/call", &json!({"name": "KIT_ECHO", "arguments": {}}));
    let mut stream = Stream::of(&world, client.request(Method::POST, call)).await;
    let question = stream.next().await.unwrap();
    assert_eq!(question["params"]["message"], "Allow KIT_ECHO?\n\"count\": 1");
    let said = json!({"jsonrpc": "2.0", "id": question["id"], "result":
        {"action": "accept", "content": {"decision": "allow_once"}}});
    client.send(Method::POST, said.to_string()).await;
    assert_eq!(text(&stream.next().await.unwrap()["result"])["data"], json!({"count": 1}));
    assert_eq!(backend.calls().len(), 1);
}
