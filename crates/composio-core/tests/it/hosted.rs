//! The client of the API, against servers on this machine that misbehave.

mod accounts;
mod calls;
mod credentials;
mod explain;
mod faults;
mod http2;
mod limits;
mod project;
mod proxy;
mod service;
mod sessions;
mod stub;
mod tls;
mod traces;

use std::time::Duration;

use composio_core::hosted::{HostedClient, HostedOptions};
use composio_core::wire::{ExecuteRequest, PageQuery};
use composio_core::{Result, SessionId};

/// What a client sends as its key. No log, error or reply may show it.
const KEY: &str = "ak_s3cret";

/// Options for a server on this machine, with limits that a test can wait for.
fn options(base_url: &str) -> HostedOptions {
    HostedOptions::new(KEY)
        .base_url(base_url)
        .timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_millis(300))
        .connect_timeout(Duration::from_millis(500))
}

fn client(base_url: &str) -> HostedClient {
    HostedClient::new(options(base_url)).unwrap()
}

fn session() -> SessionId {
    SessionId::from("trs_1")
}

/// A call that only reads.
async fn read(client: &HostedClient) -> Result<()> {
    client.session_history(&session(), &PageQuery::new()).await.map(|_| ())
}

/// A call that may do anything.
async fn write(client: &HostedClient) -> Result<()> {
    let body = ExecuteRequest { tool_slug: "GITHUB_CREATE_AN_ISSUE".into(), ..ExecuteRequest::default() };
    client.execute(&session(), &body).await.map(|_| ())
}
