//! Whatever is not accepted is refused alike.

use axum::http::{Method, StatusCode, header};

use crate::app::{Answer, App, Call, request, to_service};

#[tokio::test]
async fn all_refusals_are_one_and_the_same() {
    let app = App::new();
    let answers = [
        ("an unknown link", app.get("/link/unknown").await),
        ("a link that is no text", app.get("/link/%ff").await),
        ("a used link", app.press("").await),
        ("no form token", app.send(request(Method::POST, "/link/good", "")).await),
        ("an unknown link, posted", app.send(request(Method::POST, "/link/unknown", "_csrf=x")).await),
        ("a link that is no text, posted", app.send(request(Method::POST, "/link/%ff", "_csrf=x")).await),
        ("a form from elsewhere", app.send(from("https://evil.example")).await),
        ("an unknown state", app.come_back("?state=unknown-state&code=c", None).await),
        ("no cookie", app.come_back("?state=state-12345678&code=c", Some("composio_flow_zzz=1")).await),
        ("an error for an unknown state", app.come_back("?state=unknown-state&error=access_denied", None).await),
        ("nothing at all", app.come_back("", None).await),
    ];
    let parts = |answer: &Answer| (answer.status, answer.headers.clone(), answer.body.clone());
    let (_, first) = &answers[0];
    assert_eq!(first.status, StatusCode::BAD_REQUEST);
    assert!(!first.body.contains("log_9") && !first.body.contains("tok_secret"), "{}", first.body);
    for (cause, answer) in &answers {
        assert_eq!(parts(answer), parts(first), "{cause}");
    }
}

#[tokio::test]
async fn a_form_needs_the_token_and_the_cookie_of_this_browser_and_link() {
    let app = App::new().starts(Ok(to_service()));
    let ((cookie, csrf), (other_cookie, other_csrf)) = (app.opened().await, app.opened().await);
    let opens = app.calls().len();
    let secret = cookie.split_once('=').unwrap().1;
    for (cookie, csrf, why) in [
        ("", csrf.as_str(), "no cookie"),
        (&cookie, "", "no token"),
        (&cookie, secret, "the cookie itself"),
        (&cookie, &other_csrf, "the token of another browser"),
        (&other_cookie, &csrf, "the cookie of another browser"),
        ("composio_csrf_=x", &csrf, "a made-up cookie"),
    ] {
        let mut post = request(Method::POST, "/link/good", &format!("_csrf={csrf}"));
        post.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        assert_eq!(app.send(post).await.status, StatusCode::BAD_REQUEST, "{why}");
    }
    let mut elsewhere = request(Method::POST, "/link/another", &format!("_csrf={csrf}"));
    elsewhere.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    assert_eq!(app.send(elsewhere).await.status, StatusCode::BAD_REQUEST, "the form of another link");
    assert_eq!(app.calls().len(), opens, "a refused form reached the flow");
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused_even_with_its_token() {
    let app = App::new().starts(Ok(to_service()));
    let (cookie, csrf) = app.opened().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "http://app.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let mut post = request(Method::POST, "/link/good", &format!("_csrf={csrf}"));
        post.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        post.headers_mut().insert(name, value.parse().unwrap());
        assert_eq!(app.send(post).await.status, StatusCode::BAD_REQUEST, "{name}: {value}");
    }
    assert_eq!(app.calls(), [Call::Open("good".to_owned())]);
}

fn from(origin: &'static str) -> axum::http::Request<axum::body::Body> {
    let mut post = request(Method::POST, "/link/good", "_csrf=x");
    post.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    post
}
