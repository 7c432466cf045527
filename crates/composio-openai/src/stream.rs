//! Streams, gathered into what can be answered.

use std::collections::BTreeMap;

use async_openai::types::chat::{
    ChatChoice, ChatChoiceStream, ChatCompletionMessageToolCall, ChatCompletionMessageToolCallChunk,
    ChatCompletionMessageToolCalls, ChatCompletionResponseMessage, CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse, FinishReason, Role,
};
use async_openai::types::responses::{OutputItem, Response, ResponseStreamEvent};

/// Gathers the chunks of a Chat Completions stream into the reply that
/// [`answer_chat`](crate::OpenAiTools::answer_chat) takes.
///
/// The first choice is gathered: its text, its refusal and its calls. Audio is not.
///
/// # Example
/// ```
/// # use composio_openai::async_openai::types::chat::CreateChatCompletionStreamResponse;
/// # use serde_json::json;
/// use composio_openai::ChatStream;
///
/// # let chunk = |delta: serde_json::Value, finish: Option<&str>| serde_json::from_value(json!({
/// #     "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
/// #     "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})).unwrap();
/// # let chunks: Vec<CreateChatCompletionStreamResponse> = vec![
/// #     chunk(json!({"content": "Wait"}), None), chunk(json!({"content": " …"}), Some("stop"))];
/// let mut stream = ChatStream::new();
/// for chunk in chunks {
///     // Show `chunk.choices[0].delta.content` while it comes in.
///     stream.push(&chunk);
/// }
/// let reply = stream.finish();
/// assert_eq!(reply.choices[0].message.content.as_deref(), Some("Wait …"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ChatStream {
    reply: CreateChatCompletionResponse,
    message: ChatCompletionResponseMessage,
    finish_reason: Option<FinishReason>,
    /// By the index under which their pieces come, in the order of arrival.
    calls: Vec<(u32, ChatCompletionMessageToolCall)>,
}

impl ChatStream {
    /// A stream of which nothing has come in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next chunk. What comes after the last piece of the message, such as the usage, is taken too.
    pub fn push(&mut self, chunk: &CreateChatCompletionStreamResponse) {
        let reply = &mut self.reply;
        if reply.id.is_empty() {
            reply.id.clone_from(&chunk.id);
            reply.model.clone_from(&chunk.model);
            reply.created = chunk.created;
        }
        if let Some(usage) = &chunk.usage {
            reply.usage = Some(usage.clone());
        }
        if let Some(tier) = &chunk.service_tier {
            reply.service_tier = Some(tier.clone());
        }
        chunk.choices.iter().filter(|choice| choice.index == 0).for_each(|choice| self.choice(choice));
    }

    /// The whole reply.
    ///
    /// A stream that ended in the middle of its calls without giving a reason counts as cut off:
    /// [`FinishReason::Length`].
    #[must_use]
    pub fn finish(mut self) -> CreateChatCompletionResponse {
        // Stable, so that two calls that share an index stay in the order of arrival.
        self.calls.sort_by_key(|(index, _)| *index);
        let mut calls: Vec<_> = self.calls.into_iter().map(|(_, call)| call).collect();
        for (place, call) in calls.iter_mut().enumerate().filter(|(_, call)| call.id.is_empty()) {
            call.id = format!("{}_{place}", self.reply.id);
        }
        if !calls.is_empty() {
            self.finish_reason.get_or_insert(FinishReason::Length);
            self.message.tool_calls = Some(calls.into_iter().map(ChatCompletionMessageToolCalls::Function).collect());
        }
        self.message.role = Role::Assistant;
        self.reply.object = "chat.completion".to_owned();
        let (message, finish_reason) = (self.message, self.finish_reason);
        self.reply.choices = vec![ChatChoice { index: 0, message, finish_reason, logprobs: None }];
        self.reply
    }

    fn choice(&mut self, choice: &ChatChoiceStream) {
        let delta = &choice.delta;
        append(&mut self.message.content, delta.content.as_deref());
        append(&mut self.message.refusal, delta.refusal.as_deref());
        delta.tool_calls.iter().flatten().for_each(|piece| self.piece(piece));
        self.finish_reason = choice.finish_reason.or(self.finish_reason);
    }

    fn piece(&mut self, piece: &ChatCompletionMessageToolCallChunk) {
        let function = piece.function.as_ref();
        let id = piece.id.as_deref().unwrap_or_default();
        let name = function.and_then(|function| function.name.as_deref()).unwrap_or_default();
        let known =
            self.calls.iter().rposition(|(index, call)| *index == piece.index && !begins_anew(id, name, &call.id));
        let place = known.unwrap_or_else(|| {
            self.calls.push((piece.index, ChatCompletionMessageToolCall::default()));
            self.calls.len() - 1
        });
        let call = &mut self.calls[place].1;
        set_first(&mut call.id, id);
        set_first(&mut call.function.name, name);
        if let Some(arguments) = function.and_then(|function| function.arguments.as_deref()) {
            call.function.arguments.push_str(arguments);
        }
    }
}

/// Whether a piece is of another call than the one under its index: some servers give the same index to all.
pub(crate) fn begins_anew(id: &str, name: &str, known: &str) -> bool {
    !id.is_empty() && !name.is_empty() && !known.is_empty() && id != known
}

/// Some servers repeat ids and names with each piece, or send empty ones.
fn set_first(field: &mut String, value: &str) {
    if field.is_empty() {
        value.clone_into(field);
    }
}

fn append(field: &mut Option<String>, piece: Option<&str>) {
    if let Some(piece) = piece {
        field.get_or_insert_default().push_str(piece);
    }
}

/// Gathers the events of a Responses stream into the output that
/// [`answer_output`](crate::OpenAiTools::answer_output) takes.
///
/// An event that async-openai does not know comes as an `Err` *item*, `OpenAIError::JSONDeserialize`, and the stream goes
/// on after it. Skip such an item; do not end the loop with `?`. A stream that broke off is told by
/// [`response`](Self::response), which stays `None`.
///
/// # Example
/// ```
/// # use composio_openai::async_openai::types::responses::ResponseStreamEvent;
/// # use serde_json::json;
/// use composio_openai::ResponseStream;
///
/// # let events: Vec<Result<ResponseStreamEvent, serde_json::Error>> = vec![
/// #     serde_json::from_value(json!({"type": "response.news"})),
/// #     serde_json::from_value(json!({"type": "response.output_item.done", "sequence_number": 1, "output_index": 0,
/// #         "item": {"type": "function_call", "call_id": "call_1", "name": "KIT_ECHO", "arguments": "{}"}}))];
/// let mut stream = ResponseStream::new();
/// for event in events {
///     let Ok(event) = event else { continue };
///     stream.push(&event);
/// }
/// assert_eq!(stream.finish().len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResponseStream {
    items: BTreeMap<u32, OutputItem>,
    response: Option<Response>,
}

impl ResponseStream {
    /// A stream of which nothing has come in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event. Items count when they are done, and the response when it has ended, however it did.
    pub fn push(&mut self, event: &ResponseStreamEvent) {
        match event {
            ResponseStreamEvent::ResponseOutputItemDone(done) => {
                self.items.insert(done.output_index, done.item.clone());
            }
            ResponseStreamEvent::ResponseCompleted(end) => self.response = Some(end.response.clone()),
            ResponseStreamEvent::ResponseIncomplete(end) => self.response = Some(end.response.clone()),
            ResponseStreamEvent::ResponseFailed(end) => self.response = Some(end.response.clone()),
            _ => {}
        }
    }

    /// The response, once it has ended: its id for `previous_response_id`, its status and error.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    /// The whole output, in order.
    #[must_use]
    pub fn finish(self) -> Vec<OutputItem> {
        let whole = self.response.map(|response| response.output).filter(|output| !output.is_empty());
        whole.unwrap_or_else(|| self.items.into_values().collect())
    }
}
