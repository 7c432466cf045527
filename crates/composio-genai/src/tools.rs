//! A session's tools as genai's own, and the calls of a model answered.

use composio_core::{Arguments, SessionTool, ToolSet};
use futures::future::join_all;
use genai::chat::{StopReason, StreamEnd, Tool, ToolCall};
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
    /// The calls are those of `ChatResponse::tool_calls`; for a stream see [`answer_stream`](Self::answer_stream).
    fn answer_calls(&self, calls: &[&ToolCall]) -> impl Future<Output = Option<Answered>> + Send;

    /// As [`answer_calls`](Self::answer_calls), for the end of a stream that captured its calls.
    ///
    /// Where the stream was cut off before the first argument of its last call, that call is not run: what is left of it
    /// reads like a call without arguments, which could do more than the model wanted.
    fn answer_stream(&self, end: &StreamEnd) -> impl Future<Output = Option<Answered>> + Send;
}

impl GenAiTools for ToolSet {
    fn to_genai(&self) -> Vec<Tool> {
        self.iter().map(tool).collect()
    }

    async fn answer_calls(&self, calls: &[&ToolCall]) -> Option<Answered> {
        answer(self, calls, false).await
    }

    async fn answer_stream(&self, end: &StreamEnd) -> Option<Answered> {
        let cut_off = matches!(end.captured_stop_reason, Some(StopReason::MaxTokens(_) | StopReason::ContentFilter(_)));
        answer(self, &end.captured_tool_calls()?, cut_off).await
    }
}

async fn answer(tools: &ToolSet, calls: &[&ToolCall], cut_off: bool) -> Option<Answered> {
    let last = calls.len().checked_sub(1)?;
    let mut answered = Answered::default();
    let mut running = Vec::with_capacity(calls.len());
    for (place, call) in calls.iter().enumerate() {
        let Some(tool) = tools.named(&call.fn_name) else {
            answered.unhandled.push(Unhandled { call: (*call).clone(), place });
            continue;
        };
        let arguments = arguments(call, cut_off && place == last);
        running.push(async move { (place, *call, tool.answer(arguments).await) });
    }
    for (place, call, answer) in join_all(running).await {
        answered.record(place, call, answer);
    }
    Some(answered)
}

/// What the model wrote; where it was cut off before it wrote anything, what cannot be taken for "none".
fn arguments(call: &ToolCall, cut_off: bool) -> Arguments<'_> {
    let blank = call.fn_arguments.as_str().is_some_and(|text| text.trim().is_empty());
    if cut_off && blank { "{".into() } else { call.fn_arguments.clone().into() }
}

fn tool(tool: &SessionTool) -> Tool {
    Tool::new(tool.name())
        .with_description(tool.description())
        .with_schema(Value::Object(Map::clone(tool.schema())))
        .with_strict(tool.is_strict())
}
