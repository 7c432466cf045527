//! The authorization endpoint and its page.

use reqwest::header;
use reqwest::{Method, StatusCode};
use url::Url;

use crate::support::{ALICE, REDIRECT, Reply, World, parameter};

/// The hidden fields of the page's form.
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let unescape =
        |text: &str| text.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&");
    html.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| {
            let (name, rest) = rest.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), unescape(value))
        })
        .collect()
}

async fn open(world: &World, url: Url) -> (Reply, String) {
    let page = Reply::of(world.http.get(url)).await;
    let cookie = page.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (page, cookie)
}

async fn answer(world: &World, page: &Reply, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    let mut form = hidden_fields(&page.text);
    form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let request = world.request(Method::POST, "tracker/oauth/authorize").header(header::COOKIE, cookie).form(&form);
    Reply::of(request).await
}

#[tokio::test]
async fn the_page_says_who_asks_for_what_and_is_locked_down() {
    let world = World::with(|options| options.client_name("Acme <b>& Sons</b>")).await;
    let (page, cookie) = open(&world, world.authorize_url(&[("login_hint", ALICE), ("state", "\"><script>")])).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in
        ["Acme &#60;b&#62;&#38; Sons", "See your projects", "Create, change and delete issues", "127.0.0.1:4999"]
    {
        assert!(page.text.contains(text), "{text} is missing: {}", page.text);
    }
    assert!(!page.text.contains("<b>") && !page.text.contains("<script"));
    assert!(!page.text.contains("Send messages"), "only what was asked for");
    assert!(page.text.contains("value=\"alice@work.example\" required checked>"));
    assert!(page.text.contains("value=\"alice@home.example\" required>"));
    assert!(cookie.starts_with("composio_demo_consent="));
    assert!(page.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("x-frame-options"), "DENY");
    let policy = page.header("content-security-policy");
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' http://127.0.0.1:4999 "]
    {
        assert!(policy.contains(part), "{part} is missing: {policy}");
    }
    assert!(policy.contains(&style_hash(&page.text)), "the policy must allow the page's own style: {policy}");
}

fn style_hash(html: &str) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    format!("'sha256-{hash}'")
}

#[tokio::test]
async fn allowing_sends_the_browser_back_with_code_state_and_issuer() {
    let world = World::new().await;
    let (page, cookie) = open(&world, world.authorize_url(&[("state", "a&b \"c\"")])).await;
    let reply = answer(&world, &page, &cookie, &[("identity", ALICE), ("decision", "allow")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    let back = reply.location();
    assert!(back.as_str().starts_with(REDIRECT));
    assert_eq!(parameter(&back, "state").as_deref(), Some("a&b \"c\""));
    assert_eq!(parameter(&back, "iss").as_deref(), Some(world.demo.url().as_str().trim_end_matches('/')));
    let tokens = world.redeem(&parameter(&back, "code").unwrap()).await.tokens();
    let me = world.get("tracker/me", &tokens.access).await;
    assert_eq!(me.json["email"], ALICE);
}

#[tokio::test]
async fn denying_sends_the_browser_back_with_an_error() {
    let world = World::new().await;
    let (page, cookie) = open(&world, world.authorize_url(&[])).await;
    let back = answer(&world, &page, &cookie, &[("decision", "deny")]).await.location();
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&back, "state").as_deref(), Some("s-1"));
    assert!(parameter(&back, "iss").is_some() && parameter(&back, "code").is_none());
    assert_eq!(world.demo.deny(&world.authorize_url(&[])).unwrap(), back);
}

#[tokio::test]
async fn an_answer_counts_only_from_the_page_that_was_shown() {
    let world = World::new().await;
    let (page, cookie) = open(&world, world.authorize_url(&[])).await;
    let (other_page, other_cookie) = open(&world, world.authorize_url(&[("state", "other")])).await;
    assert_ne!(cookie, other_cookie);
    let yes = [("identity", ALICE), ("decision", "allow")];
    let no_cookie = answer(&world, &page, "", &yes).await;
    let foreign_cookie = answer(&world, &page, &other_cookie, &yes).await;
    // A form whose request was changed after it was shown.
    let changed = Reply {
        text: page.text.replace("value=\"tracker.read tracker.write\"", "value=\"mailbox.send\""),
        ..other_page
    };
    assert_ne!(changed.text, page.text);
    let changed = answer(&world, &changed, &cookie, &yes).await;
    for reply in [no_cookie, foreign_cookie, changed] {
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.headers.get("location").is_none());
    }
    let cases: [&[(&str, &str)]; 3] =
        [&[("decision", "allow")], &[("identity", "eve@example.com"), ("decision", "allow")], &[("identity", ALICE)]];
    for fields in cases {
        assert_eq!(answer(&world, &page, &cookie, fields).await.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    assert_eq!(answer(&world, &page, &cookie, &yes).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn faults_go_to_the_client_unless_the_client_itself_is_in_doubt() {
    let world = World::with(|options| options.redirect_uri("https://app.example/done?via=demo")).await;
    let to_client: [(&str, &str, &str); 6] = [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "invalid_request"),
        ("scope", "tracker.admin", "invalid_scope"),
    ];
    for (name, value, error) in to_client {
        let (reply, _) = open(&world, world.authorize_url(&[(name, value)])).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{name}={value}");
        assert_eq!(parameter(&reply.location(), "error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(parameter(&reply.location(), "state").as_deref(), Some("s-1"));
        assert!(parameter(&reply.location(), "iss").is_some());
    }
    let on_page = [
        ("client_id", ""),
        ("client_id", "someone-else"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/oauth/callback"),
        ("redirect_uri", "http://127.0.0.1:4999/other"),
        ("redirect_uri", "https://app.example/done"),
    ];
    for (name, value) in on_page {
        let url = world.authorize_url(&[(name, value)]);
        let (reply, _) = open(&world, url.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}={value}");
        assert!(reply.headers.get("location").is_none() && reply.header("content-type").starts_with("text/html"));
        assert!(world.demo.approve(&url, ALICE).is_err());
    }
    let exact = world.authorize_url(&[("redirect_uri", "https://app.example/done?via=demo")]);
    let back = world.demo.approve(&exact, ALICE).unwrap();
    assert_eq!(parameter(&back, "via").as_deref(), Some("demo"));
    assert!(parameter(&back, "code").is_some());
    assert!(world.demo.approve(&world.authorize_url(&[]), "eve@example.com").is_err());
}

#[tokio::test]
async fn the_metadata_names_endpoints_that_exist() {
    let world = World::new().await;
    let metadata = Reply::of(world.request(Method::GET, ".well-known/oauth-authorization-server")).await.json;
    assert_eq!(metadata["issuer"], world.demo.url().as_str().trim_end_matches('/'));
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for (name, method) in [
        ("authorization_endpoint", Method::GET),
        ("token_endpoint", Method::POST),
        ("revocation_endpoint", Method::POST),
    ] {
        let url = metadata[name].as_str().unwrap();
        let reply = Reply::of(world.http.request(method, url)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name} is there and misses its parameters");
    }
}
