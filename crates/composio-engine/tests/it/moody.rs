//! A service with moods, and an engine that knows no other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use composio_core::secrecy::ExposeSecret as _;
use composio_core::{
    CallbackParams, Composio, ConnectFlow as _, ConnectionRequest, FormFields, LinkStep, Session, Timestamp,
    ToolkitSlug, Url,
};
use composio_engine::{Engine, EngineOptions, HttpOptions, KeySource, ManualClock, SealingKey, SqliteStore, Upkeep};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::token;

/// What a service answers, and how often it was asked.
#[derive(Debug)]
pub(crate) struct Moods {
    pub(crate) me: AtomicU16,
    pub(crate) ping: AtomicU16,
    /// How long a token is good, in seconds; for ever, where it is 0. There are no refresh tokens.
    pub(crate) lifetime: AtomicUsize,
    asked: AtomicUsize,
}

impl Moods {
    fn answer(&self, mood: &AtomicU16, body: Value) -> (StatusCode, Json<Value>) {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (StatusCode::from_u16(mood.load(Ordering::SeqCst)).unwrap(), Json(body))
    }
}

/// An engine with one toolkit, whose service has moods.
pub(crate) struct Moody {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) moods: Arc<Moods>,
}

impl Moody {
    /// `parts` are the parts of the manifest in question.
    pub(crate) async fn start(parts: Value) -> Self {
        let moods = Arc::new(Moods { me: 200.into(), ping: 200.into(), lifetime: 0.into(), asked: 0.into() });
        let address = serve(Arc::clone(&moods)).await;
        let base = format!("http://{address}");
        let mut manifest = json!({
            "format": 1, "slug": "moody", "name": "Moody", "description": "Has moods.", "version": "1", "base_url": base,
            "auth_schemes": [
                {"scheme": "OAUTH2", "authorize_url": format!("{base}/authorize"), "token_url": format!("{base}/token")},
                {"scheme": "API_KEY", "fields": [{"name": "key", "label": "Key"}],
                 "placement": {"in": "header", "name": "X-Key"}},
            ],
            "tools": [],
        });
        manifest.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_735_722_000_000_000)));
        let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
        let options = EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key)
            .http(HttpOptions::default().allow_private(address.to_string()).retries(0))
            .clock(Arc::clone(&clock) as Arc<_>)
            .upkeep(Upkeep::Off)
            .toolkit(manifest.to_string().as_bytes())
            .managed_app(ToolkitSlug::new("moody").unwrap(), "id", "secret");
        let engine = Engine::start(Arc::new(SqliteStore::in_memory().await.unwrap()), options).await.unwrap();
        Self { engine, clock, moods }
    }

    pub(crate) fn composio(&self) -> Composio {
        Composio::with_backend(self.engine.project("p"))
    }

    /// Connects an account by a link.
    pub(crate) async fn connect(&self) -> (Session, ConnectionRequest) {
        let session = self.composio().create("user_123").await.unwrap();
        let request = session.authorize("moody").await.unwrap();
        self.press(request.redirect_url()).await;
        (session, request)
    }

    /// Presses on at a link, and says yes.
    pub(crate) async fn press(&self, link: &Url) {
        let started = self.engine.start(token(link), FormFields::new()).await.unwrap();
        let LinkStep::Redirect(consent) = started.next else { panic!("not sent to the service") };
        let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let params = CallbackParams::from_query(&format!("state={state}&code=c"));
        let cookie = started.cookie.unwrap();
        let connected = self.engine.complete(params, Some(cookie.value.expose_secret())).await.unwrap();
        assert_eq!(connected.refusal, None);
    }

    /// How many questions there were since somebody asked last.
    pub(crate) fn asked(&self) -> usize {
        self.moods.asked.swap(0, Ordering::SeqCst)
    }

    /// One round of upkeep: how many accounts became ready, and how much failed.
    pub(crate) async fn round(&self) -> (usize, usize) {
        let report = self.engine.upkeep_once().await.unwrap();
        (report.ready, report.failed)
    }
}

async fn serve(moods: Arc<Moods>) -> SocketAddr {
    let (me, ping) = (Arc::clone(&moods), Arc::clone(&moods));
    let tokens = move || {
        let lifetime = Some(moods.lifetime.load(Ordering::SeqCst)).filter(|seconds| *seconds > 0);
        async move { Json(json!({"access_token": "only-one", "token_type": "bearer", "expires_in": lifetime})) }
    };
    let router = Router::new()
        .route("/token", post(tokens))
        .route("/me", get(move || async move { me.answer(&me.me, json!({"id": "7", "login": "alice"})) }))
        .route("/ping", get(move || async move { ping.answer(&ping.ping, json!({})) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Who it says an account is, at `/me`.
pub(crate) fn identity() -> Value {
    json!({"method": "GET", "path": "/me", "id": "/id", "label": "/login"})
}

/// A cheap call.
pub(crate) fn probe(path: &str) -> Value {
    json!({"method": "GET", "path": path})
}
