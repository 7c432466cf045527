//! The script of the examples, and what the playground finds.

use composio_demo::{CallResult, Reply, Turn};
use example_support::{Playground, script};
use serde_json::json;

const CREATE: &str = "TRACKER_CREATE_ISSUE";
const SEND: &str = "MAILBOX_SEND_MESSAGE";

fn turn(results: &[(&str, &str)]) -> Turn {
    let mut turn = Turn::default();
    turn.results = results.iter().map(|(name, text)| CallResult::new("call_1", name, *text)).collect();
    turn
}

#[test]
fn the_script_goes_by_what_it_is_told() {
    let called = |reply: &Reply| match reply {
        Reply::Calls(calls) => format!("{} {}", calls[0].name, calls[0].arguments),
        Reply::Text(text) => text.clone(),
        other => panic!("unexpected: {other:?}"),
    };
    let created = r#"{"successful":true,"data":{"url":"http://t/7"}}"#;
    let failed = r#"{"successful":false,"data":null,"error":"The title is too long."}"#;
    for (results, says) in [
        (&[][..], vec![CREATE]),
        (&[(CREATE, created)], vec![SEND, "http://t/7", script::RECIPIENT]),
        (&[(CREATE, failed)], vec!["could not file", "The title is too long."]),
        (&[(CREATE, "odd")], vec!["could not file", "odd"]),
        (&[(CREATE, created), (SEND, failed)], vec!["could not send", "too long"]),
        (&[(CREATE, created), (SEND, r#"{"successful":true}"#)], vec!["I filed", "http://t/7"]),
    ] {
        let said = called(&script::issue_and_mail(&turn(results)));
        assert!(says.iter().all(|part| said.contains(part)), "{said:?} should say {says:?}");
    }
}

#[tokio::test]
async fn work_that_was_not_done_is_missed() {
    let playground = Playground::quiet().await.unwrap();
    let session = playground.composio().create("user_123").toolkits(["tracker", "mailbox"]).await.unwrap();
    for toolkit in ["tracker", "mailbox"] {
        playground.connect(&session, toolkit).await.unwrap();
    }
    let missing = || async { playground.verify().await.unwrap_err().to_string() };
    assert_eq!(missing().await, "no issue was filed");

    let issue = session.execute(CREATE, json!({ "title": "x" })).await.unwrap();
    assert!(missing().await.starts_with("no mail with http://127.0.0.1:"));

    let mut mail = json!({ "to": [script::RECIPIENT], "subject": "x", "body": "without the link" });
    session.execute(SEND, mail.clone()).await.unwrap();
    assert!(missing().await.starts_with("no mail with http://127.0.0.1:"));

    mail["body"] = issue.value()["url"].clone();
    session.execute(SEND, mail).await.unwrap();
    playground.verify().await.unwrap();
    playground.shutdown().await;
}
