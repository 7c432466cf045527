//! Running tools.

use std::future::IntoFuture;

use composio_core::{ErrorKind, Retry, Selection};
use futures::future::join_all;
use serde_json::json;

use super::stage::{Stage, T, refused};
use crate::harness::{
    AccountSeed, Harness, REFUSAL, REFUSED, keeps_its_link, ran, refused as refused_naming, touch, whoami,
};

/// A toolkit that needs no account runs without one.
pub async fn a_tool_without_authentication_runs(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    assert_eq!(ran(whoami(&session, "open")).await.unwrap(), None);
    assert!(whoami(&session, "open").await.unwrap().log_id.is_some(), "a call can be found again");
}

/// What is given arrives, whatever its characters.
pub async fn arguments_arrive_as_they_were(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    for note in ["plain", "Grüße, \"quoted\"\n\u{1f980}", " "] {
        let output = session.execute("OPEN_TOUCH", json!({"note": note, "times": 3})).await.unwrap();
        assert_eq!((&output.value()["note"], &output.value()["times"]), (&json!(note), &json!(3)));
    }
}

/// Calls at the same time each get their own answer.
pub async fn concurrent_calls_do_not_mix(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let notes: Vec<String> = (0..12).map(|number| format!("note {number}")).collect();
    let calls = notes.iter().map(|note| touch(&session, "open", note).into_future());
    for (note, output) in notes.iter().zip(join_all(calls).await) {
        assert_eq!(output.unwrap().value()["note"], **note);
    }
}

/// A tool that nobody knows is not found, and nothing is sent.
pub async fn an_unknown_tool_is_not_found(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let before = harness.requests();
    refused_naming(session.execute("NOWHERE", json!({})).await, ErrorKind::NotFound, &["NOWHERE"]);
    refused(session.execute("not a slug", json!({})).await, ErrorKind::InvalidInput);
    assert_eq!(harness.requests(), before);
}

/// Slugs that look like the unknown one are named, three at the most, to the model too.
pub async fn an_unknown_tool_is_not_found_with_near_slugs(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let error = refused(session.execute("MANAGED_WHO_AM_I", json!({})).await, ErrorKind::NotFound);
    for text in [error.to_string(), error.for_model().into_owned()] {
        assert!(text.contains("MANAGED_WHOAMI"), "{text}");
        let named = text.matches("_WHOAMI").count() + text.matches("_TOUCH").count();
        assert!(named <= 3, "{text}");
    }
}

/// A toolkit that the session does not allow is refused before anything else, and nothing is sent.
pub async fn a_tool_outside_the_toolkits_is_not_permitted(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let before = harness.requests();
    for builder in
        [stage.create().toolkits([T]), stage.create().disable_toolkits(["open"]), stage.create().no_toolkits()]
    {
        let session = builder.await.unwrap();
        refused_naming(ran(whoami(&session, "open")).await, ErrorKind::PermissionDenied, &["open"]);
    }
    assert_eq!(harness.requests(), before);
}

/// Each argument that does not fit is told with its path and its rule, to the model too, and nothing is sent.
pub async fn arguments_that_do_not_fit_are_listed_and_not_sent(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let before = harness.requests();
    for (arguments, named) in [
        (json!({}), vec!["note", "required"]),
        (json!({"note": 7, "times": 0}), vec!["/note", "string", "/times", "minimum"]),
        (json!({"note": "7", "times": "7"}), vec!["/times", "integer"]),
        (json!({"note": "fine", "Note": "fine"}), vec!["Note"]),
        (json!({"note": null}), vec!["/note", "string"]),
    ] {
        let error = refused(session.execute("OPEN_TOUCH", arguments.clone()).await, ErrorKind::InvalidInput);
        for text in [error.to_string(), error.for_model().into_owned()] {
            assert!(named.iter().all(|part| text.contains(part)), "{arguments} should name {named:?}: {text}");
        }
        assert_eq!(error.retry(), Retry::Never);
    }
    assert_eq!(harness.requests(), before, "nothing is sent");
}

/// What the service said about its failure is what the model reads.
pub async fn a_failure_is_told_as_the_service_told_it(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let error = refused(touch(&session, "open", REFUSED).await, ErrorKind::ToolFailed);
    assert!(error.for_model().contains(REFUSAL), "{}", error.for_model());
    assert_eq!(error.retry(), Retry::Never);
}

/// A call with nothing to run with says how to connect. It makes no account and no config, sends nothing, and trying
/// again does not help.
pub async fn without_a_connection_there_is_a_link_and_nothing_is_stored(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let (kept, sent) = (stage.kept().await, harness.requests());
    for toolkit in [T, "keyed"] {
        let error = refused_naming(ran(whoami(&session, toolkit)).await, ErrorKind::ConnectionRequired, &[toolkit]);
        assert!(error.connect_url().is_some());
        assert!(error.for_model().contains("connect"), "{}", error.for_model());
        assert_eq!(error.retry(), Retry::Never);
        keeps_its_link(&error);
    }
    assert_eq!((stage.kept().await, harness.requests()), (kept, sent));
}

/// Before a call and without one, a session says which account it would take, and why not each of the others.
pub async fn a_choice_explains_itself(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let older = stage.account(AccountSeed::new("A1", T, &config)).await;
    let newer = stage.account(AccountSeed::new("A2", T, &config)).await;
    let session = stage.session().await;
    let sent = harness.requests();
    let explained = session.explain(T).await.unwrap();
    assert!(matches!(&explained.outcome, Ok(Selection::Use { account, .. }) if *account == newer), "{explained}");
    let text = explained.to_string();
    for part in [older.as_str(), newer.as_str(), "rule 3", "connected before"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(explained.considered.len(), 2);
    assert_eq!(harness.requests(), sent);
    refused_naming(session.explain("nowhere").await, ErrorKind::NotFound, &["nowhere"]);
    let few = stage.create().toolkits(["open"]).await.unwrap();
    refused_naming(few.explain(T).await, ErrorKind::PermissionDenied, &[T]);
}
