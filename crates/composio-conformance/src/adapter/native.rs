//! Tools written in Rust: to a model they are tools like any other.

use std::borrow::Cow;

use composio_core::schemars::{self, JsonSchema};
use composio_core::{Composio, Error, ErrorKind, Result, ScriptedBackend, Tool, ToolContext, ToolSet};
use serde::Deserialize;
use serde_json::{Value, json};

use super::stage::{SECRET, error_text, failure, secretive, told};
use super::{Adapter, Shown};

/// The name that a model calls.
const SHOUT: &str = "LOCAL_SHOUT";
const REFUSAL: &str = "It is night; whisper.";

struct Shout;

#[derive(Deserialize, JsonSchema)]
struct Input {
    /// What to say louder.
    text: String,
    /// How often; once unless said.
    times: Option<u8>,
}

impl Tool for Shout {
    const SLUG: &'static str = "SHOUT";
    type Input = Input;
    type Output = Value;

    fn description(&self) -> Cow<'static, str> {
        "Says it louder.".into()
    }

    async fn call(&self, cx: ToolContext, input: Input) -> Result<Value> {
        match input.text.as_str() {
            "hush" => Err(Error::new(ErrorKind::ToolFailed, SECRET).with_model_text(REFUSAL)),
            "crash" => Err(secretive(ErrorKind::Unexpected)),
            text => {
                let said = text.to_uppercase().repeat(usize::from(input.times.unwrap_or(1)));
                Ok(json!({"said": said, "user": cx.user().as_str()}))
            }
        }
    }
}

/// A tool of the backend and one of this process.
async fn tools(backend: &ScriptedBackend) -> ToolSet {
    let composio = Composio::with_backend(backend.clone());
    let session = composio.create("user_u").toolkits(["kit"]).direct_tools().tool(Shout).await.unwrap();
    session.tools().await.unwrap()
}

fn backend() -> ScriptedBackend {
    ScriptedBackend::new().tool("ZULU_ECHO", "kit", json!({"type": "object"}))
}

/// A native tool is shown after those of the backend, with the schema that is made of its input.
pub async fn a_native_tool_is_listed_last(adapter: &dyn Adapter) {
    let shown = adapter.shown(&tools(&backend()).await);
    let [first, Shown { name, description, schema, .. }] = &shown[..] else { panic!("there are two tools: {shown:?}") };
    assert_eq!((&*first.name, &**name, &**description), ("ZULU_ECHO", SHOUT, "Says it louder."));
    assert_eq!((&schema["properties"]["text"]["type"], &schema["required"]), (&json!("string"), &json!(["text"])));
}

/// A native tool runs in this process, for the session's user, and nothing is sent.
pub async fn a_native_tool_runs_here(adapter: &dyn Adapter) {
    let backend = backend();
    let read = told(adapter, &tools(&backend).await, SHOUT, json!({"text": "hello ", "times": 2})).await;
    let data = json!({"said": "HELLO HELLO ", "user": "user_u"});
    assert_eq!(read, json!({"successful": true, "data": data, "error": null}));
    assert_eq!(backend.calls(), []);
}

/// A native tool that fails is told as one of the backend is.
pub async fn a_native_tool_that_fails_is_told_alike(adapter: &dyn Adapter) {
    let tools = tools(&backend()).await;
    assert_eq!(told(adapter, &tools, SHOUT, json!({"text": "hush"})).await, failure(REFUSAL));
    let unexpected = failure(&Error::new(ErrorKind::Unexpected, "").for_model());
    assert_eq!(told(adapter, &tools, SHOUT, json!({"text": "crash"})).await, unexpected);
}

/// Arguments that do not fit a native tool are answered with what is wrong about them.
pub async fn what_does_not_fit_a_native_tool_is_told(adapter: &dyn Adapter) {
    let tools = tools(&backend()).await;
    for (arguments, named) in [
        (json!({}), "text"),
        (json!({"text": 7}), "string"),
        (json!({"text": "a", "times": 300}), "300"),
        (json!({"text": "a", "tone": "angry"}), "tone"),
    ] {
        let read = told(adapter, &tools, SHOUT, &arguments).await;
        let said = error_text(&read);
        assert!(said.contains(named), "{arguments}: {said:?} should name {named:?}");
    }
}
