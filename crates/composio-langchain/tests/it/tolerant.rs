//! Names that no tool has.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use composio_langchain::langchain_rust::agent::{AgentExecutor, AgentStreamEvent};
use composio_langchain::langchain_rust::chain::Chain as _;
use composio_langchain::langchain_rust::prompt_args;
use composio_langchain::langchain_rust::tools::Tool;
use composio_langchain::{LangChainTools as _, tolerant};
use futures::StreamExt as _;
use serde_json::Value;

use super::model::{Model, Say};
use super::{agent, echo, executor};

/// Rule: `rust-frameworks` L4. If this fails, `tolerant` is needed no more.
#[tokio::test]
async fn without_the_wrapper_a_made_up_name_ends_the_run() {
    let (_, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_NONE", "{}")]), Say::Text("done")]).await;
    let error = AgentExecutor::from_agent(agent(&model, &tools.to_langchain()))
        .invoke(prompt_args! { "input" => "go" })
        .await
        .unwrap_err();
    assert!(error.to_string().contains("Tool KIT_NONE not found"), "{error}");
}

#[tokio::test]
async fn with_the_wrapper_the_model_is_told_which_tools_there_are() {
    for name in ["KIT_NONE", "no_such_tool", "", "kit_echo", "KIT ECHO PLEASE"] {
        let (backend, tools) = echo().await;
        let calls = vec![(name, r#"{"note":"a"}"#), ("KIT_ECHO", r#"{"note":"b"}"#)];
        let model = Model::start([Say::Calls(calls), Say::Text("done")]).await;

        let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

        assert_eq!(said, "done");
        let results = model.results();
        assert_eq!(results[0], ("call_1".to_owned(), tools.no_such_tool(name).text()));
        assert!(results[1].1.contains(r#"{"note":"b"}"#), "{results:?}");
        assert_eq!(backend.calls().len(), 1, "{name:?} runs nothing");
        let asked = model.asked();
        let called = &asked[1]["messages"].as_array().unwrap().iter().find(|one| one["tool_calls"].is_array()).unwrap();
        assert_eq!(called["tool_calls"][0]["function"]["name"], name, "the model reads what it had called");
    }
}

#[tokio::test]
async fn the_tool_that_answers_is_never_offered() {
    let (_, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_NONE", "{}")]), Say::Text("done")]).await;
    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    for body in model.asked() {
        assert_eq!(body["tools"].as_array().unwrap().len(), 1, "{body}");
        assert!(!body.to_string().contains("no_such_tool"), "{body}");
    }
}

#[tokio::test]
async fn names_are_read_as_the_framework_reads_them() {
    let (backend, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("  KIT_ECHO ", "{}"), ("KIT ECHO", "{}")]), Say::Text("done")]).await;
    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    assert_eq!(backend.calls().len(), 2);
}

#[tokio::test]
async fn a_streamed_run_goes_on_too() {
    let (_, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_NONE", r#"{"a":1}"#)]), Say::Text("done")]).await;
    let executor = executor(&model, &tools);

    let events: Vec<_> = executor.stream_events(prompt_args! { "input" => "go" }).map(Result::unwrap).collect().await;

    let start = AgentStreamEvent::ToolStart { tool: "no_such_tool".to_owned(), input: "KIT_NONE".to_owned() };
    assert!(events.contains(&start), "{events:?}");
    assert!(events.contains(&AgentStreamEvent::Finish { output: "done".to_owned() }), "{events:?}");
}

/// A tool of the application's own.
struct Own(&'static str);

#[async_trait]
impl Tool for Own {
    fn name(&self) -> String {
        self.0.to_owned()
    }

    fn description(&self) -> String {
        "The application's own.".to_owned()
    }

    async fn run(&self, _: Value) -> Result<String, Box<dyn Error>> {
        Ok("own".to_owned())
    }
}

#[tokio::test]
async fn tools_of_the_application_keep_their_names() {
    let (_, tools) = echo().await;
    let calls = vec![("no_such_tool", "{}"), ("my_tool", "{}"), ("KIT_NONE", "{}")];
    let model = Model::start([Say::Calls(calls), Say::Text("done")]).await;
    let mut all = tools.to_langchain();
    all.extend(["no_such_tool", "my tool"].map(|name| Arc::new(Own(name)) as Arc<dyn Tool>));

    let agent = tolerant(agent(&model, &all), &tools);
    AgentExecutor::from_agent(agent).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    let told: Vec<_> = model.results().into_iter().map(|(_, text)| text).collect();
    assert_eq!(told, ["own".to_owned(), "own".to_owned(), tools.no_such_tool("KIT_NONE").text()]);
    assert_eq!(model.asked()[0]["tools"].as_array().unwrap().len(), 3);
}
