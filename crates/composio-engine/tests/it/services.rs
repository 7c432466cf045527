//! Services on loopback that say whose credential came, and count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{delete, get, post};
use composio_conformance::harness::{REFUSAL, REFUSED};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

const KEY: &str = "token-of-";

/// The key of an account.
pub(crate) fn key(label: &str) -> String {
    format!("{KEY}{label}")
}

/// What the services have seen, and what they are to refuse.
#[derive(Default)]
struct Seen {
    requests: AtomicUsize,
    refused_probes: AtomicUsize,
}

/// Running services; they stop when this is dropped.
pub(crate) struct Services {
    address: SocketAddr,
    seen: Arc<Seen>,
    _task: JoinSet<()>,
}

impl Services {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let router = Router::new()
            .route("/{toolkit}/whoami", get(whoami))
            .route("/{toolkit}/touch", post(touch))
            .route("/{toolkit}/wipe", delete(whoami))
            .route("/{toolkit}/me", get(me))
            .route("/{toolkit}/ping", get(ping))
            .with_state(Arc::clone(&seen));
        let mut task = JoinSet::new();
        task.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, seen, _task: task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, toolkit: &str) -> String {
        format!("http://{}/{toolkit}", self.address)
    }

    /// How many requests of tools there were.
    pub(crate) fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Refuses the next probes, so many.
    pub(crate) fn refuse_probes(&self, times: usize) {
        self.seen.refused_probes.store(times, Ordering::SeqCst);
    }
}

type SeenState = State<Arc<Seen>>;

fn label(headers: &HeaderMap) -> Value {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let label = text("x-api-key").or(bearer).and_then(|key| key.strip_prefix(KEY));
    label.map_or(Value::Null, Value::from)
}

async fn whoami(State(seen): SeenState, headers: HeaderMap) -> Json<Value> {
    seen.requests.fetch_add(1, Ordering::SeqCst);
    Json(json!({"account": label(&headers)}))
}

async fn touch(State(seen): SeenState, headers: HeaderMap, Json(mut body): Json<Value>) -> (StatusCode, Json<Value>) {
    seen.requests.fetch_add(1, Ordering::SeqCst);
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

async fn ping(State(seen): SeenState, headers: HeaderMap) -> StatusCode {
    let refused = seen.refused_probes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    match (refused, label(&headers)) {
        (Ok(_), _) => StatusCode::SERVICE_UNAVAILABLE,
        (Err(_), Value::Null) => StatusCode::UNAUTHORIZED,
        (Err(_), _) => StatusCode::OK,
    }
}
