//! Run with: cargo run -p rig_agent
//!
//! An agent on rig, which asks, calls and asks again by itself. It files an issue and mails its link, with the accounts
//! that a user connected. Without `OPENAI_API_KEY` a scripted model answers.

use anyhow::Result;
use composio::{Error, ToolSet};
use composio_rig::RigTools as _;
use example_support::{Model, Playground, TASK, script, show};
use rig::agent::{AgentHook, DispatchAction, DispatchEvent, HookContext, OutcomeAction, OutcomeEvent, StepEventKind};
use rig::http_client::ReqwestClient;
use rig::providers::openai::OpenAIConfig;
use rig::{Agent, AgentBuilder};

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
    let agent = agent(&model, &session.tools().await?);
    show::task(TASK);
    let response = agent.prompt(TASK).await?;
    show::answer(response.output());

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

fn agent(model: &Model, tools: &ToolSet) -> Agent {
    let openai = OpenAIConfig::new(model.api_key()).with_base_url(model.base_url()).connect(ReqwestClient::default());
    AgentBuilder::new(openai.chat(model.name()))
        .preamble("You work for the user, with the user's own accounts.")
        .dynamic_tools(tools.to_rig())
        .add_hook(tools.rig_hook())
        .add_hook(Show)
        // rig's own default is one turn: the calls would be made, and nobody would read their results.
        .default_max_turns(8)
        .build()
}

/// Shows what the agent does.
struct Show;

impl AgentHook for Show {
    async fn on_dispatch(&self, _: &HookContext, event: DispatchEvent<'_>) -> DispatchAction {
        if let (Some(tool), Some(arguments)) = (event.tool_name(), event.tool_args()) {
            show::call(tool, arguments);
        }
        DispatchAction::proceed()
    }

    async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
        if let Some(result) = event.tool_result() {
            show::result(result.output().render());
            // The model reads what went wrong. The link is for the user alone.
            let error = result.error().and_then(|failure| failure.downcast_ref::<Error>());
            if let Some(link) = error.and_then(Error::connect_url) {
                show::note(&format!("{} needs an account: {link}", event.tool_name().unwrap_or_default()));
            }
        }
        OutcomeAction::proceed()
    }

    fn observes(&self, kind: StepEventKind) -> bool {
        kind == StepEventKind::ToolDispatch
    }
}
