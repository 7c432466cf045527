//! What the description gives as an example is read, and written as it was.

use composio_core::wire::ErrorEnvelope;
use serde_json::Value;

use super::spec::{Side, examples, failures};

#[test]
fn every_example_of_sessions_is_written_as_it_was_read() {
    let examples = examples("tool_router_session_");
    let requests = examples.iter().filter(|example| example.side == Side::Request).count();
    assert_eq!((requests, examples.len() - requests), (17, 20), "another example: another case, and this count");
    for example in examples {
        let mut written =
            example.reader()(&example.body).unwrap_or_else(|e| panic!("{}: {e}", example.title())).written;
        if example.operation.contains("_execute")
            && example.body.get("error").is_none()
            && written.get("error") == Some(&Value::Null)
        {
            // Replies to calls always say whether there is an error: older clients refuse what does not.
            written.as_object_mut().unwrap().shift_remove("error");
        }
        assert_eq!(written, example.body, "{}", example.title());
    }
}

#[test]
fn every_failure_is_written_as_it_was_read() {
    let failures = failures();
    assert_eq!(failures.len(), 13, "another failure: another case, and this count");
    for (name, body) in failures {
        let read: ErrorEnvelope = serde_json::from_str(&body.to_string()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), body, "{name}");
        assert!(read.into_error().message.is_some_and(|message| !message.is_empty()), "{name}");
    }
}
