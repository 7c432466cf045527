//! The loop of an agent on OpenAI's Chat Completions, for examples that are about what goes on around it. The example
//! `openai_tool_loop` shows how such a loop is written.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestMessage, ChatCompletionRequestToolMessageContent,
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionResponse,
};
use composio::{Error, ToolSet};
use composio_openai::OpenAiTools as _;

use crate::{Model, show};

/// How often the model is asked at the most, each time that it is told something.
const TURNS: usize = 8;

/// A conversation with a model that calls tools.
pub struct Agent {
    client: Client<OpenAIConfig>,
    base_url: String,
    request: CreateChatCompletionRequest,
}

impl Agent {
    /// Begins a conversation.
    pub fn new(model: &Model) -> Self {
        let config = OpenAIConfig::new().with_api_base(model.base_url()).with_api_key(model.api_key());
        let request = CreateChatCompletionRequest { model: model.name().to_owned(), ..Default::default() };
        Self { client: Client::with_config(config), base_url: model.base_url().to_owned(), request }
    }

    /// Tells the model something and asks it until it calls no more tools. Prints its calls, what it reads of them and what
    /// it says. Gives why calls failed, for the application: the model has read its part already.
    ///
    /// # Errors
    /// Where the provider refuses, or the model does not come to an end.
    pub async fn tell(&mut self, tools: &ToolSet, text: &str) -> Result<Vec<Error>> {
        self.request.messages.push(ChatCompletionRequestUserMessage::from(text).into());
        self.request.tools = tools.to_openai_chat();
        let mut failures = Vec::new();
        for _ in 0..TURNS {
            let asked = self.client.chat().create(self.request.clone()).await;
            let reply = asked.with_context(|| format!("asking {} at {}", self.request.model, self.base_url))?;
            show_calls(&reply);
            let Some(mut answered) = tools.answer_chat(&reply).await else {
                let choice = reply.choices.into_iter().next().context("the reply is empty")?;
                self.said(&choice.message.content.context("the model said nothing")?);
                return Ok(failures);
            };
            // Names that nobody knows: the model is told which there are.
            answered.answer_rest(tools);
            failures.extend(std::mem::take(&mut answered.failures).into_iter().map(|failure| failure.error));
            let messages = answered.into_messages();
            messages.iter().for_each(show_result);
            self.request.messages.extend(messages);
        }
        bail!("the model still calls tools after {TURNS} turns")
    }

    fn said(&mut self, text: &str) {
        show::answer(text);
        self.request.messages.push(ChatCompletionRequestMessage::Assistant(text.into()));
    }
}

fn show_calls(reply: &CreateChatCompletionResponse) {
    for call in reply.choices.iter().flat_map(|choice| choice.message.tool_calls.iter().flatten()) {
        if let ChatCompletionMessageToolCalls::Function(call) = call {
            show::call(&call.function.name, &call.function.arguments);
        }
    }
}

fn show_result(message: &ChatCompletionRequestMessage) {
    if let ChatCompletionRequestMessage::Tool(answer) = message
        && let ChatCompletionRequestToolMessageContent::Text(text) = &answer.content
    {
        show::result(text);
    }
}

/// Without the conversation and the key.
impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent").field("model", &self.request.model).finish_non_exhaustive()
    }
}
