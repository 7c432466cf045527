//! What this crate adds to a [`ToolSet`].

use async_openai::types::chat::{ChatCompletionRequestMessage, ChatCompletionTools, CreateChatCompletionResponse};
use async_openai::types::responses::{InputItem, OutputItem, Response, Tool};
use composio_core::ToolSet;
use serde_json::Value;

use crate::answered::Answered;
use crate::{chat, responses, value};

mod sealed {
    pub trait Sealed {}
    impl Sealed for composio_core::ToolSet {}
}

/// The tools of a session in async-openai's own types, and the answers to a model's calls.
///
/// Calls that are ours run in parallel, and each is answered with one JSON text, a failure too: nothing that a tool does
/// ends the run. Calls that are not ours are run by nobody; they are in [`Answered::unhandled`]. A reply without calls
/// gives `None`, which ends a `while let` loop.
pub trait OpenAiTools: sealed::Sealed {
    /// The tools for `CreateChatCompletionRequest::tools`; `None` where there are none, because an empty list is refused.
    ///
    /// `strict` is set for the tools whose schema is one; see [`ToolSet::strict`].
    fn to_openai_chat(&self) -> Option<Vec<ChatCompletionTools>>;

    /// The tools for `CreateResponse::tools`; `None` where there are none.
    ///
    /// `strict` is always set, because this API takes its absence for `true`.
    fn to_openai_responses(&self) -> Option<Vec<Tool>>;

    /// The tools of a Chat Completions request as JSON.
    fn to_openai_chat_values(&self) -> Option<Vec<Value>>;

    /// The tools of a Responses request as JSON.
    fn to_openai_responses_values(&self) -> Option<Vec<Value>>;

    /// Answers the calls of a Chat Completions reply, of the first choice only. None where there are none.
    fn answer_chat(
        &self,
        reply: &CreateChatCompletionResponse,
    ) -> impl Future<Output = Option<Answered<ChatCompletionRequestMessage>>> + Send;

    /// Answers the calls of a response. None where there are none.
    ///
    /// All of its output is echoed, reasoning too. With `previous_response_id` the provider has it already: send
    /// [`Answered::into_answers`] alone.
    ///
    /// Requests for a computer, a shell, a patch or an approval are no calls by name. They are echoed, and answering
    /// them is the application's work, also where this gives `None`.
    fn answer_response(&self, response: &Response) -> impl Future<Output = Option<Answered<InputItem>>> + Send {
        self.answer_output(&response.output)
    }

    /// As [`answer_response`](Self::answer_response), for output that was gathered from a stream.
    fn answer_output(&self, output: &[OutputItem]) -> impl Future<Output = Option<Answered<InputItem>>> + Send;

    /// As [`answer_chat`](Self::answer_chat), for servers that do not keep to the types.
    ///
    /// Arguments may be an object or missing, a call may lack its `id` or `type`, and the message is echoed with every
    /// field that it has, such as `reasoning_content`. What a request needs and a call lacks is added to the echo: an id
    /// that is made up is the same each time.
    fn answer_chat_value(&self, reply: &Value) -> impl Future<Output = Option<Answered<Value>>> + Send;

    /// As [`answer_response`](Self::answer_response), for servers that do not keep to the types: a response, or the list
    /// of its output. It is as tolerant as [`answer_chat_value`](Self::answer_chat_value).
    fn answer_response_value(&self, response: &Value) -> impl Future<Output = Option<Answered<Value>>> + Send;
}

impl OpenAiTools for ToolSet {
    fn to_openai_chat(&self) -> Option<Vec<ChatCompletionTools>> {
        chat::tools(self)
    }

    fn to_openai_responses(&self) -> Option<Vec<Tool>> {
        responses::tools(self)
    }

    fn to_openai_chat_values(&self) -> Option<Vec<Value>> {
        value::chat_tools(self)
    }

    fn to_openai_responses_values(&self) -> Option<Vec<Value>> {
        value::response_tools(self)
    }

    async fn answer_chat(
        &self,
        reply: &CreateChatCompletionResponse,
    ) -> Option<Answered<ChatCompletionRequestMessage>> {
        chat::answer_reply(self, reply).await
    }

    async fn answer_output(&self, output: &[OutputItem]) -> Option<Answered<InputItem>> {
        responses::answer_output(self, output).await
    }

    async fn answer_chat_value(&self, reply: &Value) -> Option<Answered<Value>> {
        value::answer_chat(self, reply).await
    }

    async fn answer_response_value(&self, response: &Value) -> Option<Answered<Value>> {
        value::answer_response(self, response).await
    }
}
