//! Run with: cargo run -p genai_agent
//!
//! An agent on genai with a loop of its own: ask, answer the calls, ask again. It files an issue and mails its link, with
//! the accounts that a user connected. Without `OPENAI_API_KEY` a scripted model answers.

use anyhow::{Context as _, Result, bail};
use composio::ToolSet;
use composio_genai::GenAiTools as _;
use example_support::{Model, Playground, TASK, script, show};
use genai::adapter::AdapterKind;
use genai::chat::ChatRequest;
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{Client, ModelIden, ServiceTarget};

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
    show::task(TASK);
    let answer = run(&client(&model)?, model.name(), &session.tools().await?, TASK).await?;
    show::answer(&answer);

    playground.verify().await?;
    model.shutdown().await;
    playground.shutdown().await;
    Ok(())
}

/// The agent: asks until the model calls no more tools, and gives what it says then.
async fn run(client: &Client, model: &str, tools: &ToolSet, task: &str) -> Result<String> {
    let mut request = ChatRequest::from_user(task).with_tools(tools.to_genai());
    for _ in 0..TURNS {
        let reply = client.exec_chat(model, request.clone(), None).await?;
        for call in reply.tool_calls() {
            show::call(&call.fn_name, call.fn_arguments.to_string());
        }
        let Some(mut answered) = tools.answer_calls(&reply.tool_calls()).await else {
            return reply.into_first_text().context("the model said nothing");
        };
        for failure in &answered.failures {
            // The model reads what went wrong. The link is for the user alone.
            if let Some(link) = failure.error.connect_url() {
                show::note(&format!("{} needs an account: {link}", failure.name));
            }
        }
        // Names that nobody knows: the model is told which there are.
        answered.answer_rest(tools);
        let responses = answered.into_responses();
        responses.iter().for_each(|response| show::result(&response.content));
        request = request.append_messages(reply.into_assistant_message_for_tool_use()).append_message(responses);
    }
    bail!("the model still calls tools after {TURNS} turns")
}

/// genai with the address and the key of this model, over OpenAI's API.
fn client(model: &Model) -> Result<Client> {
    // Endpoints of genai end with a slash.
    let (base, key) = (format!("{}/", model.base_url()), model.api_key().to_owned());
    let resolver = ServiceTargetResolver::from_resolver_fn(move |target: ServiceTarget| {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(base.as_str()),
            auth: AuthData::from_single(key.as_str()),
            model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
        })
    });
    Ok(Client::builder().with_service_target_resolver(resolver).build()?)
}
