//! A demo with a client and a clock in the test's hand.

use std::path::Path;
use std::time::Duration;

use composio_demo::{Demo, DemoOptions, ManualClock, OAuthApp};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde_json::Value;
use url::Url;

pub(crate) const REDIRECT: &str = "http://127.0.0.1:4999/oauth/callback";
pub(crate) const ALICE: &str = "alice@work.example";
pub(crate) const BOB: &str = "bob@example.com";
/// The pair of RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) struct World {
    pub(crate) demo: Demo,
    pub(crate) clock: ManualClock,
    pub(crate) http: Client,
}

#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|options| options).await
    }

    pub(crate) async fn with(adjust: impl FnOnce(DemoOptions) -> DemoOptions) -> Self {
        let clock = ManualClock::default();
        let options = adjust(DemoOptions::default().clock(clock.clone()));
        let demo = Demo::start(options).await.unwrap();
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { demo, clock, http }
    }

    /// A demo that keeps its data there.
    pub(crate) async fn at(data: &Path) -> Self {
        Self::with(|options| options.data(data)).await
    }

    pub(crate) fn app(&self) -> OAuthApp {
        self.demo.oauth_app()
    }

    /// A good authorization request to the tracker's root; each pair replaces or, when empty, removes a parameter.
    pub(crate) fn authorize_url(&self, changes: &[(&str, &str)]) -> Url {
        let client_id = self.app().client_id;
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client_id.as_str()),
            ("redirect_uri", REDIRECT),
            ("state", "s-1"),
            ("scope", "tracker.read tracker.write"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for change in changes {
            pairs.retain(|(name, _)| *name != change.0);
            pairs.push(*change);
        }
        pairs.retain(|(_, value)| !value.is_empty());
        let mut url = self.demo.url().join("tracker/oauth/authorize").unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        url
    }

    pub(crate) fn code(&self, email: &str, scope: &str) -> String {
        let back = self.demo.approve(&self.authorize_url(&[("scope", scope)]), email).unwrap();
        parameter(&back, "code").unwrap()
    }

    /// A token request, authenticated with the header.
    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Reply {
        let app = self.app();
        let url = self.demo.url().join("tracker/oauth/token").unwrap();
        let request = self.http.post(url).basic_auth(app.client_id, Some(app.client_secret)).form(form);
        Reply::of(request).await
    }

    pub(crate) async fn redeem(&self, code: &str) -> Reply {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    pub(crate) async fn renew(&self, refresh: &str) -> Reply {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await
    }

    /// Tokens for an identity, by way of consent.
    pub(crate) async fn sign_in(&self, email: &str, scope: &str) -> Tokens {
        let reply = self.redeem(&self.code(email, scope)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.json);
        reply.tokens()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.demo.url().join(path).unwrap())
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        Reply::of(self.request(Method::GET, path).bearer_auth(token)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, token: &str, body: &Value) -> Reply {
        Reply::of(self.request(method, path).bearer_auth(token).json(body)).await
    }

    pub(crate) async fn status_of_me(&self, token: &str) -> StatusCode {
        self.get("tracker/me", token).await.status
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl Reply {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response: Response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, json }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> Url {
        Url::parse(self.header("location")).unwrap()
    }

    pub(crate) fn error(&self) -> &str {
        self.json["error"].as_str().unwrap_or_default()
    }

    pub(crate) fn tokens(&self) -> Tokens {
        let text = |name: &str| self.json[name].as_str().unwrap_or_default().to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// The field errors, as `field:code`.
    pub(crate) fn field_errors(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| format!("{}:{}", text(&error["field"]), text(&error["code"]))).collect()
    }
}

pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
