//! A model that follows a script: what an agent is tried with where no provider is at hand.

mod chat;
mod conversation;
mod refusal;
mod responses;
mod script;
mod speech;
mod tools;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub use self::script::{CallResult, ModelCall, Reply, Turn};

use self::refusal::Refusal;
use self::speech::{Speech, streamed};
use crate::clock::{DemoClock as _, SystemClock};
use crate::listener::{self, Listener};
use crate::options::DemoError;

/// How large a request may be: room for many tools and a long conversation.
const LARGEST: usize = 16 * 1024 * 1024;

/// A model on loopback that speaks OpenAI's protocols and says what a script tells it to.
///
/// It answers `POST /v1/chat/completions` and `POST /v1/responses`, each in one piece or streamed, and `GET /v1/models`,
/// with any API key or none. One script serves all of them: it sees a [`Turn`] and gives a [`Reply`].
///
/// It refuses what providers refuse, with status 400 and an error that says what is wrong: names that are no
/// `[A-Za-z0-9_-]{1,64}` or are there twice, a schema that is no object with `properties` or breaks the rules of
/// `strict`, an empty list of tools, calls that the conversation does not answer, answers to calls that it does not
/// hold. An agent that works here does not fail for these at the provider.
///
/// It stops when it is dropped or [`shutdown`](Self::shutdown).
///
/// # Example
/// ```
/// use composio_demo::{Reply, ScriptedModel};
/// use serde_json::json;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let model = ScriptedModel::start(|turn| match turn.result_of("GET_WEATHER") {
///     None => Reply::call("GET_WEATHER", &json!({ "city": "Oslo" })),
///     Some(weather) => Reply::text(format!("It is {}.", weather.json["sky"])),
/// })
/// .await?;
///
/// let question = json!({ "model": "any", "messages": [{ "role": "user", "content": "How is it in Oslo?" }] });
/// let url = format!("{}/chat/completions", model.base_url());
/// let answer: serde_json::Value = reqwest::Client::new().post(url).json(&question).send().await?.json().await?;
/// let call = &answer["choices"][0]["message"]["tool_calls"][0]["function"];
/// assert_eq!(call["name"], "GET_WEATHER");
/// assert_eq!(call["arguments"], r#"{"city":"Oslo"}"#);
///
/// assert_eq!(model.requests(), [question]);
/// model.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct ScriptedModel {
    state: Arc<Shared>,
    address: SocketAddr,
    listener: Listener,
}

type Script = dyn Fn(&Turn) -> Reply + Send + Sync;

struct Shared {
    script: Box<Script>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    requests: Vec<Value>,
    /// All items up to and with a response, for requests that go on from it.
    responses: HashMap<String, Vec<Value>>,
}

impl Shared {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ScriptedModel {
    /// Starts a model on a free port of 127.0.0.1. Needs to be called within a Tokio runtime, and serves for as long as
    /// that runs.
    ///
    /// # Errors
    /// [`DemoError::Listen`] if no port is free.
    pub async fn start(script: impl Fn(&Turn) -> Reply + Send + Sync + 'static) -> Result<Self, DemoError> {
        let (listener, address) = listener::bind(0).await?;
        let state = Arc::new(Shared { script: Box::new(script), memory: Mutex::default() });
        let listener = Listener::serve(listener, router(Arc::clone(&state)));
        Ok(Self { state, address, listener })
    }

    /// What clients of OpenAI take as base URL: `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The bodies of all requests so far, refused ones included, in the order in which they came: everything that the
    /// model got to read. A body that is no JSON is there as a string.
    pub fn requests(&self) -> Vec<Value> {
        self.state.memory().requests.clone()
    }

    /// Stops listening and waits until open requests are answered, for at most five seconds.
    pub async fn shutdown(mut self) {
        self.listener.shutdown().await;
    }
}

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedModel").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

fn router(state: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat_completions))
        .route("/v1/responses", post(create_response))
        .route("/v1/models", get(models))
        .fallback(|| async { Refusal::unknown_path() })
        .method_not_allowed_fallback(|| async { Refusal::unknown_path() })
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(state)
}

async fn chat_completions(State(model): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let (number, body) = model.hear(&body)?;
    let turn = conversation::of_chat(&body)?;
    let speech = model.speak(number, &turn, &body)?;
    Ok(match body["stream"] == true {
        true => streamed(chat::events(&speech, body["stream_options"]["include_usage"] == true)),
        false => Json(chat::whole(&speech)).into_response(),
    })
}

async fn create_response(State(model): State<Arc<Shared>>, body: Bytes) -> Result<Response, Refusal> {
    let (number, body) = model.hear(&body)?;
    let items = model.items(&body)?;
    let turn = conversation::of_responses(&body, &items)?;
    let speech = model.speak(number, &turn, &body)?;
    if body["store"] != false {
        model.remember(&speech, items);
    }
    Ok(match body["stream"] == true {
        true => streamed(responses::events(&speech, &body)),
        false => Json(responses::whole(&speech, &body)).into_response(),
    })
}

async fn models() -> Json<Value> {
    let model = json!({ "id": "scripted", "object": "model", "created": 0, "owned_by": "composio-demo" });
    Json(json!({ "object": "list", "data": [model] }))
}

impl Shared {
    /// Keeps the body, and gives its number.
    fn hear(&self, body: &[u8]) -> Result<(usize, Value), Refusal> {
        let parsed = serde_json::from_slice::<Value>(body);
        let kept = match &parsed {
            Ok(body) => body.clone(),
            Err(_) => Value::String(String::from_utf8_lossy(body).into_owned()),
        };
        let mut memory = self.memory();
        memory.requests.push(kept);
        parsed.map(|body| (memory.requests.len(), body)).map_err(|error| Refusal::unreadable(&error))
    }

    /// The input of a request, behind what it goes on from.
    fn items(&self, body: &Value) -> Result<Vec<Value>, Refusal> {
        let mut items = match &body["previous_response_id"] {
            Value::Null => Vec::new(),
            id => self.memory().responses.get(id.as_str().unwrap_or_default()).cloned().ok_or_else(|| {
                let says = format!("Previous response with id {id} not found");
                Refusal::invalid("previous_response_id", says).code("previous_response_not_found")
            })?,
        };
        items.extend(conversation::input_items(body)?);
        Ok(items)
    }

    fn speak(&self, number: usize, turn: &Turn, body: &Value) -> Result<Speech, Refusal> {
        let asked = body.to_string().len();
        Speech::new((self.script)(turn), number, SystemClock.now().as_second(), &turn.model, asked)
    }

    fn remember(&self, speech: &Speech, mut items: Vec<Value>) {
        items.extend(responses::output(speech));
        self.memory().responses.insert(responses::id(speech), items);
    }
}
