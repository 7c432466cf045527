//! A session's tools, as rig's own.

use std::sync::Arc;

use composio_core::{SessionTool, ToolSet};
use rig_core::message::ToolName;
use rig_core::tool::{ContextValue, DynamicTool, ToolContext, ToolExecutionError, ToolOutput};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::tool_error;

mod sealed {
    pub trait Sealed {}

    impl Sealed for composio_core::ToolSet {}
}

/// Hands a session's tools to rig. Implemented for [`ToolSet`] alone.
pub trait RigTools: sealed::Sealed {
    /// The tools as rig's own, in order, for `AgentBuilder::dynamic_tools`.
    ///
    /// What goes wrong when one runs is a text for the model; see [`rig_tool`]. The schemas of a
    /// [`strict`](ToolSet::strict) set are strict as they are: leave rig's `with_strict_tools` off.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
    /// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
    /// use composio_rig::RigTools as _;
    ///
    /// let tools = session.tools().await?.to_rig();
    /// assert_eq!(*tools[0].name(), "GITHUB_GET_A_USER");
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    fn to_rig(&self) -> Vec<DynamicTool>;

    /// A hook for `AgentBuilder::add_hook` that answers calls which rig cannot make; see [`AnswerInvalidCalls`].
    ///
    /// [`AnswerInvalidCalls`]: crate::AnswerInvalidCalls
    #[cfg(feature = "agent")]
    fn rig_hook(&self) -> crate::AnswerInvalidCalls;
}

impl RigTools for ToolSet {
    fn to_rig(&self) -> Vec<DynamicTool> {
        self.iter().map(rig_tool).collect()
    }

    #[cfg(feature = "agent")]
    fn rig_hook(&self) -> crate::AnswerInvalidCalls {
        crate::AnswerInvalidCalls::new(self.clone())
    }
}

/// One tool as rig's own, to be registered by itself: `AgentBuilder::dynamic_tool`, `ToolSet::add_dynamic_tool`.
///
/// The model reads [`Answer::text`](composio_core::Answer::text), of a success and of a failure. A failure is a
/// [`ToolExecutionError`] as well, for hooks and telemetry: with rig's kind for ours, with whether to try again, and
/// with the [`Error`](composio_core::Error) as its source, so that a host can `downcast_ref` to it and read its
/// [`connect_url`](composio_core::Error::connect_url). The [`LogId`] of the call is beside the result.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", serde_json::json!({"type": "object"}));
/// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
/// use composio_rig::rig_tool;
/// use rig::agent::tool::ToolSet;
///
/// let tools = session.tools().await?;
/// let mut shared = ToolSet::default();
/// shared.add_dynamic_tool(rig_tool(tools.named("GITHUB_GET_A_USER").expect("it was preloaded")));
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
pub fn rig_tool(tool: &SessionTool) -> DynamicTool {
    #[expect(clippy::expect_used, reason = "it cannot happen, and no tool would be left out in silence")]
    let name = ToolName::new(tool.name()).expect("a slug is never empty, and a name is made of it");
    let description = tool.description();
    // rig keeps a schema of its own.
    let schema = Value::Object(tool.schema().as_ref().clone());
    let tool = Arc::new(tool.clone());
    DynamicTool::new_with_context(name, description, schema, move |context, arguments| {
        let tool = Arc::clone(&tool);
        Box::pin(async move { answer(&tool, context, arguments).await })
    })
}

/// Runs it, and gives what the model reads.
async fn answer(
    tool: &SessionTool,
    context: &mut ToolContext,
    arguments: Value,
) -> Result<ToolOutput, ToolExecutionError> {
    let answer = tool.answer(arguments).await;
    let text = answer.text();
    let outcome = answer.into_outcome();
    let log_id = match &outcome {
        Ok(output) => output.log_id.as_deref(),
        Err(error) => error.log_id(),
    };
    if let Some(id) = log_id {
        // It is text, which always encodes.
        let _ = context.insert_result(LogId(id.to_owned()));
    }
    match outcome {
        Ok(_) => Ok(ToolOutput::text(text)),
        Err(error) => Err(tool_error(text, error)),
    }
}

/// The id under which the operator finds a call again. It lies beside the tool's result, for hooks: the model reads it
/// in its answer only.
///
/// # Example
/// ```
/// use composio_rig::LogId;
/// use rig::agent::{AgentHook, HookContext, OutcomeAction, OutcomeEvent};
///
/// struct Log;
///
/// impl AgentHook for Log {
///     async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
///         if let Some(Ok(Some(id))) = event.tool_context().map(|context| context.result::<LogId>()) {
///             println!("{:?} ran as {}", event.tool_name(), id.as_str());
///         }
///         OutcomeAction::proceed()
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogId(String);

impl LogId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ContextValue for LogId {
    const KEY: &'static str = "composio.log_id";
}
