//! Several calls, and several sessions, at a time.

use composio_core::{Error, ErrorKind, ToolSet};
use futures::future::join;
use serde_json::{Value, json};

use super::stage::{ECHO, Stage, envelope, error_text, session, success};
use super::{Adapter, Call, Reply};

/// Every call of a turn has one reply under its own id, in the order of the calls.
pub async fn every_call_has_its_reply_in_order(adapter: &dyn Adapter) {
    let tools = Stage::new().await.tools().await;
    // Neither in order nor like each other.
    let ids = ["call_9", "a", "call_10", "toolu_01-Z", "call_1"];
    let calls = ids.map(|id| Call::new(id, ECHO, json!({"note": id}))).to_vec();
    let replies = adapter.answer(&tools, calls).await;
    assert_eq!(replies.len(), ids.len(), "{replies:?}");
    for (reply, id) in replies.into_iter().zip(ids) {
        assert_eq!(envelope(reply, id)["data"], json!({"note": id}));
    }
}

/// The same call twice is two calls: a model that wants two issues gets two.
pub async fn the_same_call_twice_runs_twice(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let calls = ["call_1", "call_2"].map(|id| Call::new(id, ECHO, json!({"note": "same"}))).to_vec();
    let replies = adapter.answer(&stage.tools().await, calls).await;
    assert_eq!(replies.len(), 2, "{replies:?}");
    for (reply, id) in replies.into_iter().zip(["call_1", "call_2"]) {
        assert_eq!(envelope(reply, id)["data"], json!({"note": "same"}));
    }
    assert_eq!(stage.received().len(), 2);
}

/// A call that fails in the middle stops neither those before nor those after it.
pub async fn a_call_that_fails_stops_no_other(adapter: &dyn Adapter) {
    let backend = Stage::new().await.backend.answer(ECHO, |call| match call.arguments["note"].as_u64() {
        Some(2) => Err(Error::new(ErrorKind::ToolFailed, "422").with_model_text("2 is taken")),
        _ => Ok(Value::Object(call.arguments.clone())),
    });
    let stage = Stage::on(backend).await;
    let calls = [1, 2, 3].map(|number| Call::new(&format!("call_{number}"), ECHO, json!({"note": number})));
    let replies = adapter.answer(&stage.tools().await, calls.to_vec()).await;
    let [first, failed, last]: [Reply; 3] = replies.try_into().expect("each call has one reply");
    assert_eq!(envelope(first, "call_1")["data"], json!({"note": 1}));
    assert_eq!(error_text(&envelope(failed, "call_2")), "2 is taken");
    assert_eq!(envelope(last, "call_3")["data"], json!({"note": 3}));
    assert_eq!(stage.received().len(), 3);
}

/// Answers that come in another order than the calls still reach the calls that they are for.
pub async fn answers_that_come_out_of_order_do_not_mix(adapter: &dyn Adapter) {
    let tools = session(&Stage::late(), "user_u").await.tools().await.unwrap();
    answered_late(adapter, &tools, "user_u").await;
}

/// Two users' sessions that answer at once never see each other's answers, though the calls have the same ids.
pub async fn sessions_of_two_users_do_not_mix(adapter: &dyn Adapter) {
    let composio = Stage::late();
    let (alice, bob) = (session(&composio, "alice").await, session(&composio, "bob").await);
    let (alice, bob) = (alice.tools().await.unwrap(), bob.tools().await.unwrap());
    join(answered_late(adapter, &alice, "alice"), answered_late(adapter, &bob, "bob")).await;
}

/// Calls of which the first are answered last, and each in the name of this user.
async fn answered_late(adapter: &dyn Adapter, tools: &ToolSet, user: &str) {
    let arguments: Vec<_> = (0..24_u8).map(|number| json!({"note": number, "of": user, "late": 24 - number})).collect();
    let calls =
        arguments.iter().enumerate().map(|(number, written)| Call::new(&format!("call_{number}"), ECHO, written));
    let replies = adapter.answer(tools, calls.collect()).await;
    assert_eq!(replies.len(), arguments.len());
    for (number, (reply, arguments)) in replies.into_iter().zip(arguments).enumerate() {
        let read = envelope(reply, &format!("call_{number}"));
        assert_eq!(read["data"], json!({"user": user, "arguments": arguments}));
    }
}

/// A call that works is sent once, and so is one that fails: whether to try again is the model's or the application's to
/// say, because what was sent may have had its effect.
pub async fn a_call_is_sent_once(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    assert_eq!(stage.told(adapter, json!({"note": 1})).await, success(&json!({"note": 1}), 1));
    assert_eq!(stage.received().len(), 1);
    for kind in [ErrorKind::Unavailable, ErrorKind::RateLimited, ErrorKind::Timeout, ErrorKind::OutcomeUnknown] {
        let stage = Stage::failing(move || Error::new(kind, "no").with_retry(composio_core::Retry::Safe)).await;
        error_text(&stage.told(adapter, json!({"note": 1})).await);
        assert_eq!(stage.received().len(), 1, "{kind:?}");
    }
}
