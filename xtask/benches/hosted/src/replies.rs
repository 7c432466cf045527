//! What the stub answers.

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

/// How many tools are listed, and how many on a page: the dialect's maximum.
pub const TOOLS: usize = 1_000;
const PAGE: usize = 500;

/// What a tool gives that reads an issue, as GitHub gives it.
const ISSUE: &str = include_str!("issue.json");

const SENTENCE: &str = "What the service calls it, exactly as the list gave it; letters in either case are taken.";

/// Whole replies, heads and all.
#[derive(Debug)]
pub struct Replies {
    execute: Vec<u8>,
    pages: Vec<Vec<u8>>,
    created: AtomicUsize,
}

impl Replies {
    /// Makes them.
    #[must_use]
    pub fn new() -> Self {
        let pages = (0..TOOLS / PAGE).map(|number| reply(&page(number)));
        Self { execute: reply(&executed()), pages: pages.collect(), created: AtomicUsize::new(0) }
    }

    /// The reply to a request: its first line, and its body.
    #[must_use]
    pub fn to(&self, line: &[u8], body: &[u8]) -> Cow<'_, [u8]> {
        let line = String::from_utf8_lossy(line);
        let path = line.split(' ').nth(1).unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match path.rsplit('/').next() {
            Some("execute") => Cow::Borrowed(&self.execute),
            Some("tools") => Cow::Borrowed(&self.pages[usize::from(query.contains("cursor="))]),
            _ => Cow::Owned(reply(&self.session(body))),
        }
    }

    /// A session of whoever is named in the request, with the configuration of most: two toolkits, an auth config and a pin.
    fn session(&self, body: &[u8]) -> String {
        let number = self.created.fetch_add(1, Ordering::Relaxed);
        // Only creating one says whose it is.
        let asked: Value = serde_json::from_slice(body).unwrap_or_default();
        let user = asked["user_id"].as_str().unwrap_or("user_0");
        let id = format!("trs_{number:012}");
        let session = json!({
            "session_id": id,
            "mcp": {"type": "http", "url": format!("https://backend.composio.dev/tool_router/{id}/mcp")},
            "tool_router_tools": [
                "COMPOSIO_SEARCH_TOOLS", "COMPOSIO_GET_TOOL_SCHEMAS", "COMPOSIO_MULTI_EXECUTE_TOOL",
                "COMPOSIO_MANAGE_CONNECTIONS", "COMPOSIO_REMOTE_WORKBENCH", "COMPOSIO_REMOTE_BASH_TOOL",
            ],
            "config": {
                "user_id": user,
                "toolkits": {"enabled": ["github", "gmail"]},
                "auth_configs": {"github": "ac_Gh8kQ2mZ0pYx"},
                "connected_accounts": {"gmail": [format!("ca_{number:012}")]},
                "instant": {"return_instant_charge": false, "return_prices_in_search": false},
                "manage_connections": {
                    "enabled": true, "enable_wait_for_connections": false, "enable_connection_removal": true,
                },
                "workbench": {
                    "enable": true, "proxy_execution_enabled": true, "auto_offload_threshold": 20_000,
                    "sandbox_size": "standard",
                },
                "multi_account": {"enable": false, "require_explicit_selection": false},
                "preload": {"tools": []},
                "search": {"enable": true},
                "execute": {"enable_multi_execute": true},
            },
            "config_version": 1,
            "experimental": {"assistive_prompt": SENTENCE.repeat(8)},
            "warnings": [],
        });
        session.to_string()
    }
}

impl Default for Replies {
    fn default() -> Self {
        Self::new()
    }
}

/// The body of every reply to a call.
#[must_use]
pub fn executed() -> String {
    // As text: what is read of it has to be what GitHub wrote.
    format!(r#"{{"result_type":"completed","data":{},"error":null,"log_id":"log_7Yt2PqRs9Lm1"}}"#, ISSUE.trim())
}

/// The body of a page of tools.
#[must_use]
pub fn page(number: usize) -> String {
    let tools = (number * PAGE..(number + 1) * PAGE).map(tool);
    let pages = TOOLS / PAGE;
    let next = (number + 1 < pages).then(|| format!("cGFnZT0{number}"));
    json!({
        "items": tools.collect::<Vec<_>>(),
        "next_cursor": next,
        "total_pages": pages,
        "current_page": number + 1,
        "total_items": TOOLS,
    })
    .to_string()
}

fn tool(number: usize) -> Value {
    let (name, kit) = (format!("Do something with thing {number}"), format!("kit{}", number / 40));
    let versions = ["20251001_00", "20251120_00", "20260112_00"];
    json!({
        "slug": format!("KIT{}_DO_SOMETHING_WITH_THING_{number}", number / 40),
        "name": name,
        "description": SENTENCE,
        "toolkit": {"slug": kit, "name": kit, "logo": format!("https://logos.composio.dev/api/{kit}")},
        "input_parameters": schema(6 + number % 12, "Request"),
        "output_parameters": schema(4 + number % 6, "Response"),
        "no_auth": false,
        "available_versions": versions,
        "version": versions[2],
        "scopes": ["things:read", "things:write"],
        "scope_requirements": {"all_of": [{"any_of": ["things:read", "things:write"]}]},
        "tags": ["createHint", "openWorldHint", "things"],
        "human_description": "Does something with a thing.",
        "is_deprecated": false,
        "deprecated": {
            "displayName": name,
            "version": versions[2],
            "available_versions": versions,
            "is_deprecated": false,
            "toolkit": {"logo": format!("https://logos.composio.dev/api/{kit}")},
        },
    })
}

/// One to three thousand characters, as real ones.
fn schema(properties: usize, title: &str) -> Value {
    let properties = (0..properties).map(|number| {
        let field = match number % 4 {
            0 => json!({"type": "string", "title": "Name", "description": SENTENCE, "maxLength": 256}),
            1 => json!({"type": "integer", "description": SENTENCE, "minimum": 1, "maximum": 100, "default": 30}),
            2 => json!({"type": "string", "description": SENTENCE, "enum": ["open", "closed", "all"]}),
            _ => json!({"type": "array", "description": SENTENCE, "items": {"type": "string", "minLength": 1}}),
        };
        (format!("field_{number}"), field)
    });
    json!({
        "type": "object",
        "title": title,
        "properties": properties.collect::<Map<_, _>>(),
        "required": ["field_0"],
    })
}

/// A body with the head that such a reply has.
fn reply(body: &str) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ndate: Mon, 05 Jan 2026 09:00:00 GMT\r\ncontent-type: application/json; charset=utf-8\r\n\
         content-length: {}\r\nx-request-id: 0123456789abcdef0123456789abcdef\r\nx-ratelimit: 10000\r\n\
         x-ratelimit-remaining: 9999\r\nx-ratelimit-window-size: 60s\r\ncache-control: no-store\r\n\
         strict-transport-security: max-age=63072000\r\nvary: accept-encoding\r\n\r\n",
        body.len(),
    );
    [head.as_bytes(), body.as_bytes()].concat()
}
