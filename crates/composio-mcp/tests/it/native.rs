//! Tools written in Rust: their names, their progress, and their end.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use composio_core::{Composio, Result, Schema, Session, Tool, ToolContext, ToolHints};
use composio_mcp::SessionServer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::client::{Client, backend, read, refused};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

macro_rules! native {
    ($name:ident($($field:ident: $type:ty),*), $slug:literal, $self:ident, $cx:ident, $body:block) => {
        struct $name { $($field: $type),* }
        impl Tool for $name {
            const SLUG: &'static str = $slug;
            type Input = Nothing;
            type Output = Value;
            fn description(&self) -> Cow<'static, str> {
                concat!("Native ", $slug, ".").into()
            }
            fn hints(&self) -> ToolHints {
                ToolHints::read_only()
            }
            async fn call(&$self, $cx: ToolContext, _: Nothing) -> Result<Value> $body
        }
    };
}

native!(Steps(), "STEPS", self, cx, {
    for step in 1..=5u8 {
        cx.report_progress(f64::from(step), Some(5.0), format!("step {step}"));
        tokio::task::yield_now().await;
    }
    cx.report_progress(f64::NAN, None, "not a number");
    // Whoever keeps the context must not keep the client waiting.
    std::mem::forget(cx);
    Ok(json!("done"))
});
native!(Burst(), "BURST", self, cx, {
    (0..100u8).for_each(|step| cx.report_progress(f64::from(step), None, ""));
    Ok(json!("done"))
});
native!(Wait(begun: Arc<Notify>, dropped: Arc<AtomicBool>), "WAIT", self, _cx, {
    struct Dropped(Arc<AtomicBool>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let _dropped = Dropped(Arc::clone(&self.dropped));
    self.begun.notify_one();
    std::future::pending().await
});
native!(Panics(), "PANICS", self, _cx, { panic!("secret of the panic") });
native!(Shadowed(), "KIT_ECHO", self, _cx, { Ok(json!("native")) });

async fn session(tool: impl Tool) -> Session {
    Composio::with_backend(backend()).create("user_u").toolkits(["kit"]).direct_tools().tool(tool).await.unwrap()
}

#[tokio::test]
async fn native_tools_are_listed_and_run_like_any_other() {
    let client = Client::of(SessionServer::new(session(Steps {}).await)).await;
    assert_eq!(client.names().await, ["KIT_ECHO", "LOCAL_STEPS"]);
    let said = client.tools().await.unwrap()[1].annotations.clone().unwrap();
    assert_eq!((said.read_only_hint, said.idempotent_hint, said.destructive_hint), (Some(true), Some(true), None));
    let (envelope, _) = read(&client.call("LOCAL_STEPS", json!({})).await);
    assert_eq!(envelope["data"], "done");
    client.close().await;
}

#[tokio::test]
async fn progress_comes_in_order_and_before_the_result() {
    let client = Client::of(SessionServer::new(session(Steps {}).await)).await;
    client.call("LOCAL_STEPS", json!({})).await;
    let heard = client.ears.heard();
    let said: Vec<_> = heard.iter().map(|told| (told.progress, told.message.as_deref().unwrap())).collect();
    assert_eq!(said, [(1.0, "step 1"), (2.0, "step 2"), (3.0, "step 3"), (4.0, "step 4"), (5.0, "step 5")]);
    assert!(heard.iter().all(|told| told.total == Some(5.0)));
    client.close().await;
}

#[tokio::test]
async fn a_result_waits_for_the_progress_before_it() {
    let client = Client::of(SessionServer::new(session(Burst {}).await)).await;
    client.call("LOCAL_BURST", json!({})).await;
    let heard: Vec<_> = client.ears.heard().iter().map(|told| told.progress).collect();
    assert_eq!(heard, (0..100u8).map(f64::from).collect::<Vec<_>>());
    client.close().await;
}

#[tokio::test]
async fn a_call_that_the_client_cancels_is_dropped_where_it_stands() {
    let (begun, dropped) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let wait = Wait { begun: Arc::clone(&begun), dropped: Arc::clone(&dropped) };
    let client = Client::of(SessionServer::new(session(wait).await)).await;
    let call = client.begin("LOCAL_WAIT", json!({})).await;
    begun.notified().await;
    assert!(!dropped.load(Ordering::SeqCst));
    call.cancel(Some("changed my mind".to_owned())).await.unwrap();
    // The server answers this after it has read the other.
    client.names().await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(dropped.load(Ordering::SeqCst), "the call still runs");
    client.close().await;
}

#[tokio::test]
async fn a_call_that_the_server_cuts_off_may_have_taken_effect() {
    let begun = Arc::new(Notify::new());
    let wait = Wait { begun: Arc::clone(&begun), dropped: Arc::default() };
    let client = Client::of(SessionServer::new(session(wait).await)).await;
    let call = client.begin("LOCAL_WAIT", json!({})).await;
    begun.notified().await;
    client.stop_server();
    let error = refused(call.await_response().await.unwrap_err());
    assert_eq!(error.code.0, -32603);
    assert!(error.message.contains("may have taken effect"), "{error:?}");
}

#[tokio::test]
async fn a_tool_that_panics_is_answered_all_the_same() {
    let client = Client::of(SessionServer::new(session(Panics {}).await)).await;
    let error = refused(client.try_call("LOCAL_PANICS", json!({})).await.unwrap_err());
    assert_eq!(error.code.0, -32603);
    assert!(!error.message.contains("secret"), "{error:?}");
    assert_eq!(client.names().await.len(), 2, "the server goes on");
    client.close().await;
}

#[tokio::test]
async fn without_the_prefix_a_native_tool_is_called_as_it_was_written() {
    let client = Client::of(SessionServer::new(session(Steps {}).await).without_native_prefix()).await;
    assert_eq!(client.names().await, ["KIT_ECHO", "STEPS"]);
    for name in ["STEPS", "LOCAL_STEPS"] {
        assert_eq!(read(&client.call(name, json!({})).await).0["data"], "done", "{name}");
    }
    client.close().await;
}

#[tokio::test]
async fn a_native_tool_never_takes_the_name_of_another() {
    let client = Client::of(SessionServer::new(session(Shadowed {}).await).without_native_prefix()).await;
    assert_eq!(client.names().await, ["KIT_ECHO", "LOCAL_KIT_ECHO"]);
    assert_eq!(read(&client.call("KIT_ECHO", json!({"note": "x"})).await).0["data"], json!({"note": "x"}));
    assert_eq!(read(&client.call("LOCAL_KIT_ECHO", json!({})).await).0["data"], "native");
    client.close().await;
}

#[tokio::test]
async fn with_the_prefix_the_bare_name_finds_nothing() {
    let client = Client::of(SessionServer::new(session(Steps {}).await)).await;
    let error = refused(client.try_call("STEPS", json!({})).await.unwrap_err());
    assert_eq!(error.code.0, -32602);
    client.close().await;
}

/// Says what it gives.
struct Counts;

#[derive(Serialize, JsonSchema)]
struct Counted {
    /// How many there are.
    count: u32,
}

impl Tool for Counts {
    const SLUG: &'static str = "COUNTS";
    type Input = Nothing;
    type Output = Counted;

    fn description(&self) -> Cow<'static, str> {
        "Counts.".into()
    }

    fn output_schema(&self) -> Option<Schema> {
        Some(Schema::of::<Counted>())
    }

    async fn call(&self, _: ToolContext, _: Nothing) -> Result<Counted> {
        Ok(Counted { count: 3 })
    }
}

#[tokio::test]
async fn a_native_tool_that_describes_its_result_is_held_to_it() {
    let client = Client::of(SessionServer::new(session(Counts).await)).await;
    let shown = client.tools().await.unwrap()[1].output_schema.clone().unwrap();
    assert_eq!(shown["properties"]["count"]["description"], "How many there are.");
    let result = client.call("LOCAL_COUNTS", json!({})).await;
    assert_eq!(result.structured_content, Some(json!({"count": 3})));
    client.close().await;
}
