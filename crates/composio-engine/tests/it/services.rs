//! Services on loopback that say whose credential came, and count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use composio_conformance::harness::{REFUSAL, REFUSED};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const KEY: &str = "token-of-";

/// The key of an account.
pub(crate) fn key(label: &str) -> String {
    format!("{KEY}{label}")
}

/// Running services; they stop when this is dropped.
pub(crate) struct Services {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Services {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let router = Router::new()
            .route("/{toolkit}/whoami", get(whoami))
            .route("/{toolkit}/touch", post(touch))
            .route("/{toolkit}/me", get(me))
            .with_state(Arc::clone(&requests));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, requests, _task: task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, toolkit: &str) -> String {
        format!("http://{}/{toolkit}", self.address)
    }

    /// How many requests there were, those for an identity apart.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

type Requests = State<Arc<AtomicUsize>>;

fn label(headers: &HeaderMap) -> Value {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let label = text("x-api-key").or(bearer).and_then(|key| key.strip_prefix(KEY));
    label.map_or(Value::Null, Value::from)
}

async fn whoami(State(requests): Requests, headers: HeaderMap) -> Json<Value> {
    requests.fetch_add(1, Ordering::SeqCst);
    Json(json!({"account": label(&headers)}))
}

async fn touch(
    State(requests): Requests,
    headers: HeaderMap,
    Json(mut body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    requests.fetch_add(1, Ordering::SeqCst);
    if body["note"] == REFUSED {
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"message": REFUSAL})));
    }
    body["account"] = label(&headers);
    (StatusCode::OK, Json(body))
}

async fn me(headers: HeaderMap) -> (StatusCode, Json<Value>) {
    match label(&headers) {
        Value::Null => (StatusCode::UNAUTHORIZED, Json(json!({"message": "who are you?"}))),
        label => (StatusCode::OK, Json(json!({"account": label}))),
    }
}
