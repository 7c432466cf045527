//! Run with: cargo run -p openai_responses_stream
//!
//! An agent on OpenAI's Responses, streamed: what the model says is printed while it says it, and its calls are answered
//! when they are whole. Without `OPENAI_API_KEY` a scripted model answers.

use anyhow::{Context as _, Result, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::responses::{
    CreateResponse, EasyInputMessage, FunctionCallOutput, InputItem, InputParam, Item, OutputItem, ResponseStreamEvent,
};
use composio::ToolSet;
use composio_openai::{OpenAiTools as _, ResponseStream};
use example_support::{Model, Playground, TASK, script, show};
use futures::StreamExt as _;

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
    run(&client, model.name(), &session.tools().await?, TASK).await?;

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

/// The agent: asks until the model calls no more tools.
async fn run(client: &Client<OpenAIConfig>, model: &str, tools: &ToolSet, task: &str) -> Result<()> {
    let mut input: Vec<InputItem> = vec![EasyInputMessage::from(task).into()];
    for _ in 0..TURNS {
        let request = CreateResponse {
            model: Some(model.to_owned()),
            input: InputParam::Items(input.clone()),
            tools: tools.to_openai_responses(),
            ..CreateResponse::default()
        };
        let output = listen(client, request).await?;
        let Some(mut answered) = tools.answer_output(&output).await else { return Ok(()) };
        // Names that nobody knows: the model is told which there are.
        answered.answer_rest(tools);
        let items = answered.into_messages();
        items.iter().for_each(show_result);
        input.extend(items);
    }
    bail!("the model still calls tools after {TURNS} turns")
}

/// Prints what comes in, and gives the whole of it.
async fn listen(client: &Client<OpenAIConfig>, request: CreateResponse) -> Result<Vec<OutputItem>> {
    let mut events = client.responses().create_stream(request).await?;
    let mut stream = ResponseStream::new();
    let mut silent = true;
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            // Events that this version of async-openai does not know are not needed.
            Err(OpenAIError::JSONDeserialize(..)) => continue,
            Err(error) => return Err(error.into()),
        };
        match &event {
            ResponseStreamEvent::ResponseOutputTextDelta(piece) => {
                show::speech(&piece.delta, silent);
                silent = false;
            }
            ResponseStreamEvent::ResponseOutputTextDone(_) => show::end_of_speech(),
            ResponseStreamEvent::ResponseOutputItemDone(done) => show_call(&done.item),
            _ => {}
        }
        stream.push(&event);
    }
    let end = stream.response().context("the stream broke off")?;
    if let Some(error) = &end.error {
        bail!("the model failed: {}", error.message);
    }
    Ok(stream.finish())
}

fn show_call(item: &OutputItem) {
    if let OutputItem::FunctionCall(call) = item {
        show::call(&call.name, &call.arguments);
    }
}

fn show_result(item: &InputItem) {
    if let InputItem::Item(Item::FunctionCallOutput(answer)) = item
        && let FunctionCallOutput::Text(text) = &answer.output
    {
        show::result(text);
    }
}
