//! An application's own hand in what a model sees, what a call carries, and what comes back.

use std::sync::Arc;

use composio_core::{Composio, Error, ErrorKind, Modifier, Schema, ScriptedBackend, Session, ToolOutput};
use serde_json::{Value, json};

use super::stage::{ECHO, SECRET, Stage, envelope, failure, secretive, success, told};
use super::{Adapter, Call, Shown};

/// A session with the tools of a backend and one modifier.
async fn session(backend: &ScriptedBackend, modifier: Modifier) -> Session {
    let composio = Composio::with_backend(backend.clone());
    composio.create("user_u").toolkits(["kit"]).direct_tools().modifier(modifier).await.unwrap()
}

/// What a model reads after one call, and what was sent for it.
async fn read(adapter: &dyn Adapter, stage: Stage, modifier: Modifier) -> (Value, Vec<Value>) {
    let tools = session(&stage.backend, modifier).await.tools().await.unwrap();
    let read = told(adapter, &tools, ECHO, json!({"note": "n"})).await;
    (read, stage.received())
}

/// What a modifier makes of a tool is what a model is shown: the description and the schema. The name stays, and so do the
/// other tools.
pub async fn what_a_schema_modifier_makes_is_shown(adapter: &dyn Adapter) {
    let tone = json!({"type": "object", "properties": {"tone": {"type": "string", "enum": ["kind"]}}});
    let schema = Arc::new(Schema::from(tone.clone()));
    let modifier = Modifier::schema(move |tool| {
        tool.description = "Says it kindly.".into();
        tool.input_schema = Arc::clone(&schema);
    });
    let stage = Stage::new().await;
    let plain = adapter.shown(&stage.tools().await);
    let tools = session(&stage.backend, modifier.tools([ECHO])).await.tools().await.unwrap();
    let shown = adapter.shown(&tools);
    assert_eq!(shown[0], Shown { description: "Says it kindly.".to_owned(), schema: tone, ..plain[0].clone() });
    assert_eq!(shown[1..], plain[1..]);
    assert_eq!(told(adapter, &tools, &shown[0].name, json!({"tone": "kind"})).await["data"], json!({"tone": "kind"}));
}

/// What a modifier makes of the arguments is what is sent, and what the model's call is answered for.
pub async fn what_a_before_modifier_makes_is_sent(adapter: &dyn Adapter) {
    let modifier = Modifier::before(|_, arguments| {
        arguments.insert("per_page".to_owned(), json!(10));
        arguments.shift_remove("note");
        Ok(())
    });
    let (read, sent) = read(adapter, Stage::new().await, modifier).await;
    assert_eq!(sent, [json!({"per_page": 10})]);
    assert_eq!(read, success(&json!({"per_page": 10}), 1));
}

/// A modifier that refuses a call is told like any failure: the text that is for the model, and nothing was sent.
pub async fn what_a_before_modifier_refuses_is_told_and_never_sent(adapter: &dyn Adapter) {
    let refusal = || Error::new(ErrorKind::Blocked, format!("{SECRET}-message")).with_model_text("Not on Sundays.");
    let (read, sent) = read(adapter, Stage::new().await, Modifier::before(move |_, _| Err(refusal()))).await;
    assert_eq!(read, failure("Not on Sundays."));
    assert_eq!(sent, Vec::<Value>::new());
}

/// What a modifier makes of a result is what the model reads, under the same log id.
pub async fn what_an_after_modifier_makes_of_a_result_is_read(adapter: &dyn Adapter) {
    let modifier = Modifier::after(|_, outcome| {
        outcome.map(|output| {
            let short = ToolOutput::new(json!({"short": output.value()["note"]}));
            output.log_id.iter().fold(short, |short, id| short.log_id(id))
        })
    });
    let (read, _) = read(adapter, Stage::new().await, modifier).await;
    assert_eq!(read, success(&json!({"short": "n"}), 1));
}

/// A modifier may reword a failure, or make a result of it; it never sees more of it than a model would.
pub async fn what_an_after_modifier_makes_of_a_failure_is_read(adapter: &dyn Adapter) {
    let failing = || Stage::failing(|| secretive(ErrorKind::ToolFailed).with_model_text("422: no title"));
    let reword = Modifier::after(|_, outcome| {
        outcome.map_err(|mut failed| {
            failed.text = format!("{} Ask the user for one.", failed.text);
            failed
        })
    });
    let (read_reworded, _) = read(adapter, failing().await, reword).await;
    assert_eq!(read_reworded, failure("422: no title Ask the user for one."));

    let rescue =
        Modifier::after(|_, outcome| outcome.or_else(|failed| Ok(ToolOutput::new(json!({"was": failed.text})))));
    let (read_rescued, _) = read(adapter, failing().await, rescue).await;
    assert_eq!(read_rescued, json!({"successful": true, "data": {"was": "422: no title"}, "error": null}));
}

/// A call that a modifier refuses stops no other call of the turn.
pub async fn what_a_modifier_refuses_stops_no_other_call(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let odd = Modifier::before(|_, arguments| match arguments["note"].as_u64() {
        Some(2) => Err(Error::new(ErrorKind::Blocked, "no").with_model_text("Not two.")),
        _ => Ok(()),
    });
    let tools = session(&stage.backend, odd).await.tools().await.unwrap();
    let calls = [1, 2, 3].map(|number| Call::new(&format!("call_{number}"), ECHO, json!({"note": number})));
    let replies = adapter.answer(&tools, calls.to_vec()).await;
    let read: Vec<_> =
        replies.into_iter().zip(["call_1", "call_2", "call_3"]).map(|(reply, id)| envelope(reply, id)).collect();
    assert_eq!((&read[0]["data"]["note"], &read[2]["data"]["note"]), (&json!(1), &json!(3)));
    assert_eq!(read[1], failure("Not two."));
    assert_eq!(stage.received().len(), 2);
}
