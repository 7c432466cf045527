//! The protocol's own suite (npm `@modelcontextprotocol/conformance`).

use composio::secrecy::ExposeSecret as _;
use composio::{Embedded, EmbeddedOptions, Session};

use super::fixtures;
use super::forwarder::Forwarder;
use super::tools::Tools;

/// What every session has, whatever its tools.
const BARE: [&str; 5] =
    ["server-initialize", "ping", "tools-list", "server-sse-multiple-streams", "dns-rebinding-protection"];

/// What a session has besides, with tools of the suite's own names.
const WITH_FIXTURES: [&str; 5] = [
    "tools-call-simple-text",
    "tools-call-error",
    "tools-call-with-progress",
    "json-schema-2020-12",
    "server-sse-polling",
];

/// What a session deliberately does not have, and why: each has to fail, or the list is out of date.
const NOT_OURS: [(&str, &str); 22] = [
    ("logging-set-level", "a session has no log for its client; the operator's log is the operator's"),
    ("tools-call-with-logging", "a session has no log for its client; the operator's log is the operator's"),
    ("completion-complete", "there are no prompts and no resources to complete"),
    ("tools-call-image", "a result is one JSON text, the same for every model and framework"),
    ("tools-call-audio", "a result is one JSON text, the same for every model and framework"),
    ("tools-call-embedded-resource", "a result is one JSON text, the same for every model and framework"),
    ("tools-call-mixed-content", "a result is one JSON text, the same for every model and framework"),
    ("tools-call-sampling", "tools ask services, not the client's model"),
    ("tools-call-elicitation", "people are asked on our own pages, by the application, not through the client"),
    ("elicitation-sep1034-defaults", "people are asked on our own pages, by the application, not through the client"),
    ("elicitation-sep1330-enums", "people are asked on our own pages, by the application, not through the client"),
    ("resources-list", "a session has tools only"),
    ("resources-read-text", "a session has tools only"),
    ("resources-read-binary", "a session has tools only"),
    ("resources-templates-read", "a session has tools only"),
    ("resources-subscribe", "a session has tools only"),
    ("resources-unsubscribe", "a session has tools only"),
    ("prompts-list", "a session has tools only"),
    ("prompts-get-simple", "a session has tools only"),
    ("prompts-get-with-args", "a session has tools only"),
    ("prompts-get-embedded-resource", "a session has tools only"),
    ("prompts-get-with-image", "a session has tools only"),
];

async fn started() -> Embedded {
    Embedded::start(EmbeddedOptions::new().port(0).mcp_without_native_prefix()).await.unwrap()
}

/// The suite can send no header, so that something in front of the session adds it.
async fn forwarder(session: &Session) -> Forwarder {
    let token = session.mcp_token().await.unwrap();
    let credential = token.endpoint.headers[0].1.expose_secret();
    Forwarder::before(&token.endpoint.url, credential.strip_prefix("Bearer ").unwrap()).await
}

#[tokio::test]
async fn every_session_keeps_to_the_protocol() {
    let Some(tools) = Tools::installed() else { return };
    let embedded = started().await;
    let session = embedded.composio().create("user_123").toolkits(["github"]).direct_tools().await.unwrap();
    let forwarder = forwarder(&session).await;
    for scenario in BARE {
        let said = tools.conformance(&["--url", forwarder.url.as_str(), "--scenario", scenario]).await;
        assert!(said.success && said.out.contains(", 0 failed, 0 warnings"), "{scenario}: {said:?}");
    }
    embedded.shutdown().await;
}

#[tokio::test]
async fn what_the_suite_asks_for_is_there_or_deliberately_not() {
    let Some(tools) = Tools::installed() else { return };
    let embedded = started().await;
    let session = fixtures::added_to(embedded.composio().create("user_123").no_toolkits()).await.unwrap();
    let forwarder = forwarder(&session).await;
    let said = tools.conformance(&["--url", forwarder.url.as_str(), "--suite", "all"]).await;
    let (_, summary) = said.out.split_once("=== SUMMARY ===").unwrap_or_else(|| panic!("{said:?}"));
    let marked = |mark: &str| -> Vec<&str> {
        let lines = summary.lines().filter_map(|line| line.strip_prefix(mark)?.split(':').next());
        let mut scenarios: Vec<_> = lines.map(str::trim).collect();
        scenarios.sort_unstable();
        scenarios
    };
    assert_eq!(marked("✓"), sorted(BARE.into_iter().chain(WITH_FIXTURES)), "{}", said.out);
    assert_eq!(marked("✗"), sorted(NOT_OURS.iter().map(|(scenario, _)| *scenario)), "{}", said.out);
    embedded.shutdown().await;
}

fn sorted<'a>(scenarios: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scenarios: Vec<_> = scenarios.collect();
    scenarios.sort_unstable();
    scenarios
}
