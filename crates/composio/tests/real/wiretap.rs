//! A token endpoint that passes everything on to the real one, and remembers what was said.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use composio::Url;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What a client asked for, and what it was given. Not `Debug`: all of it is secret.
#[derive(Clone)]
pub(crate) struct Exchange {
    /// The form, as it was sent.
    pub(crate) form: BTreeMap<String, String>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<String>,
    pub(crate) status: u16,
    pub(crate) reply: Value,
}

impl Exchange {
    pub(crate) fn asked(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    pub(crate) fn given(&self, name: &str) -> &str {
        self.reply[name].as_str().unwrap_or_default()
    }
}

/// It listens until it is dropped.
pub(crate) struct Wiretap {
    pub(crate) url: Url,
    line: Arc<Line>,
    _serving: JoinSet<()>,
}

struct Line {
    http: reqwest::Client,
    to: Url,
    heard: Mutex<Vec<Exchange>>,
}

impl Wiretap {
    pub(crate) async fn start(to: Url) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = Url::parse(&format!("http://{}/token", listener.local_addr().unwrap())).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let line = Arc::new(Line { http, to, heard: Mutex::new(Vec::new()) });
        let router = Router::new().route("/token", post(pass_on)).with_state(Arc::clone(&line));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, line, _serving: serving }
    }

    /// `host:port`, as an operator allows it.
    pub(crate) fn target(&self) -> String {
        self.url.authority().to_owned()
    }

    /// Everything so far, of one grant type.
    pub(crate) fn heard(&self, grant_type: &str) -> Vec<Exchange> {
        let heard = self.line.heard.lock().unwrap();
        heard.iter().filter(|exchange| exchange.asked("grant_type") == grant_type).cloned().collect()
    }

    /// The latest of one grant type.
    pub(crate) fn last(&self, grant_type: &str) -> Exchange {
        self.heard(grant_type).pop().expect("nothing of that kind was asked for")
    }
}

async fn pass_on(State(line): State<Arc<Line>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = url_form(&body);
    let kept = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT];
    let sent = kept.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect();
    let request = line.http.post(line.to.clone()).headers(sent).body(body);
    let reply = request.send().await.map_err(reqwest::Error::without_url).unwrap();
    let status = reply.status();
    let text = reply.bytes().await.unwrap();
    let exchange = Exchange {
        form,
        authorization: headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap().to_owned()),
        status: status.as_u16(),
        reply: serde_json::from_slice(&text).unwrap_or_default(),
    };
    line.heard.lock().unwrap().push(exchange);
    let json = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::from_u16(status.as_u16()).unwrap(), json, text).into_response()
}

fn url_form(body: &[u8]) -> BTreeMap<String, String> {
    let mut url = Url::parse("http://form").unwrap();
    url.set_query(Some(std::str::from_utf8(body).unwrap()));
    url.query_pairs().into_owned().collect()
}
