//! What a model writes as arguments, and what arrives.

use serde_json::{Value, json};

use super::stage::{ECHO, SECRET, Stage, envelope, error_text, reply, success, text};
use super::{Adapter, Call, Reply, fixtures};

/// What is no object, however it is read.
const MALFORMED: [&str; 10] =
    ["{\"note\":", "{\"note\": }", "{'note': 1}", "[1]", "[{}]", "7", "true", "\"text\"", "\"[1]\"", "{} {}"];

/// Arguments arrive as they were written, at any depth: unicode, large numbers, `null`, the order of their names.
pub async fn arguments_arrive_unchanged(adapter: &dyn Adapter) {
    for arguments in [
        json!({"note": "plain"}),
        json!({"note": "Grüße, \"quoted\"\n\t\\ \u{1f980} \u{0}"}),
        json!({"zulu": 1, "alpha": {"yankee": [1, {"bravo": null}], "charlie": {"x": {}}}, "mike": []}),
        json!({"note": 18_446_744_073_709_551_615_u64, "low": i64::MIN, "real": 0.1, "large": 1.5e300}),
        json!({"note": "{\"looks\": \"like an object\"}", "list": "[1]", "empty": "", "no": false}),
        json!({"note": "long ".repeat(20_000)}),
    ] {
        let stage = Stage::new().await;
        let read = stage.told(adapter, &arguments).await;
        // As text, because objects are equal in any order.
        assert_eq!(json!(stage.received()).to_string(), json!([arguments]).to_string());
        assert_eq!(read["data"].to_string(), arguments.to_string());
    }
}

/// A parameter called `input` is one like any other.
pub async fn a_parameter_called_input_arrives_with_the_others(adapter: &dyn Adapter) {
    for arguments in [
        json!({"input": "text", "mode": "fast"}),
        json!({"input": "text"}),
        json!({"input": {"input": "deep"}}),
        json!({"input": "{\"mode\": \"slow\"}", "mode": "fast"}),
    ] {
        let stage = Stage::on(fixtures::backend()).await;
        reply(adapter, &stage.tools().await, "KIT_INPUT", &arguments).await;
        assert_eq!(stage.received(), [arguments]);
    }
}

/// Nothing, blanks, `null` and `{}` are alike: the tool runs without arguments.
pub async fn no_arguments_are_an_empty_object(adapter: &dyn Adapter) {
    for written in ["", "  \n", "null", "{}", " { } "] {
        let stage = Stage::new().await;
        let read = stage.told(adapter, written).await;
        assert_eq!(stage.received(), [json!({})], "{written:?}");
        assert_eq!(read, success(&json!({}), 1), "{written:?}");
    }
}

/// An object that a model encoded once more is decoded once more.
pub async fn arguments_that_were_encoded_twice_are_decoded(adapter: &dyn Adapter) {
    for (written, expected) in
        [("\"{\\\"note\\\":\\\"\\u00fc\\\"}\"", json!({"note": "ü"})), ("\"{}\"", json!({})), ("\"\"", json!({}))]
    {
        let stage = Stage::new().await;
        let reply = reply(adapter, &stage.tools().await, ECHO, written).await;
        // A framework that answers what is no object has not asked the adapter.
        if adapter.sees_malformed_arguments() || !stage.received().is_empty() {
            assert_eq!(stage.received(), [expected], "{written}");
        } else {
            assert!(!text(reply, "call_1").is_empty(), "{written}");
        }
    }
}

/// What is no object reaches the model as one text, and never the backend.
pub async fn malformed_arguments_are_answered_and_never_sent(adapter: &dyn Adapter) {
    for written in MALFORMED {
        let stage = Stage::new().await;
        let text = text(reply(adapter, &stage.tools().await, ECHO, written).await, "call_1");
        assert!(!text.trim().is_empty(), "{written}: the model has to read something");
        assert_eq!(stage.received(), Vec::<Value>::new(), "{written}");
    }
}

/// The answer to what is no object says what the arguments have to be. Where the framework answers, its word stands.
pub async fn malformed_arguments_are_told_the_next_step(adapter: &dyn Adapter) {
    for written in MALFORMED {
        let stage = Stage::new().await;
        let reply = reply(adapter, &stage.tools().await, ECHO, written).await;
        if adapter.sees_malformed_arguments() {
            let read = envelope(reply, "call_1");
            let told = error_text(&read);
            assert!(told.contains("one JSON object") && told.contains("Send an object"), "{written}: {told}");
        } else {
            let told = text(reply, "call_1");
            assert!(!told.contains("\"successful\":true"), "{written}: {told}");
        }
    }
}

/// Malformed arguments stop no other call of the turn.
pub async fn malformed_arguments_stop_no_other_call(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let good = |id, number: u8| Call::new(id, ECHO, json!({"note": number}));
    let calls = vec![good("call_1", 1), Call::new("call_2", ECHO, "{\"note\":"), good("call_3", 3)];
    let [first, bad, last]: [Reply; 3] =
        adapter.answer(&stage.tools().await, calls).await.try_into().expect("each call has one reply");
    assert_eq!(envelope(first, "call_1")["data"], json!({"note": 1}));
    assert!(!text(bad, "call_2").is_empty());
    assert_eq!(envelope(last, "call_3")["data"], json!({"note": 3}));
    assert_eq!(stage.received().len(), 2);
}

/// What a model wrote is not repeated to it: it may hold what its user typed.
pub async fn malformed_arguments_are_not_repeated(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    for written in [format!("{{\"password\": \"{SECRET}\""), format!("[\"{SECRET}\"]"), format!("\"{SECRET}\"")] {
        let text = text(reply(adapter, &stage.tools().await, ECHO, &written).await, "call_1");
        if adapter.sees_malformed_arguments() {
            assert!(!text.contains(SECRET), "{written}: {text}");
        }
    }
}
