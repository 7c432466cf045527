//! What ends in logs by accident: `Debug` of what carries the data of calls tells names and sizes, and no data.

use composio_core::{
    Arguments, Composio, ErrorKind, JsonText, Result, ScriptedBackend, ToolCall, ToolFailure, ToolOutput, ToolSlug,
};
use serde_json::{Value, json};

const SECRET: &str = "the text of a letter";

#[tokio::test]
async fn nothing_printed_says_what_a_call_carried_or_gave() -> Result<()> {
    let backend = ScriptedBackend::new().tool("MAIL_SEND", "mail", json!({"type": "object"}));
    let session = Composio::with_backend(backend).create("u").preload(["MAIL_SEND"]).await?;
    let object = json!({"body": SECRET}).as_object().unwrap().clone();
    let text = Value::Object(object.clone()).to_string();
    let call = ToolCall::new(ToolSlug::new("MAIL_SEND")?, object.clone()).account("work").idempotency_key("k");
    let output = ToolOutput::new(Value::Object(object.clone())).log_id("log_1");
    let answer = session.tools().await?.get("MAIL_SEND").unwrap().answer(text.as_str()).await;
    assert!(answer.text().contains(SECRET));
    for (printed, says) in [
        (format!("{call:?}"), &["MAIL_SEND", "\"body\"", "work", "\"k\""][..]),
        (format!("{output:?}"), &["31 bytes", "log_1"]),
        (format!("{answer:?}"), &["31 bytes", "log_1"]),
        (format!("{:?}", answer.into_outcome()), &["31 bytes"]),
        (
            format!("{:?}", session.execute("MAIL_SEND", Value::Object(object.clone())).account("work")),
            &["MAIL_SEND", "work"],
        ),
        (format!("{:?}", JsonText::from(Value::Object(object.clone()))), &["31 bytes"]),
        (format!("{:?}", Arguments::from(text.as_str())), &["31 bytes"]),
        (format!("{:?}", Arguments::from(object.clone())), &["\"body\""]),
        (format!("{:?}", Arguments::from(Value::Object(object))), &["\"body\""]),
        (format!("{:?}", Arguments::from(json!(text))), &["31 bytes"]),
        (format!("{:?}", Arguments::from(json!([SECRET]))), &["no object"]),
        (format!("{:?}", ToolFailure::new(ErrorKind::ToolFailed, SECRET)), &["ToolFailed", "20 bytes"]),
    ] {
        for printed in [printed.clone(), printed.replace('\n', "")] {
            assert!(!printed.contains(SECRET), "{printed}");
            assert!(says.iter().all(|part| printed.contains(part)), "{printed} does not say {says:?}");
        }
    }
    Ok(())
}
