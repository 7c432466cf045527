//! Run with: cargo run -p serve_mcp
//!
//! A user's session as an MCP server: paste what it prints into your client, such as an editor or a desktop assistant.
//! With `--stdio` it serves on standard input and output instead, as clients start servers themselves. With `--check` it
//! is its own client, and ends.

mod check;

use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use composio::secrecy::ExposeSecret as _;
use composio::{McpToken, Session};
use composio_mcp::serve_stdio;
use example_support::{Playground, show};
use serde_json::{Map, Value, json};

/// How long the client may use what is printed.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Parser)]
#[command(about = "Serves a session over MCP")]
struct Arguments {
    /// Serve on standard input and output.
    #[arg(long, conflicts_with = "check")]
    stdio: bool,
    /// Be a client too: list the tools, run two of them, and end.
    #[arg(long)]
    check: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // On standard output a client reads the protocol and nothing else.
    let playground = if arguments.stdio { Playground::quiet().await? } else { Playground::start().await? };
    let session = session(&playground).await?;
    if arguments.stdio {
        serve_stdio(session).await?;
    } else {
        let token = session.mcp_token().expires_in(DAY).await?;
        print(&token)?;
        if arguments.check {
            check::run(&playground, &token).await?;
        } else {
            show::note("Serving. Ctrl-C ends it.");
            tokio::signal::ctrl_c().await?;
        }
        session.revoke_mcp_tokens().await?;
    }
    playground.shutdown().await;
    Ok(())
}

async fn session(playground: &Playground) -> Result<Session> {
    let session = playground.composio().create("user_123").toolkits(["tracker", "mailbox"]).direct_tools().await?;
    for toolkit in ["tracker", "mailbox"] {
        playground.connect(&session, toolkit).await?;
    }
    Ok(session)
}

/// What a client needs: the URL, the header, and both once more in the form that most clients read. The token opens this
/// one session; in an application it goes to its user and nobody else.
fn print(token: &McpToken) -> Result<()> {
    let endpoint = &token.endpoint;
    let headers: Map<String, Value> =
        endpoint.headers.iter().map(|(name, value)| (name.clone(), value.expose_secret().into())).collect();
    let mut out = io::stdout().lock();
    writeln!(out, "\nURL      {}", endpoint.url)?;
    for (name, value) in endpoint.headers.iter() {
        writeln!(out, "header   {name}: {}", value.expose_secret())?;
    }
    writeln!(out, "expires  {}\n", token.expires_at)?;
    let server = json!({"type": "http", "url": endpoint.url.as_str(), "headers": headers});
    let configuration = json!({"mcpServers": {"composio": server}});
    writeln!(out, "{}\n", serde_json::to_string_pretty(&configuration)?)?;
    Ok(())
}
