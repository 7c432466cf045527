//! Approvals and idempotency keys: a key keeps what happened, and nothing that waits.

use composio_core::{ErrorKind, Execute};
use serde_json::json;

use super::{CREATE, asking, issue, sent};
use crate::world::World;

#[tokio::test]
async fn a_key_is_free_until_the_call_is_approved_and_then_gives_the_outcome_again() {
    let world = World::new().await;
    let session = asking(&world).await;
    let call = || -> Execute { session.execute(CREATE, issue()).idempotency_key("k") };
    // Asking twice is no trouble.
    let first = call().await.unwrap_err();
    let second = call().await.unwrap_err();
    assert_eq!((first.kind(), second.kind()), (ErrorKind::InputRequired, ErrorKind::InputRequired));
    assert_ne!(first.log_id(), second.log_id());

    let output = session.approve(second.approval().unwrap()).await.unwrap();
    assert_eq!(sent(&world), 1);
    assert_ne!(output.log_id.as_deref(), second.log_id());
    // The same answer, another, and none at all: the key says what happened.
    let again = [
        session.approve(second.approval().unwrap()).await,
        session.approve(first.approval().unwrap()).await,
        call().await,
    ];
    for replayed in again {
        assert_eq!(replayed.unwrap().log_id, output.log_id);
    }
    assert_eq!(sent(&world), 1);
    // Without the key the first question can still be answered once.
    let state = first.approval().unwrap().state().as_str();
    let answered = session.execute(CREATE, issue()).answer_approval(state, composio_core::ApprovalDecision::Approve);
    answered.await.unwrap();
    assert_eq!(sent(&world), 2);
}

#[tokio::test]
async fn a_key_is_free_after_a_denial_and_after_an_answer_that_does_not_fit() {
    let world = World::new().await;
    let session = asking(&world).await;
    let call = || -> Execute { session.execute(CREATE, issue()).idempotency_key("k") };
    let denied = call().await.unwrap_err();
    session.deny(denied.approval().unwrap()).await.unwrap();
    let refused = session.approve(denied.approval().unwrap()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    // Other arguments may take the key now.
    let other = session.execute(CREATE, json!({"title": "Other"})).idempotency_key("k").await.unwrap_err();
    session.approve(other.approval().unwrap()).await.unwrap();
    assert_eq!(call().await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_denial_under_a_key_that_has_an_outcome_is_no_replay() {
    let world = World::new().await;
    let session = asking(&world).await;
    let call = || -> Execute { session.execute(CREATE, issue()).idempotency_key("k") };
    let (yes, no) = (call().await.unwrap_err(), call().await.unwrap_err());
    session.approve(yes.approval().unwrap()).await.unwrap();
    session.deny(no.approval().unwrap()).await.unwrap();
    assert_eq!(session.deny(yes.approval().unwrap()).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(sent(&world), 1);
}
