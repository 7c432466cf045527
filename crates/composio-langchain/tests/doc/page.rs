// What stands behind the program of the crate's page, so that it runs without a network: a backend and a model. The page
// includes this file.

use composio_core::ScriptedBackend;
use composio_langchain::langchain_rust::language_models::llm::LLM;
use composio_langchain::langchain_rust::language_models::{GenerateResult, LLMError};
use composio_langchain::langchain_rust::schemas::{Message, MessageType, StreamData, ToolCall};
use futures::stream::BoxStream;

pub fn backend() -> ScriptedBackend {
    ScriptedBackend::new().tool("GITHUB_STAR_REPO", "github", serde_json::json!({"type": "object"}))
}

/// Calls the tool, reads what came of it, and says so.
#[derive(Clone)]
pub struct Model;

#[async_trait::async_trait]
impl LLM for Model {
    async fn generate(&self, messages: &[Message]) -> Result<GenerateResult, LLMError> {
        let told = messages.iter().find(|message| message.message_type == MessageType::ToolMessage);
        let calls = match told {
            Some(_) => Vec::new(),
            None => vec![ToolCall::new("call_1", "GITHUB_STAR_REPO", r#"{"repo": "tokio"}"#)],
        };
        let generation = told.map(|message| message.content.clone()).unwrap_or_default();
        Ok(GenerateResult { generation, ..GenerateResult::default() }.with_tool_calls(calls))
    }

    async fn stream(&self, _: &[Message]) -> Result<BoxStream<'static, Result<StreamData, LLMError>>, LLMError> {
        Err(LLMError::OtherError("this model does not stream".into()))
    }
}
