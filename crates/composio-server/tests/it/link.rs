//! `GET` and `HEAD` of a link.

use axum::http::{Method, StatusCode, header};
use composio_core::Connected;

use crate::app::{App, Call, request, with_key};

#[tokio::test]
async fn a_preview_calls_nothing_but_open() {
    let app = App::new();
    for method in [Method::GET, Method::HEAD] {
        let answer = app.send(request(method.clone(), "/link/good", "")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.body.is_empty(), method == Method::HEAD);
    }
    assert_eq!(app.calls(), [Call::Open("good".to_owned()), Call::Open("good".to_owned())]);
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_for_whom() {
    let app = App::new().page(|page| page.reconnects = Some("ada-l".to_owned()));
    let body = app.get("/link/good").await.body;
    for text in ["Acme Assistant", "Tracker", "ada@example.com", "issues:write", "ada-l", "2026-09-21 14:13 UTC"] {
        assert!(body.contains(text), "{text}");
    }
}

#[tokio::test]
async fn the_form_is_bound_to_a_cookie_that_the_page_does_not_show() {
    let app = App::new();
    let answer = app.get("/link/good").await;
    let [cookie] = answer.cookies()[..] else { panic!("one cookie: {:?}", answer.cookies()) };
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/link; Max-Age=3600; HttpOnly; SameSite=Strict; Secure");
    let (name, value) = pair.split_once('=').unwrap();
    assert!(name.starts_with("composio_csrf_") && value.len() == 43, "{pair}");
    assert!(!answer.body.contains(value), "the page shows its cookie");
    assert_ne!(app.get("/link/good").await.cookies()[0], cookie, "two browsers have one token");
}

#[tokio::test]
async fn a_second_tab_keeps_the_first_one_working() {
    let app = App::new();
    let (cookie, csrf) = app.opened().await;
    let mut again = request(Method::GET, "/link/good", "");
    again.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
    assert_eq!(app.send(again).await.csrf(), csrf);
}

#[tokio::test]
async fn without_tls_cookies_are_not_secure() {
    let app = App::at("http://127.0.0.1:8080");
    let mut get = request(Method::GET, "/link/good", "");
    get.headers_mut().insert(header::HOST, "localhost:8080".parse().unwrap());
    let answer = app.send(get).await;
    assert!(!answer.cookies()[0].contains("Secure"), "{:?}", answer.cookies());
}

#[tokio::test]
async fn the_policy_admits_this_style_sheet_and_the_redirect_after_the_form() {
    let answer = App::new().get("/link/good").await;
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https: http://127.0.0.1:* http://localhost:*;"), "{policy}");
    assert!(policy.contains("img-src https: data:;"), "{policy}");

    let style = answer.body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    assert!(policy.contains(&format!("style-src 'sha256-{hash}';")), "{policy}");
    assert!(!answer.body.contains("style="), "an inline style that the policy would drop");
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let evil = "\"><script>alert(1)</script>&'";
    let app = App::new().brand(|brand| {
        brand.name = evil.to_owned();
        brand.color = Some("#fff;}</style><script>".to_owned());
        brand.logo = Some(format!("https://cdn.example/{evil}"));
    });
    let app = app.page(|page| {
        with_key(page);
        page.toolkit_name = evil.to_owned();
        page.user_label = evil.to_owned();
        page.reconnects = Some(evil.to_owned());
        page.scopes = vec![evil.to_owned()];
        let field = &mut page.fields[0];
        (field.name, field.label, field.description) = (evil.to_owned(), evil.to_owned(), Some(evil.to_owned()));
    });
    let app = app.completes(Ok(Connected::new("ca_1".into(), evil)));
    for answer in
        [app.get("/link/good").await, app.get("/link/unknown").await, app.come_back("?state=s&code=c", None).await]
    {
        let body = answer.body;
        assert!(!body.contains("<script") && !body.contains(evil), "{body}");
        assert!(body.contains("&#60;script&#62;"), "{body}");
        assert_eq!(body.matches("</style>").count(), 1);
    }
}

#[tokio::test]
async fn logos_that_are_no_images_become_letters() {
    for logo in ["javascript:alert(1)", "http://cdn.example/a.png", "data:text/html,x", "/a.png"] {
        let app = App::new().brand(|brand| brand.logo = Some(logo.to_owned())).page(|page| page.toolkit_logo = None);
        let body = app.get("/link/good").await.body;
        assert!(!body.contains("<img") && !body.contains(logo), "{logo}");
        assert!(body.contains(">A</span>") && body.contains(">T</span>"), "{logo}");
    }
}

#[tokio::test]
async fn the_colour_is_the_applications_and_can_be_read_on() {
    for (color, found) in [
        (Some("#7A2BF5"), "--accent:#7a2bf5;--on-accent:#ffffff"),
        (Some("#ffe08a"), "--accent:#ffe08a;--on-accent:#000000"),
        (Some("red"), "--accent:#1f55d6;--on-accent:#ffffff"),
        (None, "--accent:#1f55d6;--on-accent:#ffffff"),
    ] {
        let app = App::new().brand(|brand| brand.color = color.map(str::to_owned));
        assert!(app.get("/link/good").await.body.contains(found), "{color:?}");
    }
}

#[tokio::test]
async fn fields_are_labelled_hidden_and_required_as_they_say() {
    let body = App::new().page(with_key).get("/link/good").await.body;
    for text in [
        r#"<label for="field-0">API key</label>"#,
        r#"<input id="field-0" name="api_key" type="password" value="" autocomplete="off" autocapitalize="none" spellcheck="false" required aria-describedby="field-0-hint">"#,
        r#"<label for="field-1">Site <span class="optional">(optional)</span></label>"#,
        r#"<input id="field-1" name="site" type="text" value="" autocomplete="off" autocapitalize="none" spellcheck="false">"#,
    ] {
        assert!(body.contains(text), "{text}\n{body}");
    }
}
