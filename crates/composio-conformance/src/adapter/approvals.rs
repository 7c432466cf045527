//! Calls that a person has to allow.

use std::sync::{Arc, Mutex};

use composio_core::{ApprovalDecision, Composio, ScriptedBackend, Session, ToolSet};
use serde_json::{Value, json};

use super::stage::{ECHO, Stage, envelope, error_text, failure, success, told};
use super::{Adapter, Call};

const NOT_ALLOWED: &str =
    "The user did not allow KIT_ECHO, so it was not run. Do not call it again unless the user asks.";

/// A session in which every call of [`ECHO`] has to be allowed.
async fn session(backend: &ScriptedBackend) -> Session {
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).direct_tools();
    building.require_approval_for_tools([ECHO]).await.unwrap()
}

/// The same tools with somebody to ask, who says this; and whom it was said to.
async fn asked(backend: &ScriptedBackend, says: ApprovalDecision) -> (ToolSet, Arc<Mutex<Vec<String>>>) {
    let questions = Arc::<Mutex<Vec<_>>>::default();
    let heard = Arc::clone(&questions);
    let tools = session(backend).await.tools().await.unwrap().on_approval(move |approval| {
        heard.lock().unwrap().push(approval.question());
        std::future::ready(says)
    });
    (tools, questions)
}

/// A call that waits for a person is a text like any other answer: the model reads that somebody has to allow it, and
/// nothing with which it could do so itself. Nothing was sent, and the run goes on: the other calls of the turn are made.
pub async fn a_call_that_waits_for_a_person_is_told_and_not_made(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let tools = session(&stage.backend).await.tools().await.unwrap();
    let calls = vec![
        Call::new("call_1", "KIT_NOTHING", "{}"),
        Call::new("call_2", ECHO, json!({"note": "n"})),
        Call::new("call_3", "KIT_NOTHING", "{}"),
    ];
    let replies = adapter.answer(&tools, calls).await;
    assert_eq!(replies.len(), 3, "{replies:?}");
    let read: Vec<_> =
        replies.into_iter().zip(["call_1", "call_2", "call_3"]).map(|(reply, id)| envelope(reply, id)).collect();
    assert_eq!((&read[0]["successful"], &read[2]["successful"]), (&json!(true), &json!(true)));
    let told = error_text(&read[1]);
    assert!(told.contains("KIT_ECHO was not run") && told.contains("a person has to allow it"), "{told}");
    for capability in ["approval-", "://"] {
        assert!(!read[1].to_string().contains(capability), "{}", read[1]);
    }
    assert_eq!(stage.received(), [json!({}), json!({})]);
}

/// The application finds the question in the failure of the call, and its answer runs the call once, with the arguments that
/// were asked about. Where the framework keeps failures to itself, somebody is asked in the middle of the call instead.
pub async fn a_call_that_waits_is_the_applications_to_allow(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let session = session(&stage.backend).await;
    let waiting =
        adapter.waiting(&session.tools().await.unwrap(), Call::new("call_1", ECHO, json!({"note": "n"}))).await;
    assert_eq!(
        waiting.is_some(),
        adapter.shows_failures(),
        "the application finds the question, or `shows_failures` is false"
    );
    assert_eq!(stage.received(), Vec::<Value>::new(), "nobody has allowed it yet");
    let Some(waiting) = waiting else { return };
    assert_eq!((waiting.tool().as_str(), waiting.arguments().get("note")), (ECHO, Some(&json!("n"))));
    assert_eq!(session.approve(&waiting).await.unwrap().value(), &json!({"note": "n"}));
    assert!(session.approve(&waiting).await.is_err(), "it was given");
    assert_eq!(stage.received(), [json!({"note": "n"})]);
}

/// Where somebody can be asked, the model reads what came of the call that they allowed.
pub async fn what_a_person_allows_runs_once_and_is_read(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let (tools, questions) = asked(&stage.backend, ApprovalDecision::Approve).await;
    assert_eq!(told(adapter, &tools, ECHO, json!({"note": "n"})).await, success(&json!({"note": "n"}), 1));
    assert_eq!(*questions.lock().unwrap(), ["Allow KIT_ECHO?"]);
    assert_eq!(stage.received(), [json!({"note": "n"})]);
}

/// What a person did not allow is not made, and the model reads that they said no.
pub async fn what_a_person_denies_is_told_and_not_made(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let (tools, questions) = asked(&stage.backend, ApprovalDecision::Deny).await;
    assert_eq!(told(adapter, &tools, ECHO, json!({"note": "n"})).await, failure(NOT_ALLOWED));
    assert_eq!(questions.lock().unwrap().len(), 1);
    assert_eq!(stage.received(), Vec::<Value>::new());
}
