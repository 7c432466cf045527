//! Batches that a model makes, with native tools in them: what runs here, what is sent, and who is asked.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio_core::{
    ApprovalDecision, Backend, Composio, Error, ErrorKind, Modifier, Result, ScriptedBackend, SessionBuilder, Tool,
    ToolCall, ToolContext, ToolSlug,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::native::{Add, Fail, Shout};
use crate::spy::Spy;

const BATCH: &str = "COMPOSIO_MULTI_EXECUTE_TOOL";

/// A service that answers a batch as the hosted one does: each call gives its arguments back.
fn backend() -> ScriptedBackend {
    let backend = ScriptedBackend::new().tool(BATCH, "composio", json!({"type": "object", "properties": {}}));
    backend.answer(BATCH, |call| {
        let tools = call.arguments["tools"].as_array().cloned().unwrap_or_default();
        let results: Vec<_> = (0..).zip(&tools).map(|(index, tool): (usize, _)| result(index, tool)).collect();
        Ok(json!({"results": results, "total_count": tools.len(), "session": {"id": "w1"}}))
    })
}

fn result(index: usize, tool: &Value) -> Value {
    let response = json!({"successful": true, "data": tool["arguments"], "error": null, "log_id": "log_s"});
    json!({"index": index, "tool_slug": tool["tool_slug"], "response": response, "error": null})
}

fn create(backend: impl Backend) -> SessionBuilder {
    Composio::with_backend(backend).create("u").preload([BATCH]).tool(Shout).tool(Add).tool(Fail)
}

fn tools(tools: &[(&str, Value)]) -> Value {
    let tools: Vec<_> =
        tools.iter().map(|(slug, arguments)| json!({"tool_slug": slug, "arguments": arguments})).collect();
    json!({"tools": tools, "sync_response_to_workbench": false})
}

/// The slugs that a batch which was sent names.
fn sent(call: &ToolCall) -> Vec<&str> {
    call.arguments["tools"].as_array().unwrap().iter().map(|tool| tool["tool_slug"].as_str().unwrap()).collect()
}

fn mixed() -> Value {
    tools(&[
        ("GMAIL_SEND", json!({"to": "bob"})),
        ("LOCAL_SHOUT", json!({"text": "hi"})),
        ("LOCAL_ADD", json!({"a": 1, "b": 2})),
        ("SLACK_POST", json!({"text": "done"})),
    ])
}

#[tokio::test]
async fn a_batch_runs_here_and_there_and_comes_back_in_order() -> Result<()> {
    let backend = backend();
    let session = create(backend.clone()).await?;
    let output = session.execute(BATCH, mixed()).await?;
    let data = output.value();
    let results = data["results"].as_array().unwrap();
    let told: Vec<_> =
        results.iter().map(|item| (&item["tool_slug"], &item["index"], &item["response"]["data"])).collect();
    assert_eq!(
        told,
        [
            (&json!("GMAIL_SEND"), &json!(0), &json!({"to": "bob"})),
            (&json!("LOCAL_SHOUT"), &json!(1), &json!("HI")),
            (&json!("LOCAL_ADD"), &json!(2), &json!({"sum": 3})),
            (&json!("SLACK_POST"), &json!(3), &json!({"text": "done"})),
        ]
    );
    assert_eq!((&data["total_count"], &data["success_count"], &data["error_count"]), (&json!(4), &json!(4), &json!(0)));
    assert_eq!((&data["session"]["id"], output.log_id.as_deref()), (&json!("w1"), Some("log_1")));
    let calls = backend.calls();
    assert_eq!(
        (calls.len(), sent(&calls[0])),
        (1, vec!["GMAIL_SEND", "SLACK_POST"]),
        "one call, without what is native"
    );
    assert_eq!(calls[0].native.iter().count(), 3, "what the session has besides goes along");
    Ok(())
}

#[tokio::test]
async fn what_is_all_native_is_sent_nowhere() -> Result<()> {
    let spy = Spy::new(backend());
    let session = create(spy.clone()).modifier(Modifier::before(|_, _| Ok(()))).await?;
    let before = spy.asked();
    let output = session
        .execute(BATCH, tools(&[("LOCAL_SHOUT", json!({"text": "a"})), ("LOCAL_FAIL", json!({"text": "openly"}))]))
        .await?;
    let data = output.value();
    assert_eq!((&data["success_count"], &data["error"]), (&json!(1), &json!("1 out of 2 tools failed")));
    assert_eq!(data["results"][1]["error"], "The row is locked; try another.");
    assert_eq!(spy.asked(), before, "not even to look a definition up");
    Ok(())
}

#[tokio::test]
async fn one_native_call_alone_answers_as_itself() -> Result<()> {
    let spy = Spy::new(backend());
    let session = create(spy.clone()).await?;
    let output = session.execute(BATCH, tools(&[("LOCAL_SHOUT", json!({"text": "hi"}))])).await?;
    assert_eq!(output.value(), "HI");
    let error = session.execute(BATCH, tools(&[("LOCAL_FAIL", json!({"text": "openly"}))])).await.unwrap_err();
    assert_eq!((error.kind(), error.for_model().as_ref()), (ErrorKind::ToolFailed, "The row is locked; try another."));
    assert_eq!(spy.count("execute"), 0);
    Ok(())
}

#[tokio::test]
async fn a_native_slug_that_is_not_here_is_sent_nowhere() -> Result<()> {
    let backend = backend();
    let session = Composio::with_backend(backend.clone()).create("u").await?;
    let output =
        session.execute(BATCH, tools(&[("LOCAL_SHOUT", json!({"text": "secret"})), ("A_B", json!({"n": 1}))])).await?;
    let results = &output.value()["results"];
    assert_eq!(
        (&results[0]["response"]["successful"], &results[1]["response"]["data"]),
        (&json!(false), &json!({"n": 1}))
    );
    assert_eq!(sent(&backend.calls()[0]), ["A_B"]);
    Ok(())
}

#[tokio::test]
async fn a_batch_that_names_nothing_native_is_sent_as_it_is() -> Result<()> {
    let backend = backend();
    let session = create(backend.clone()).await?;
    let arguments = tools(&[("GMAIL_SEND", json!({"to": "bob"}))]);
    let output = session.execute(BATCH, arguments.clone()).await?;
    assert_eq!(output.value()["results"][0]["response"]["data"]["to"], "bob");
    assert_eq!(Value::Object(backend.calls()[0].arguments.clone()), arguments);
    Ok(())
}

#[tokio::test]
async fn too_many_calls_or_a_key_are_refused_before_anything_runs() -> Result<()> {
    let backend = backend();
    let session = create(backend.clone()).await?;
    let many = vec![("LOCAL_SHOUT", json!({"text": "a"})); 51];
    let error = session.execute(BATCH, tools(&many)).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("tools")));
    let error = session.execute(BATCH, mixed()).idempotency_key("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "native calls remember no key: {error}");
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_rest_that_fails_takes_nothing_from_what_ran_here() -> Result<()> {
    let backend = backend().answer(BATCH, |_| Err(Error::new(ErrorKind::OutcomeUnknown, "the answer was lost")));
    let output = create(backend).await?.execute(BATCH, mixed()).await?;
    let results = &output.value()["results"];
    assert_eq!(results[1]["response"]["data"], "HI");
    for place in [0, 3] {
        let text = results[place]["error"].as_str().unwrap();
        assert!(results[place]["response"].is_null() && text.contains("not known"), "{text}");
    }
    assert_eq!(output.value()["error"], "2 out of 4 tools failed");
    Ok(())
}

#[tokio::test]
async fn modifiers_see_the_batch_and_each_native_call_of_it() -> Result<()> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (before, after) = (Arc::clone(&seen), Arc::clone(&seen));
    let session = create(backend())
        .modifier(Modifier::before(move |context, arguments| {
            before.lock().unwrap().push(format!("> {} of {:?}", context.tool, context.toolkit));
            if context.tool == "LOCAL_SHOUT" {
                arguments.insert("text".to_owned(), "changed".into());
            }
            Ok(())
        }))
        .modifier(Modifier::after(move |context, outcome| {
            after.lock().unwrap().push(format!("< {}", context.tool));
            outcome
        }))
        .await?;
    let output = session.execute(BATCH, mixed()).await?;
    assert_eq!(output.value()["results"][1]["response"]["data"], "CHANGED");
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen.first().unwrap(), &format!("> {BATCH} of Some(\"composio\")"));
    assert_eq!(seen.last().unwrap(), &format!("< {BATCH}"));
    seen.sort();
    assert_eq!(
        seen,
        [
            format!("< {BATCH}"),
            "< LOCAL_ADD".to_owned(),
            "< LOCAL_SHOUT".to_owned(),
            format!("> {BATCH} of Some(\"composio\")"),
            "> LOCAL_ADD of None".to_owned(),
            "> LOCAL_SHOUT of None".to_owned(),
        ]
    );
    Ok(())
}

fn asking(backend: &ScriptedBackend) -> SessionBuilder {
    create(backend.clone()).require_approval_for_tools(["LOCAL_SHOUT", BATCH])
}

/// The batch is asked about by the backend, one of its native calls by the session; the other one runs.
#[tokio::test]
async fn what_waits_is_answered_by_itself() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).modifier(Modifier::after(|_, outcome| outcome)).await?;
    let output = session.execute(BATCH, mixed()).await?;
    let data = output.value();
    assert_eq!(data["results"][2]["response"]["data"], json!({"sum": 3}));
    for place in [0, 1, 3] {
        let item = &data["results"][place];
        assert!(item["response"].is_null() && item["error"].as_str().unwrap().contains("a person"), "{item}");
    }
    assert!(backend.calls().is_empty() && data["error"].is_null(), "what waits has not failed: {data}");
    assert_eq!(output.waiting.iter().map(|one| one.tool().as_str()).collect::<Vec<_>>(), ["LOCAL_SHOUT", BATCH]);

    let shouted = session.approve(&output.waiting[0]).await?;
    assert_eq!(shouted.value(), "HI");
    let rest = session.approve(&output.waiting[1]).await?;
    assert_eq!(rest.value()["results"][1]["tool_slug"], "SLACK_POST");
    let calls = backend.calls();
    assert_eq!((calls.len(), sent(&calls[0])), (1, vec!["GMAIL_SEND", "SLACK_POST"]));
    Ok(())
}

/// A model's call asks in the middle where somebody can be asked, and the model reads one result.
#[tokio::test]
async fn whoever_is_asked_answers_for_each_part() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let tools = session.tools().await?.on_approval(|approval| async move {
        match approval.tool().as_str() {
            "LOCAL_SHOUT" => ApprovalDecision::Deny,
            _ => ApprovalDecision::Approve,
        }
    });
    let answer = tools.get(BATCH).unwrap().answer(mixed()).await;
    assert!(answer.approvals().is_empty());
    let output = answer.into_outcome()?;
    let results = &output.value()["results"];
    assert!(results[1]["error"].as_str().unwrap().contains("did not allow"), "{results}");
    assert_eq!(results[3]["response"]["data"]["text"], "done");
    let calls = backend.calls();
    assert!(calls.len() == 1 && calls[0].offload, "what a model makes may be offloaded");
    Ok(())
}

/// A batch of one native call is that call: to whoever is asked, and to modifiers.
#[tokio::test]
async fn one_native_call_is_asked_about_as_itself() -> Result<()> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let after = Arc::clone(&seen);
    let modifier = Modifier::after(move |context, outcome| {
        after.lock().unwrap().push(format!("{} of {:?}", context.tool, context.toolkit));
        outcome
    });
    let session = asking(&backend()).modifier(modifier).await?;
    let tools_of_it = session.tools().await?.on_approval(|_| std::future::ready(ApprovalDecision::Approve));
    let answer = tools_of_it.get(BATCH).unwrap().answer(tools(&[("LOCAL_SHOUT", json!({"text": "hi"}))])).await;
    assert_eq!(answer.into_outcome()?.value(), "HI");
    assert_eq!(*seen.lock().unwrap(), ["LOCAL_SHOUT of None"]);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_never_for_a_whole_batch() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let waiting = session.execute(BATCH, mixed()).await?.waiting;
    let again = session.execute(BATCH, mixed()).answer_approval(waiting[0].state(), ApprovalDecision::Approve).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::PermissionDenied, "or the rest would run twice");

    // One native call alone is that call.
    let alone = || tools(&[("LOCAL_SHOUT", json!({"text": "hi"}))]);
    let asked = session.execute(BATCH, alone()).await.unwrap_err();
    let state = asked.approval().unwrap().state().clone();
    let said = session.execute(BATCH, alone()).answer_approval(state, ApprovalDecision::Approve).await?;
    assert_eq!(said.value(), "HI");
    Ok(())
}

/// Waits until three of it are there.
struct Meet(Barrier);

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

impl Tool for Meet {
    const SLUG: &'static str = "MEET";
    type Input = Nothing;
    type Output = bool;

    fn description(&self) -> Cow<'static, str> {
        "Meets two others.".into()
    }

    async fn call(&self, _: ToolContext, _: Nothing) -> Result<bool> {
        self.0.wait().await;
        Ok(true)
    }
}

/// Three native calls wait for each other: one after the other they would wait for ever.
#[tokio::test(start_paused = true)]
async fn native_calls_run_at_once() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").tool(Meet(Barrier::new(3))).await?;
    let three = vec![("LOCAL_MEET", json!({})); 3];
    let met = tokio::time::timeout(Duration::from_secs(5), session.execute(BATCH, tools(&three))).await;
    assert_eq!(met.unwrap()?.value()["success_count"], 3);
    Ok(())
}

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_ends_both_sides() -> Result<()> {
    let ended = Arc::new(AtomicUsize::new(0));
    let session = create(backend()).require_approval_for_tools(["LOCAL_SHOUT", BATCH]).await?;
    let counting = Arc::clone(&ended);
    // Both sides wait for a person who says nothing.
    let tools = session.tools().await?.on_approval(move |_| {
        let dropped = Dropped(Arc::clone(&counting));
        async move {
            let _kept = dropped;
            std::future::pending().await
        }
    });
    let batch = tools.get(BATCH).unwrap();
    let given_up = tokio::time::timeout(Duration::from_secs(1), batch.answer(mixed())).await;
    assert!(given_up.is_err());
    assert_eq!(ended.load(Ordering::SeqCst), 2);
    Ok(())
}

#[tokio::test]
async fn calls_of_models_may_be_offloaded_and_those_of_the_host_are_not() -> Result<()> {
    let backend = ScriptedBackend::new().tool("A_B", "a", json!({"type": "object", "properties": {}}));
    let session = Composio::with_backend(backend.clone()).create("u").preload(["A_B"]).await?;
    session.execute("A_B", json!({})).await?;
    session.execute_many([ToolCall::new(ToolSlug::new("A_B")?, serde_json::Map::new())]).await?.remove(0)?;
    let tools = session.tools().await?;
    tools.get("A_B").unwrap().answer(json!({})).await.into_outcome()?;
    tools.get("A_B").unwrap().call(serde_json::Map::new()).await?;
    assert_eq!(backend.calls().iter().map(|call| call.offload).collect::<Vec<_>>(), [false, false, true, true]);
    Ok(())
}
