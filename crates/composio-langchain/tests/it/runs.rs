//! Whole runs: what the model is asked, what it is told, and what the application gets.

use composio_core::ScriptedBackend;
use composio_langchain::LangChainTools as _;
use composio_langchain::langchain_rust::agent::{
    AgentExecutor, AgentStreamEvent, ConversationalAgentBuilder, OpenAiToolAgentBuilder,
};
use composio_langchain::langchain_rust::chain::{Chain as _, options::ChainCallOptions};
use composio_langchain::langchain_rust::prompt_args;
use futures::StreamExt as _;
use serde_json::json;

use super::model::{Model, Say};
use super::{agent, echo, executor, session};

#[tokio::test]
async fn a_result_is_in_the_second_request_and_the_answer_is_the_last_word() {
    let (backend, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_ECHO", r#"{"note":"a"}"#)]), Say::Text("done")]).await;

    let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    assert_eq!(said, "done");
    assert_eq!(backend.calls().len(), 1);
    let result = r#"{"successful":true,"data":{"note":"a"},"error":null,"log_id":"log_1"}"#;
    assert_eq!(model.results(), [("call_1".to_owned(), result.to_owned())]);
}

#[tokio::test]
async fn the_provider_gets_name_description_and_schema_and_no_strict() {
    let (_, tools) = echo().await;
    let model = Model::start([Say::Text("nothing to do"), Say::Text("nothing to do")]).await;

    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    executor(&model, &tools.clone().strict()).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    let asked = model.asked();
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let function = json!({"name": "KIT_ECHO", "description": "Scripted KIT_ECHO.", "parameters": schema});
    assert_eq!(asked[0]["tools"], json!([{"type": "function", "function": function}]), "and nothing else is offered");
    let strict = &asked[1]["tools"][0]["function"];
    assert_eq!(strict["parameters"]["required"], json!(["note"]), "the schema of a strict set is strict");
    assert!(strict.get("strict").is_none(), "the framework cannot say it");
}

#[tokio::test]
async fn calls_of_one_turn_are_answered_each_under_its_id() {
    let (_, tools) = echo().await;
    let calls = vec![("KIT_ECHO", r#"{"note":"a"}"#), ("KIT_ECHO", r#"{"note":"b"}"#)];
    let model = Model::start([Say::Calls(calls), Say::Text("done")]).await;

    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    let results = model.results();
    assert!(results[0].0 == "call_1" && results[0].1.contains(r#"{"note":"a"}"#), "{results:?}");
    assert!(results[1].0 == "call_2" && results[1].1.contains(r#"{"note":"b"}"#), "{results:?}");
}

#[tokio::test]
async fn a_long_slug_is_called_by_a_name_that_providers_take() {
    let slug = format!("KIT_{}", "A".repeat(76));
    let (backend, session) = session(ScriptedBackend::new().tool(&slug, "kit", json!({}))).await;
    let tools = session.tools().await.unwrap();
    let name: &'static str = tools.get(&slug).unwrap().name().to_owned().leak();
    let model = Model::start([Say::Calls(vec![(name, "{}")]), Say::Text("done")]).await;

    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    assert_eq!(model.asked()[0]["tools"][0]["function"]["name"], name);
    assert!(name.len() == 64 && backend.calls()[0].tool == *slug);
}

#[tokio::test]
async fn a_streamed_run_shows_the_call_and_its_result() {
    let (_, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_ECHO", r#"{"note":"a"}"#)]), Say::Text("done")]).await;
    let executor = executor(&model, &tools);

    let events: Vec<_> = executor.stream_events(prompt_args! { "input" => "go" }).map(Result::unwrap).collect().await;

    let input = r#"{"note":"a"}"#.to_owned();
    let output = r#"{"successful":true,"data":{"note":"a"},"error":null,"log_id":"log_1"}"#.to_owned();
    let expected = [
        AgentStreamEvent::ToolStart { tool: "KIT_ECHO".to_owned(), input },
        AgentStreamEvent::ToolEnd { tool: "KIT_ECHO".to_owned(), output },
        AgentStreamEvent::Text("done".to_owned()),
        AgentStreamEvent::Finish { output: "done".to_owned() },
    ];
    assert_eq!(events, expected);
}

/// Rule: `rust-frameworks` L3. If this fails, the page of the crate is out of date.
#[tokio::test]
async fn the_limit_of_iterations_counts_calls() {
    let (backend, tools) = echo().await;
    let twelve = || Say::Calls(vec![("KIT_ECHO", "{}"); 12]);
    let model = Model::start([twelve(), twelve(), Say::Text("done")]).await;

    let short = AgentExecutor::from_agent(agent(&model, &tools.to_langchain()));
    assert_eq!(short.invoke(prompt_args! { "input" => "go" }).await.unwrap(), "Max iterations reached");
    assert_eq!((backend.calls().len(), model.asked().len()), (12, 1), "one turn was too much for the default of ten");

    let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    assert_eq!(said, "done");
}

/// Rule: `rust-frameworks` L6. If this fails, the page of the crate is out of date.
#[tokio::test]
async fn what_a_model_writes_is_short_unless_the_agent_has_options() {
    let (_, tools) = echo().await;
    let tools = tools.to_langchain();
    let model = Model::start([Say::Text("done"), Say::Text("done")]).await;
    let options = ChainCallOptions::default().with_max_tokens(16_000);
    let long = OpenAiToolAgentBuilder::new().tools(&tools).options(options).build(model.client()).unwrap();

    AgentExecutor::from_agent(agent(&model, &tools)).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    AgentExecutor::from_agent(long).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    let asked = model.asked();
    assert_eq!((&asked[0]["max_tokens"], &asked[1]["max_tokens"]), (&json!(1_000), &json!(16_000)));
    assert_eq!(asked[0]["tools"], asked[1]["tools"], "options take no tool away");
}

#[tokio::test]
async fn an_agent_that_reads_only_text_is_told_the_schema_and_may_send_an_object() {
    let (backend, tools) = echo().await;
    let call = "```json\n{\"action\": \"KIT_ECHO\", \"action_input\": {\"note\": \"a\"}}\n```";
    let answer = "```json\n{\"action\": \"Final Answer\", \"action_input\": \"done\"}\n```";
    let model = Model::start([Say::Text(call), Say::Text(answer)]).await;

    let tools = tools.to_langchain_described();
    let agent = ConversationalAgentBuilder::new().tools(&tools).build(model.client()).unwrap();
    let said = AgentExecutor::from_agent(agent).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    assert_eq!(said, "done");
    assert_eq!(backend.calls()[0].arguments["note"], "a");
    let asked = model.asked();
    let last = |turn: usize| asked[turn]["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap();
    assert!(asked[0].get("tools").is_none());
    assert!(last(0).contains(r#"{"type":"object","properties":{"note":{"type":"string"}}}"#), "{}", last(0));
    assert!(last(1).contains(r#"{"successful":true,"data":{"note":"a"}"#), "{}", last(1));
}
