//! Where secrets are, and where they are not.

use std::sync::Arc;

use composio_core::{Composio, ErrorKind, ToolkitSlug, Url};
use composio_demo::DemoOptions;
use composio_engine::{Engine, EngineOptions, KeySource, SealingKey, SqliteStore};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn nothing_that_was_given_in_confidence_is_readable_in_the_files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("composio.sqlite");
    let options = DemoOptions::default().client("client-in-the-clear", "app-secret-marker");
    let world = World::with(options, Arc::new(SqliteStore::open(&path).await.unwrap())).await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let composio = world.composio();
    let own = composio.auth_configs().create("mailbox").oauth_app("own-client", "own-secret-marker").await.unwrap();
    let keys = composio.auth_configs().create("tracker").api_key().await.unwrap();
    let key = world.demo.api_key("bob@example.com");
    composio.connected_accounts().create("user_9", keys.id.clone()).field("api_key", key.as_str()).await.unwrap();
    let call = session.execute("TRACKER_CREATE_ISSUE", json!({"title": "outcome-marker"})).idempotency_key("k");
    call.await.unwrap();
    session.authorize("mailbox").await.unwrap();

    let mut seen = 0;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        seen += usize::from(contains(&bytes, own.id.as_str()));
        for secret in ["app-secret-marker", "own-secret-marker", "outcome-marker", &key] {
            assert!(!contains(&bytes, secret), "{secret} is readable");
        }
    }
    assert!(seen > 0, "the files were looked into");
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn errors_show_no_secret_and_no_link() {
    let world = World::new().await;
    let session = world.session().await;
    let error = session.execute("TRACKER_LIST_ISSUES", json!({})).await.unwrap_err();
    let token = crate::world::token(error.connect_url().unwrap()).to_owned();
    for text in [error.to_string(), format!("{error:?}"), error.for_model().into_owned()] {
        assert!(!text.contains(&token) && !text.contains("/link/"), "{text}");
    }
    let request = session.authorize("tracker").await.unwrap();
    assert!(!format!("{request:?} {session:?}").contains("/link/"));
}

fn options(key: KeySource) -> EngineOptions {
    EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key)
}

#[tokio::test]
async fn a_wrong_key_is_found_out_at_the_start() {
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    let key = |byte| KeySource::Keys(vec![SealingKey::new([byte; 32])]);
    let first: Arc<SqliteStore> = Arc::clone(&store);
    Engine::start(first, options(key(1))).await.unwrap();
    let again: Arc<SqliteStore> = Arc::clone(&store);
    let error = Engine::start(again, options(key(2))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("not the one"), "{error}");
    let rotated = KeySource::Keys(vec![SealingKey::new([2; 32]), SealingKey::new([1; 32])]);
    Engine::start(store, options(rotated)).await.unwrap();
}

#[tokio::test]
async fn a_lost_key_file_is_never_made_anew_over_sealed_rows() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("sealing.key");
    let store = Arc::new(SqliteStore::open(directory.path().join("s.sqlite")).await.unwrap());
    let start = |store: &Arc<SqliteStore>| {
        let store: Arc<SqliteStore> = Arc::clone(store);
        let options = options(KeySource::File(key.clone())).bundled_toolkits();
        Engine::start(store, options)
    };
    let engine = start(&store).await.unwrap();
    let made = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(start(&store).await.is_err() && !key.exists(), "the store knows a key already");
    std::fs::write(&key, &made).unwrap();
    let configs = Composio::with_backend(engine.project("p")).auth_configs();
    configs.create(ToolkitSlug::new("github").unwrap()).oauth_app("id", "secret").await.unwrap();
    start(&store).await.unwrap();

    std::fs::remove_file(&key).unwrap();
    let error = start(&store).await.unwrap_err();
    assert!(error.to_string().contains("is gone"), "{error}");
    assert!(!key.exists());
    std::fs::write(&key, made).unwrap();
    start(&store).await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("sealing.key");
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    Engine::start(store, options(KeySource::File(key.clone()))).await.unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}
