//! A model that says what it was told to, on loopback, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router, routing};
use composio_openai::async_openai::Client;
use composio_openai::async_openai::config::OpenAIConfig;
use serde_json::{Value, json};

use crate::kit::{choice, reply};

#[derive(Clone)]
pub(crate) struct Model {
    script: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    /// Serves the script. It runs for as long as the test's own runtime.
    pub(crate) async fn start(script: impl IntoIterator<Item = (u16, Value)>) -> (Self, Client<OpenAIConfig>) {
        let model = Self { script: Arc::new(Mutex::new(script.into_iter().collect())), asked: Arc::default() };
        let app = Router::new().route("/v1/chat/completions", routing::post(answer)).with_state(model.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the test's runtime owns it")]
        tokio::spawn(async move { axum::serve(listener, app).await });
        (model, Client::with_config(OpenAIConfig::new().with_api_base(base).with_api_key("sk-test")))
    }

    /// The bodies of the requests so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(State(model): State<Model>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    model.asked.lock().unwrap().push(body);
    let next = model.script.lock().unwrap().pop_front();
    let (status, reply) = next.unwrap_or_else(|| (418, json!({"error": {"message": "the script has ended"}})));
    (StatusCode::from_u16(status).unwrap(), Json(reply))
}

/// A turn that says something and calls nothing.
pub(crate) fn saying(text: &str) -> (u16, Value) {
    (200, reply(&[choice(0, "stop", json!({"role": "assistant", "content": text}))]))
}

/// A turn that calls tools.
pub(crate) fn calling(calls: &[Value]) -> (u16, Value) {
    (200, crate::kit::calling(calls))
}
