//! An agent on composio-openai, in both of OpenAI's forms.

use std::fmt;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequest};
use async_openai::types::responses::{CreateResponse, EasyInputMessage, InputItem, InputParam};
use composio::ToolSet;
use composio_demo::{ModelCall, Reply, ScriptedModel};
use composio_openai::{Failure, OpenAiTools as _, run_chat};
use serde_json::Value;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Chat,
    Responses,
}

pub(crate) const FORMS: [Form; 2] = [Form::Chat, Form::Responses];

/// What came of a run.
pub(crate) struct Run {
    /// What the model said at the end.
    pub(crate) said: String,
    pub(crate) failures: Vec<Failure>,
    /// All that the model got to read.
    pub(crate) requests: Vec<Value>,
    /// What it got to read of its calls.
    pub(crate) results: Vec<String>,
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("said", &self.said).field("results", &self.results).finish_non_exhaustive()
    }
}

/// Runs a model that makes these calls in its first turn and says `done` in its second.
pub(crate) async fn run(form: Form, tools: &ToolSet, calls: Vec<ModelCall>) -> Run {
    let model = ScriptedModel::start(move |turn| match turn.assistant_turns {
        0 => Reply::Calls(calls.clone()),
        _ => Reply::text("done"),
    });
    let model = model.await.unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url()).with_api_key("any-key");
    let client = Client::with_config(config);
    let (said, failures) = match form {
        Form::Chat => chat(&client, tools).await,
        Form::Responses => responses(&client, tools).await,
    };
    let requests = model.requests();
    model.shutdown().await;
    let last = requests.last().unwrap();
    let results = match form {
        Form::Chat => texts(&last["messages"], "role", "tool", "content"),
        Form::Responses => texts(&last["input"], "type", "function_call_output", "output"),
    };
    Run { said, failures, requests, results }
}

async fn chat(client: &Client<OpenAIConfig>, tools: &ToolSet) -> (String, Vec<Failure>) {
    let request = CreateChatCompletionRequest {
        model: "scripted".to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from("Go on.").into()],
        ..CreateChatCompletionRequest::default()
    };
    let finished = run_chat(client, tools, request).await.unwrap();
    (finished.text().to_owned(), finished.failures)
}

async fn responses(client: &Client<OpenAIConfig>, tools: &ToolSet) -> (String, Vec<Failure>) {
    let mut input: Vec<InputItem> = vec![EasyInputMessage::from("Go on.").into()];
    let mut failures = Vec::new();
    loop {
        let request = CreateResponse {
            model: Some("scripted".to_owned()),
            input: InputParam::Items(input.clone()),
            tools: tools.to_openai_responses(),
            ..CreateResponse::default()
        };
        let response = client.responses().create(request).await.unwrap();
        let Some(mut answered) = tools.answer_response(&response).await else {
            return (response.output_text().unwrap(), failures);
        };
        answered.answer_rest(tools);
        failures.append(&mut answered.failures);
        input.extend(answered);
    }
}

fn texts(list: &Value, field: &str, kind: &str, text: &str) -> Vec<String> {
    let of_kind = list.as_array().unwrap().iter().filter(|item| item[field] == kind);
    of_kind.map(|item| item[text].as_str().unwrap().to_owned()).collect()
}
