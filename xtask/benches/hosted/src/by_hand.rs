//! The same calls written by hand: what one would write who needs nothing but the call.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use reqwest::header::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What is called, and the session it is called in.
pub const TOOL: &str = "GITHUB_GET_AN_ISSUE";
const SESSION: &str = "trs_000000000001";
const KEY: &str = "ak_0123456789abcdef";

/// What the call is made with.
#[must_use]
pub fn arguments() -> Value {
    serde_json::json!({"owner": "octocat", "repo": "hello-world", "issue_number": 1347})
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    tool_slug: &'a str,
    arguments: &'a Value,
}

/// The reply to a call, with a result of this type.
#[derive(Debug, Deserialize)]
pub struct Called<T> {
    /// Whether it was completed.
    pub result_type: String,
    /// What it gives.
    pub data: T,
    /// Why it failed.
    pub error: Option<String>,
    /// The server's name for the call.
    pub log_id: String,
}

/// Results parsed at once.
pub type Eager = Called<Value>;
/// Results that stay text.
pub type Raw = Called<Box<RawValue>>;

/// Bare reqwest, configured as the hosted backend configures it.
#[derive(Clone, Debug)]
pub struct Reqwest {
    client: reqwest::Client,
    address: String,
}

impl Reqwest {
    /// For a stub at this address.
    ///
    /// # Errors
    /// Where reqwest refuses its options.
    pub fn new(address: &str) -> Result<Self> {
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", HeaderValue::from_static(KEY));
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert("x-source", HeaderValue::from_static("RUST"));
        headers.insert("x-sdk-version", HeaderValue::from_static("1.0.0"));
        // reqwest refuses to be without a cryptography, though nothing here is encrypted; another one may be there by now.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent("by-hand/1.0")
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true)
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(30))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            .timeout(Duration::from_secs(120))
            .no_proxy()
            // No trust store is read, as ours reads none before a handshake.
            .tls_certs_only([])
            .build()?;
        Ok(Self { client, address: address.to_owned() })
    }

    /// Runs the tool.
    ///
    /// # Errors
    /// Where the call fails.
    pub async fn call<T: DeserializeOwned>(&self, arguments: &Value) -> Result<Called<T>> {
        let url = format!("{}/api/v3.1/tool_router/session/{SESSION}/execute", self.address);
        let request = self.client.post(url).json(&Call { tool_slug: TOOL, arguments });
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    /// The bytes of the pages of tools.
    ///
    /// # Errors
    /// Where the call fails.
    pub async fn page(&self, number: usize) -> Result<Bytes> {
        let cursor = if number == 0 { "" } else { "&cursor=next" };
        let url = format!("{}/api/v3.1/tool_router/session/{SESSION}/tools?limit=500{cursor}", self.address);
        Ok(self.client.get(url).send().await?.error_for_status()?.bytes().await?)
    }
}

/// Bare hyper: one connection, no pool, no timeouts.
#[derive(Debug)]
pub struct Hyper {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    // Driven for as long as this lives.
    _connection: JoinSet<Result<(), hyper::Error>>,
}

impl Hyper {
    /// Connects to a stub.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn connect(address: &str) -> Result<Self> {
        let host = address.strip_prefix("http://").context("the stub speaks plain http")?.to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (sender, driven) = http1::handshake(TokioIo::new(stream)).await?;
        let mut connection = JoinSet::new();
        connection.spawn(driven);
        Ok(Self { sender, host, _connection: connection })
    }

    /// Runs the tool, and parses what it gives.
    ///
    /// # Errors
    /// Where the call fails.
    pub async fn call(&mut self, arguments: &Value) -> Result<Eager> {
        let body = serde_json::to_vec(&Call { tool_slug: TOOL, arguments })?;
        let request = hyper::Request::post(format!("/api/v3.1/tool_router/session/{SESSION}/execute"))
            .header("host", &self.host)
            .header("x-api-key", KEY)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("user-agent", "by-hand/1.0")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let reply = self.sender.send_request(request).await?;
        ensure!(reply.status().is_success(), "{}", reply.status());
        let body = reply.into_body().collect().await?.to_bytes();
        Ok(serde_json::from_slice(&body)?)
    }
}

/// A page of tools, parsed whole.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The tools.
    pub items: Vec<Tool>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
}

/// A tool, with everything that is free in its form as values.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the names are the API's")]
pub struct Tool {
    pub slug: String,
    pub name: String,
    pub description: String,
    pub toolkit: Value,
    pub input_parameters: Value,
    pub output_parameters: Value,
    pub no_auth: bool,
    pub available_versions: Vec<String>,
    pub version: String,
    pub scopes: Vec<String>,
    pub scope_requirements: Value,
    pub tags: Vec<String>,
    pub human_description: String,
    pub is_deprecated: bool,
    pub deprecated: Value,
}
