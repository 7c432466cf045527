//! Run with: COMPOSIO_API_KEY=... cargo run -p hosted_quickstart
//!
//! A session over the REST API: what the user may use and how it is connected, a search, the account that would run a
//! tool and why, a call, and where MCP clients reach the session. Nothing is written to any service.
//!
//! Without a key it runs against a mock of the API: `cargo xtask prism -- cargo run -p hosted_quickstart`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

use std::fmt::Display;
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
            eprintln!("{}", advice(error.kind()));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let composio = Composio::from_env()?;
    let session = composio.create(USER).toolkits(TOOLKITS).await?;
    say("session", format!("{}, version {}", session.id(), session.version()));
    let shown = show(&session).await;
    // Whatever happened, the session goes: it was made for this run.
    session.delete().await?;
    say("deleted", session.id());
    shown
}

async fn show(session: &Session) -> Result<()> {
    for tool in &session.tools().await? {
        say("tool", &tool.definition().slug);
    }
    for toolkit in session.toolkits().await?.items {
        let state = match (&toolkit.account, toolkit.no_auth) {
            (Some(account), _) => format!("{} ({})", account.id, account.status),
            (None, true) => "needs no account".to_owned(),
            (None, false) => "not connected".to_owned(),
        };
        say("toolkit", format!("{}: {state}", toolkit.name));
    }
    for answer in session.search("see who I am at GitHub").await?.answers {
        let tools: Vec<_> = answer.primary.iter().map(|tool| tool.as_str()).collect();
        say("found", tools.join(", "));
    }
    say("explain", session.explain("github").await?);
    call(session).await?;
    if let Some(endpoint) = session.mcp() {
        // They carry the key of the whole project: for your own clients, not for a user's. At another server than the
        // one that you called there are none.
        let headers: Vec<_> = endpoint.headers.iter().map(|(name, _)| name.as_str()).collect();
        say("mcp", format!("{}, headers: {headers:?}", endpoint.url));
    }
    Ok(())
}

/// Runs a tool that reads, or says where the user connects an account for it.
async fn call(session: &Session) -> Result<()> {
    match session.execute(TOOL, json!({})).await {
        Ok(output) => say("called", format!("{TOOL}: {}", output.data.as_str())),
        Err(error) if error.kind() == ErrorKind::ConnectionRequired => {
            let request = session.authorize("github").await?;
            say("connect", format!("{}\nopen it, then run this again", request.redirect_url()));
        }
        Err(error) if error.kind() == ErrorKind::ToolFailed => say("failed", error.for_model()),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// One step; what takes several lines is indented.
fn say(step: &str, text: impl Display) {
    println!("{step:<9} {}", text.to_string().replace('\n', "\n          "));
}

/// What to do about an error of this program, beside what the error says itself.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized => "Is COMPOSIO_API_KEY a key of your project? The dashboard shows them.",
        ErrorKind::NotFound | ErrorKind::Unavailable => {
            "Is COMPOSIO_BASE_URL right? Unset, the hosted service answers."
        }
        _ => "To try it without an account: cargo xtask prism -- cargo run -p hosted_quickstart",
    }
}
