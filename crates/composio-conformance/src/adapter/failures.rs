//! What a model reads of what came of its call.

use composio_core::{Error, ErrorKind, Retry};
use serde_json::{Value, json};
use std::time::Duration;

use super::Adapter;
use super::stage::{ECHO, SECRET, Stage, error_text, failure, secretive, success, told};

/// Every kind that there is.
const KINDS: [ErrorKind; 17] = [
    ErrorKind::InvalidInput,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::ConnectionRequired,
    ErrorKind::NoManagedAuth,
    ErrorKind::Unauthorized,
    ErrorKind::PermissionDenied,
    ErrorKind::RateLimited,
    ErrorKind::InputRequired,
    ErrorKind::Blocked,
    ErrorKind::ToolFailed,
    ErrorKind::OutcomeUnknown,
    ErrorKind::Cancelled,
    ErrorKind::Timeout,
    ErrorKind::Unavailable,
    ErrorKind::Unsupported,
    ErrorKind::Unexpected,
];

/// A result is told in the envelope: the data whatever its type, no error, and the id under which the call is found again.
pub async fn a_result_is_told_with_its_log_id(adapter: &dyn Adapter) {
    for data in [
        json!({"starred": true, "name": "Grüße \"quoted\"\n"}),
        json!([1, [2]]),
        json!("text"),
        json!("{\"looks\": \"like an object\"}"),
        json!(18_446_744_073_709_551_615_u64),
        json!(false),
        Value::Null,
    ] {
        let answer = data.clone();
        let backend = Stage::new().await.backend.answer(ECHO, move |_| Ok(answer.clone()));
        let read = Stage::on(backend).await.told(adapter, json!({"note": 1})).await;
        assert_eq!(read, success(&data, 1));
    }
}

/// What the tool's service said reaches the model as it was said, so that the model can correct itself.
pub async fn a_failed_tool_tells_what_its_service_said(adapter: &dyn Adapter) {
    let said = "422: \"title\" is missing;\nsend {\"title\": \"…\"}";
    let stage = Stage::failing(move || secretive(ErrorKind::ToolFailed).with_model_text(said)).await;
    assert_eq!(stage.told(adapter, json!({"note": 1})).await, failure(said));
}

/// Whatever went wrong, the model reads the same form, with what it is meant to read and the id of the call.
pub async fn every_kind_of_failure_is_told_alike(adapter: &dyn Adapter) {
    for kind in KINDS {
        let stage = Stage::failing(move || secretive(kind)).await;
        let expected = failure(&Error::new(kind, "").for_model());
        assert_eq!(stage.told(adapter, json!({"note": 1})).await, expected, "{kind:?}");

        let stage = Stage::failing(move || secretive(kind).with_model_text("Do that.").with_log_id("log_7")).await;
        let mut expected = failure("Do that.");
        expected["log_id"] = json!("log_7");
        assert_eq!(stage.told(adapter, json!({"note": 1})).await, expected, "{kind:?}");
    }
}

/// Messages, contexts, causes and links are for operators and users: no failure shows any of them to a model.
pub async fn no_failure_tells_what_is_inside(adapter: &dyn Adapter) {
    for kind in KINDS {
        let read = Stage::failing(move || secretive(kind)).await.told(adapter, json!({"note": 1})).await.to_string();
        for inside in [SECRET, "internal.invalid", "connect.invalid", "answered 500"] {
            assert!(!read.contains(inside), "{kind:?}: {read}");
        }
    }
}

/// A service that does not answer in time: the model may call again.
pub async fn a_timeout_says_that_nothing_was_changed(adapter: &dyn Adapter) {
    says(adapter, ErrorKind::Timeout, Retry::Safe, &["in time", "Nothing was changed", "call again"]).await;
}

/// A write whose answer was lost: the model has to look before it writes again.
pub async fn an_unknown_outcome_says_to_look_first(adapter: &dyn Adapter) {
    says(adapter, ErrorKind::OutcomeUnknown, Retry::Never, &["not known", "Check", "before you do it again"]).await;
}

/// Too many requests: the model has to wait.
pub async fn a_rate_limit_says_to_wait(adapter: &dyn Adapter) {
    let retry = Retry::After(Duration::from_secs(30));
    says(adapter, ErrorKind::RateLimited, retry, &["Too many requests", "Wait"]).await;
}

async fn says(adapter: &dyn Adapter, kind: ErrorKind, retry: Retry, parts: &[&str]) {
    let stage = Stage::failing(move || secretive(kind).with_retry(retry)).await;
    let read = stage.told(adapter, json!({"note": 1})).await;
    let told = error_text(&read);
    for part in parts {
        assert!(told.contains(part), "{part:?} is not in {told:?}");
    }
}

/// A session that was deleted after its tools were handed out: calls are answered, and say so as the session would.
pub async fn a_deleted_session_is_told(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let tools = stage.tools().await;
    assert_eq!(told(adapter, &tools, ECHO, json!({"note": 1})).await["successful"], true);
    stage.session.delete().await.unwrap();
    let read = told(adapter, &tools, ECHO, json!({"note": 2})).await;
    let error = stage.session.execute(ECHO, json!({})).await.unwrap_err();
    assert_eq!(read, failure(&error.for_model()));
    assert!(!read.to_string().contains(stage.session.id().as_str()), "{read}");
    assert_eq!(stage.received().len(), 1);
}

/// Where a connection is missing, the model asks for it; the link is for the user alone, whoever reads the chat.
pub async fn a_missing_connection_is_told_without_its_link(adapter: &dyn Adapter) {
    let stage = Stage::failing(|| secretive(ErrorKind::ConnectionRequired)).await;
    let read = stage.told(adapter, json!({"note": 1})).await;
    let told = error_text(&read);
    assert!(told.contains("connection") && told.contains("Ask the user to connect it"), "{told}");
    assert!(!read.to_string().contains("connect.invalid"), "{read}");
}

/// A set that reveals links shows the model this one thing more, and nothing else of the inside.
pub async fn a_link_is_told_where_that_was_asked_for(adapter: &dyn Adapter) {
    let stage = Stage::failing(|| secretive(ErrorKind::ConnectionRequired)).await;
    let tools = stage.tools().await.reveal_connect_links();
    let read = told(adapter, &tools, ECHO, json!({"note": 1})).await;
    let link = secretive(ErrorKind::ConnectionRequired).connect_url().map(ToString::to_string).expect("it has a link");
    let said = error_text(&read);
    assert!(said.contains("Ask the user to connect it") && said.contains(&link), "{said}");
    assert!(!said.replace(&link, "").contains(SECRET), "{said}");
}

/// The set that a revealing one was made of stays silent: the choice belongs to the set, not to the session.
pub async fn a_link_is_told_by_the_revealing_set_alone(adapter: &dyn Adapter) {
    let stage = Stage::failing(|| secretive(ErrorKind::ConnectionRequired)).await;
    let silent = stage.tools().await;
    let revealing = silent.clone().reveal_connect_links();
    for (tools, shown) in [(&silent, false), (&revealing, true), (&silent, false)] {
        let read = told(adapter, tools, ECHO, json!({"note": 1})).await.to_string();
        assert_eq!(read.contains("connect.invalid"), shown, "{read}");
    }
}
