//! The engine as the suites want it: toolkits whose services answer, and a clock in hand.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use composio_conformance::harness::{self as contract, AccountSeed, ConfigSeed, Harness, Trouble};
use composio_core::secrecy::SecretString;
use composio_core::{
    AuthConfigId, AuthConfigUpdate, Backend, ConnectFlow, ConnectedAccount, ConnectedAccountId, ConnectionStatus,
    McpAccess, NewAuthConfig, NewConnectedAccount, Timestamp, ToolkitSlug, Url,
};
use composio_demo::{Demo, DemoOptions, Failure, TRACKER_MANIFEST};
use composio_engine::store::Transition;
use composio_engine::{
    Clock as _, EmbeddedBackend, Engine, EngineOptions, HttpOptions, KeySource, ManualClock, Overrides, ProjectId,
    SealingKey, SqliteStore, Store,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::services::{Services, key};

/// The demo's own clock begins here, so the engine's does too.
const BEGIN: Timestamp = Timestamp::from_micros(1_735_722_000_000_000);
const PROJECT: &str = "project_here";
const TICK: Duration = Duration::from_secs(1);

/// An engine on a store of its own, with the services of the contract.
pub(crate) struct EngineHarness {
    engine: Engine,
    store: Arc<dyn Store>,
    project: EmbeddedBackend,
    services: Services,
    demo: Demo,
    clock: Arc<ManualClock>,
    demo_clock: composio_demo::ManualClock,
    _directory: Option<TempDir>,
}

impl EngineHarness {
    /// On a store in memory.
    pub(crate) async fn in_memory() -> Self {
        Self::on(SqliteStore::in_memory().await.unwrap(), None).await
    }

    /// On a store in a directory that goes with the harness.
    pub(crate) async fn on_disk() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(directory.path().join("store.db")).await.unwrap();
        Self::on(store, Some(directory)).await
    }

    async fn on(store: SqliteStore, directory: Option<TempDir>) -> Self {
        let demo_clock = composio_demo::ManualClock::default();
        let demo = Demo::start(DemoOptions::default().clock(demo_clock.clone())).await.unwrap();
        let services = Services::start().await;
        let (store, clock): (Arc<dyn Store>, _) = (Arc::new(store), Arc::new(ManualClock::at(BEGIN)));
        let options = options(&services, &demo).clock(Arc::clone(&clock) as Arc<_>);
        let engine = Engine::start(Arc::clone(&store), options).await.unwrap();
        let project = engine.project(PROJECT);
        Self { engine, store, project, services, demo, clock, demo_clock, _directory: directory }
    }

    fn management(&self) -> &dyn composio_core::Management {
        self.project.management().unwrap()
    }

    fn tick(&self) {
        self.clock.advance(TICK);
        self.demo_clock.advance(TICK);
    }

    /// An account that was begun and never had a credential.
    async fn begun(&self, seed: AccountSeed) -> ConnectedAccountId {
        let id = ConnectedAccountId::new(format!("ca_{}", seed.label));
        let mut account =
            ConnectedAccount::new(id.clone(), slug(&seed.toolkit), seed.user, seed.auth_config, self.clock.now());
        account.id = ConnectedAccountId::new(format!("{id}_{}", account.user));
        account.status = seed.status;
        account.alias = seed.alias;
        account.sharing = seed.sharing;
        self.store.insert_account(&ProjectId::new(PROJECT), &account, None).await.unwrap();
        account.id
    }
}

#[async_trait]
impl Harness for EngineHarness {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(self.project.clone())
    }

    fn other_project(&self) -> Arc<dyn Backend> {
        Arc::new(self.engine.project("project_there"))
    }

    async fn auth_config(&self, toolkit: &str, seed: ConfigSeed) -> AuthConfigId {
        self.tick();
        let new = NewAuthConfig::api_key(slug(toolkit)).enabled_for_sessions(seed.enabled_for_sessions);
        let config = self.management().create_auth_config(new.tools(seed.tools)).await.unwrap();
        if !seed.enabled {
            let mut update = AuthConfigUpdate::new();
            update.enabled = Some(false);
            self.management().update_auth_config(&config.id, &update).await.unwrap();
        }
        config.id
    }

    async fn account(&self, seed: AccountSeed) -> ConnectedAccountId {
        use ConnectionStatus::{Active, Failed, Initializing, Initiated};
        self.tick();
        if matches!(seed.status, Initializing | Initiated | Failed) {
            return self.begun(seed).await;
        }
        let mut new = NewConnectedAccount::api_key(seed.user, seed.auth_config, key(&seed.label)).sharing(seed.sharing);
        new.alias = seed.alias;
        let account = self.management().create_connected_account(new).await.unwrap();
        if seed.status != Active {
            self.set_status(&account.id, seed.status).await;
        }
        account.id
    }

    async fn set_status(&self, account: &ConnectedAccountId, status: ConnectionStatus) {
        self.tick();
        let project = ProjectId::new(PROJECT);
        let from = self.store.account(&project, account).await.unwrap().unwrap().status;
        let reason = (status != ConnectionStatus::Active).then(|| "the scenario says so".to_owned());
        let step = Transition::new(from, status, self.clock.now(), reason);
        self.store.transition(&project, account, &step).await.unwrap();
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.demo_clock.advance(by);
    }

    fn connect_flow(&self) -> Option<Arc<dyn ConnectFlow>> {
        Some(Arc::new(self.engine.clone()))
    }

    fn mcp_access(&self) -> Option<Arc<dyn McpAccess>> {
        Some(Arc::new(self.project.clone()))
    }

    async fn consent(&self, authorize_url: &Url, person: Option<&str>) -> Url {
        match person {
            Some(email) => self.demo.approve(authorize_url, email).unwrap(),
            None => self.demo.deny(authorize_url).unwrap(),
        }
    }

    fn key(&self, label: &str) -> SecretString {
        key(label).into()
    }

    async fn trouble(&self, trouble: Trouble, times: usize) {
        match trouble {
            Trouble::Renewal => {
                let refused = Failure::oauth_error("invalid_grant").path("/tracker/oauth/token");
                self.demo.fail_next(refused.times(times));
            }
            Trouble::Probe => self.services.refuse_probes(times),
        }
    }

    fn requests(&self) -> usize {
        self.services.requests()
    }
}

fn options(services: &Services, demo: &Demo) -> EngineOptions {
    let public_url = Url::parse("http://127.0.0.1:8787").unwrap();
    let http =
        HttpOptions::default().allow_private(demo.address().to_string()).allow_private(services.address().to_string());
    let app = demo.oauth_app();
    let options = EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::new([7; 32])]))
        .application("Conformance")
        .serves_mcp()
        .http(http)
        .overrides(slug("tracker"), Overrides::base_url(demo.tracker_url()))
        .managed_app(slug("tracker"), app.client_id, app.client_secret)
        .managed_app(slug("managed"), "client", "client-secret")
        .managed_app(slug("other"), "client", "client-secret");
    contract::toolkits().fold(options, |options, toolkit| match &*toolkit {
        "tracker" => options.toolkit(TRACKER_MANIFEST.as_bytes()),
        toolkit => options.toolkit(manifest(toolkit, services).to_string().as_bytes()),
    })
}

/// The manifest of a toolkit whose service is one of ours.
fn manifest(toolkit: &str, services: &Services) -> Value {
    let oauth = json!({
        "scheme": "OAUTH2",
        "authorize_url": "{base_url}/oauth/authorize",
        "token_url": "{base_url}/oauth/token",
        "scopes": ["all"],
    });
    let key = json!({
        "scheme": "API_KEY",
        "fields": [{"name": "api_key", "label": "API key"}],
        "placement": {"in": "header", "name": "X-Api-Key"},
    });
    let schemes = match toolkit {
        "managed" | "other" => json!([oauth, key]),
        "unmanaged" => json!([oauth]),
        "keyed" => json!([key]),
        _ => json!([{"scheme": "NO_AUTH"}]),
    };
    let mut manifest = json!({
        "format": 1,
        "slug": toolkit,
        "name": format!("The {toolkit} service"),
        "description": "Says who is calling.",
        "version": "1",
        "base_url": services.url(toolkit),
        "auth_schemes": schemes,
        "tools": [whoami(toolkit), touch(toolkit), wipe(toolkit)],
    });
    if toolkit.starts_with("extra_") {
        manifest["tools"] = json!([whoami(toolkit)]);
    }
    if matches!(toolkit, "managed" | "other" | "keyed") {
        manifest["identity"] = json!({"method": "GET", "path": "/me", "id": "/account"});
    }
    if toolkit == "managed" {
        manifest["probe"] = json!({"method": "GET", "path": "/ping"});
    }
    manifest
}

fn whoami(toolkit: &str) -> Value {
    json!({
        "slug": format!("{}_WHOAMI", toolkit.to_uppercase()),
        "name": "Who am I",
        "description": "Says whose credential came.",
        "tags": ["readOnlyHint"],
        "input_schema": {"type": "object", "properties": {}, "additionalProperties": false},
        "http": {"method": "GET", "path": "/whoami"},
    })
}

fn touch(toolkit: &str) -> Value {
    let field = |name: &str| json!({"argument": name, "name": name});
    json!({
        "slug": format!("{}_TOUCH", toolkit.to_uppercase()),
        "name": "Touch",
        "description": "Leaves a note.",
        "tags": ["createHint"],
        "input_schema": {
            "type": "object",
            "properties": {"note": {"type": "string"}, "times": {"type": "integer", "minimum": 1}},
            "required": ["note"],
            "additionalProperties": false,
        },
        "http": {
            "method": "POST",
            "path": "/touch",
            "body": {"content_type": "application/json", "required": true, "fields": [field("note"), field("times")]},
        },
    })
}

fn wipe(toolkit: &str) -> Value {
    json!({
        "slug": format!("{}_WIPE", toolkit.to_uppercase()),
        "name": "Wipe",
        "description": "Takes every note away.",
        "tags": ["destructiveHint"],
        "input_schema": {"type": "object", "properties": {}, "additionalProperties": false},
        "http": {"method": "DELETE", "path": "/wipe"},
    })
}

fn slug(toolkit: &str) -> ToolkitSlug {
    ToolkitSlug::new(toolkit).unwrap()
}
