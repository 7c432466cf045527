//! What the scenarios play on: a scripted backend, a session with its tools, and words for what a model reads.

use composio_core::{Composio, Error, ErrorKind, ScriptedBackend, Session, ToolSet};
use serde_json::{Value, json};

use super::staged::{Run, Staged};
use super::{Adapter, Call, Reply};

/// The tool that most scenarios call. It gives back its arguments, unless a scenario scripts it otherwise.
pub(super) const ECHO: &str = "KIT_ECHO";
/// Stands where no model may see it: in messages, contexts, sources and links.
pub(super) const SECRET: &str = "s3cr3t";

/// A session with the tools of a backend.
pub(super) struct Stage {
    pub(super) backend: ScriptedBackend,
    pub(super) session: Session,
}

impl Stage {
    /// Two tools that give back their arguments.
    pub(super) async fn new() -> Self {
        Self::on(script()).await
    }

    pub(super) async fn on(backend: ScriptedBackend) -> Self {
        let session = session(&Composio::with_backend(backend.clone()), "user_u").await;
        Self { backend, session }
    }

    /// The same, where every call of [`ECHO`] fails like this.
    pub(super) async fn failing(error: impl Fn() -> Error + Send + Sync + 'static) -> Self {
        Self::on(script().answer(ECHO, move |_| Err(error()))).await
    }

    /// The same tools, which answer late; see [`Run::Late`].
    pub(super) fn late() -> Composio {
        Composio::with_backend(Staged::new(script(), Run::Late))
    }

    pub(super) async fn tools(&self) -> ToolSet {
        self.session.tools().await.unwrap()
    }

    /// What a model reads after one call of [`ECHO`].
    pub(super) async fn told(&self, adapter: &dyn Adapter, arguments: impl ToString + Send) -> Value {
        told(adapter, &self.tools().await, ECHO, arguments).await
    }

    /// The arguments of every call that reached the backend.
    pub(super) fn received(&self) -> Vec<Value> {
        self.backend.calls().into_iter().map(|call| Value::Object(call.arguments)).collect()
    }
}

/// A session of this user with every tool of the kit.
pub(super) async fn session(composio: &Composio, user: &str) -> Session {
    composio.create(user).toolkits(["kit"]).direct_tools().await.unwrap()
}

fn script() -> ScriptedBackend {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]});
    ScriptedBackend::new().tool(ECHO, "kit", note).tool("KIT_NOTHING", "kit", json!({}))
}

/// What comes of one call.
pub(super) async fn reply(
    adapter: &dyn Adapter,
    tools: &ToolSet,
    name: &str,
    arguments: impl ToString + Send,
) -> Reply {
    let call = Call::new("call_1", name, arguments);
    let mut replies = adapter.answer(tools, vec![call]).await;
    let reply = replies.pop().unwrap_or_else(|| panic!("the call of {name} has no reply"));
    assert_eq!(replies, [], "the call of {name} has more than one reply");
    reply
}

/// What a model reads after one call.
pub(super) async fn told(adapter: &dyn Adapter, tools: &ToolSet, name: &str, arguments: impl ToString + Send) -> Value {
    envelope(reply(adapter, tools, name, arguments).await, "call_1")
}

/// What a model reads, in the form that is the same in every framework.
#[track_caller]
pub(super) fn envelope(reply: Reply, expected: &str) -> Value {
    let text = text(reply, expected);
    let read: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("a model reads JSON ({error}): {text}"));
    for part in ["successful", "data", "error"] {
        assert!(read.get(part).is_some(), "`{part}` is missing: {text}");
    }
    read
}

/// The text that answers the call of this id.
#[track_caller]
pub(super) fn text(reply: Reply, expected: &str) -> String {
    match reply {
        Reply::Text { id, text } => {
            assert_eq!(id, expected, "the reply is to another call: {text}");
            text
        }
        Reply::NotOurs { id } => panic!("the call {id} was taken for somebody else's"),
    }
}

/// A result as a model reads it.
pub(super) fn success(data: &Value, log: usize) -> Value {
    json!({"successful": true, "data": data, "error": null, "log_id": format!("log_{log}")})
}

/// A failure as a model reads it.
pub(super) fn failure(error: &str) -> Value {
    json!({"successful": false, "data": null, "error": error})
}

/// What a model is told of a failure.
#[track_caller]
pub(super) fn error_text(read: &Value) -> &str {
    assert_eq!((&read["successful"], &read["data"]), (&json!(false), &Value::Null), "{read}");
    read["error"].as_str().unwrap_or_else(|| panic!("a failure says what went wrong: {read}"))
}

/// An error of this kind, full of what no model may see.
pub(super) fn secretive(kind: ErrorKind) -> Error {
    let link = format!("https://connect.invalid/link/{SECRET}-link").parse().expect("the link is a URL");
    Error::new(kind, format!("POST https://internal.invalid/?token={SECRET}-message answered 500"))
        .with_context("key", format!("{SECRET}-context"))
        .with_source(std::io::Error::other(format!("{SECRET}-source")))
        .with_connect_url(link)
}
