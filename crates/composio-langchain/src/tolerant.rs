//! Names that no tool has: langchain-rust ends the run at one, here the model is told.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use composio_core::ToolSet;
use futures::TryStreamExt as _;
use langchain_rust::agent::{Agent, AgentError, PlanEvent, PlanEventStream};
use langchain_rust::language_models::TokenUsage;
use langchain_rust::prompt::PromptArgs;
use langchain_rust::schemas::agent::{AgentAction, AgentEvent};
use langchain_rust::tools::Tool;
use serde_json::Value;

/// Wraps an agent so that a name which a model made up is answered like any failure, instead of ending the run.
///
/// Any agent will do, and tools of your own beside those of the session. The agent was built before, so no model is ever
/// shown the tool that answers. In [`stream_events`](langchain_rust::agent::AgentExecutor::stream_events) such a call is
/// one of `no_such_tool`, and its input is the name that was made up.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// use composio_langchain::langchain_rust::agent::{AgentExecutor, OpenAiToolAgentBuilder};
/// # use composio_langchain::langchain_rust::llm::OpenAI;
/// use composio_langchain::{LangChainTools as _, tolerant};
///
/// # let llm = OpenAI::default();
/// # let session = Composio::with_backend(ScriptedBackend::new()).create("user_123").await?;
/// let tools = session.tools().await?;
/// let agent = OpenAiToolAgentBuilder::new().tools(&tools.to_langchain()).build(llm)?;
/// let executor = AgentExecutor::from_agent(tolerant(agent, &tools)).with_max_iterations(30);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn tolerant<A: Agent>(agent: A, tools: &ToolSet) -> Tolerant<A> {
    let mut all = agent.get_tools();
    let known: HashSet<_> = all.iter().map(|tool| looked_up(&tool.name())).collect();
    let mut fallback = "no_such_tool".to_owned();
    while known.contains(&fallback) {
        fallback.push('_');
    }
    all.push(Arc::new(NoSuchTool { name: fallback.clone(), tools: tools.clone() }));
    Tolerant { agent, tools: all, known, fallback }
}

/// An agent whose model may make names up; see [`tolerant`]. Its tools are those that the agent had when it was wrapped.
pub struct Tolerant<A> {
    agent: A,
    /// With the fallback. The executor finds these and no others, so that what is known here is found there.
    tools: Vec<Arc<dyn Tool>>,
    known: HashSet<String>,
    fallback: String,
}

/// A name as the executor looks it up.
fn looked_up(name: &str) -> String {
    name.trim().replace(' ', "_")
}

impl<A> Tolerant<A> {
    fn redirected(&self, event: AgentEvent) -> AgentEvent {
        match event {
            AgentEvent::Action(actions) => {
                AgentEvent::Action(actions.into_iter().map(|action| self.action(action)).collect())
            }
            AgentEvent::Finish(_) => event,
        }
    }

    /// The log stays: from it agents tell the model what it had called.
    fn action(&self, action: AgentAction) -> AgentAction {
        if self.known.contains(&looked_up(&action.tool)) {
            return action;
        }
        AgentAction { tool: self.fallback.clone(), tool_input: action.tool, log: action.log }
    }
}

#[async_trait]
impl<A: Agent> Agent for Tolerant<A> {
    async fn plan(&self, steps: &[(AgentAction, String)], inputs: PromptArgs) -> Result<AgentEvent, AgentError> {
        self.agent.plan(steps, inputs).await.map(|event| self.redirected(event))
    }

    fn get_tools(&self) -> Vec<Arc<dyn Tool>> {
        self.tools.clone()
    }

    async fn plan_with_usage(
        &self,
        steps: &[(AgentAction, String)],
        inputs: PromptArgs,
    ) -> Result<(AgentEvent, Option<TokenUsage>), AgentError> {
        let (event, usage) = self.agent.plan_with_usage(steps, inputs).await?;
        Ok((self.redirected(event), usage))
    }

    fn plan_stream<'a>(&'a self, steps: &'a [(AgentAction, String)], inputs: PromptArgs) -> PlanEventStream<'a> {
        Box::pin(self.agent.plan_stream(steps, inputs).map_ok(|event| match event {
            PlanEvent::Done(event) => PlanEvent::Done(self.redirected(event)),
            other => other,
        }))
    }
}

impl<A> fmt::Debug for Tolerant<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tolerant").field("known", &self.known).finish_non_exhaustive()
    }
}

/// Answers for every tool that there is not. Its input is the name that was called.
struct NoSuchTool {
    name: String,
    tools: ToolSet,
}

#[async_trait]
impl Tool for NoSuchTool {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn description(&self) -> String {
        "Tells which tools there are.".to_owned()
    }

    async fn parse_input(&self, input: &str) -> Value {
        Value::String(input.to_owned())
    }

    async fn run(&self, input: Value) -> Result<String, Box<dyn StdError>> {
        Ok(self.tools.no_such_tool(input.as_str().unwrap_or_default()).text())
    }
}
