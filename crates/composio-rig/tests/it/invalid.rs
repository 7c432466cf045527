//! Calls that rig cannot make: names that no tool has, and arguments that are no object.

use composio_rig::RigTools as _;
use futures::StreamExt as _;
use rig::AgentBuilder;
use rig::completion::PromptError;

use crate::model::{ScriptedModel, calls, says};
use crate::stage::{agent, answering_agent, backend, parsed, tools};

#[tokio::test]
async fn a_name_that_no_tool_has_ends_the_run_of_an_agent_without_the_hook() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_INVENTED", "{}")]), says("done")]).await;
    let error = agent(&model, &tools(&backend).await).prompt("Go.").await.unwrap_err();
    assert!(matches!(&error, PromptError::UnknownToolCall { tool_name, .. } if tool_name == "KIT_INVENTED"), "{error}");
    assert_eq!(model.requests().len(), 1);
}

#[tokio::test]
async fn with_the_hook_a_model_reads_that_there_is_no_such_tool() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_INVENTED", "{}")]), says("done")]).await;
    let tools = tools(&backend).await;

    let response = answering_agent(&model, &tools).prompt("Go.").await.unwrap();

    assert_eq!(response.output(), "done");
    assert_eq!(model.read(), [("c1".to_owned(), tools.no_such_tool("KIT_INVENTED").text())]);
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn a_call_beside_an_invented_one_waits_and_is_made_in_the_next_turn() {
    let backend = backend();
    let both = calls([("c1", "KIT_ECHO", "{}"), ("c2", "KIT_INVENTED", "{}"), ("c3", "KIT_MADE_UP", "{}")]);
    let model = ScriptedModel::start([both, calls([("c4", "KIT_ECHO", "{}")]), says("done")]).await;
    let tools = tools(&backend).await;

    answering_agent(&model, &tools).prompt("Go.").await.unwrap();

    let read = model.read();
    assert_eq!(read.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["c1", "c2", "c3", "c4"]);
    assert!(read[0].1.starts_with("Tool not executed because"), "{read:?}");
    assert_eq!(read[1].1, tools.no_such_tool("KIT_INVENTED").text());
    assert_eq!(read[2].1, tools.no_such_tool("KIT_MADE_UP").text());
    assert_eq!(parsed(&read[3].1)["successful"], true);
    assert_eq!(backend.calls().len(), 1);
}

#[tokio::test]
async fn a_streamed_run_goes_on_after_an_invented_name() {
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_INVENTED", "{}")]), says("done")]).await;
    let tools = tools(&backend).await;
    let agent = answering_agent(&model, &tools);
    let mut items = agent.prompt("Go.").stream();
    while let Some(item) = items.next().await {
        item.unwrap();
    }
    assert_eq!(model.read(), [("c1".to_owned(), tools.no_such_tool("KIT_INVENTED").text())]);
}

#[tokio::test]
async fn arguments_that_are_no_object_are_answered_by_rig_and_never_reach_a_tool() {
    for arguments in ["[1]", "7", r#""text""#, r#"{"note":"#] {
        let backend = backend();
        let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", arguments)]), says("done")]).await;

        agent(&model, &tools(&backend).await).prompt("Go.").await.unwrap();

        let read = model.read();
        assert!(read[0].1.contains("are not a JSON object"), "{arguments}: {read:?}");
        assert!(backend.calls().is_empty(), "{arguments}");
    }
}

#[tokio::test]
async fn with_the_hook_their_answer_is_ours() {
    for arguments in ["[1]", "7", r#""text""#, r#"{"note":"#] {
        let backend = backend();
        let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", arguments)]), says("done")]).await;
        let tools = tools(&backend).await;

        answering_agent(&model, &tools).prompt("Go.").await.unwrap();

        let expected = tools.named("KIT_ECHO").unwrap().answer(arguments).await.text();
        assert!(expected.contains("have to be one JSON object"), "{expected}");
        assert_eq!(model.read(), [("c1".to_owned(), expected)], "{arguments}");
        assert!(backend.calls().is_empty(), "{arguments}");
    }
}

#[tokio::test]
async fn the_hook_runs_nothing_where_only_rig_refuses() {
    // Empty text that was encoded once more: for us no arguments, for rig no object.
    let backend = backend();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", r#""""#)]), says("done")]).await;
    answering_agent(&model, &tools(&backend).await).prompt("Go.").await.unwrap();
    assert!(model.read()[0].1.contains("are not a JSON object"), "{:?}", model.read());
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn the_hook_leaves_other_peoples_tools_to_rig() {
    let (ours, theirs) = (backend(), composio_core::ScriptedBackend::new());
    let theirs = theirs.tool("THEIRS", "kit", serde_json::json!({}));
    let model = ScriptedModel::start([calls([("c1", "THEIRS", "[1]")]), says("done")]).await;
    let (ours, theirs) = (tools(&ours).await, tools(&theirs).await);

    let builder = AgentBuilder::new(model.rig()).dynamic_tools(ours.to_rig()).dynamic_tools(theirs.to_rig());
    builder.add_hook(ours.rig_hook()).default_max_turns(8).build().prompt("Go.").await.unwrap();

    assert!(model.read()[0].1.starts_with("The arguments for tool `THEIRS`"), "{:?}", model.read());
}
