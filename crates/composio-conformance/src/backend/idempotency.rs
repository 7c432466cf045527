//! Under one key, a call happens at most once.

use std::future::IntoFuture;

use composio_core::{ErrorKind, Session};
use futures::future::join_all;
use serde_json::json;

use super::stage::{Stage, T, refused};
use crate::harness::{Harness, REFUSAL, REFUSED, refused as refused_naming, touch, whoami};

async fn open(harness: &dyn Harness) -> Session {
    Stage::new(harness).session().await
}

/// The same call under the same key gives the first outcome, and sends nothing: whatever became of the account, and
/// whatever the order of the arguments.
pub async fn a_key_gives_the_first_outcome_again(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let session = stage.session().await;
    let call = |arguments| session.execute("MANAGED_TOUCH", arguments).idempotency_key("k");
    let sent = harness.requests();
    let first = call(json!({"note": "hello", "times": 2})).await.unwrap();
    let again = call(json!({"times": 2, "note": "hello"})).await.unwrap();
    assert_eq!((&again.data, &again.log_id), (&first.data, &first.log_id));
    stage.connected_accounts().delete(&account).await.unwrap();
    let session = stage.composio.session(session.id()).await.unwrap();
    let later = session.execute("MANAGED_TOUCH", json!({"note": "hello", "times": 2})).idempotency_key("k");
    assert_eq!(later.await.unwrap().data, first.data);
    assert_eq!(harness.requests() - sent, 1);
}

/// A failure of the service is an outcome too: it happened.
pub async fn a_key_gives_a_failure_again(harness: &dyn Harness) {
    let session = open(harness).await;
    let sent = harness.requests();
    let mut texts = Vec::new();
    for _ in 0..2 {
        let call = touch(&session, "open", REFUSED).idempotency_key("k");
        let error = refused(call.await, ErrorKind::ToolFailed);
        assert!(error.for_model().contains(REFUSAL), "{}", error.for_model());
        texts.push((error.for_model().into_owned(), error.log_id().map(str::to_owned)));
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(harness.requests() - sent, 1);
}

/// A key that was used with other arguments is refused, and nothing is sent.
pub async fn a_key_with_other_arguments_is_a_conflict(harness: &dyn Harness) {
    let session = open(harness).await;
    touch(&session, "open", "one").idempotency_key("k").await.unwrap();
    let sent = harness.requests();
    let call = touch(&session, "open", "other").idempotency_key("k");
    refused_naming(call.await, ErrorKind::Conflict, &["k", "other arguments"]);
    assert_eq!(harness.requests(), sent);
    touch(&session, "open", "other").idempotency_key("k2").await.unwrap();
    refused(touch(&session, "open", "one").idempotency_key("").await, ErrorKind::InvalidInput);
    assert_eq!(harness.requests() - sent, 1);
}

/// The same key in another session, or for another tool, is another key; without a key each call counts.
pub async fn a_key_belongs_to_one_session_and_tool(harness: &dyn Harness) {
    let (one, other) = (open(harness).await, open(harness).await);
    let sent = harness.requests();
    touch(&one, "open", "hello").idempotency_key("k").await.unwrap();
    touch(&other, "open", "hello").idempotency_key("k").await.unwrap();
    whoami(&one, "open").idempotency_key("k").await.unwrap();
    touch(&one, "open", "hello").await.unwrap();
    touch(&one, "open", "hello").await.unwrap();
    assert_eq!(harness.requests() - sent, 5);
}

/// Of duplicates at one time one is sent, and all have its outcome.
pub async fn duplicates_at_one_time_send_once(harness: &dyn Harness) {
    let session = open(harness).await;
    let sent = harness.requests();
    let calls = (0..6).map(|_| touch(&session, "open", "hello").idempotency_key("k").into_future());
    let outputs: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert!(outputs.iter().all(|output| output.data == outputs[0].data && output.log_id == outputs[0].log_id));
    assert_eq!(harness.requests() - sent, 1);
}

/// A call that could not be made leaves its key free: connected, the same call runs under it.
pub async fn a_call_that_was_not_sent_leaves_its_key_free(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let call = || touch(&session, T, "hello").idempotency_key("k");
    for _ in 0..2 {
        refused(call().await, ErrorKind::ConnectionRequired);
    }
    stage.some_account("A1").await;
    assert_eq!(call().await.unwrap().value()["account"], "A1");
}
