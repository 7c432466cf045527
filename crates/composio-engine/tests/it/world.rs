//! An engine, the demo services, one clock for each, and a person who says yes.

use std::sync::Arc;
use std::time::Duration;

use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AccountEventKind, CallbackParams, Composio, ConnectFlow, Connected, ConnectedAccount, ConnectedAccountId, Error,
    ErrorKind, Event, Events, FormFields, LinkStep, Retry, Session, Timestamp, ToolkitSlug, Url,
};
use composio_demo::{Demo, DemoOptions, MAILBOX_MANIFEST, TRACKER_MANIFEST};
use composio_engine::{
    Clock as _, Engine, EngineOptions, HttpOptions, KeySource, ManualClock, Overrides, SealingKey, SqliteStore, Store,
    Upkeep,
};
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;

/// The demo's own clock begins here, so the engine's does too.
const BEGIN: Timestamp = Timestamp::from_micros(1_735_722_000_000_000);

/// Everything that a test of the whole way needs.
pub(crate) struct World {
    pub(crate) demo: Demo,
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    engine_clock: Arc<ManualClock>,
    demo_clock: composio_demo::ManualClock,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(DemoOptions::default(), Arc::new(SqliteStore::in_memory().await.unwrap())).await
    }

    pub(crate) async fn with(options: DemoOptions, store: Arc<dyn Store>) -> Self {
        let demo_clock = composio_demo::ManualClock::default();
        let demo = Demo::start(options.clock(demo_clock.clone())).await.unwrap();
        let engine_clock = Arc::new(ManualClock::at(BEGIN));
        let engine = Engine::start(Arc::clone(&store), engine_options(&demo, Arc::clone(&engine_clock))).await.unwrap();
        Self { demo, engine, store, engine_clock, demo_clock }
    }

    /// Another engine on the same store, key and services, as a second process would be.
    pub(crate) async fn another_engine(&self) -> Engine {
        Engine::start(Arc::clone(&self.store), self.options()).await.unwrap()
    }

    /// What engines of this world are started with.
    pub(crate) fn options(&self) -> EngineOptions {
        engine_options(&self.demo, Arc::clone(&self.engine_clock))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.engine_clock.advance(by);
        self.demo_clock.advance(by);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine_clock.now()
    }

    pub(crate) fn composio(&self) -> Composio {
        Composio::with_backend(self.engine.project("p"))
    }

    pub(crate) async fn session(&self) -> Session {
        self.composio().create("user_123").toolkits(["tracker", "mailbox"]).await.unwrap()
    }

    /// Connects an account the whole way: link, press, consent, callback.
    pub(crate) async fn connect(&self, session: &Session, toolkit: &str, email: &str) -> ConnectedAccount {
        let request = session.authorize(toolkit).await.unwrap();
        let connected = self.press(request.redirect_url(), Some(email)).await;
        assert_eq!(connected.refusal, None);
        self.account(session, request.account()).await
    }

    /// Presses on at a link and answers at the service: yes as somebody, or no.
    pub(crate) async fn press(&self, link: &Url, email: Option<&str>) -> Connected {
        press(&self.engine, &self.demo, link, email).await
    }

    pub(crate) async fn account(&self, session: &Session, id: &ConnectedAccountId) -> ConnectedAccount {
        session.connected_account(id).await.unwrap()
    }

    /// Calls a tool until its service has refused to renew so often that the account has ended, and gives the last error.
    pub(crate) async fn call_to_the_end(&self, session: &Session, tool: &str) -> Error {
        for _ in 0..2 {
            let error = session.execute(tool, json!({})).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            let Retry::After(wait) = error.retry() else { panic!("it does not say when: {error:?}") };
            self.advance(wait);
        }
        session.execute(tool, json!({})).await.unwrap_err()
    }

    /// How many requests of this kind the services have seen.
    pub(crate) fn seen(&self, method: &str, path_end: &str) -> usize {
        let requests = self.demo.requests();
        requests.iter().filter(|request| request.method == method && request.path.ends_with(path_end)).count()
    }
}

/// What was told since somebody looked last.
pub(crate) fn told(events: &mut Events) -> Vec<(AccountEventKind, ConnectedAccountId)> {
    let mut told = Vec::new();
    while let Some(Some(event)) = events.next().now_or_never() {
        let Event::Account(event) = event else { panic!("events were missed") };
        told.push((event.kind, event.account.id));
    }
    told
}

/// Presses on at a link of this engine and answers at the service.
pub(crate) async fn press(engine: &Engine, demo: &Demo, link: &Url, email: Option<&str>) -> Connected {
    let started = engine.start(token(link), FormFields::new()).await.unwrap();
    let LinkStep::Redirect(consent) = &started.next else { panic!("not sent to the service") };
    let callback = match email {
        Some(email) => demo.approve(consent, email).unwrap(),
        None => demo.deny(consent).unwrap(),
    };
    let params = CallbackParams::from_query(callback.query().unwrap());
    let cookie = started.cookie.unwrap();
    engine.complete(params, Some(cookie.value.expose_secret())).await.unwrap()
}

/// The token of a link.
pub(crate) fn token(link: &Url) -> &str {
    link.path_segments().unwrap().next_back().unwrap()
}

fn engine_options(demo: &Demo, clock: Arc<ManualClock>) -> EngineOptions {
    let public_url = Url::parse("http://127.0.0.1:8787").unwrap();
    let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
    let app = demo.oauth_app();
    let slug = |text| ToolkitSlug::new(text).unwrap();
    EngineOptions::new(public_url, key)
        .application("Test")
        .http(HttpOptions::default().allow_private(demo.address().to_string()))
        .clock(clock)
        .upkeep(Upkeep::Off)
        .toolkit(TRACKER_MANIFEST.as_bytes())
        .toolkit(MAILBOX_MANIFEST.as_bytes())
        .overrides(slug("tracker"), Overrides::base_url(demo.tracker_url()))
        .overrides(slug("mailbox"), Overrides::base_url(demo.mailbox_url()))
        .managed_app(slug("tracker"), app.client_id.clone(), app.client_secret.clone())
        .managed_app(slug("mailbox"), app.client_id, app.client_secret)
}
