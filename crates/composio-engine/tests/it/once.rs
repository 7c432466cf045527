//! A write is sent once: under a key, under pressure, and when its caller goes away.

use composio_core::ErrorKind;
use composio_demo::Failure;
use serde_json::json;

use crate::world::World;

const CREATE: &str = "TRACKER_CREATE_ISSUE";

#[tokio::test]
async fn a_write_that_failed_is_not_sent_again() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    for (status, kind) in [(500, ErrorKind::ToolFailed), (502, ErrorKind::OutcomeUnknown), (503, ErrorKind::ToolFailed)]
    {
        let before = world.seen("POST", "/issues");
        world.demo.fail_next(Failure::status(status).method("POST").path("/tracker/issues"));
        let error = session.execute(CREATE, json!({"title": "x"})).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error:?}");
        assert_eq!(world.seen("POST", "/issues") - before, 1, "{status}");
    }
}

#[tokio::test]
async fn a_read_that_failed_is_sent_again() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.fail_next(Failure::status(503).method("GET").path("/tracker/issues"));
    session.execute("TRACKER_LIST_ISSUES", json!({})).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_still_finds_the_outcome() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let call = || session.execute(CREATE, json!({"title": "Kept"})).idempotency_key("gone");
    let mut first = call().into_future();
    while world.seen("POST", "/issues") == 0 {
        tokio::select! {
            biased;
            early = &mut first => panic!("answered before the service was asked: {early:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(first);
    let output = call().await.unwrap();
    assert_eq!(output.value()["title"], "Kept");
    world.engine.shutdown().await;
    assert_eq!(world.seen("POST", "/issues"), 1);
}

#[tokio::test]
async fn a_failure_under_a_key_is_given_again_and_trouble_before_it_frees_the_key() {
    let world = World::new().await;
    let session = world.session().await;
    let call = || session.execute(CREATE, json!({"title": "Keyed"})).idempotency_key("k");
    assert_eq!(call().await.unwrap_err().kind(), ErrorKind::ConnectionRequired);
    world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.fail_next(Failure::status(502).method("POST").path("/tracker/issues").after_effect());
    let first = call().await.unwrap_err();
    let again = call().await.unwrap_err();
    // A gateway's answer: nobody knows, and the same key never finds out by doing it again.
    assert_eq!((first.kind(), again.kind()), (ErrorKind::OutcomeUnknown, ErrorKind::OutcomeUnknown));
    assert_eq!(first.log_id(), again.log_id());
    assert_eq!(world.seen("POST", "/issues"), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let before = world.demo.requests().len();
    let error = session.execute(CREATE, json!({"title": 7, "nonsense": true})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = error.for_model().into_owned();
    assert!(text.contains("/title") && text.contains("nonsense"), "{text}");
    assert_eq!(world.demo.requests().len(), before);
}

#[tokio::test]
async fn a_slug_that_is_nearly_right_is_answered_with_right_ones() {
    let world = World::new().await;
    let session = world.session().await;
    let error = session.execute("TRACKER_CREATE_AN_ISSUE", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(CREATE), "{error}");
}
