//! What is kept, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use composio_core::{Result, Tool, ToolContext};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::serving::Nothing;
use super::world::{World, backend};

/// A tool that says when it is gone.
pub(super) struct Kept(pub(super) Arc<AtomicBool>);

impl Tool for Kept {
    const SLUG: &'static str = "KEPT";
    type Input = Nothing;
    type Output = Value;

    fn description(&self) -> std::borrow::Cow<'static, str> {
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

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_forgotten_with_everything_that_was_kept_for_it() {
    let world = World::with(backend(), |options| options.idle(Duration::from_secs(60)));
    let gone = Arc::new(AtomicBool::new(false));
    let session = world.composio.create("user_k").no_toolkits().tool(Kept(Arc::clone(&gone))).await.unwrap();
    let mut client = world.client_of(&session);
    client.hello().await;
    drop(session);
    // Talking keeps it.
    for _ in 0..3 {
        sleep(Duration::from_secs(45)).await;
        assert_eq!(client.names().await, ["LOCAL_KEPT"]);
    }
    sleep(Duration::from_secs(61)).await;
    assert!(gone.load(Ordering::SeqCst), "nobody is left who could use it");
    assert_eq!(client.post("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_client_that_says_hello_again_finds_the_session_as_it_is_now() {
    let world = World::new();
    let session = world.session().await;
    let mut client = world.client_of(&session);
    client.hello().await;
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    let again = world.composio.session(session.id()).tool(super::serving::Greet).await.unwrap();
    client.hello().await;
    assert_eq!(client.names().await, ["KIT_ECHO", "LOCAL_GREET"]);
    drop(again);
}

#[tokio::test]
async fn native_tools_that_were_taken_back_are_found_by_no_other_client() {
    let world = World::new();
    let session = world.composio.create("user_n").no_toolkits().tool(super::serving::Greet).await.unwrap();
    let (mut before, mut after) = (world.client_of(&session), world.client_of(&session));
    before.hello().await;
    drop(session);
    after.hello().await;
    assert!(after.names().await.is_empty(), "whoever had them is gone");
    assert_eq!(before.names().await, ["LOCAL_GREET"], "a client that began with them goes on");
}

#[tokio::test]
async fn the_session_that_was_used_longest_ago_makes_room() {
    let world = World::with(backend(), |options| options.max_sessions(2));
    let ((_, mut one), (_, mut two), (_, mut three)) =
        (world.client().await, world.client().await, world.client().await);
    one.hello().await;
    two.hello().await;
    one.names().await;
    three.hello().await;
    assert_eq!(two.post("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(one.names().await, ["KIT_ECHO"]);
    assert_eq!(three.names().await, ["KIT_ECHO"]);
    two.hello().await;
    assert_eq!(two.names().await, ["KIT_ECHO"], "it is let in again, and others make room");
}

#[tokio::test]
async fn the_client_that_was_silent_longest_makes_room() {
    let world = World::new();
    let session = world.session().await;
    let mut clients = Vec::new();
    for _ in 0..33 {
        let mut client = world.client_of(&session);
        client.hello().await;
        if let Some(first) = clients.first() {
            let first: &super::world::Client<'_> = first;
            assert_eq!(first.names().await, ["KIT_ECHO"], "the first one goes on talking");
        }
        clients.push(client);
    }
    assert_eq!(clients[1].post("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
    for place in [0, 2, 32] {
        assert_eq!(clients[place].names().await, ["KIT_ECHO"], "{place}");
    }
}

#[tokio::test]
async fn two_who_come_at_once_share_what_is_kept() {
    let world = World::new();
    let session = world.session().await;
    let (mut one, mut other) = (world.client_of(&session), world.client_of(&session));
    let (_, _) = tokio::join!(one.hello(), other.hello());
    assert_eq!((one.names().await, other.names().await), (vec!["KIT_ECHO".into()], vec!["KIT_ECHO".into()]));
}
