//! Run with: cargo run -p native_tool
//!
//! A tool written in Rust beside those of services: the model looks a machine up in this program's own inventory before
//! it files an issue and mails its link. The lookup runs in this process, and no service is asked for it. Without
//! `OPENAI_API_KEY` a scripted model answers.

mod inventory;

use anyhow::{Context as _, Result, bail, ensure};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestMessage, ChatCompletionRequestToolMessageContent,
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionResponse,
};
use composio::ToolSet;
use composio_demo::{Demo, Reply, Turn};
use composio_openai::OpenAiTools as _;
use example_support::{Model, Playground, script, show};
use serde_json::json;

use crate::inventory::FindMachine;

const TASK: &str = "The coffee machine on the third floor leaks. Look it up in our inventory, file an issue that names \
    its serial number, and mail the link to the issue to bob@example.com.";
/// How the tool is called in a session.
const LOOKUP: &str = "LOCAL_FIND_MACHINE";
/// How often the model is asked at the most.
const TURNS: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let playground = Playground::start().await?;
    let session = playground
        .composio()
        .create("user_123")
        .toolkits(["tracker", "mailbox"])
        .preload(["TRACKER_CREATE_ISSUE", "MAILBOX_SEND_MESSAGE"])
        .tool(FindMachine)
        .await?;
    for toolkit in ["tracker", "mailbox"] {
        playground.connect(&session, toolkit).await?;
    }
    let tools = session.tools().await?.on_progress(|tool, progress| {
        let total = progress.total.unwrap_or(progress.done);
        show::progress(&format!("{tool}: {} of {total}, {}", progress.done, progress.message));
    });

    let model = Model::from_env_or_scripted(script).await?;
    show::task(TASK);
    show::answer(run(&model, &tools, playground.demo()).await?);

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

fn client(model: &Model) -> Client<OpenAIConfig> {
    Client::with_config(OpenAIConfig::new().with_api_base(model.base_url()).with_api_key(model.api_key()))
}

/// The agent, which looks at each turn whether the services were asked for anything.
async fn run(model: &Model, tools: &ToolSet, services: &Demo) -> Result<String> {
    let client = client(model);
    let mut request = CreateChatCompletionRequest {
        model: model.name().to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from(TASK).into()],
        tools: tools.to_openai_chat(),
        ..CreateChatCompletionRequest::default()
    };
    let mut looked_up = false;
    for _ in 0..TURNS {
        let reply = client.chat().create(request.clone()).await?;
        let called = calls(&reply);
        let before = services.requests().len();
        let Some(mut answered) = tools.answer_chat(&reply).await else {
            ensure!(looked_up, "the model did not look into the inventory");
            let choice = reply.choices.into_iter().next().context("the reply is empty")?;
            return choice.message.content.context("the model said nothing");
        };
        if called.iter().all(|name| *name == LOOKUP) {
            looked_up = true;
            ensure!(services.requests().len() == before, "a service was asked for a native tool");
            show::checked("no service was asked for it: the arguments stayed in this process");
        }
        answered.answer_rest(tools);
        let messages = answered.into_messages();
        messages.iter().for_each(show_result);
        request.messages.extend(messages);
    }
    bail!("the model still calls tools after {TURNS} turns")
}

/// The names of what the model calls, which are shown.
fn calls(reply: &CreateChatCompletionResponse) -> Vec<&str> {
    let calls = reply.choices.iter().flat_map(|choice| choice.message.tool_calls.iter().flatten());
    let functions = calls.filter_map(|call| match call {
        ChatCompletionMessageToolCalls::Function(call) => Some(&call.function),
        ChatCompletionMessageToolCalls::Custom(_) => None,
    });
    functions.inspect(|call| show::call(&call.name, &call.arguments)).map(|call| call.name.as_str()).collect()
}

fn show_result(message: &ChatCompletionRequestMessage) {
    if let ChatCompletionRequestMessage::Tool(answer) = message
        && let ChatCompletionRequestToolMessageContent::Text(text) = &answer.content
    {
        show::result(text);
    }
}

/// What the scripted model does: looks the machine up, and goes on as in the other examples.
fn script(turn: &Turn) -> Reply {
    let Some(found) = turn.result_of(LOOKUP) else {
        return Reply::call(LOOKUP, &json!({ "kind": "coffee_machine", "floor": 3 }));
    };
    if turn.result_of("TRACKER_CREATE_ISSUE").is_some() {
        return script::issue_and_mail(turn);
    }
    let serial = found.json["data"]["machines"][0]["serial"].as_str().unwrap_or("unknown");
    let issue = json!({ "title": "The coffee machine leaks", "body": format!("Its serial number is {serial}.") });
    Reply::call("TRACKER_CREATE_ISSUE", &issue)
}
