//! A router over a script, and requests as one-liners.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AuthScheme, Brand, CallbackParams, ConnectFlow, Connected, Error, ErrorKind, Field, FlowCookie, FormFields,
    LinkPage, Refusal, Result, Started, Timestamp, ToolkitSlug, Url,
};
use composio_server::{ConnectOptions, connect_router};
use tower::ServiceExt;

/// What the pages asked the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Open(String),
    Start(String, Vec<(String, String)>),
    Complete { state: Option<String>, code: Option<String>, error: Option<String>, cookie: Option<String> },
}

/// A flow that knows the link `good`, answers as it was told, and writes down what it was asked.
#[derive(Debug)]
pub(crate) struct Script {
    brand: Mutex<Brand>,
    page: Mutex<LinkPage>,
    starts: Mutex<VecDeque<Result<Started>>>,
    completes: Mutex<VecDeque<Result<Connected>>>,
    calls: Mutex<Vec<Call>>,
}

#[async_trait]
impl ConnectFlow for Script {
    fn brand(&self) -> Brand {
        self.brand.lock().unwrap().clone()
    }

    async fn open(&self, token: &str) -> Result<LinkPage> {
        self.note(Call::Open(token.to_owned()));
        if token == "good" { Ok(self.page.lock().unwrap().clone()) } else { Err(unknown()) }
    }

    async fn start(&self, token: &str, fields: FormFields) -> Result<Started> {
        let value = |name: &str| fields.get(name).unwrap().expose_secret().to_owned();
        self.note(Call::Start(token.to_owned(), fields.names().map(|name| (name.to_owned(), value(name))).collect()));
        self.starts.lock().unwrap().pop_front().unwrap_or_else(|| Err(unknown()))
    }

    async fn complete(&self, params: CallbackParams, cookie: Option<&str>) -> Result<Connected> {
        let text = |secret: &Option<composio_core::secrecy::SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        self.note(Call::Complete {
            state: text(&params.state),
            code: text(&params.code),
            error: params.error.clone(),
            cookie: cookie.map(str::to_owned),
        });
        self.completes.lock().unwrap().pop_front().unwrap_or_else(|| Err(unknown()))
    }
}

impl Script {
    fn note(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }
}

pub(crate) struct App {
    router: Router,
    script: Arc<Script>,
}

impl App {
    pub(crate) fn new() -> Self {
        Self::at("https://app.example")
    }

    pub(crate) fn at(public_url: &str) -> Self {
        let script = Arc::new(Script {
            brand: Mutex::new(acme()),
            page: Mutex::new(tracker()),
            starts: Mutex::default(),
            completes: Mutex::default(),
            calls: Mutex::default(),
        });
        let flow: Arc<dyn ConnectFlow> = Arc::<Script>::clone(&script);
        let router = connect_router(flow, ConnectOptions::new(Url::parse(public_url).unwrap()));
        Self { router, script }
    }

    /// Changes how the application shows itself.
    pub(crate) fn brand(self, change: impl FnOnce(&mut Brand)) -> Self {
        change(&mut self.script.brand.lock().unwrap());
        self
    }

    /// Changes what the link shows.
    pub(crate) fn page(self, change: impl FnOnce(&mut LinkPage)) -> Self {
        change(&mut self.script.page.lock().unwrap());
        self
    }

    /// What the next press leads to.
    pub(crate) fn starts(self, result: Result<Started>) -> Self {
        self.script.starts.lock().unwrap().push_back(result);
        self
    }

    /// What the next callback leads to.
    pub(crate) fn completes(self, result: Result<Connected>) -> Self {
        self.script.completes.lock().unwrap().push_back(result);
        self
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.script.calls.lock().unwrap().clone()
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(request(Method::GET, uri, "")).await
    }

    /// Sends a request, and holds its answer to what every answer has to be.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let answer =
            Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() };
        if answer.status != StatusCode::NOT_FOUND {
            answer.is_guarded();
        }
        answer
    }

    /// Opens the link as a browser does: the cookie that it got, and the token in the form.
    pub(crate) async fn opened(&self) -> (String, String) {
        let answer = self.get("/link/good").await;
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer.cookies()[0].split(';').next().unwrap().to_owned();
        (cookie, answer.csrf())
    }

    /// Opens the link and presses its button.
    pub(crate) async fn press(&self, fields: &str) -> Answer {
        let (cookie, csrf) = self.opened().await;
        let mut request = request(Method::POST, "/link/good", &format!("_csrf={csrf}&{fields}"));
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, cookie.parse().unwrap());
        headers.insert(header::ORIGIN, "null".parse().unwrap());
        headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
        self.send(request).await
    }

    /// Comes back from the service with a cookie, or without one.
    pub(crate) async fn come_back(&self, query: &str, cookie: Option<&str>) -> Answer {
        let mut request = request(Method::GET, &format!("/oauth/callback{query}"), "");
        if let Some(cookie) = cookie {
            request.headers_mut().insert(header::COOKIE, cookie.parse().unwrap());
        }
        self.send(request).await
    }
}

pub(crate) fn request(method: Method, uri: &str, form: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(uri)
        .header(header::HOST, "app.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .unwrap()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The token in the form.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self.body.split_once("name=\"_csrf\" value=\"").expect("a form with a token");
        rest.split('"').next().unwrap().to_owned()
    }

    fn is_guarded(&self) {
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(self.header(name), value, "{name} of {}", self.status);
        }
        let policy = self.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action "] {
            assert!(policy.contains(part), "{part} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
    }
}

fn acme() -> Brand {
    let mut brand = Brand::new("Acme Assistant");
    brand.color = Some("#7A2BF5".to_owned());
    brand
}

/// A consent page of an issue tracker.
pub(crate) fn tracker() -> LinkPage {
    let toolkit = ToolkitSlug::new("tracker").unwrap();
    let expires_at = Timestamp::from_micros(1_790_000_000_000_000);
    let mut page = LinkPage::new(toolkit, AuthScheme::OAuth2, expires_at);
    page.toolkit_name = "Tracker".to_owned();
    page.toolkit_logo = Some("https://cdn.example/tracker.svg".to_owned());
    page.user_label = "ada@example.com".to_owned();
    page.scopes = vec!["issues:read".to_owned(), "issues:write".to_owned()];
    page
}

/// Turns it into a form with a key and a site.
pub(crate) fn with_key(page: &mut LinkPage) {
    page.scheme = AuthScheme::ApiKey;
    page.scopes.clear();
    let mut key = Field::secret("api_key", "API key");
    key.description = Some("Settings, Developer, Keys.".to_owned());
    let mut site = Field::secret("site", "Site");
    (site.secret, site.required) = (false, false);
    page.fields = vec![key, site];
}

pub(crate) fn unknown() -> Error {
    Error::new(ErrorKind::NotFound, "no such link: token tok_secret").with_log_id("log_9")
}

pub(crate) fn to_service() -> Started {
    let to = Url::parse("https://service.example/authorize?state=state-12345678&scope=a%20b").unwrap();
    Started::redirect(to, FlowCookie::new("state-12345678", "bound-to-this-browser", 600))
}

pub(crate) fn connected() -> Connected {
    Connected::new("ca_1".into(), "Tracker")
}

pub(crate) fn refused(refusal: Refusal) -> Connected {
    let mut end = connected();
    end.refusal = Some(refusal);
    end
}

pub(crate) fn back_to(callback: &str) -> Connected {
    let mut end = connected();
    end.callback = Some(Url::parse(callback).unwrap());
    end
}
