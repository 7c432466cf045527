//! An engine with toolkits that are only listed and connected by key: nothing is sent anywhere.

use std::sync::Arc;
use std::time::Duration;

use composio_core::{
    AuthConfigId, AuthConfigUpdate, Composio, ConnectedAccount, ConnectedAccountId, ConnectionStatus, Management,
    NewAuthConfig, NewConnectedAccount, Session, Sharing, Timestamp, ToolFilter, ToolSlug, ToolkitSlug, Url,
};
use composio_engine::store::Transition;
use composio_engine::{
    Clock as _, EmbeddedBackend, Engine, EngineOptions, KeySource, ManualClock, ProjectId, SealingKey, SqliteStore,
    Store,
};
use serde_json::{Value, json};

const BEGIN: Timestamp = Timestamp::from_micros(1_735_722_000_000_000);
const PROJECT: &str = "p";
pub(crate) const USER: &str = "ada";
pub(crate) const OTHER: &str = "bob";

/// An engine, its store and its clock.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
}

impl Stage {
    /// With two toolkits that need a key, and one that needs nothing.
    pub(crate) async fn new() -> Self {
        let tools = [("READ", "readOnlyHint"), ("CREATE", "createHint"), ("DELETE", "destructiveHint")];
        let keyed = |slug| manifest(slug, true, tools.map(|(verb, tag)| tool(slug, verb, tag)));
        let open = manifest("weather", false, [tool("weather", "READ", "readOnlyHint")]);
        Self::with([keyed("notes"), keyed("files"), open]).await
    }

    pub(crate) async fn with(manifests: impl IntoIterator<Item = Value>) -> Self {
        let (store, clock): (Arc<dyn Store>, _) =
            (Arc::new(SqliteStore::in_memory().await.unwrap()), Arc::new(ManualClock::at(BEGIN)));
        let engine = engine(&store, &clock, manifests).await;
        Self { engine, store, clock }
    }

    /// Another engine on the same store, with another catalogue, as after a deployment.
    pub(crate) async fn redeployed(&self, manifests: impl IntoIterator<Item = Value>) -> Self {
        let engine = engine(&self.store, &self.clock, manifests).await;
        Self { engine, store: Arc::clone(&self.store), clock: Arc::clone(&self.clock) }
    }

    pub(crate) fn backend(&self) -> EmbeddedBackend {
        self.engine.project(PROJECT)
    }

    pub(crate) fn composio(&self) -> Composio {
        Composio::with_backend(self.backend())
    }

    pub(crate) fn tick(&self) {
        self.clock.advance(Duration::from_secs(1));
    }

    pub(crate) async fn config(&self, toolkit: &str) -> AuthConfigId {
        self.config_with(toolkit, ToolFilter::All).await
    }

    pub(crate) async fn config_with(&self, toolkit: &str, tools: ToolFilter) -> AuthConfigId {
        self.tick();
        let new = NewAuthConfig::api_key(slug(toolkit)).tools(tools);
        self.backend().create_auth_config(new).await.unwrap().id
    }

    pub(crate) async fn disable_config(&self, id: &AuthConfigId) {
        self.backend().update_auth_config(id, &AuthConfigUpdate::new().enabled(false)).await.unwrap();
    }

    pub(crate) async fn account(&self, config: &AuthConfigId) -> ConnectedAccount {
        self.account_of(USER, config, Sharing::Private).await
    }

    pub(crate) async fn account_of(&self, user: &str, config: &AuthConfigId, sharing: Sharing) -> ConnectedAccount {
        self.tick();
        let new = NewConnectedAccount::api_key(user, config, "a-secret-key").sharing(sharing);
        self.backend().create_connected_account(new).await.unwrap()
    }

    pub(crate) async fn set_status(&self, id: &ConnectedAccountId, status: ConnectionStatus) {
        self.tick();
        let project = ProjectId::new(PROJECT);
        let from = self.store.account(&project, id).await.unwrap().unwrap().status;
        let step = Transition::new(from, status, self.clock.now(), None);
        self.store.transition(&project, id, &step).await.unwrap();
    }
}

async fn engine(
    store: &Arc<dyn Store>,
    clock: &Arc<ManualClock>,
    manifests: impl IntoIterator<Item = Value>,
) -> Engine {
    let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
    let options = EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key);
    let options = options.clock(Arc::clone(clock) as Arc<_>);
    let options =
        manifests.into_iter().fold(options, |options, manifest| options.toolkit(manifest.to_string().as_bytes()));
    Engine::start(Arc::clone(store), options).await.unwrap()
}

/// A toolkit whose service nobody runs.
pub(crate) fn manifest(toolkit: &str, keyed: bool, tools: impl IntoIterator<Item = Value>) -> Value {
    let key = json!({
        "scheme": "API_KEY",
        "fields": [{"name": "api_key", "label": "API key"}],
        "placement": {"in": "header", "name": "X-Api-Key"},
    });
    json!({
        "format": 1,
        "slug": toolkit,
        "name": format!("The {toolkit} service"),
        "description": "Is never called.",
        "version": "1",
        "base_url": "https://service.example",
        "auth_schemes": [if keyed { key } else { json!({"scheme": "NO_AUTH"}) }],
        "tools": Value::from_iter(tools),
    })
}

/// A tool without arguments.
pub(crate) fn tool(toolkit: &str, verb: &str, tag: &str) -> Value {
    json!({
        "slug": format!("{}_{verb}", toolkit.to_uppercase()),
        "name": verb,
        "description": "Does what it is called.",
        "tags": [tag],
        "input_schema": {"type": "object", "properties": {}, "additionalProperties": false},
        "http": {"method": "GET", "path": format!("/{verb}")},
    })
}

pub(crate) fn slug(toolkit: &str) -> ToolkitSlug {
    ToolkitSlug::new(toolkit).unwrap()
}

pub(crate) fn tool_slug(tool: &str) -> ToolSlug {
    ToolSlug::new(tool).unwrap()
}

/// What a model gets directly.
pub(crate) async fn listed(session: &Session) -> Vec<String> {
    session.tools().await.unwrap().iter().map(|tool| tool.definition().slug.to_string()).collect()
}
