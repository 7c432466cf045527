//! What the adapter costs. Run with: cargo bench -p composio-openai

use composio_conformance::adapter::bench;
use composio_openai::OpenAiTools as _;
use composio_openai::async_openai::types::chat::{
    ChatChoice, ChatCompletionMessageToolCall, ChatCompletionMessageToolCalls, ChatCompletionRequestMessage,
    ChatCompletionRequestToolMessageContent, ChatCompletionResponseMessage, CreateChatCompletionResponse, FinishReason,
    FunctionCall,
};
use composio_openai::async_openai::types::responses::{
    FunctionCallOutput, FunctionToolCall, InputItem, Item, OutputItem,
};

fn main() {
    bench::report(
        "composio-openai chat",
        |tools| tools.to_openai_chat(),
        |tools, call| {
            Box::pin(async move {
                let function = FunctionCall { name: call.name, arguments: call.arguments };
                let call = ChatCompletionMessageToolCall { id: call.id, function };
                let answered = tools.answer_chat(&reply(call)).await;
                said(answered.and_then(|answered| answered.into_answers().pop()))
            })
        },
    );
    bench::report(
        "composio-openai resp.",
        |tools| tools.to_openai_responses(),
        |tools, call| {
            Box::pin(async move {
                let (call_id, name, arguments) = (call.id, call.name, call.arguments);
                let call = FunctionToolCall {
                    arguments,
                    call_id,
                    namespace: None,
                    name,
                    id: None,
                    status: None,
                    caller: None,
                    r#async: None,
                };
                let answered = tools.answer_output(&[OutputItem::FunctionCall(call)]).await;
                put_out(answered.and_then(|answered| answered.into_answers().pop()))
            })
        },
    );
}

fn reply(call: ChatCompletionMessageToolCall) -> CreateChatCompletionResponse {
    let message = ChatCompletionResponseMessage {
        tool_calls: Some(vec![ChatCompletionMessageToolCalls::Function(call)]),
        ..ChatCompletionResponseMessage::default()
    };
    let choice = ChatChoice { index: 0, message, finish_reason: Some(FinishReason::ToolCalls), logprobs: None };
    CreateChatCompletionResponse { choices: vec![choice], ..CreateChatCompletionResponse::default() }
}

fn said(message: Option<ChatCompletionRequestMessage>) -> String {
    match message {
        Some(ChatCompletionRequestMessage::Tool(tool)) => match tool.content {
            ChatCompletionRequestToolMessageContent::Text(text) => text,
            ChatCompletionRequestToolMessageContent::Array(_) => String::new(),
        },
        _ => String::new(),
    }
}

fn put_out(item: Option<InputItem>) -> String {
    match item {
        Some(InputItem::Item(Item::FunctionCallOutput(output))) => match output.output {
            FunctionCallOutput::Text(text) => text,
            FunctionCallOutput::Content(_) => String::new(),
        },
        _ => String::new(),
    }
}
