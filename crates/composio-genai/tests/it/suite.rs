//! The suite of all adapters, over genai's own types.

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Approval, ToolSet};
use composio_genai::GenAiTools as _;
use composio_genai::genai::chat::{Tool, ToolCall};
use serde_json::Value;

composio_conformance::adapter_suite!(OverGenai);

struct OverGenai;

#[async_trait]
impl Adapter for OverGenai {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        let shown = |tool: Tool| Shown {
            name: tool.name.to_string(),
            description: tool.description.unwrap(),
            schema: tool.schema.unwrap(),
            strict: tool.strict,
        };
        tools.to_genai().into_iter().map(shown).collect()
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        let made: Vec<_> = calls.iter().map(made).collect();
        let Some(answered) = tools.answer_calls(&made.iter().collect::<Vec<_>>()).await else { return Vec::new() };
        let unhandled: Vec<_> = answered.unhandled.iter().map(|unhandled| unhandled.call.call_id.clone()).collect();
        let mut responses = answered.into_responses().into_iter();
        let replies = calls.into_iter().map(|call| {
            if unhandled.contains(&call.id) {
                return Reply::NotOurs { id: call.id };
            }
            let response = responses.next().expect("each call of ours has an answer");
            assert_eq!(response.fn_name.as_deref(), Some(call.name.as_str()), "Gemini looks the name up");
            Reply::Text { id: response.call_id, text: response.content }
        });
        replies.collect()
    }

    async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
        tools.answer_calls(&[&made(&call)]).await?.failures.first()?.error.approval().cloned()
    }
}

/// A call as genai has it: parsed, or text where that is not JSON, as at the end of a stream.
fn made(call: &Call) -> ToolCall {
    let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::String(call.arguments.clone()));
    ToolCall { call_id: call.id.clone(), fn_name: call.name.clone(), fn_arguments: arguments, thought_signatures: None }
}
