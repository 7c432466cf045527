//! The program as clients start it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn over_stdio_nothing_but_the_protocol_is_on_standard_output() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_serve_mcp"))
        .arg("--stdio")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    let mut output = BufReader::new(program.stdout.take().unwrap()).lines();
    let client = json!({"name": "test", "version": "1"});
    for message in [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
            "params": {"name": "TRACKER_CREATE_ISSUE", "arguments": {"title": "Over stdio"}}}),
    ] {
        input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    let session = async {
        let mut messages: Vec<Value> = Vec::new();
        while messages.len() < 2 {
            messages.push(serde_json::from_str(&output.next_line().await.unwrap().expect("an answer")).unwrap());
        }
        // The client goes away, and the program with it.
        drop(input);
        while let Some(line) = output.next_line().await.unwrap() {
            messages.push(serde_json::from_str(&line).unwrap());
        }
        assert!(program.wait().await.unwrap().success());
        messages
    };
    let messages = tokio::time::timeout(Duration::from_secs(60), session).await.expect("it ends in time");
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().all(|message| message["jsonrpc"] == "2.0"));
    let text = messages[1]["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("\"successful\":true") && text.contains("Over stdio"), "{text}");
}
