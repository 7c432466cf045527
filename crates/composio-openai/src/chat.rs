//! Chat Completions.

use async_openai::types::chat::{
    ChatChoice, ChatCompletionMessageToolCalls, ChatCompletionRequestAssistantMessage,
    ChatCompletionRequestAssistantMessageAudio, ChatCompletionRequestMessage, ChatCompletionRequestToolMessage,
    ChatCompletionResponseMessage, ChatCompletionTool, ChatCompletionTools, CreateChatCompletionResponse, FinishReason,
    FunctionObject,
};
use composio_core::{SessionTool, ToolSet};
use serde_json::{Map, Value};

use crate::answered::{Answered, Asked, Given, Slot, answer};

/// The tools, or nothing where there are none: providers refuse an empty list.
pub(crate) fn tools(set: &ToolSet) -> Option<Vec<ChatCompletionTools>> {
    (!set.is_empty()).then(|| set.iter().map(tool).collect())
}

fn tool(tool: &SessionTool) -> ChatCompletionTools {
    ChatCompletionTools::Function(ChatCompletionTool {
        function: FunctionObject {
            name: tool.name().to_owned(),
            description: Some(tool.description().to_owned()),
            parameters: Some(Value::Object(Map::clone(tool.schema()))),
            // Left out means off, and some compatible servers do not know the word.
            strict: tool.is_strict().then_some(true),
        },
    })
}

pub(crate) async fn answer_reply(
    set: &ToolSet,
    reply: &CreateChatCompletionResponse,
) -> Option<Answered<ChatCompletionRequestMessage>> {
    let choice = first(&reply.choices)?;
    let calls = choice.message.tool_calls.as_deref().filter(|calls| !calls.is_empty())?;
    let cut_off = matches!(choice.finish_reason, Some(FinishReason::Length | FinishReason::ContentFilter));
    let asked = calls.iter().enumerate().map(|(place, call)| asked(call, cut_off && place + 1 == calls.len()));
    Some(answer(set, vec![echo(&choice.message)], asked.collect(), answering).await)
}

/// The choice that goes on; others are alternatives to it, and running their calls would do everything twice.
pub(crate) fn first(choices: &[ChatChoice]) -> Option<&ChatChoice> {
    choices.iter().find(|choice| choice.index == 0).or_else(|| choices.first())
}

fn asked(call: &ChatCompletionMessageToolCalls, cut_off: bool) -> Asked<'_> {
    let (id, custom, name, arguments) = match call {
        ChatCompletionMessageToolCalls::Function(call) => {
            (&call.id, false, &call.function.name, Given::text(&call.function.arguments, cut_off))
        }
        ChatCompletionMessageToolCalls::Custom(call) => {
            (&call.id, true, &call.custom_tool.name, Given::Text(&call.custom_tool.input))
        }
    };
    Asked { slot: Slot { id: id.clone(), custom, caller: None }, name, arguments, foreign: custom }
}

/// The model's turn as it is sent back.
fn echo(message: &ChatCompletionResponseMessage) -> ChatCompletionRequestMessage {
    ChatCompletionRequestMessage::Assistant(ChatCompletionRequestAssistantMessage {
        content: message.content.clone().map(Into::into),
        refusal: message.refusal.clone(),
        tool_calls: message.tool_calls.clone(),
        audio: message.audio.as_ref().map(|audio| ChatCompletionRequestAssistantMessageAudio { id: audio.id.clone() }),
        ..ChatCompletionRequestAssistantMessage::default()
    })
}

fn answering(slot: Slot, text: String) -> ChatCompletionRequestMessage {
    ChatCompletionRequestMessage::Tool(ChatCompletionRequestToolMessage { content: text.into(), tool_call_id: slot.id })
}
