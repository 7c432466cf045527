//! The tools that the script in `xtask/counterparts/aimock.json` calls, and what has to come of it.

use std::sync::atomic::{AtomicU32, Ordering};

use composio_core::{Composio, Error, ErrorKind, ScriptedBackend, ToolSet};
use serde_json::{Value, json};

/// Eighty characters, more than providers take.
const LONG: &str = "KIT_A_VERY_LONG_NAME_A_VERY_LONG_NAME_A_VERY_LONG_NAME_A_VERY_LONG_NAME_THAT_IS_";
const SECRET: &str = "sk-secret-0123456789";

/// The names under which the script knows its two conversations.
pub(crate) const EVERYTHING: &str = "everything at once";
pub(crate) const ONE_BY_ONE: &str = "one after another";

pub(crate) async fn tools() -> (ScriptedBackend, ToolSet) {
    assert_eq!(LONG.len(), 80);
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let backend = ScriptedBackend::new()
        .tool("KIT_ECHO", "kit", note.clone())
        .tool("KIT_NOTHING", "kit", json!({}))
        .tool("KIT_FAILS", "kit", note.clone())
        .tool(LONG, "kit", note)
        .answer("KIT_FAILS", |_| {
            Err(Error::new(ErrorKind::ToolFailed, SECRET).with_model_text("the note is taken").with_source(secret()))
        });
    let composio = Composio::with_backend(backend.clone());
    let session = composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
    (backend, session.tools().await.unwrap())
}

fn secret() -> Error {
    Error::new(ErrorKind::Unexpected, SECRET)
}

/// What the user says: the script knows the beginning, the journal finds the whole. An instance may be used again.
pub(crate) fn says(conversation: &str, test: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let run = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    format!("{conversation}: {test} {run:?}")
}

/// What the model was sent after it had called everything at once: the echo, and one answer to each call, in order.
pub(crate) fn check_everything(asked: &[Value], backend: &ScriptedBackend) {
    let [first, second] = asked else { panic!("the model was asked {} times", asked.len()) };
    let mut names: Vec<_> = first["tools"].as_array().unwrap().iter().map(name_of).collect();
    assert_eq!((names.len(), names.remove(3).len()), (4, 64), "the long name has a short one");

    let messages = second["messages"].as_array().unwrap();
    let made: Vec<_> = messages.iter().flat_map(calls_of).collect();
    let ids = ["call_one", "call_two", "call_fails", "call_empty", "call_unknown", "call_broken", "call_long"];
    assert_eq!(made, ids, "the turn is echoed");
    let answers: Vec<_> = messages.iter().filter(|message| message["role"] == "tool").collect();
    assert_eq!(answers.iter().map(|answer| answer["tool_call_id"].as_str().unwrap()).collect::<Vec<_>>(), ids);

    let read = |place: usize| -> Value { serde_json::from_str(answers[place]["content"].as_str().unwrap()).unwrap() };
    for (place, data) in
        [(0, json!({"note": "one"})), (1, json!({"note": "two"})), (3, json!({})), (6, json!({"note": "long"}))]
    {
        assert_eq!(read(place)["data"], data, "{}", ids[place]);
    }
    for (place, said) in [(2, "the note is taken"), (4, "MADE_UP"), (5, "one JSON object")] {
        let error = read(place)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(said), "{}: {error}", ids[place]);
    }
    assert!(!json!(asked).to_string().contains(SECRET));
    assert_eq!(backend.calls().len(), 5, "what is not ours and what is broken is not run");
}

/// What the model was sent in two turns, each of which it answered because it read the result of the one before.
pub(crate) fn check_one_by_one(asked: &[Value]) {
    assert_eq!(asked.len(), 3);
    let last = asked[2]["messages"].as_array().unwrap();
    let answers: Vec<_> = last.iter().filter(|message| message["role"] == "tool").collect();
    for (answer, note) in answers.iter().zip(["first", "second"]) {
        assert_eq!(answer["tool_call_id"], format!("call_{note}"));
        assert!(answer["content"].as_str().unwrap().contains(&format!(r#""note":"{note}""#)), "{answer}");
    }
    assert_eq!(answers.len(), 2);
}

fn name_of(tool: &Value) -> String {
    tool.pointer("/function/name").or_else(|| tool.get("name")).and_then(Value::as_str).unwrap().to_owned()
}

fn calls_of(message: &Value) -> Vec<&str> {
    let calls = message["tool_calls"].as_array().into_iter().flatten();
    calls.map(|call| call["id"].as_str().unwrap()).collect()
}
