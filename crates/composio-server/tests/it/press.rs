//! `POST` of a link.

use axum::http::{Method, StatusCode, header};
use composio_core::{Error, ErrorKind, Refusal, Started};

use crate::app::{App, Call, back_to, connected, refused, request, to_service, with_key};

#[tokio::test]
async fn pressing_leads_to_the_service_with_a_cookie_of_its_own() {
    let app = App::new().starts(Ok(to_service()));
    let answer = app.press("").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "https://service.example/authorize?state=state-12345678&scope=a%20b");
    assert_eq!(
        answer.cookies(),
        ["composio_flow_state123=bound-to-this-browser; Path=/oauth/callback; Max-Age=600; HttpOnly; SameSite=Lax; \
             Secure"]
    );
    assert_eq!(app.calls(), [Call::Open("good".to_owned()), Call::Start("good".to_owned(), vec![])]);
}

#[tokio::test]
async fn what_was_entered_reaches_the_flow_and_the_token_does_not() {
    let app = App::new().page(with_key).starts(Ok(Started::done(connected())));
    let answer = app.press("api_key=k%26y+1&site=eu").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("Tracker</bdi> is connected") && answer.cookies().is_empty(), "{answer:?}");
    let fields = vec![("api_key".to_owned(), "k&y 1".to_owned()), ("site".to_owned(), "eu".to_owned())];
    assert_eq!(app.calls()[1], Call::Start("good".to_owned(), fields));
}

#[tokio::test]
async fn a_flow_that_is_done_goes_to_the_callback() {
    let callback = "http://127.0.0.1:3000/done?status=success&connected_account_id=ca_1";
    let done = back_to(callback);
    let answer = App::new().page(with_key).starts(Ok(Started::done(done))).press("api_key=k").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), callback);
}

#[tokio::test]
async fn a_refused_key_says_why() {
    let done = refused(Refusal::Failed("The key is not valid <here>.".to_owned()));
    let answer = App::new().page(with_key).starts(Ok(Started::done(done))).press("api_key=k").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("The key is not valid &#60;here&#62;."), "{}", answer.body);
}

#[tokio::test]
async fn missing_fields_are_asked_for_again() {
    let error = Error::new(ErrorKind::InvalidInput, "API key is missing");
    let app = App::new().page(with_key).starts(Err(error)).starts(Ok(Started::done(connected())));
    let answer = app.press("api_key=+&site=my-site").await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains(r#"role="alert" id="problem">API key is missing</p>"#), "{}", answer.body);
    assert!(answer.body.contains(r#"aria-describedby="field-0-hint" aria-invalid="true""#), "{}", answer.body);
    assert!(answer.body.contains(r#"value="my-site""#), "what is not secret has to be typed again");

    let cookie = answer.cookies()[0].split(';').next().unwrap().to_owned();
    let mut again = request(Method::POST, "/link/good", &format!("_csrf={}&api_key=k", answer.csrf()));
    again.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    assert_eq!(app.send(again).await.status, StatusCode::OK);
}

#[tokio::test]
async fn secrets_are_never_shown_again() {
    for (typed, secret) in
        [("sk-very-secret", "sk-very-secret"), ("a%22b%5Cc", "a\"b\\c"), ("+sk-padded+", "sk-padded")]
    {
        let error = Error::invalid_input("api_key", secret, "it has another form");
        let answer = App::new().page(with_key).starts(Err(error)).press(&format!("api_key={typed}&site=eu")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.body.contains("sk-") && !answer.body.contains("a&#34;b"), "{}", answer.body);
        assert!(!answer.body.contains("a\\&#34;b"), "{}", answer.body);
        assert!(answer.body.contains("Something that you entered is not right."), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_complaint_about_what_is_not_secret_is_shown() {
    let error = Error::invalid_input("site", "e u", "it has no spaces");
    let answer = App::new().page(with_key).starts(Err(error)).press("api_key=sk-1&site=e+u").await;
    assert!(answer.body.contains("site &#34;e u&#34; is not valid: it has no spaces"), "{}", answer.body);
}

#[tokio::test]
async fn forms_are_small_and_are_forms() {
    let app = App::new().starts(Ok(to_service()));
    let large = app.press(&format!("api_key={}", "k".repeat(16 * 1024))).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);

    let mut other = request(Method::POST, "/link/good", "{}");
    other.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    assert_eq!(app.send(other).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(app.calls(), [Call::Open("good".to_owned())]);
}
