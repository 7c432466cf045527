//! A router over a scripted backend, somebody who lets clients in, and requests as one-liners.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use composio_core::secrecy::{ExposeSecret as _, SecretString};
use composio_core::{Composio, Error, ErrorKind, McpAccess, Result, ScriptedBackend, Session, SessionId};
use composio_server::{McpOptions, Url, mcp_router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const PROJECT_KEY: &str = "key-of-the-project";

/// Lets in who has a token of the session, or the project's key.
#[derive(Debug, Default)]
pub(crate) struct Access {
    tokens: Mutex<HashMap<String, SessionId>>,
    sessions: Mutex<Vec<SessionId>>,
    broken: Mutex<Option<&'static str>>,
    asked: Mutex<u32>,
}

#[async_trait]
impl McpAccess for Access {
    async fn admit(&self, session: &SessionId, credential: &SecretString) -> Result<()> {
        *self.asked.lock().unwrap() += 1;
        if let Some(message) = *self.broken.lock().unwrap() {
            return Err(Error::new(ErrorKind::Unavailable, message).with_context("store", message));
        }
        let credential = credential.expose_secret();
        if credential == PROJECT_KEY {
            let known = self.sessions.lock().unwrap().contains(session);
            return known.then_some(()).ok_or_else(|| Error::unknown_session(session));
        }
        let theirs = self.tokens.lock().unwrap().get(credential) == Some(session);
        theirs.then_some(()).ok_or_else(|| Error::new(ErrorKind::Unauthorized, "the token admit-secret is not known"))
    }
}

impl Access {
    /// A new token of this session.
    pub(crate) fn token(&self, session: &Session) -> String {
        let mut tokens = self.tokens.lock().unwrap();
        let token = format!("mcpt_{}_{}", session.id(), tokens.len());
        tokens.insert(token.clone(), session.id().clone());
        token
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.tokens.lock().unwrap().remove(token).unwrap();
    }

    pub(crate) fn forget(&self, session: &Session) {
        self.sessions.lock().unwrap().retain(|known| known != session.id());
        self.tokens.lock().unwrap().retain(|_, of| of != session.id());
    }

    pub(crate) fn breaks(&self, message: &'static str) {
        *self.broken.lock().unwrap() = Some(message);
    }

    pub(crate) fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}

pub(crate) struct World {
    pub(crate) access: Arc<Access>,
    pub(crate) composio: Composio,
    pub(crate) router: Router,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(backend(), |options| options)
    }

    pub(crate) fn with(backend: ScriptedBackend, change: impl FnOnce(McpOptions) -> McpOptions) -> Self {
        let access = Arc::new(Access::default());
        let composio = Composio::with_backend(backend);
        let options = change(McpOptions::new(Url::parse("https://app.example").unwrap()));
        let asked: Arc<dyn McpAccess> = Arc::<Access>::clone(&access);
        Self { router: mcp_router(composio.clone(), asked, options), access, composio }
    }

    pub(crate) async fn session(&self) -> Session {
        let session = self.composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
        self.known(&session);
        session
    }

    pub(crate) fn known(&self, session: &Session) {
        self.access.sessions.lock().unwrap().push(session.id().clone());
    }

    /// A session with one of its clients, which has not said hello.
    pub(crate) async fn client(&self) -> (Session, Client<'_>) {
        let session = self.session().await;
        let client = self.client_of(&session);
        (session, client)
    }

    pub(crate) fn client_of(&self, session: &Session) -> Client<'_> {
        let token = self.access.token(session);
        Client { world: self, path: path(session), token, id: None }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// Somebody who talks MCP to one session.
pub(crate) struct Client<'a> {
    world: &'a World,
    pub(crate) path: String,
    pub(crate) token: String,
    /// What it was called when it said hello.
    pub(crate) id: Option<String>,
}

impl Client<'_> {
    pub(crate) fn request(&self, method: Method, body: impl Into<Body>) -> Request<Body> {
        let mut request = request(method, &self.path, body);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, format!("Bearer {}", self.token).parse().unwrap());
        if let Some(id) = &self.id {
            headers.insert("mcp-session-id", id.parse().unwrap());
        }
        request
    }

    pub(crate) async fn send(&self, method: Method, body: impl Into<Body>) -> Answer {
        self.world.send(self.request(method, body)).await
    }

    pub(crate) async fn post(&self, method: &str, params: Value) -> Answer {
        self.send(Method::POST, message(7, method, &params)).await
    }

    /// Says hello as a client of 2025 does.
    pub(crate) async fn hello(&mut self) -> Answer {
        self.hello_as(&json!({})).await
    }

    /// The same, with these capabilities.
    pub(crate) async fn hello_as(&mut self, capabilities: &Value) -> Answer {
        self.id = None;
        let answer = self.send(Method::POST, hello_of(capabilities)).await;
        if answer.status == StatusCode::OK {
            self.id = Some(answer.header("mcp-session-id").to_owned());
            let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            assert_eq!(self.send(Method::POST, ready.to_string()).await.status, StatusCode::ACCEPTED);
        }
        answer
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        let tools = self.post("tools/list", json!({})).await.result()["tools"].clone();
        tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Answer {
        self.post("tools/call", json!({"name": name, "arguments": arguments})).await
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The last message of a stream.
    pub(crate) fn message(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let mut data = self.body.lines().filter_map(|line| line.strip_prefix("data:").map(str::trim));
        serde_json::from_str(data.rfind(|data| !data.is_empty()).expect("a message")).unwrap()
    }

    pub(crate) fn result(&self) -> Value {
        let message = self.message();
        assert!(message["error"].is_null(), "{message}");
        message["result"].clone()
    }

    /// What a refusal says, which is JSON with a next step.
    pub(crate) fn refusal(&self) -> Value {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert!(body["message"].as_str().unwrap().len() > 40, "{body}");
        body
    }
}

pub(crate) fn backend() -> ScriptedBackend {
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    ScriptedBackend::new().tool("KIT_ECHO", "kit", schema)
}

pub(crate) fn path(session: &Session) -> String {
    format!("/tool_router/{}/mcp", session.id())
}

pub(crate) fn message(id: u32, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

pub(crate) fn hello() -> String {
    hello_of(&json!({}))
}

fn hello_of(capabilities: &Value) -> String {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": "2025-06-18", "capabilities": capabilities, "clientInfo": client});
    message(1, "initialize", &params)
}

pub(crate) fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "app.example")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .body(body.into())
        .unwrap()
}
