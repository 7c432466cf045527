//! What rig cannot call, answered.

use std::fmt;

use composio_core::{Arguments, ToolSet};
use rig_agent::agent::hook::{
    AgentHook, HookContext, InvalidToolCallAction, InvalidToolCallContext, InvalidToolCallReason, StepEventKind,
};

/// Answers calls that rig cannot make, so that they do not end the run.
/// [`RigTools::rig_hook`](crate::RigTools::rig_hook) makes it.
///
/// - **A name that no tool has.** Without a hook rig ends the run with `PromptError::UnknownToolCall`. With this one
///   the model reads that there is no such tool, and the names of this set. The other calls of the same turn are not
///   made either: rig tells the model so, and it can make them again.
/// - **Arguments that are no object**, for a tool of this set. rig answers these itself; with this hook the model reads
///   the same text as in every other framework.
///
/// A tool that exists and that your own `tool_choice` forbids is not answered: that stays rig's, and yours.
///
/// # Example
/// ```
/// # async fn run(model: rig::DynModel<rig::operation::Completion>, session: composio_core::Session)
/// #     -> Result<(), composio_core::Error> {
/// use composio_rig::RigTools as _;
/// use rig::AgentBuilder;
///
/// let tools = session.tools().await?;
/// let agent = AgentBuilder::new(model)
///     .dynamic_tools(tools.to_rig())
///     .add_hook(tools.rig_hook())
///     .default_max_turns(8)
///     .build();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct AnswerInvalidCalls {
    tools: ToolSet,
}

impl AnswerInvalidCalls {
    pub(crate) fn new(tools: ToolSet) -> Self {
        Self { tools }
    }

    /// What a model reads whose arguments are refused. Nothing is run.
    async fn refusal(&self, name: &str, arguments: &str) -> Option<String> {
        let tool = self.tools.named(name)?;
        // rig refuses a little more than we do. What we take would run here, behind the back of other hooks: that is
        // rig's to answer.
        Arguments::from(arguments).into_object().err()?;
        Some(tool.answer(arguments).await.text())
    }
}

impl AgentHook for AnswerInvalidCalls {
    async fn on_invalid_tool_call(
        &self,
        _: &HookContext,
        event: &InvalidToolCallContext,
    ) -> Option<InvalidToolCallAction> {
        match event.reason {
            InvalidToolCallReason::UnknownTool => {
                let answer = self.tools.no_such_tool(&event.tool_name);
                Some(InvalidToolCallAction::skip(answer.text()))
            }
            InvalidToolCallReason::MalformedArguments { .. } => {
                let text = self.refusal(&event.tool_name, event.args.as_deref()?).await?;
                // Here a retry is rig's word for an answer that is marked as an error. It costs nothing of a budget.
                Some(InvalidToolCallAction::retry(text))
            }
            // Also a reason that a later rig adds.
            _ => None,
        }
    }

    fn observes(&self, kind: StepEventKind) -> bool {
        kind == StepEventKind::InvalidToolCall
    }
}

impl fmt::Debug for AnswerInvalidCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnswerInvalidCalls").field(&self.tools).finish()
    }
}
