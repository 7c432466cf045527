//! A service that passes everything on to Prism, remembers it, and refuses what the description does not have.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use composio_core::Composio;
use composio_core::hosted::{HostedBackend, HostedClient, HostedOptions};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

use crate::description;

/// What every path begins with.
const VERSION: &str = "/api/v3.1";
/// Where files are kept, which is no part of the API.
const STORAGE: &str = "/storage";
/// The credential that Prism is shown.
pub(crate) const KEY: &str = "ak_test";

/// A request, and how it went.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// The operation's name in the description; empty where it has none.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: String,
    /// Null where there was none.
    pub(crate) body: Value,
    pub(crate) status: StatusCode,
    /// What is wrong with the request, in Prism's words.
    pub(crate) violations: Option<String>,
}

/// It listens until it is dropped.
pub(crate) struct Service {
    pub(crate) url: Url,
    line: Arc<Line>,
    _serving: JoinSet<()>,
}

struct Line {
    http: reqwest::Client,
    prism: Url,
    prefer: Mutex<Option<String>>,
    edits: Mutex<Vec<(String, Value)>>,
    heard: Mutex<Vec<Exchange>>,
    stored: Mutex<Bytes>,
}

impl Service {
    pub(crate) async fn start(prism: Url) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let line = Arc::new(Line {
            http: plain_http(),
            prism,
            prefer: Mutex::default(),
            edits: Mutex::default(),
            heard: Mutex::default(),
            stored: Mutex::default(),
        });
        let router = Router::new().route(STORAGE, get(give).put(keep)).fallback(pass_on);
        let router = router.with_state(Arc::clone(&line));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, line, _serving: serving }
    }

    /// A client of it, which waits for no rate limit.
    pub(crate) fn client(&self) -> HostedClient {
        HostedClient::new(self.options()).unwrap()
    }

    pub(crate) fn options(&self) -> HostedOptions {
        HostedOptions::new(KEY).base_url(self.url.as_str()).rate_limit_wait(Duration::ZERO)
    }

    /// The same in the crate's own vocabulary.
    pub(crate) fn composio(&self) -> Composio {
        Composio::with_backend(HostedBackend::new(self.options()).unwrap())
    }

    /// Which of the described replies is wanted from now on: `code=404`, `example=failed`.
    pub(crate) fn prefer(&self, reply: impl Into<String>) {
        *self.line.prefer.lock().unwrap() = Some(reply.into());
    }

    /// Replaces a value in each reply that has this place, where the only example is of another case.
    pub(crate) fn answer_with(&self, place: &str, value: impl Into<Value>) {
        self.line.edits.lock().unwrap().push((place.to_owned(), value.into()));
    }

    /// Lets files be kept here: the addresses of the examples are nobody's.
    pub(crate) fn keep_files(&self) {
        let storage = self.url.join(STORAGE).unwrap();
        for place in ["/upload_url", "/download_url"] {
            self.answer_with(place, storage.as_str());
        }
    }

    /// Everything so far.
    pub(crate) fn heard(&self) -> Vec<Exchange> {
        self.line.heard.lock().unwrap().clone()
    }

    /// The latest of an operation.
    #[track_caller]
    pub(crate) fn last(&self, operation: &str) -> Exchange {
        let heard = self.heard();
        let found = heard.iter().rev().find(|exchange| exchange.operation == operation);
        let names = || heard.iter().map(|exchange| exchange.operation).collect::<Vec<_>>();
        found.unwrap_or_else(|| panic!("{operation} was not asked for, but {:?}", names())).clone()
    }

    /// The latest request of an operation had this target, after the version, and this body.
    #[track_caller]
    pub(crate) fn sent(&self, operation: &str, target: &str, body: &Value) {
        let exchange = self.last(operation);
        assert_eq!((exchange.target.as_str(), &exchange.body), (format!("{VERSION}{target}").as_str(), body));
    }

    /// The latest request of an operation had these fields at its root; null stands for one that is null or not there.
    #[track_caller]
    pub(crate) fn holds(&self, operation: &str, fields: &Value) {
        let body = self.last(operation).body;
        for (name, expected) in fields.as_object().unwrap() {
            assert_eq!(&body[name], expected, "{name} of {body}");
        }
    }

    /// The latest request of an operation had this path, and these in its query, in any order.
    #[track_caller]
    pub(crate) fn asked(&self, operation: &str, path: &str, query: &[&str]) {
        let exchange = self.last(operation);
        let (asked, names) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
        let names: BTreeSet<_> = names.split('&').filter(|name| !name.is_empty()).collect();
        assert_eq!((asked, names), (format!("{VERSION}{path}").as_str(), query.iter().copied().collect()));
        assert_eq!(exchange.body, Value::Null);
    }

    /// Asks Prism what it says to a request. A query with a name that the description does not have is not even asked:
    /// Prism lets those pass.
    pub(crate) async fn ask(&self, method: &Method, target: &str, body: &Value) -> (Exchange, HeaderMap, Bytes) {
        self.line.ask(method, target, body).await
    }
}

/// A client that trusts nobody: Prism speaks plain HTTP. It brings its own cryptography, so that the process has none that
/// the backend could find.
fn plain_http() -> reqwest::Client {
    let cryptography = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(cryptography).with_safe_default_protocol_versions();
    let trusted = rustls::RootCertStore::empty();
    let tls = versions.unwrap().with_root_certificates(trusted).with_no_client_auth();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap()
}

async fn pass_on(State(line): State<Arc<Line>>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    if headers.get("x-api-key").is_none_or(|key| key != KEY) {
        return refusal("the request has not the project's key");
    }
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap_or("not JSON".into()) };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let (exchange, headers, text) = line.ask(&method, target, &body).await;
    let (status, violations) = (exchange.status, exchange.violations.clone());
    line.heard.lock().unwrap().push(exchange);
    match violations {
        Some(violations) => refusal(&format!("{method} {target} {body}: {violations}")),
        None => (status, headers, line.edited(text)).into_response(),
    }
}

async fn keep(State(line): State<Arc<Line>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    *line.stored.lock().unwrap() = body;
    match headers.contains_key("x-api-key") {
        true => StatusCode::FORBIDDEN,
        false => StatusCode::OK,
    }
}

async fn give(State(line): State<Arc<Line>>) -> Bytes {
    line.stored.lock().unwrap().clone()
}

/// What is wrong with a request, as the API refuses it, so that a test says it.
fn refusal(says: &str) -> Response {
    let error = json!({"error": {"message": says, "code": 10400, "slug": "PRISM", "status": 400}});
    (StatusCode::BAD_REQUEST, axum::Json(error)).into_response()
}

/// What Prism holds against an exchange; that a name is deprecated is no error.
fn errors(violations: &[u8]) -> Option<String> {
    let violations: Vec<Value> = serde_json::from_slice(violations).unwrap();
    let errors: Vec<_> = violations.iter().filter(|violation| violation["severity"] == "Error").collect();
    (!errors.is_empty()).then(|| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

impl Line {
    async fn ask(&self, method: &Method, target: &str, body: &Value) -> (Exchange, HeaderMap, Bytes) {
        let url = self.prism.join(target).unwrap();
        let operation = description::operation(method.as_str(), url.path());
        let names: Vec<_> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        let mut exchange = Exchange {
            operation: operation.map_or("", |operation| &operation.id),
            method: method.clone(),
            target: target.to_owned(),
            body: body.clone(),
            status: StatusCode::BAD_REQUEST,
            violations: None,
        };
        let stranger = operation.and_then(|operation| operation.stranger(names.iter().map(String::as_str)));
        if let Some(stranger) = stranger {
            exchange.violations = Some(format!("the description has no {stranger} in this query"));
            return (exchange, HeaderMap::new(), Bytes::new());
        }
        let reply = self.request(method, url, body).send().await.unwrap();
        exchange.status = reply.status();
        exchange.violations = reply.headers().get("sl-violations").and_then(|value| errors(value.as_bytes()));
        let kept = [header::CONTENT_TYPE, header::RETRY_AFTER];
        let headers = kept.into_iter().filter_map(|name| Some((name.clone(), reply.headers().get(name)?.clone())));
        let headers = headers.collect();
        (exchange, headers, reply.bytes().await.unwrap())
    }

    fn edited(&self, text: Bytes) -> Bytes {
        let Ok(mut reply) = serde_json::from_slice::<Value>(&text) else { return text };
        for (place, value) in self.edits.lock().unwrap().iter() {
            if let Some(old) = reply.pointer_mut(place) {
                old.clone_from(value);
            }
        }
        reply.to_string().into()
    }

    fn request(&self, method: &Method, url: Url, body: &Value) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method.clone(), url).header("x-api-key", KEY);
        if let Some(prefer) = &*self.prefer.lock().unwrap() {
            request = request.header("prefer", prefer);
        }
        if body.is_null() {
            return request;
        }
        request.header(header::CONTENT_TYPE, "application/json").body(body.to_string())
    }
}
