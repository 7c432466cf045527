//! A model on loopback that says what it was told to, in order, and remembers what it was asked.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use composio_langchain::langchain_rust::llm::{OpenAI, OpenAIConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the model says in one turn.
pub(crate) enum Say {
    /// Words: the end of the run, for agents that call functions.
    Text(&'static str),
    /// Calls, each a name and its arguments as the model writes them. Ids count on: `call_1`, `call_2`.
    Calls(Vec<(&'static str, &'static str)>),
}

/// Ends with the test.
pub(crate) struct Model {
    base: String,
    asked: Arc<Mutex<Vec<Value>>>,
    _serving: JoinSet<()>,
}

#[derive(Clone)]
struct Script {
    turns: Arc<Mutex<VecDeque<Say>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    pub(crate) async fn start(turns: impl IntoIterator<Item = Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked = Arc::default();
        let turns = Arc::new(Mutex::new(turns.into_iter().collect()));
        let script = Script { turns, asked: Arc::clone(&asked) };
        let router = Router::new().route("/v1/chat/completions", post(say)).with_state(script);
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, asked, _serving: serving }
    }

    /// langchain-rust's own client, pointed here.
    pub(crate) fn client(&self) -> OpenAI<OpenAIConfig> {
        OpenAI::new(OpenAIConfig::new().with_api_base(&self.base).with_api_key("none"))
    }

    /// The bodies of all requests so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }

    /// What the model was told of its calls, at its last turn: each id and the text.
    pub(crate) fn results(&self) -> Vec<(String, String)> {
        let asked = self.asked();
        let messages = asked.last().unwrap()["messages"].as_array().unwrap();
        let text = |message: &Value, field| message[field].as_str().unwrap().to_owned();
        let results = messages.iter().filter(|message| message["role"] == "tool");
        results.map(|message| (text(message, "tool_call_id"), text(message, "content"))).collect()
    }
}

async fn say(State(script): State<Script>, Json(body): Json<Value>) -> Response {
    let streams = body["stream"] == true;
    let earlier =
        body["messages"].as_array().map_or(0, |messages| messages.iter().filter(|m| m["role"] == "tool").count());
    script.asked.lock().unwrap().push(body);
    let Some(turn) = script.turns.lock().unwrap().pop_front() else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": {"message": "nothing is left to say"}})))
            .into_response();
    };
    let mut message = match turn {
        Say::Text(text) => json!({"role": "assistant", "content": text}),
        Say::Calls(calls) => json!({"role": "assistant", "content": null, "tool_calls": written(&calls, earlier)}),
    };
    if streams {
        return ([(header::CONTENT_TYPE, "text/event-stream")], streamed(&mut message)).into_response();
    }
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let id = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "scripted"});
    Json(with(id, json!({"choices": [choice], "usage": usage}))).into_response()
}

fn written(calls: &[(&str, &str)], earlier: usize) -> Vec<Value> {
    let call = |(place, (name, arguments)): (usize, &(&str, &str))| {
        let function = json!({"name": name, "arguments": arguments});
        json!({"index": place, "id": format!("call_{}", earlier + place + 1), "type": "function", "function": function})
    };
    calls.iter().enumerate().map(call).collect()
}

/// In two pieces: everything but the arguments of calls, then those.
fn streamed(message: &mut Value) -> String {
    let mut rest = Vec::new();
    for call in message["tool_calls"].as_array_mut().into_iter().flatten() {
        let arguments = call["function"]["arguments"].take();
        rest.push(json!({"index": call["index"], "function": {"arguments": arguments}}));
        call["function"]["arguments"] = json!("");
    }
    let mut text = String::new();
    for delta in [message.take(), json!({"tool_calls": rest})] {
        let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted"});
        let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
        writeln!(text, "data: {}\n", with(chunk, json!({"choices": [choice]}))).unwrap();
    }
    text.push_str("data: [DONE]\n\n");
    text
}

fn with(mut one: Value, other: Value) -> Value {
    let (Value::Object(into), Value::Object(from)) = (&mut one, other) else { panic!("both are objects") };
    into.extend(from);
    one
}
