//! A registry that follows its session, from one request to the next.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use composio_core::schemars::{self, JsonSchema};
use composio_core::{Composio, ErrorKind, Modifier, Result, ScriptedBackend, Session, Tool, ToolContext, ToolPolicy};
use composio_rig::{RigRegistry, rig_tool};
use rig::AgentBuilder;
use rig::agent::tool::server::{ToolServer, ToolServerHandle};
use serde_json::{Value, json};

use crate::model::{ScriptedModel, calls, says};
use crate::stage::{Waiting, backend, parsed, session};

/// The names that a request showed, in order.
fn shown(request: &Value) -> Vec<String> {
    let tools = request["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
    tools.iter().map(|tool| tool["function"]["name"].as_str().unwrap().to_owned()).collect()
}

fn names(handle: &ToolServerHandle) -> Vec<String> {
    handle.static_tool_defs().into_iter().map(|tool| tool.name.to_string()).collect()
}

async fn only(session: &Session, tools: &[&str]) {
    session.update().preload(tools.iter().copied()).await.unwrap();
}

fn agent(model: &ScriptedModel, registry: RigRegistry) -> rig::Agent {
    let builder = AgentBuilder::new(model.rig()).tool_server_handle(registry.handle());
    builder.add_hook(registry).default_max_turns(8).build()
}

#[derive(serde::Deserialize, JsonSchema)]
struct Nothing {}

/// A tool in whose call the session changes, as an application may do while a model works.
struct Update(bool);

impl Tool for Update {
    const SLUG: &'static str = "UPDATE";
    type Input = Nothing;
    type Output = Value;

    fn description(&self) -> Cow<'static, str> {
        "Changes the session.".into()
    }

    async fn call(&self, cx: ToolContext, _: Nothing) -> Result<Value> {
        let kept = if self.0 { vec!["KIT_OTHER"] } else { vec!["KIT_ECHO", "KIT_OTHER"] };
        cx.session().update().preload(kept).await?;
        Ok(json!("changed"))
    }
}

#[tokio::test]
async fn a_tool_that_an_update_brings_is_in_the_next_request_of_the_run() {
    let backend = backend();
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).preload(["KIT_ECHO"]);
    let session = building.tool(Update(false)).await.unwrap();
    let turns = [calls([("c1", "LOCAL_UPDATE", "{}")]), calls([("c2", "KIT_OTHER", "{}")]), says("done")];
    let model = ScriptedModel::start(turns).await;

    agent(&model, RigRegistry::of(&session).await.unwrap()).prompt("Go.").await.unwrap();

    let requests = model.requests();
    assert_eq!(shown(&requests[0]), ["KIT_ECHO", "LOCAL_UPDATE"]);
    assert_eq!(shown(&requests[1]), ["KIT_ECHO", "KIT_OTHER", "LOCAL_UPDATE"], "in the session's order");
    assert_eq!(parsed(&model.read()[1].1)["successful"], true);
    assert_eq!(backend.calls().len(), 1);
}

#[tokio::test]
async fn a_tool_that_an_update_takes_away_is_gone_and_a_call_of_it_is_answered() {
    let backend = backend();
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]);
    let session = building.preload(["KIT_ECHO", "KIT_OTHER"]).tool(Update(true)).await.unwrap();
    let turns = [calls([("c1", "LOCAL_UPDATE", "{}")]), calls([("c2", "KIT_ECHO", "{}")]), says("done")];
    let model = ScriptedModel::start(turns).await;

    agent(&model, RigRegistry::of(&session).await.unwrap()).prompt("Go.").await.unwrap();

    assert_eq!(shown(&model.requests()[1]), ["KIT_OTHER", "LOCAL_UPDATE"]);
    let read = &model.read()[1].1;
    assert!(read.contains("There is no tool called") && read.contains("KIT_OTHER"), "{read}");
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn a_tool_that_changes_is_replaced() {
    let backend = backend();
    let session = session(&backend).await;
    let registry = RigRegistry::of(&session).await.unwrap();
    let described = |handle: &ToolServerHandle| handle.static_tool_defs()[0].parameters["properties"].clone();
    let before = described(&registry.handle());
    assert_eq!(before.as_object().unwrap().len(), 1);
    session.update().preload(["KIT_ECHO"]).multi_account(composio_core::MultiAccount::default()).await.unwrap();
    registry.refresh().await.unwrap();
    assert_eq!(names(&registry.handle()), ["KIT_ECHO"]);
    assert_eq!(described(&registry.handle())["account"]["type"], "string");
}

#[tokio::test]
async fn a_registry_shows_what_was_made_of_the_tools_after_an_update_too() {
    let backend = backend();
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).preload(["KIT_OTHER"]);
    let loud = Modifier::schema(|tool| tool.description = tool.description.to_uppercase().into());
    let session = building.modifier(loud).await.unwrap();
    let registry = RigRegistry::of(&session).prepare(|tools| tools.strict()).await.unwrap();
    only(&session, &["KIT_ECHO"]).await;
    registry.refresh().await.unwrap();
    let tools = registry.handle().static_tool_defs();
    assert_eq!((tools.len(), tools[0].description.as_str()), (1, "SCRIPTED KIT_ECHO."));
    assert_eq!(tools[0].parameters["additionalProperties"], false);
}

#[tokio::test]
async fn tools_of_others_stay_where_they_are() {
    let (ours, theirs) = (backend(), ScriptedBackend::new().tool("THEIRS", "kit", json!({})));
    let theirs = session(&theirs).await.tools().await.unwrap();
    let handle = ToolServer::new().run();
    handle.add_dynamic_tool(rig_tool(theirs.named("THEIRS").unwrap()));
    let session = session(&ours).await;
    let registry = RigRegistry::of(&session).server(handle.clone()).await.unwrap();
    assert_eq!(names(&handle), ["THEIRS", "KIT_ECHO", "KIT_OTHER"]);

    only(&session, &["KIT_OTHER"]).await;
    registry.refresh().await.unwrap();
    assert_eq!(names(&handle), ["THEIRS", "KIT_OTHER"]);

    drop(registry);
    assert_eq!(names(&handle), ["THEIRS"], "what was put in is taken out again");
}

/// Says when the session is gone.
struct Kept(Arc<AtomicBool>);

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
async fn the_session_is_kept_as_long_as_the_agent_and_no_longer() {
    let gone = Arc::new(AtomicBool::new(false));
    let composio = Composio::with_backend(backend());
    let session = composio.create("user_u").no_toolkits().tool(Kept(Arc::clone(&gone))).await.unwrap();
    let model = ScriptedModel::start([calls([("c1", "LOCAL_KEPT", "{}")]), says("done")]).await;
    let shared = ToolServer::new().run();
    let agent = agent(&model, RigRegistry::of(&session).server(shared.clone()).await.unwrap());
    drop(session);

    agent.prompt("Go.").await.unwrap();
    assert_eq!(parsed(&model.read()[0].1)["data"], "here");
    assert!(!gone.load(Ordering::SeqCst));

    drop(agent);
    // rig drives its bus beside, and lets go of it when it sees that nobody is left.
    for _ in 0..1_000 {
        if gone.load(Ordering::SeqCst) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("somebody still holds the session; the registry has {:?}", names(&shared));
}

#[tokio::test]
async fn a_run_goes_on_with_the_tools_it_had_where_they_cannot_be_read() {
    let backend = backend();
    let session = session(&backend).await;
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("done")]).await;
    let registry = RigRegistry::of(&session).await.unwrap();
    let agent = agent(&model, registry.clone());
    only(&session, &["KIT_OTHER"]).await;
    session.delete().await.unwrap();

    assert_eq!(registry.refresh().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(agent.prompt("Go.").await.unwrap().output(), "done");

    assert_eq!(shown(&model.requests()[0]), ["KIT_ECHO", "KIT_OTHER"]);
    assert!(model.read()[0].1.contains("This session has ended"), "{:?}", model.read());
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn two_runs_of_one_agent_find_the_same_tools_after_an_update() {
    let backend = backend();
    let session = session(&backend).await;
    let model = ScriptedModel::start([says("one"), says("two")]).await;
    let agent = agent(&model, RigRegistry::of(&session).await.unwrap());
    only(&session, &["KIT_OTHER"]).await;
    let (one, two) = tokio::join!(agent.prompt("One."), agent.prompt("Two."));
    assert!(one.is_ok() && two.is_ok());
    for request in model.requests() {
        assert_eq!(shown(&request), ["KIT_OTHER"]);
    }
}

/// A call that has to be allowed does not end the run, and the host finds the question.
#[tokio::test]
async fn an_approval_reaches_the_model_as_text_and_the_host_as_a_question() {
    let backend = backend();
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).direct_tools();
    let session = building.require_approval_for_tools(["KIT_ECHO"]).await.unwrap();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", r#"{"note":"n"}"#)]), says("I wait.")]).await;
    let registry = RigRegistry::of(&session).await.unwrap();
    let host = Waiting::default();

    let builder = AgentBuilder::new(model.rig()).tool_server_handle(registry.handle()).add_hook(registry);
    let response = builder.add_hook(host.clone()).default_max_turns(8).build().prompt("Note.").await.unwrap();

    assert_eq!(response.output(), "I wait.");
    let waiting = host.take().expect("the host finds the question");
    assert_eq!((waiting.question().as_str(), backend.calls().len()), ("Allow KIT_ECHO?", 0));
    assert!(!model.read()[0].1.contains(waiting.state().as_str()), "{:?}", model.read());
    assert_eq!(session.approve(&waiting).await.unwrap().value()["note"], "n");
}

#[tokio::test]
async fn a_disabled_tool_is_gone_as_well() {
    let session = session(&backend()).await;
    let registry = RigRegistry::of(&session).await.unwrap();
    session.update().tools([("kit", ToolPolicy::Disable(["KIT_ECHO".try_into().unwrap()].into()))]).await.unwrap();
    registry.refresh().await.unwrap();
    assert_eq!(names(&registry.handle()), ["KIT_OTHER"]);
}
