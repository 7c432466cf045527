// A model that says what it was told to say, on loopback, in the words of OpenAI's chat API. It remembers what it read.
// The README's program includes this file as well, which takes no inner documentation.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use rig::driver::Model;
use rig::http_client::ReqwestClient;
use rig::providers::openai::OpenAIConfig;
use rig::providers::openai::wire::Chat;
use serde_json::{Value, json};

/// What it says in one turn.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// Calls: the id, the name, and the arguments as text.
    Calls(Vec<(String, String, String)>),
    /// Its last word.
    Says(String),
}

pub(crate) fn calls<const N: usize>(calls: [(&str, &str, &str); N]) -> Turn {
    let owned = |(id, name, arguments): (&str, &str, &str)| (id.to_owned(), name.to_owned(), arguments.to_owned());
    Turn::Calls(calls.map(owned).into())
}

pub(crate) fn says(text: &str) -> Turn {
    Turn::Says(text.to_owned())
}

#[derive(Clone)]
struct Script {
    turns: Arc<Mutex<std::vec::IntoIter<Turn>>>,
    requests: Arc<Mutex<Vec<Value>>>,
}

/// The model. It ends when it is dropped.
pub(crate) struct ScriptedModel {
    base: String,
    requests: Arc<Mutex<Vec<Value>>>,
    server: tokio::task::JoinHandle<()>,
}

impl ScriptedModel {
    #[allow(clippy::disallowed_methods, reason = "the task ends when the model is dropped")]
    pub(crate) async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let turns: Vec<Turn> = turns.into_iter().collect();
        let script = Script { turns: Arc::new(Mutex::new(turns.into_iter())), requests: Arc::default() };
        let requests = Arc::clone(&script.requests);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(answer).with_state(script);
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, requests, server }
    }

    /// As rig sees it.
    pub(crate) fn rig(&self) -> Model<Chat> {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        OpenAIConfig::new("no-key").with_base_url(&self.base).connect(ReqwestClient::from(http)).chat("scripted")
    }

    /// The requests so far, whole.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    /// The answers to calls that the last request carried: the id, and what the model read.
    pub(crate) fn read(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().unwrap();
        let messages = requests.last().map(|request| request["messages"].as_array().unwrap().as_slice());
        let tool = messages.unwrap_or_default().iter().filter(|message| message["role"] == "tool");
        tool.map(|message| (text(&message["tool_call_id"]), text(&message["content"]))).collect()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Text, or parts of text.
fn text(value: &Value) -> String {
    match value {
        Value::Array(parts) => parts.iter().map(|part| part["text"].as_str().unwrap()).collect(),
        other => other.as_str().unwrap().to_owned(),
    }
}

async fn answer(State(script): State<Script>, Json(request): Json<Value>) -> Response {
    let streams = request["stream"] == true;
    script.requests.lock().unwrap().push(request);
    let Some(turn) = script.turns.lock().unwrap().next() else {
        let error = json!({"error": {"message": "the script has ended", "type": "server_error"}});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    };
    if streams { streamed(turn) } else { Json(whole(turn)).into_response() }
}

fn whole(turn: Turn) -> Value {
    let (message, reason) = match turn {
        Turn::Says(text) => (json!({"role": "assistant", "content": text}), "stop"),
        Turn::Calls(calls) => {
            let calls: Vec<Value> =
                calls.into_iter().map(|(id, name, arguments)| call(&id, &name, &arguments)).collect();
            (json!({"role": "assistant", "content": null, "tool_calls": calls}), "tool_calls")
        }
    };
    json!({
        "id": "chat_1", "object": "chat.completion", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    })
}

fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// The same piece by piece: each call's arguments come in two halves.
fn streamed(turn: Turn) -> Response {
    let (mut deltas, reason) = match turn {
        Turn::Says(text) => (vec![json!({"role": "assistant", "content": text})], "stop"),
        Turn::Calls(calls) => {
            let halves = calls.into_iter().enumerate().flat_map(|(index, (id, name, arguments))| {
                let (first, second) = arguments.split_at(arguments.len() / 2);
                let mut begun = call(&id, &name, first);
                begun["index"] = index.into();
                [begun, json!({"index": index, "function": {"arguments": second}})]
            });
            (halves.map(|call| json!({"tool_calls": [call]})).collect(), "tool_calls")
        }
    };
    deltas.push(json!({}));
    let last = deltas.len() - 1;
    let mut body = String::new();
    for (place, delta) in deltas.into_iter().enumerate() {
        let reason = (place == last).then_some(reason);
        let choices = json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
        let chunk = json!({
            "id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": choices,
        });
        body += &format!("data: {chunk}\n\n");
    }
    body += "data: [DONE]\n\n";
    let pieces = futures::stream::iter([Ok::<_, Infallible>(body)]);
    ([(header::CONTENT_TYPE, "text/event-stream")], axum::body::Body::from_stream(pieces)).into_response()
}
