//! `GET` of the callback.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use composio_core::{Error, ErrorKind, Refusal, Retry};

use crate::app::{App, Call, back_to, connected, refused, request, unknown};

const COOKIE: &str = "composio_flow_other=no; composio_flow_state123=mine";
const GONE: &str = "composio_flow_state123=; Path=/oauth/callback; Max-Age=0; HttpOnly; SameSite=Lax; Secure";

#[tokio::test]
async fn the_flow_gets_its_own_cookie_and_the_browser_loses_it() {
    let app = App::new().completes(Ok(connected()));
    let answer = app.come_back("?state=state-12345678&code=c%2F1&iss=https%3A%2F%2Fi.example", Some(COOKIE)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.cookies(), [GONE]);
    assert!(answer.body.contains("<h1><bdi>Tracker</bdi> is connected</h1>"), "{}", answer.body);
    let call = Call::Complete {
        state: Some("state-12345678".to_owned()),
        code: Some("c/1".to_owned()),
        error: None,
        cookie: Some("mine".to_owned()),
    };
    assert_eq!(app.calls(), [call]);
}

#[tokio::test]
async fn the_browser_goes_on_to_the_application() {
    let callback = "https://acme.example/back?status=success&connected_account_id=ca_1";
    let answer =
        App::new().completes(Ok(back_to(callback))).come_back("?state=state-12345678&code=c", Some(COOKIE)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), callback);
    assert_eq!(answer.cookies(), [GONE]);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_no_at_the_service_is_an_outcome() {
    let app = App::new().completes(Ok(refused(Refusal::Denied)));
    let answer = app.come_back("?state=state-12345678&error=access_denied", Some(COOKIE)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("Tracker</bdi> was not connected"), "{}", answer.body);
    let Call::Complete { error, code: None, .. } = &app.calls()[0] else { panic!("{:?}", app.calls()) };
    assert_eq!(error.as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn a_preview_does_not_use_the_state_up() {
    let app = App::new().completes(Ok(connected()));
    let answer = app.send(request(Method::HEAD, "/oauth/callback?state=state-12345678&code=c", "")).await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
    assert!(app.calls().is_empty());
}

#[tokio::test]
async fn other_failures_are_pages_without_internals() {
    use ErrorKind as K;
    for (kind, status) in [
        (K::Unavailable, 503),
        (K::Timeout, 504),
        (K::RateLimited, 429),
        (K::Conflict, 409),
        (K::PermissionDenied, 403),
        (K::InvalidInput, 400),
        (K::NoManagedAuth, 500),
        (K::Unexpected, 500),
    ] {
        let error = Error::new(kind, "10.0.0.7 said no")
            .with_log_id("log_<7>")
            .with_context("host", "db.internal")
            .with_source(std::io::Error::other("refused"));
        let answer = App::new().completes(Err(error)).come_back("?state=state-12345678&code=c", Some(COOKIE)).await;
        assert_eq!(answer.status.as_u16(), status, "{kind:?}");
        for inside in ["10.0.0.7", "internal", "refused", "state-12", "<7>"] {
            assert!(!answer.body.contains(inside), "{inside} of {kind:?}");
        }
        assert!(answer.body.contains("mention <code>log_&#60;7&#62;</code>"), "{}", answer.body);
        assert!(answer.cookies().is_empty(), "the flow may not be over, and has lost its cookie");
    }
}

#[tokio::test]
async fn a_wait_is_told_to_people_and_to_programs() {
    let error = Error::new(ErrorKind::RateLimited, "slow down").with_retry(Retry::After(Duration::from_secs(30)));
    let answer = App::new().completes(Err(error)).come_back("?state=s&code=c", None).await;
    assert_eq!(answer.header("retry-after"), "30");
    assert!(answer.body.contains("Wait a moment") && !answer.body.contains("mention"), "{}", answer.body);
}

#[tokio::test]
async fn a_refused_state_loses_its_cookie() {
    let answer = App::new().completes(Err(unknown())).come_back("?state=state-12345678&code=c", Some(COOKIE)).await;
    assert_eq!((answer.status, answer.cookies()), (StatusCode::BAD_REQUEST, vec![GONE]));
}
