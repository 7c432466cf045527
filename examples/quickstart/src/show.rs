//! What is printed, and how it is laid out.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use comfy_table::{ContentArrangement, LineStyle, Table, TableStyle};
use composio::{AuthScheme, ConnectedAccount, Embedded, Explanation, ToolkitState, Url};
use composio_demo::Demo;
use example_support::show::wrapped;
use serde_json::Value;

/// Everything below a heading stands this far in.
const INDENT: &str = "   ";
const WIDTH: usize = 80;
/// A line below the header, and no others.
const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// The port to register an OAuth app for, where none was chosen.
const FIXED_PORT: u16 = 8787;

/// Prints a line. A reader who has gone, as in `| head`, is no reason to end halfway: shutting down comes last.
macro_rules! say {
    ($($part:tt)*) => {{
        let _ = writeln!(std::io::stdout(), $($part)*);
    }};
}

/// Begins a step. What follows ends each of its blocks with an empty line.
pub(crate) fn heading(number: usize, title: &str) {
    let title = format!("{number}  {title}");
    match std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        true => say!("\x1b[1m{title}\x1b[0m"),
        false => say!("{title}"),
    }
}

pub(crate) fn note(text: &str) {
    print_wrapped(text, INDENT, INDENT);
}

pub(crate) fn end_block() {
    say!();
}

/// A line to copy: never broken.
pub(crate) fn code(text: &str) {
    say!("{INDENT}  {text}");
}

pub(crate) fn started(embedded: &Embedded, demo: &Demo, data: Option<&Path>) {
    heading(1, "Start");
    let engine = embedded.public_url().as_str().trim_end_matches('/');
    say!("{INDENT}engine  {engine}  the pages where users connect");
    say!("{INDENT}demo    {}  tracker, mailbox and status", demo.url().as_str().trim_end_matches('/'));
    match data {
        Some(data) => say!("{INDENT}data    kept in {}", data.display()),
        None => say!("{INDENT}data    in memory, gone at the end (--data DIR keeps it)"),
    }
    say!();
}

pub(crate) fn toolkits(session: &str, toolkits: &[ToolkitState]) {
    say!("{INDENT}session {session}\n");
    let mut table = Table::new();
    table.load_style(RULED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["Toolkit", "Slug", "Connection", "Account", "Auth"]);
    table.add_rows(toolkits.iter().map(row));
    for line in table.to_string().lines() {
        say!("  {}", line.trim_end());
    }
    say!();
}

fn row(toolkit: &ToolkitState) -> [String; 5] {
    let connection = match &toolkit.account {
        _ if toolkit.no_auth => "not needed".to_owned(),
        Some(account) if account.is_active() => "connected".to_owned(),
        Some(account) => account.status.as_str().to_lowercase(),
        None => "not connected".to_owned(),
    };
    let account = toolkit.account.as_ref().filter(|account| account.is_active());
    let auth = match toolkit.scheme {
        _ if toolkit.no_auth => "none",
        _ if toolkit.managed_auth => "managed OAuth",
        Some(AuthScheme::ApiKey) => "API key",
        _ => "your OAuth app",
    };
    [
        toolkit.name.clone(),
        toolkit.slug.to_string(),
        connection,
        account.map_or("-", ConnectedAccount::label).to_owned(),
        auth.to_owned(),
    ]
}

pub(crate) fn found_again(toolkits: &[&ToolkitState]) {
    for toolkit in toolkits {
        let label = toolkit.account.as_ref().map_or("?", ConnectedAccount::label);
        say!("{INDENT}{}: found again, connected as {label}", toolkit.name);
    }
    say!();
}

pub(crate) fn unfinished(count: usize) {
    let connections = if count == 1 { "1 connection" } else { &format!("{count} connections") };
    say!("{INDENT}Removed {connections} that an earlier run had begun and not finished.\n");
}

/// A link for a person, at the margin and in one piece, so that terminals make it clickable.
pub(crate) fn link(toolkit: &str, account: Option<&str>, url: &Url) {
    let choose = account.map(|account| format!(" and choose {account}")).unwrap_or_default();
    say!("{INDENT}{toolkit}: open this link{choose}\n{url}");
}

/// A link that nobody has to open: whoever has a link can connect an account, and logs are kept for long.
pub(crate) fn link_in_short(toolkit: &str, url: &Url) {
    let beginning: String = url.as_str().chars().take(40).collect();
    say!("{INDENT}{toolkit}: opening the link {beginning}…");
}

pub(crate) fn connected(toolkit: &str, account: &ConnectedAccount) {
    say!("{INDENT}{toolkit}: connected as {}\n", account.label());
}

pub(crate) fn page(name: &str, text: &str) {
    say!("{INDENT}{name:13} {text}");
}

pub(crate) fn call(tool: &str, arguments: &Value) {
    say!("{}", shortened(&format!("{INDENT}{tool} {arguments}")));
}

/// The named fields of a result that are there.
pub(crate) fn fields(value: &Value, names: &[&str]) {
    let widest = names.iter().map(|name| name.len()).max().unwrap_or_default();
    for name in names {
        let Some(field) = value.get(name) else { continue };
        let first = format!("{INDENT}  {name:widest$}  ");
        print_wrapped(&plain(field), &first, &" ".repeat(first.len()));
    }
    say!();
}

/// A value as people write it: no quotes, lists with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

pub(crate) fn explanation(explanation: &Explanation) {
    for line in explanation.to_string().lines() {
        let text = line.trim_start();
        let first = format!("{INDENT}{}", " ".repeat(2 + line.len() - text.len()));
        print_wrapped(text, &first, &format!("{first}    "));
    }
    say!();
}

pub(crate) fn next(embedded: &Embedded, data: Option<&Path>, port: u16) {
    heading(6, "Next");
    if data.is_none() {
        note("Keep the accounts for the next run:");
        code("cargo run -p quickstart -- --data quickstart-data");
    } else {
        note("The accounts are kept: run the same again, and nobody is asked.");
    }
    say!();
    let mut callback = embedded.redirect_uri();
    let port = if port == 0 { FIXED_PORT } else { port };
    // Fails for URLs without a host only.
    let _ = callback.set_port(Some(port));
    note("Connect your own GitHub: register an OAuth app at");
    code("https://github.com/settings/developers");
    note("with this callback URL:");
    code(callback.as_str());
    note("and run with what you get there:");
    code("export COMPOSIO_OAUTH_GITHUB_CLIENT_ID=...");
    code("export COMPOSIO_OAUTH_GITHUB_CLIENT_SECRET=...");
    code(&format!("cargo run -p quickstart -- --open --port {port}"));
}

/// Opens a page in the browser, if there is one.
pub(crate) fn open(url: &Url) {
    let mut command = match std::env::consts::OS {
        "macos" => Command::new("open"),
        "windows" => {
            let mut command = Command::new("cmd");
            command.args(["/C", "start", ""]);
            command
        }
        _ => Command::new("xdg-open"),
    };
    command.arg(url.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.spawn().is_err() {
        note("No browser could be opened; open the link by hand.");
    }
}

/// An error and its causes in one line, without those that the line has said already.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line.replace('\n', " ")
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some(_) => line.chars().take(WIDTH - 1).chain(['…']).collect(),
        None => line.to_owned(),
    }
}

fn print_wrapped(text: &str, first: impl Display, rest: &str) {
    for line in wrapped(text, &first.to_string(), rest, WIDTH) {
        say!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use composio::{ConnectedAccount, ConnectionStatus, Identity, Timestamp, ToolkitSlug};
    use serde_json::json;

    fn toolkit() -> ToolkitState {
        ToolkitState::new(ToolkitSlug::new("tracker").unwrap(), "Demo Tracker")
    }

    fn account(status: ConnectionStatus) -> ConnectedAccount {
        let slug = ToolkitSlug::new("tracker").unwrap();
        let at = Timestamp::from_micros(1);
        let mut account = ConnectedAccount::new("ca_1".into(), slug, "user_123".into(), "ac_1".into(), at);
        account.status = status;
        account.identity = Some(Identity::new("usr_1", "alice@work.example"));
        account
    }

    #[test]
    fn rows_say_how_a_toolkit_is_connected() {
        let with = |change: fn(&mut ToolkitState)| {
            let mut toolkit = toolkit();
            change(&mut toolkit);
            row(&toolkit)[2..].join(" | ")
        };
        for (change, expected) in [
            ((|_| {}) as fn(&mut ToolkitState), "not connected | - | your OAuth app"),
            (|t| t.no_auth = true, "not needed | - | none"),
            (|t| t.managed_auth = true, "not connected | - | managed OAuth"),
            (|t| t.scheme = Some(AuthScheme::ApiKey), "not connected | - | API key"),
            (
                |t| {
                    t.managed_auth = true;
                    t.account = Some(account(ConnectionStatus::Active));
                },
                "connected | alice@work.example | managed OAuth",
            ),
            (|t| t.account = Some(account(ConnectionStatus::Expired)), "expired | - | your OAuth app"),
        ] {
            assert_eq!(with(change), expected);
        }
    }

    #[test]
    fn values_read_as_text() {
        for (value, expected) in [
            (json!("a\"b"), "a\"b"),
            (json!(["a", "b"]), "a, b"),
            (json!([]), ""),
            (json!(7), "7"),
            (json!(null), "none"),
            (json!({"a": 1}), "{\"a\":1}"),
        ] {
            assert_eq!(plain(&value), expected);
        }
    }

    #[test]
    fn what_is_too_long_for_a_line_ends_in_dots() {
        assert_eq!(shortened(&"é".repeat(80)), "é".repeat(80));
        assert_eq!(shortened(&"é".repeat(81)), format!("{}…", "é".repeat(79)));
    }

    #[test]
    fn an_error_is_one_line_that_repeats_nothing() {
        let inner = std::io::Error::other("port in use");
        let error = anyhow::Error::from(inner).context("cannot listen: port in use").context("no start");
        assert_eq!(chain(&error), "no start: cannot listen: port in use");
    }
}
