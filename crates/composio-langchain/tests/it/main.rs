//! The adapter inside langchain-rust: the suite of all adapters, and whole runs of agents against a model on loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod arguments;
mod failures;
mod model;
mod runs;
mod suite;
mod tolerant;

use composio_core::{Composio, ScriptedBackend, Session, ToolSet};
use composio_langchain::langchain_rust::agent::{AgentExecutor, OpenAiToolAgent, OpenAiToolAgentBuilder};
use composio_langchain::langchain_rust::tools::Tool;
use composio_langchain::{Tolerant, tolerant};
use serde_json::json;
use std::sync::Arc;

use self::model::Model;

/// A session with `KIT_ECHO`, which gives its arguments back, and whatever else the backend has of that toolkit.
async fn session(backend: ScriptedBackend) -> (ScriptedBackend, Session) {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let backend = backend.tool("KIT_ECHO", "kit", note);
    let composio = Composio::with_backend(backend.clone());
    let session = composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
    (backend, session)
}

/// Only the one tool.
async fn echo() -> (ScriptedBackend, ToolSet) {
    let (backend, session) = session(ScriptedBackend::new()).await;
    (backend, session.tools().await.unwrap())
}

fn agent(model: &Model, tools: &[Arc<dyn Tool>]) -> OpenAiToolAgent {
    OpenAiToolAgentBuilder::new().tools(tools).build(model.client()).unwrap()
}

/// The agent of the crate's page.
fn executor(model: &Model, tools: &ToolSet) -> AgentExecutor<Tolerant<OpenAiToolAgent>> {
    use composio_langchain::LangChainTools as _;
    AgentExecutor::from_agent(tolerant(agent(model, &tools.to_langchain()), tools)).with_max_iterations(30)
}
