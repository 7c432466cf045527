//! A session with a few tools, and what models send, as it is on the wire.

use composio_core::{Composio, Error, ErrorKind, ScriptedBackend, ToolSet, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What nobody but an operator may read.
pub(crate) const SECRET: &str = "sk-secret-0123456789";

pub(crate) fn backend() -> ScriptedBackend {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    ScriptedBackend::new()
        .tool("KIT_ECHO", "kit", note.clone())
        .tool("KIT_NOTHING", "kit", json!({}))
        .tool("KIT_FAILS", "kit", note)
        .answer("KIT_FAILS", |_| Err(failure()))
}

/// A failure with a secret wherever one can be.
fn failure() -> Error {
    Error::new(ErrorKind::ConnectionRequired, format!("POST https://api.invalid/?key={SECRET} answered 401"))
        .with_context("authorization", SECRET)
        .with_connect_url(Url::parse(&format!("https://connect.invalid/link/{SECRET}")).unwrap())
        .with_source(Error::new(ErrorKind::Unexpected, SECRET))
}

pub(crate) async fn tools_of(backend: &ScriptedBackend) -> ToolSet {
    let composio = Composio::with_backend(backend.clone());
    composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap().tools().await.unwrap()
}

pub(crate) async fn tools() -> ToolSet {
    tools_of(&backend()).await
}

/// Reads what a server sent, as the framework does.
#[expect(clippy::needless_pass_by_value, reason = "a literal at most places")]
pub(crate) fn wire<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// What the framework sends.
pub(crate) fn sent<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap()
}

/// A function call of Chat Completions.
pub(crate) fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

#[expect(clippy::needless_pass_by_value, reason = "a literal at every place")]
pub(crate) fn choice(index: u32, finish_reason: &str, message: Value) -> Value {
    json!({"index": index, "finish_reason": finish_reason, "message": message})
}

/// A reply of Chat Completions.
pub(crate) fn reply(choices: &[Value]) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "choices": choices,
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
}

pub(crate) fn calling(calls: &[Value]) -> Value {
    reply(&[choice(0, "tool_calls", json!({"role": "assistant", "content": "Wait.", "tool_calls": calls}))])
}

/// A function call of the Responses API.
pub(crate) fn function_call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": arguments,
        "status": "completed"})
}

/// A response.
pub(crate) fn response(output: &[Value]) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "status": "completed",
        "output": output, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
        "usage": {"input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2}})
}

/// What a model reads in an answer of either API.
pub(crate) fn envelope(message: &Value) -> Value {
    let text = message.get("content").or_else(|| message.get("output")).and_then(Value::as_str).unwrap();
    serde_json::from_str(text).unwrap()
}
