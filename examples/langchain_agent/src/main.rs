//! Run with: cargo run -p langchain_agent
//!
//! An agent of langchain-rust. It files an issue and mails its link, with the accounts that a user connected, and shows
//! what it does while it works. Without `OPENAI_API_KEY` a scripted model answers. To build it, langchain-rust needs
//! OpenSSL's headers and pkg-config: `libssl-dev` and `pkg-config` on Debian.

use anyhow::{Context as _, Result, anyhow};
use composio::ToolSet;
use composio_langchain::langchain_rust::agent::{AgentExecutor, AgentStreamEvent, OpenAiToolAgentBuilder};
use composio_langchain::langchain_rust::chain::options::ChainCallOptions;
use composio_langchain::langchain_rust::llm::{OpenAI, OpenAIConfig};
use composio_langchain::langchain_rust::prompt_args;
use composio_langchain::{LangChainTools as _, tolerant};
use example_support::{Model, Playground, TASK, script, show};
use futures::StreamExt as _;

/// How many tools are called at the most.
const CALLS: i32 = 30;
/// How much the model writes at a time at the most: the framework's own thousand cuts long arguments off.
const TOKENS: u32 = 16_000;

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
    show::task(TASK);
    let answer = run(OpenAI::new(config).with_model(model.name()), &session.tools().await?, TASK).await?;
    show::answer(answer);

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

/// The agent: shows each call and its result, and gives what the model says at last.
async fn run(llm: OpenAI<OpenAIConfig>, tools: &ToolSet, task: &str) -> Result<String> {
    // The model reads what went wrong. The link is for the user alone.
    let native = tools.to_langchain_with(|tool, error| {
        if let Some(link) = error.connect_url() {
            show::note(&format!("{} needs an account: {link}", tool.name()));
        }
    });
    let agent = OpenAiToolAgentBuilder::new()
        .tools(&native)
        .options(ChainCallOptions::default().with_max_tokens(TOKENS))
        .build(llm)
        .map_err(|error| anyhow!("the agent cannot be built: {error}"))?;
    let executor = AgentExecutor::from_agent(tolerant(agent, tools)).with_max_iterations(CALLS);

    let mut events = executor.stream_events(prompt_args! { "input" => task });
    let mut answer = None;
    while let Some(event) = events.next().await {
        match event.map_err(|error| anyhow!("the run ended: {error}"))? {
            AgentStreamEvent::ToolStart { tool, input } => show::call(&tool, input),
            AgentStreamEvent::ToolEnd { output, .. } => show::result(output),
            AgentStreamEvent::Finish { output } => answer = Some(output),
            _ => {}
        }
    }
    answer.context("the run ended without an answer")
}
