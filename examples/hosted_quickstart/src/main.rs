//! Run with: COMPOSIO_API_KEY=... cargo run -p hosted_quickstart
//!
//! A session over the REST API: what the user may use and how it is connected, a search, the account that would run a
//! tool and why, a call, and where MCP clients reach the session. Nothing is written to any service.
//!
//! Without a key it runs against a mock of the API: `cargo xtask prism -- cargo run -p hosted_quickstart`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

use std::process::ExitCode;

use composio::{Composio, ErrorKind, Result, Session};
use serde_json::json;

/// Your name for one of your users.
const USER: &str = "user_123";
const TOOLKITS: [&str; 2] = ["github", "gmail"];
/// Reads, and needs no arguments.
const TOOL: &str = "GITHUB_GET_THE_AUTHENTICATED_USER";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let composio = Composio::from_env()?;
    let session = composio.create(USER).toolkits(TOOLKITS).await?;
    println!("session   {}, version {}", session.id(), session.version());
    let shown = show(&session).await;
    // Whatever happened, the session goes: it was made for this run.
    session.delete().await?;
    println!("deleted   {}", session.id());
    shown
}

async fn show(session: &Session) -> Result<()> {
    for tool in &session.tools().await? {
        println!("tool      {}", tool.definition().slug);
    }
    for toolkit in session.toolkits().await?.items {
        let state = match (&toolkit.account, toolkit.no_auth) {
            (Some(account), _) => format!("{} ({})", account.id, account.status),
            (None, true) => "needs no account".to_owned(),
            (None, false) => "not connected".to_owned(),
        };
        println!("toolkit   {}: {state}", toolkit.name);
    }
    for answer in session.search("see who I am at GitHub").await?.answers {
        let tools: Vec<_> = answer.primary.iter().map(|tool| tool.as_str()).collect();
        println!("found     {}", tools.join(", "));
    }
    println!("explain   {}", session.explain("github").await?);
    call(session).await?;
    if let Some(endpoint) = session.mcp() {
        // The headers carry the key of the whole project: they are for your own clients, and not for a user's.
        println!("mcp       {} with {} header(s)", endpoint.url, endpoint.headers.len());
    }
    Ok(())
}

/// Runs a tool that reads, or says where the user connects an account for it.
async fn call(session: &Session) -> Result<()> {
    match session.execute(TOOL, json!({})).await {
        Ok(output) => println!("called    {TOOL}: {}", output.data.as_str()),
        Err(error) if error.kind() == ErrorKind::ConnectionRequired => {
            let request = session.authorize("github").await?;
            println!("connect   {}", request.redirect_url());
            println!("          open it, then run this again");
        }
        Err(error) if error.kind() == ErrorKind::ToolFailed => println!("failed    {}", error.for_model()),
        Err(error) => return Err(error),
    }
    Ok(())
}
