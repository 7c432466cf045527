//! A session on a scripted backend, and an agent that has its tools.

use std::sync::{Arc, Mutex};

use composio_core::{Approval, Composio, Error, ScriptedBackend, Session, ToolSet};
use composio_rig::{RigTools as _, failure_of};
use rig::agent::{AgentHook, HookContext, OutcomeAction, OutcomeEvent};
use rig::{Agent, AgentBuilder};
use serde_json::{Value, json};

use crate::model::ScriptedModel;

/// A backend with a tool that echoes and one whose answer is scripted by the test.
pub(crate) fn backend() -> ScriptedBackend {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    ScriptedBackend::new().tool("KIT_ECHO", "kit", note).tool("KIT_OTHER", "kit", json!({"type": "object"}))
}

pub(crate) async fn session(backend: &ScriptedBackend) -> Session {
    let composio = Composio::with_backend(backend.clone());
    composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap()
}

pub(crate) async fn tools(backend: &ScriptedBackend) -> ToolSet {
    session(backend).await.tools().await.unwrap()
}

/// An agent as the README makes it, with room for some turns.
pub(crate) fn agent(model: &ScriptedModel, tools: &ToolSet) -> Agent {
    AgentBuilder::new(model.rig()).dynamic_tools(tools.to_rig()).default_max_turns(8).build()
}

/// An agent that answers calls which cannot be made.
pub(crate) fn answering_agent(model: &ScriptedModel, tools: &ToolSet) -> Agent {
    let builder = AgentBuilder::new(model.rig()).dynamic_tools(tools.to_rig());
    builder.add_hook(tools.rig_hook()).default_max_turns(8).build()
}

/// What a model read, parsed.
pub(crate) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A host that keeps what waits for a person.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<Mutex<Vec<Approval>>>);

impl Waiting {
    /// What came last.
    pub(crate) fn take(&self) -> Option<Approval> {
        self.0.lock().unwrap().pop()
    }
}

impl AgentHook for Waiting {
    async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
        let error = event.tool_result().and_then(failure_of);
        self.0.lock().unwrap().extend(error.and_then(Error::approval).cloned());
        OutcomeAction::proceed()
    }
}
