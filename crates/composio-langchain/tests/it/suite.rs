//! The suite of all adapters, played by langchain-rust's own executor.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Approval, ToolSet};
use composio_langchain::langchain_rust::agent::{Agent, AgentError, AgentExecutor};
use composio_langchain::langchain_rust::chain::Chain as _;
use composio_langchain::langchain_rust::prompt::PromptArgs;
use composio_langchain::langchain_rust::prompt_args;
use composio_langchain::langchain_rust::schemas::FunctionDefinition;
use composio_langchain::langchain_rust::schemas::agent::{AgentAction, AgentEvent, AgentFinish};
use composio_langchain::langchain_rust::tools::Tool;
use composio_langchain::{LangChainTools as _, tolerant};

composio_conformance::adapter_suite!(OverLangChain);

struct OverLangChain;

#[async_trait]
impl Adapter for OverLangChain {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        let tools = tools.to_langchain();
        let functions = tools.iter().map(FunctionDefinition::from_langchain_tool);
        let shown = |function: FunctionDefinition| Shown {
            name: function.name,
            description: function.description,
            schema: function.parameters,
            strict: None,
        };
        functions.map(shown).collect()
    }

    fn says_strict(&self) -> bool {
        false
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        let count = i32::try_from(calls.len()).unwrap();
        let replies = Arc::default();
        let agent = OneTurn { tools: tools.to_langchain(), calls, replies: Arc::clone(&replies) };
        let executor = AgentExecutor::from_agent(tolerant(agent, tools)).with_max_iterations(count + 1);
        executor.invoke(prompt_args! { "input" => "go" }).await.unwrap();
        std::mem::take(&mut *replies.lock().unwrap())
    }

    async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
        let heard = Arc::<Mutex<Option<Approval>>>::default();
        let found = Arc::clone(&heard);
        let hear = move |_: &_, error: composio_core::Error| *found.lock().unwrap() = error.approval().cloned();
        let agent = OneTurn { tools: tools.to_langchain_with(hear), calls: vec![call], replies: Arc::default() };
        AgentExecutor::from_agent(agent).invoke(prompt_args! { "input" => "go" }).await.unwrap();
        heard.lock().unwrap().take()
    }
}

/// An agent whose model makes these calls in one turn, reads what came of them, and ends.
struct OneTurn {
    tools: Vec<Arc<dyn Tool>>,
    calls: Vec<Call>,
    replies: Arc<Mutex<Vec<Reply>>>,
}

#[async_trait]
impl Agent for OneTurn {
    async fn plan(&self, steps: &[(AgentAction, String)], _: PromptArgs) -> Result<AgentEvent, AgentError> {
        if steps.is_empty() {
            let action = |call: &Call| AgentAction {
                tool: call.name.clone(),
                tool_input: call.arguments.clone(),
                log: call.id.clone(),
            };
            return Ok(AgentEvent::Action(self.calls.iter().map(action).collect()));
        }
        let reply = |(action, text): &(AgentAction, String)| Reply::Text { id: action.log.clone(), text: text.clone() };
        *self.replies.lock().unwrap() = steps.iter().map(reply).collect();
        Ok(AgentEvent::Finish(AgentFinish { output: String::new() }))
    }

    fn get_tools(&self) -> Vec<Arc<dyn Tool>> {
        self.tools.clone()
    }
}
