//! Who reaches a session over MCP: with keys, with tokens, and not at all.

use std::sync::Arc;
use std::time::Duration;

use composio_core::secrecy::ExposeSecret as _;
use composio_core::{Backend as _, Composio, ErrorKind, McpAccess as _, McpToken, SessionId, Timestamp, Url};
use composio_engine::{Engine, EngineOptions, KeySource, ManualClock, SealingKey, SqliteStore};

const KEY: &str = "the-key-that-is-used-now";
const OLD_KEY: &str = "the-key-that-was-used-before";
const OTHER_KEY: &str = "the-key-of-another-project";
const HOUR: Duration = Duration::from_secs(60 * 60);

fn options() -> EngineOptions {
    let public_url = Url::parse("https://agents.example.com").unwrap();
    EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::new([7; 32])]))
}

/// Two projects, the first with two keys, and a clock in hand.
struct Served {
    engine: Engine,
    store: Arc<SqliteStore>,
    clock: Arc<ManualClock>,
}

impl Served {
    async fn new() -> Self {
        Self::on(SqliteStore::in_memory().await.unwrap()).await
    }

    async fn on(store: SqliteStore) -> Self {
        let (store, clock) = (Arc::new(store), Arc::new(ManualClock::at(Timestamp::from_micros(0))));
        let engine = start(&store, &clock).await;
        Self { engine, store, clock }
    }

    fn here(&self) -> Composio {
        Composio::with_backend(self.engine.project("here"))
    }

    async fn admit(&self, session: &str, credential: &str) -> Result<(), composio_core::Error> {
        self.engine.project("here").admit(&SessionId::new(session), &credential.into()).await
    }
}

async fn start(store: &Arc<SqliteStore>, clock: &Arc<ManualClock>) -> Engine {
    let options = options()
        .serves_mcp()
        .project_key("here", OLD_KEY)
        .project_key("here", KEY)
        .project_key("there", OTHER_KEY)
        .clock(Arc::clone(clock) as Arc<_>);
    Engine::start(Arc::clone(store) as Arc<_>, options).await.unwrap()
}

fn bearer(token: &McpToken) -> String {
    let (_, value) = &token.endpoint.headers[0];
    value.expose_secret().strip_prefix("Bearer ").unwrap().to_owned()
}

#[tokio::test]
async fn every_credential_has_its_answer() {
    let served = Served::new().await;
    let (session, other) = (served.here().create("ada").await.unwrap(), served.here().create("bob").await.unwrap());
    let there = Composio::with_backend(served.engine.project("there")).create("ada").await.unwrap();
    let spent = session.mcp_token().expires_in(HOUR).await.unwrap();
    let (ours, revoked) = (session.mcp_token().expires_in(2 * HOUR), session.mcp_token().expires_in(2 * HOUR));
    let (ours, revoked) = (ours.await.unwrap(), revoked.await.unwrap());
    let others = other.mcp_token().expires_in(2 * HOUR).await.unwrap();
    let theirs = there.mcp_token().expires_in(2 * HOUR).await.unwrap();
    session.revoke_mcp_token(&revoked.id).await.unwrap();
    served.clock.advance(HOUR);
    let gone = served.here().create("ada").await.unwrap();
    let ended = gone.mcp_token().await.unwrap();
    gone.delete().await.unwrap();

    let (id, unknown, foreign) = (session.id().as_str(), "trs_nowhere", there.id().as_str());
    let (unauthorized, not_found) = (Some(ErrorKind::Unauthorized), Some(ErrorKind::NotFound));
    let cut = |text: &str| text[..text.len() - 1].to_owned();
    for (name, session, credential, expected) in [
        ("the project's key", id, KEY.to_owned(), None),
        ("its old key", id, OLD_KEY.to_owned(), None),
        ("a token of the session", id, bearer(&ours), None),
        ("the key, and a session that never was", unknown, KEY.to_owned(), not_found),
        ("the key, and a session that was deleted", gone.id().as_str(), KEY.to_owned(), not_found),
        ("the key, and another project's session", foreign, KEY.to_owned(), not_found),
        ("another project's key", id, OTHER_KEY.to_owned(), unauthorized),
        ("another project's key, and its session", foreign, OTHER_KEY.to_owned(), unauthorized),
        ("the start of the key", id, cut(KEY), unauthorized),
        ("the key and more", id, format!("{KEY}x"), unauthorized),
        ("the key in another case", id, KEY.to_uppercase(), unauthorized),
        ("a token of another session", id, bearer(&others), unauthorized),
        ("a token of another project", id, bearer(&theirs), unauthorized),
        ("a token of another project, and its session", foreign, bearer(&theirs), unauthorized),
        ("a token that is over", id, bearer(&spent), unauthorized),
        ("a token that was revoked", id, bearer(&revoked), unauthorized),
        ("a token of a deleted session", gone.id().as_str(), bearer(&ended), unauthorized),
        ("a token, and a session that never was", unknown, bearer(&ours), unauthorized),
        ("the start of a token", id, cut(&bearer(&ours)), unauthorized),
        ("a token with its scheme", id, format!("Bearer {}", bearer(&ours)), unauthorized),
        ("a token's id", id, ours.id.as_str().to_owned(), unauthorized),
        ("nothing", id, String::new(), unauthorized),
        ("nothing, and a session that never was", unknown, String::new(), unauthorized),
        ("no token at all", id, "\u{0}mcp_ä\r\n".to_owned(), unauthorized),
    ] {
        let error = served.admit(session, &credential).await.err();
        assert_eq!(error.as_ref().map(composio_core::Error::kind), expected, "{name}");
        let Some(error) = error else { continue };
        if expected == unauthorized {
            let refusal = served.admit(unknown, "anything").await.unwrap_err();
            assert_eq!(format!("{error:?}"), format!("{refusal:?}"), "{name} is told apart");
        }
        for text in [error.to_string(), format!("{error:?}"), error.for_model().into_owned()] {
            assert!(credential.is_empty() || !text.contains(&credential), "{name}: {text}");
        }
    }
}

/// Tokens belong to the store: another engine on it, as after a restart, lets their owners in.
#[tokio::test]
async fn a_token_outlives_the_engine_that_made_it() {
    let served = Served::new().await;
    let session = served.here().create("ada").await.unwrap();
    let token = session.mcp_token().await.unwrap();
    let again = start(&served.store, &served.clock).await.project("here");
    again.admit(session.id(), &bearer(&token).into()).await.unwrap();
    again.revoke_mcp_tokens(session.id(), None).await.unwrap();
    assert_eq!(served.admit(session.id().as_str(), &bearer(&token)).await.unwrap_err().kind(), ErrorKind::Unauthorized);
}

#[tokio::test]
async fn a_token_is_recognised_as_one_and_holds_256_bits() {
    let session = Served::new().await.here().create("ada").await.unwrap();
    let token = session.mcp_token().await.unwrap();
    assert_eq!(token.endpoint.headers[0].0, "Authorization");
    let bearer = bearer(&token);
    let random = bearer.strip_prefix("mcp_").unwrap();
    assert_eq!(random.len(), 43, "32 bytes in base64url");
    assert!(random.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{}", random.len());
    assert_eq!(token.expires_at, Timestamp::from_micros(0).plus(HOUR), "an hour, unless said otherwise");
    let url = format!("https://agents.example.com/tool_router/{}/mcp", session.id());
    assert_eq!((token.endpoint.url.as_str(), session.mcp().unwrap().url.as_str()), (&*url, &*url));
    assert!(session.mcp().unwrap().headers.is_empty(), "there is no credential to put there");
}

#[tokio::test]
async fn a_session_has_a_hundred_tokens_at_the_most() {
    let served = Served::new().await;
    let (session, other) = (served.here().create("ada").await.unwrap(), served.here().create("ada").await.unwrap());
    let first = session.mcp_token().expires_in(2 * HOUR).await.unwrap();
    for _ in 1..100 {
        session.mcp_token().expires_in(HOUR).await.unwrap();
    }
    let refused = session.mcp_token().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("revoke"), "{refused}");
    other.mcp_token().await.unwrap();
    session.revoke_mcp_token(&first.id).await.unwrap();
    session.mcp_token().expires_in(2 * HOUR).await.unwrap();
    session.mcp_token().await.unwrap_err();
    served.clock.advance(HOUR);
    session.mcp_token().await.unwrap();
}

#[tokio::test]
async fn without_a_server_there_are_no_tokens_and_the_option_is_named() {
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    let project = Engine::start(store, options().project_key("here", KEY)).await.unwrap().project("here");
    assert!(!project.capabilities().mcp_tokens);
    let composio = Composio::with_backend(project.clone());
    let session = composio.create("ada").await.unwrap();
    assert!(session.mcp().is_none() && composio.session(session.id()).await.unwrap().mcp().is_none());
    for error in [session.mcp_token().await.unwrap_err(), session.revoke_mcp_tokens().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("EngineOptions::serves_mcp"), "{error}");
    }
    project.admit(session.id(), &KEY.into()).await.unwrap();
}

#[tokio::test]
async fn a_key_that_can_be_guessed_or_sent_by_nobody_is_refused_at_the_start() {
    for key in
        ["", "fifteen-letters", "sixteen chars ok", "sixteen-letters\n", "a-key-of-späte-Zeiten", "tab\there-and-more"]
    {
        let store = Arc::new(SqliteStore::in_memory().await.unwrap());
        let options = options().project_key("here", KEY).project_key("acme", key);
        let error = Engine::start(store, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{key:?}");
        let text = format!("{error:?}");
        assert!(text.contains("project_key") && text.contains("\"acme\"") && text.contains("16"), "{text}");
        assert!(key.is_empty() || !text.contains(key), "{text}");
    }
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    Engine::start(store, options().project_key("here", "sixteen-letters!")).await.unwrap();
}

#[tokio::test]
async fn keys_and_tokens_are_printed_nowhere() {
    let printed = format!("{:?}", options().project_key("here", KEY));
    assert!(printed.contains("(\"here\"): 1") && !printed.contains(KEY), "not even a digest: {printed}");
    let served = Served::new().await;
    let session = served.here().create("ada").await.unwrap();
    let token = session.mcp_token().await.unwrap();
    let texts =
        format!("{:?} {:?} {:?} {session:?} {token:?}", served.engine, served.engine.project("here"), served.store);
    assert!(!texts.contains(KEY) && !texts.contains(&bearer(&token)), "{texts}");
}

/// Whoever reads the files can let nobody in: what stands there is recognised by, and cannot be sent.
#[tokio::test]
async fn a_token_is_in_no_file() {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    let directory = tempfile::tempdir().unwrap();
    let served = Served::on(SqliteStore::open(directory.path().join("composio.sqlite")).await.unwrap()).await;
    let session = served.here().create("ada").await.unwrap();
    let token = session.mcp_token().await.unwrap();
    let bearer = bearer(&token);
    let random = bearer.strip_prefix("mcp_").unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(random).unwrap();
    served.admit(session.id().as_str(), &bearer).await.unwrap();
    served.admit(session.id().as_str(), KEY).await.unwrap();

    let mut kept = 0;
    for entry in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        kept += usize::from(holds(token.id.as_str().as_bytes()));
        for secret in [random.as_bytes(), &raw, KEY.as_bytes(), OLD_KEY.as_bytes()] {
            assert!(!holds(secret), "a credential is readable");
        }
    }
    assert!(kept > 0, "the files were looked into");
}
