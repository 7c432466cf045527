//! Run with: cargo run -p openai_tool_loop
//!
//! An agent on OpenAI's Chat Completions with a loop of its own: ask, answer the calls, ask again. It files an issue and
//! mails its link, with the accounts that a user connected. Without `OPENAI_API_KEY` a scripted model answers.

use anyhow::{Context as _, Result, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestMessage, ChatCompletionRequestToolMessageContent,
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionResponse,
};
use composio::ToolSet;
use composio_openai::OpenAiTools as _;
use example_support::{Model, Playground, TASK, script, show};

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
        .await?;
    for toolkit in ["tracker", "mailbox"] {
        playground.connect(&session, toolkit).await?;
    }

    let model = Model::from_env_or_scripted(script::issue_and_mail).await?;
    let config = OpenAIConfig::new().with_api_base(model.base_url()).with_api_key(model.api_key());
    let client = Client::with_config(config);
    show::task(TASK);
    let answer = run(&client, model.name(), &session.tools().await?, TASK).await?;
    show::answer(answer);

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

/// The agent: asks until the model calls no more tools, and gives what it says then.
async fn run(client: &Client<OpenAIConfig>, model: &str, tools: &ToolSet, task: &str) -> Result<String> {
    let mut request = CreateChatCompletionRequest {
        model: model.to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from(task).into()],
        tools: tools.to_openai_chat(),
        ..CreateChatCompletionRequest::default()
    };
    for _ in 0..TURNS {
        let reply = client.chat().create(request.clone()).await?;
        show_calls(&reply);
        let Some(mut answered) = tools.answer_chat(&reply).await else {
            let choice = reply.choices.into_iter().next().context("the reply is empty")?;
            return choice.message.content.context("the model said nothing");
        };
        for failure in &answered.failures {
            // The model reads what went wrong. The link is for the user alone.
            if let Some(link) = failure.error.connect_url() {
                show::note(&format!("{} needs an account: {link}", failure.name));
            }
        }
        // Names that nobody knows: the model is told which there are.
        answered.answer_rest(tools);
        let messages = answered.into_messages();
        messages.iter().for_each(show_result);
        request.messages.extend(messages);
    }
    bail!("the model still calls tools after {TURNS} turns")
}

fn show_calls(reply: &CreateChatCompletionResponse) {
    for call in reply.choices.iter().flat_map(|choice| choice.message.tool_calls.iter().flatten()) {
        if let ChatCompletionMessageToolCalls::Function(call) = call {
            show::call(&call.function.name, &call.function.arguments);
        }
    }
}

fn show_result(message: &ChatCompletionRequestMessage) {
    if let ChatCompletionRequestMessage::Tool(answer) = message
        && let ChatCompletionRequestToolMessageContent::Text(text) = &answer.content
    {
        show::result(text);
    }
}
