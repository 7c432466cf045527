//! A service that answers by address, and remembers every request with its body.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use composio_core::Composio;
use composio_core::hosted::HostedBackend;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::options;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Method and path, as in `GET /api/v3.1/tools/A_B`, without the query.
    pub(crate) what: String,
    pub(crate) query: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

#[derive(Default)]
struct State {
    answers: HashMap<String, (u16, String)>,
    asked: Vec<Asked>,
}

/// The service. It ends with this value.
pub(crate) struct Service {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
    _serving: JoinSet<()>,
}

/// The address of a session, or of what is below it.
pub(crate) fn at(method: &str, below: &str) -> String {
    format!("{method} /api/v3.1/tool_router/session/trs_1{below}")
}

/// A session as the service says it.
pub(crate) fn session_of(user: &str, config: &Value) -> Value {
    let mut config = config.clone();
    config["user_id"] = user.into();
    json!({"session_id": "trs_1", "tool_router_tools": [], "config": config, "config_version": 1})
}

/// An account as the service says it.
pub(crate) fn account(id: &str, user: &str, status: &str) -> Value {
    json!({
        "id": id, "user_id": user, "status": status, "status_reason": null, "alias": null, "word_id": null,
        "toolkit": {"slug": "github"}, "auth_config": {"id": "ac_1"},
        "created_at": "2026-10-01T09:00:00.000Z", "updated_at": "2026-10-01T09:01:00.000Z",
    })
}

impl Service {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, mut serving) = (Arc::clone(&state), JoinSet::new());
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(converse(stream, Arc::clone(&shared)));
            }
        });
        Self { url, state, _serving: serving }
    }

    /// Answers a request so, from now on.
    pub(crate) fn answer(&self, what: impl Into<String>, status: u16, body: &Value) {
        self.state.lock().unwrap().answers.insert(what.into(), (status, body.to_string()));
    }

    /// A session `trs_1` of user `u`.
    pub(crate) fn with_session(&self, config: &Value) {
        let session = session_of("u", config);
        self.answer("POST /api/v3.1/tool_router/session", 201, &session);
        self.answer(at("GET", ""), 200, &session);
    }

    /// What was asked so far under this address.
    pub(crate) fn asked(&self, what: &str) -> Vec<Asked> {
        self.all().into_iter().filter(|asked| asked.what == what).collect()
    }

    pub(crate) fn all(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn composio(&self) -> Composio {
        Composio::with_backend(HostedBackend::new(options(&self.url)).unwrap())
    }
}

async fn converse(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut bytes = Vec::new();
    while let Some(asked) = request(&mut stream, &mut bytes).await {
        let (status, body) = {
            let mut state = state.lock().unwrap();
            let missing = || (404, json!({"error": {"message": format!("no {}", asked.what)}}).to_string());
            let answer = state.answers.get(&asked.what).cloned().unwrap_or_else(missing);
            state.asked.push(asked);
            answer
        };
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if stream.write_all(format!("{head}{body}").as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The next request of a connection.
async fn request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        more(stream, bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut line = lines.next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse::<usize>().unwrap());
    while bytes.len() < end + length {
        more(stream, bytes).await?;
    }
    let body = String::from_utf8_lossy(&bytes[end..end + length]).into_owned();
    bytes.drain(..end + length);
    Some(Asked { what: format!("{method} {path}"), query: query.to_owned(), headers, body })
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 4096];
    let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
    bytes.extend_from_slice(&part[..read]);
    Some(())
}
