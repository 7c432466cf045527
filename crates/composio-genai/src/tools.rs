//! A session's tools as genai's own, and the calls of a model answered.

use composio_core::{SessionTool, ToolSet};
use futures::future::join_all;
use genai::chat::{Tool, ToolCall};
use serde_json::{Map, Value};

use crate::answered::{Answered, Unhandled};

mod sealed {
    pub trait Sealed {}

    impl Sealed for composio_core::ToolSet {}
}

/// Hands a session's tools to genai, and answers the calls that come back. Implemented for [`ToolSet`] alone.
pub trait GenAiTools: sealed::Sealed {
    /// The tools as genai's own, in order, for `ChatRequest::with_tools`.
    ///
    /// `strict` is said of each: left out, some providers would decide it themselves.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
    /// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
    /// use composio_genai::GenAiTools as _;
    /// use composio_genai::genai::chat::ChatRequest;
    ///
    /// let tools = session.tools().await?;
    /// let request = ChatRequest::from_user("Who is octocat?").with_tools(tools.to_genai());
    /// assert_eq!(request.tools.map(|tools| tools.len()), Some(1));
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    fn to_genai(&self) -> Vec<Tool>;

    /// Answers the calls of one turn: all at once, in the model's order. None where there are none, which is how a loop
    /// ends.
    ///
    /// The calls are those of `ChatResponse::tool_calls`, or of a stream's end.
    fn answer_calls(&self, calls: &[&ToolCall]) -> impl Future<Output = Option<Answered>> + Send;
}

impl GenAiTools for ToolSet {
    fn to_genai(&self) -> Vec<Tool> {
        self.iter().map(tool).collect()
    }

    async fn answer_calls(&self, calls: &[&ToolCall]) -> Option<Answered> {
        if calls.is_empty() {
            return None;
        }
        let mut answered = Answered::default();
        let mut running = Vec::with_capacity(calls.len());
        for (place, call) in calls.iter().enumerate() {
            match self.named(&call.fn_name) {
                Some(tool) => {
                    running.push(async move { (place, *call, tool.answer(call.fn_arguments.clone()).await) });
                }
                None => answered.unhandled.push(Unhandled { call: (*call).clone(), place }),
            }
        }
        for (place, call, answer) in join_all(running).await {
            answered.record(place, call, answer);
        }
        Some(answered)
    }
}

fn tool(tool: &SessionTool) -> Tool {
    Tool::new(tool.name())
        .with_description(tool.definition().description.as_ref())
        .with_schema(Value::Object(Map::clone(tool.schema())))
        .with_strict(tool.is_strict())
}
