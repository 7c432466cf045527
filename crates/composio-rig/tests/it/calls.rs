//! Whole runs of agents whose calls succeed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use composio_core::schemars::{self, JsonSchema};
use composio_core::{Composio, ScriptedBackend, Tool, ToolContext};
use composio_rig::{RigTools as _, rig_tool};
use futures::StreamExt as _;
use rig::AgentBuilder;
use rig::agent::MultiTurnStreamItem;
use rig::completion::PromptError;
use serde_json::{Value, json};

use crate::model::{ScriptedModel, calls, says};
use crate::stage::{agent, backend, parsed, session, tools};

const DONE: &str = r#"{"successful":true,"data":{"note":"n"},"error":null,"log_id":"log_1"}"#;

#[tokio::test]
async fn a_result_is_in_the_next_request_and_the_run_ends_with_the_models_word() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", r#"{"note":"n"}"#)]), says("noted")]).await;

    let tools = tools(&backend).await;
    let response = agent(&model, &tools).prompt("Note n.").await.unwrap();

    assert_eq!(response.output(), "noted");
    assert_eq!(model.read(), [("c1".to_owned(), DONE.to_owned())]);
    assert_eq!(model.requests().len(), 2);
    assert_eq!(Value::Object(backend.calls()[0].arguments.clone()), json!({"note": "n"}));
}

#[tokio::test]
async fn a_request_shows_every_tool_with_its_schema_unchanged() {
    let schema = json!({
        "type": "object",
        "properties": {
            "to": {"anyOf": [{"$ref": "#/$defs/name"}, {"type": "null"}]},
            "n": {"type": ["integer", "null"]},
        },
        "$defs": {"name": {"type": "string", "description": "who"}},
    });
    let backend = ScriptedBackend::new().tool("KIT_A", "kit", schema.clone()).tool("KIT_B", "kit", json!({}));
    let model = ScriptedModel::start([says("hello")]).await;

    agent(&model, &tools(&backend).await).prompt("Hello.").await.unwrap();

    let nothing = json!({"type": "object", "properties": {}});
    let shown = model.requests()[0]["tools"].clone();
    let function =
        |place: usize| (shown[place]["function"]["name"].clone(), shown[place]["function"]["parameters"].clone());
    assert_eq!((function(0), function(1)), ((json!("KIT_A"), schema), (json!("KIT_B"), nothing)));
    assert_eq!(shown.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_strict_set_hands_over_strict_schemas_and_takes_added_nulls_out() {
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let backend = ScriptedBackend::new().tool("KIT_NOTE", "kit", schema);
    let model = ScriptedModel::start([calls([("c1", "KIT_NOTE", r#"{"note":null}"#)]), says("noted")]).await;

    agent(&model, &tools(&backend).await.strict()).prompt("Note.").await.unwrap();

    let parameters = model.requests()[0]["tools"][0]["function"]["parameters"].clone();
    assert_eq!(parameters["required"], json!(["note"]));
    assert_eq!(parameters["additionalProperties"], false);
    assert!(backend.calls()[0].arguments.is_empty(), "{:?}", backend.calls());
}

#[tokio::test]
async fn with_one_turn_the_call_happens_and_the_run_ends_all_the_same() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("noted")]).await;

    let tools = tools(&backend).await.to_rig();
    // rig's default, which is one turn.
    let agent = AgentBuilder::new(model.rig()).dynamic_tools(tools).build();
    let error = agent.prompt("Note.").await.unwrap_err();

    assert!(matches!(error, PromptError::MaxTurns { max_turns: 1, .. }), "{error}");
    assert_eq!((backend.calls().len(), model.requests().len()), (1, 1), "the tool ran, and nobody read its result");
}

#[tokio::test]
async fn no_arguments_are_an_empty_object() {
    for arguments in ["", "  ", "{}", "null"] {
        let backend = backend();
        let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", arguments)]), says("noted")]).await;
        agent(&model, &tools(&backend).await).prompt("Note.").await.unwrap();
        assert!(backend.calls()[0].arguments.is_empty(), "{arguments:?}");
        assert_eq!(parsed(&model.read()[0].1)["data"], json!({}), "{arguments:?}");
    }
}

#[tokio::test]
async fn arguments_that_were_encoded_twice_are_decoded_twice() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", r#""{\"note\":\"n\"}""#)]), says("noted")]).await;
    agent(&model, &tools(&backend).await).prompt("Note n.").await.unwrap();
    assert_eq!(model.read()[0].1, DONE);
}

#[tokio::test]
async fn a_slug_that_is_too_long_for_models_is_called_by_its_name() {
    let slug = "A".repeat(80);
    let backend = ScriptedBackend::new().tool(&slug, "kit", json!({"type": "object"}));
    let tools = tools(&backend).await;
    let name = tools.get(&slug).unwrap().name().to_owned();
    assert_eq!(name.len(), 64);

    let model = ScriptedModel::start([calls([("c1", &name, "{}")]), says("done")]).await;
    agent(&model, &tools).prompt("Go.").await.unwrap();

    assert_eq!(model.requests()[0]["tools"][0]["function"]["name"], json!(name));
    assert_eq!(backend.calls()[0].tool, *slug);
}

#[tokio::test]
async fn a_streamed_run_makes_the_same_calls() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", r#"{"note":"n"}"#)]), says("noted")]).await;
    let agent = agent(&model, &tools(&backend).await);

    let mut items = agent.prompt("Note n.").stream();
    let (mut committed, mut last) = (0, None);
    while let Some(item) = items.next().await {
        match item.unwrap() {
            MultiTurnStreamItem::ToolExecutionCommitted { .. } => committed += 1,
            MultiTurnStreamItem::FinalResponse(response) => last = Some(response.output()),
            _ => {}
        }
    }

    assert_eq!((committed, last.as_deref()), (1, Some("noted")));
    assert_eq!(model.read(), [("c1".to_owned(), DONE.to_owned())]);
}

#[tokio::test]
async fn a_tool_registered_twice_runs_once_as_the_later_one() {
    let (earlier, later) = (backend(), backend());
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("noted")]).await;
    let first = tools(&earlier).await;
    let second = rig_tool(tools(&later).await.get("KIT_ECHO").unwrap());

    let builder = AgentBuilder::new(model.rig()).dynamic_tools(first.to_rig()).dynamic_tool(second);
    builder.default_max_turns(8).build().prompt("Note.").await.unwrap();

    assert_eq!((earlier.calls().len(), later.calls().len()), (0, 1));
}

/// A tool that takes its time, and remembers how many of it ran at once, and who was done first.
#[derive(Clone, Default)]
struct Slow {
    running: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
    finished: Arc<Mutex<Vec<usize>>>,
}

#[derive(serde::Deserialize, JsonSchema)]
struct Steps {
    steps: usize,
}

impl Tool for Slow {
    const SLUG: &'static str = "SLOW";
    type Input = Steps;
    type Output = usize;

    fn description(&self) -> std::borrow::Cow<'static, str> {
        "Takes its time.".into()
    }

    async fn call(&self, _: ToolContext, input: Steps) -> composio_core::Result<usize> {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(now, Ordering::SeqCst);
        for _ in 0..input.steps {
            tokio::task::yield_now().await;
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.finished.lock().unwrap().push(input.steps);
        Ok(input.steps)
    }
}

/// Three calls of which the first takes longest: how many ran at once, who was done when, what the model read.
async fn three_calls(concurrency: Option<usize>) -> (usize, Vec<usize>, Vec<(String, Value)>) {
    let slow = Slow::default();
    let composio = Composio::with_backend(backend());
    let tools = composio.create("user_u").no_toolkits().tool(slow.clone()).await.unwrap().tools().await.unwrap();
    let name = tools.iter().next().unwrap().name().to_owned();
    let turn =
        calls([("a", &name, r#"{"steps":90}"#), ("b", &name, r#"{"steps":60}"#), ("c", &name, r#"{"steps":30}"#)]);
    let model = ScriptedModel::start([turn, says("done")]).await;

    let run = agent(&model, &tools).prompt("Go.");
    match concurrency {
        Some(count) => run.tool_concurrency(count).await.unwrap(),
        None => run.await.unwrap(),
    };

    let read = model.read().into_iter().map(|(id, text)| (id, parsed(&text)["data"].clone())).collect();
    let finished = slow.finished.lock().unwrap().clone();
    (slow.peak.load(Ordering::SeqCst), finished, read)
}

#[tokio::test]
async fn calls_run_at_once_where_told_so_and_are_read_in_order() {
    let in_order = [("a", 90), ("b", 60), ("c", 30)].map(|(id, steps)| (id.to_owned(), json!(steps)));

    let (peak, finished, read) = three_calls(Some(8)).await;
    assert_eq!((peak, finished), (3, vec![30, 60, 90]));
    assert_eq!(read, in_order);

    let (peak, finished, read) = three_calls(None).await;
    assert_eq!((peak, finished), (1, vec![90, 60, 30]), "one after the other is rig's default");
    assert_eq!(read, in_order);
}

#[tokio::test]
async fn tools_of_two_sessions_do_not_mix() {
    let (one, other) = (backend(), ScriptedBackend::new().tool("KIT_THIRD", "kit", json!({})));
    let turn = calls([("c1", "KIT_ECHO", "{}"), ("c2", "KIT_THIRD", "{}")]);
    let model = ScriptedModel::start([turn, says("done")]).await;
    let (first, second) = (session(&one).await, session(&other).await);

    let builder = AgentBuilder::new(model.rig()).dynamic_tools(first.tools().await.unwrap().to_rig());
    let builder = builder.dynamic_tools(second.tools().await.unwrap().to_rig());
    builder.default_max_turns(8).build().prompt("Go.").await.unwrap();

    assert_eq!((one.calls().len(), other.calls().len()), (1, 1));
}
