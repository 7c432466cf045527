//! Calls of one turn run at once.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use composio_core::schemars::JsonSchema;
use composio_core::{Composio, Result, ScriptedBackend, Tool, ToolContext, ToolSet};
use composio_openai::OpenAiTools as _;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Barrier;

use crate::kit::{call, calling, function_call, response, wire};

/// A tool that returns when three of it have been called.
struct Meet(Arc<Barrier>);

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "composio_core::schemars")]
struct Nothing {}

impl Tool for Meet {
    const SLUG: &'static str = "MEET";
    type Input = Nothing;
    type Output = ();

    fn description(&self) -> Cow<'static, str> {
        "Waits for two others.".into()
    }

    async fn call(&self, _: ToolContext, Nothing {}: Nothing) -> Result<()> {
        self.0.wait().await;
        Ok(())
    }
}

async fn tools() -> ToolSet {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let session = composio.create("user_u").tool(Meet(Arc::new(Barrier::new(3)))).await.unwrap();
    session.tools().await.unwrap()
}

async fn soon<T>(answered: impl Future<Output = Option<T>>) -> T {
    let waited = tokio::time::timeout(Duration::from_secs(5), answered).await;
    waited.expect("one call waits for another to begin").expect("there are calls")
}

#[tokio::test]
async fn the_calls_of_a_turn_run_at_once() {
    let tools = tools().await;
    let ids = ["a", "b", "c"];
    let chat = calling(&ids.map(|id| call(id, "LOCAL_MEET", "{}")));
    assert!(soon(tools.answer_chat(&wire(chat.clone()))).await.failures.is_empty());
    assert!(soon(tools.answer_chat_value(&chat)).await.failures.is_empty());
    let output = response(&ids.map(|id| function_call(id, "LOCAL_MEET", "{}")));
    assert!(soon(tools.answer_response(&wire(output.clone()))).await.failures.is_empty());
    let answers = soon(tools.answer_response_value(&output)).await.into_answers();
    assert_eq!(json!(answers.iter().map(|answer| &answer["call_id"]).collect::<Vec<_>>()), json!(ids));
}
