//! A service that says no: what it costs, and what people read of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use composio_core::secrecy::ExposeSecret as _;
use composio_core::{
    CallbackParams, Composio, ConnectFlow as _, ConnectionStatus, ErrorKind, FormFields, LinkStep, MultiAccount,
    Refusal, ToolkitSlug, Url,
};
use composio_engine::{Engine, EngineOptions, KeySource, Overrides, ProjectId, SealingKey, SqliteStore};
use serde_json::json;
use tokio::net::TcpListener;

use crate::world::{World, token};

/// A service that gives tokens without refresh tokens, and refuses `/thing` whatever the token. Whether it knows the token
/// at all is said by the flag.
async fn stubborn(knows: Arc<AtomicBool>) -> SocketAddr {
    let me = move || {
        let status = if knows.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        async move { (status, Json(json!({"id": "7"}))) }
    };
    let router = Router::new()
        .route("/token", post(async || Json(json!({"access_token": "only-one", "token_type": "bearer"}))))
        .route("/me", get(me))
        .route("/thing", get(async || StatusCode::UNAUTHORIZED));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    #[expect(clippy::disallowed_methods, reason = "it ends with the test's runtime")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn stubborn_manifest(address: SocketAddr) -> String {
    let base = format!("http://{address}");
    json!({
        "format": 1, "slug": "stubborn", "name": "Stubborn", "description": "Refuses.", "version": "1", "base_url": base,
        "auth_schemes": [{"scheme": "OAUTH2", "authorize_url": format!("{base}/authorize"), "token_url": format!("{base}/token")}],
        "identity": {"method": "GET", "path": "/me", "id": "/id"},
        "tools": [{
            "slug": "STUBBORN_THING", "name": "Thing", "description": "Is refused.",
            "input_schema": {"type": "object", "properties": {}}, "http": {"method": "GET", "path": "/thing"},
        }],
    })
    .to_string()
}

#[tokio::test]
async fn one_operation_that_refuses_does_not_end_a_connection_that_works() {
    let knows = Arc::new(AtomicBool::new(true));
    let address = stubborn(Arc::clone(&knows)).await;
    let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
    let options = EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key)
        .allow_private(address.to_string())
        .toolkit(stubborn_manifest(address).as_bytes())
        .managed_app(ToolkitSlug::new("stubborn").unwrap(), "id", "secret");
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    let engine = Engine::start(store, options).await.unwrap();
    let session = Composio::with_backend(engine.project("p")).create("user_123").await.unwrap();
    let request = session.authorize("stubborn").await.unwrap();
    let started = engine.start(token(request.redirect_url()), FormFields::new()).await.unwrap();
    let LinkStep::Redirect(consent) = started.next else { panic!("not sent to the service") };
    let state = consent.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let params = CallbackParams::from_query(&format!("state={state}&code=c"));
    engine.complete(params, Some(started.cookie.unwrap().value.expose_secret())).await.unwrap();

    let error = session.execute("STUBBORN_THING", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ToolFailed, "{error:?}");
    assert!(session.connected_account(request.account()).await.unwrap().is_active());

    knows.store(false, Ordering::SeqCst);
    let error = session.execute("STUBBORN_THING", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert!(error.connect_url().is_some());
    let ended = session.connected_account(request.account()).await.unwrap();
    assert_eq!(ended.status, ConnectionStatus::Expired);
}

#[tokio::test]
async fn a_link_does_not_outlive_the_account_that_it_began() {
    let world = World::new().await;
    let session = world.session().await;
    let request = session.authorize("tracker").await.unwrap();
    world.press(request.redirect_url(), Some("bob@example.com")).await;
    world.composio().connected_accounts().delete(request.account().clone()).await.unwrap();
    let again = world.engine.start(token(request.redirect_url()), FormFields::new()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn links_that_were_made_while_there_was_room_do_not_pass_the_limit() {
    let world = World::new().await;
    let multi = MultiAccount::new().max_per_toolkit(2);
    let session = world.composio().create("user_123").toolkits(["tracker"]).multi_account(multi).await.unwrap();
    let mut links = Vec::new();
    for _ in 0..3 {
        links.push(session.authorize("tracker").await.unwrap());
    }
    for (link, email) in links.iter().zip(["alice@work.example", "alice@home.example"]) {
        assert_eq!(world.press(link.redirect_url(), Some(email)).await.refusal, None);
    }
    let third = world.engine.start(token(links[2].redirect_url()), FormFields::new()).await.unwrap_err();
    assert_eq!(third.kind(), ErrorKind::Conflict, "{third}");
}

#[tokio::test]
async fn people_read_nothing_of_the_inside() {
    let world = World::new().await;
    // An engine whose token endpoint is one that nobody allowed.
    let slug = ToolkitSlug::new("tracker").unwrap();
    let app = world.demo.oauth_app();
    let mut overrides = Overrides::base_url(world.demo.tracker_url());
    overrides.token_url = Some(Url::parse("http://127.0.0.3:9/token").unwrap());
    let options = EngineOptions::new(
        Url::parse("http://127.0.0.1:8787").unwrap(),
        KeySource::Keys(vec![SealingKey::new([7; 32])]),
    )
    .allow_private(world.demo.address().to_string())
    .toolkit(composio_demo::TRACKER_MANIFEST.as_bytes())
    .overrides(slug.clone(), overrides)
    .managed_app(slug, app.client_id, app.client_secret);
    let engine = Engine::start(Arc::clone(&world.store), options).await.unwrap();
    let session = Composio::with_backend(engine.project("inside")).create("user_123").await.unwrap();
    let request = session.authorize("tracker").await.unwrap();
    let connected = crate::world::press(&engine, &world.demo, request.redirect_url(), Some("bob@example.com")).await;
    let Some(Refusal::Failed(reason)) = connected.refusal else { panic!("it cannot have worked") };
    let kept = world.store.account(&ProjectId::new("inside"), request.account()).await.unwrap().unwrap();
    for text in [reason, kept.status_reason.unwrap()] {
        assert!(!text.contains("127.0.0.3") && !text.contains("allow_private"), "{text}");
    }
}
