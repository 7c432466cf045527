//! An engine whose one toolkit is the provider's API, with a tap on its token endpoint and a second hand on its store.

use composio::engine::store::Sealed;
use composio::engine::{HttpOptions, Overrides, ProjectId, SqliteStore, Store as _};
use composio::{ConnectedAccount, ConnectedAccountId, Embedded, EmbeddedOptions, Session, Url};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::forms::{Form, heading, text};
use crate::place::{OIDC, Turn};
use crate::visitor::{Page, Visitor};
use crate::wiretap::Wiretap;

/// A client of the provider, and how it shows who it is.
pub(super) type Client = (&'static str, &'static str);
pub(super) const BASIC: Client = ("oidc-basic", "client_secret_basic");
pub(super) const POST: Client = ("oidc-post", "client_secret_post");
pub(super) const PUBLIC: Client = ("oidc-public", "none");

pub(super) const SECRET: &str = "oidc-secret";
pub(super) const ME: &str = "NOTES_ME";

pub(super) struct World {
    pub(super) tap: Wiretap,
    pub(super) embedded: Embedded,
    pub(super) session: Session,
    pub(super) turn: Turn,
    store: SqliteStore,
    http: reqwest::Client,
    _folder: TempDir,
}

impl World {
    /// The provider with its own lifetimes, and an engine on disk that is this client; none where it was not started.
    pub(super) async fn new(client: Client) -> Option<Self> {
        let turn = OIDC.turn().await?;
        let tap = Wiretap::start(turn.at("/token")).await;
        let folder = TempDir::new().unwrap();
        let options = || {
            options(&turn, client)
                .overrides("notes", through(&tap))
                .http(HttpOptions::default().allow_private(turn.target()).allow_private(tap.target()))
                .data(folder.path())
        };
        let embedded = turn.embedded(options).await;
        let session = embedded.composio().create("user_123").toolkits(["notes"]).await.unwrap();
        let store = SqliteStore::open(folder.path().join("composio.sqlite")).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let world = Self { tap, embedded, session, turn, store, http, _folder: folder };
        world.turn_knobs(json!({"accessTokenTtl": 3600, "rotate": true, "pkce": true})).await;
        Some(world)
    }

    /// Sets lifetimes and rules of what the provider issues from now on.
    pub(super) async fn turn_knobs(&self, knobs: Value) {
        let reply = self.http.post(self.turn.at("/control")).json(&knobs).send().await.unwrap();
        assert!(reply.status().is_success(), "{knobs}");
    }

    /// Connects somebody the whole way.
    pub(super) async fn connect(&self, login: &str) -> ConnectedAccount {
        let request = self.session.authorize("notes").await.unwrap();
        let page = press(request.redirect_url(), login).await;
        assert_connected(&page);
        self.account(request.account()).await
    }

    pub(super) async fn account(&self, id: &ConnectedAccountId) -> ConnectedAccount {
        self.session.connected_account(id).await.unwrap()
    }

    pub(super) async fn me(&self) -> composio::Result<composio::ToolOutput> {
        self.session.execute(ME, json!({})).await
    }

    /// What the store keeps for an account.
    pub(super) async fn credential(&self, id: &ConnectedAccountId) -> Option<Sealed> {
        self.store.credential(&project(), id).await.unwrap()
    }

    /// Puts an earlier credential back, as a backup would that was restored.
    pub(super) async fn put_back(&self, account: &ConnectedAccount, earlier: &Sealed) {
        let (now, id) = (account.updated_at, &account.id);
        let lease = self.store.claim_refresh(&project(), id, now, now).await.unwrap().unwrap();
        self.store.end_refresh(&project(), id, lease.fence, Some(earlier)).await.unwrap();
    }

    /// Counts refusals to renew, as the engine does, and lets the time pass after which it asks again.
    pub(super) async fn refused(&self, account: &ConnectedAccount, times: usize) {
        let (now, id) = (account.updated_at, &account.id);
        for _ in 0..times {
            let lease = self.store.claim_refresh(&project(), id, now, now).await.unwrap().unwrap();
            self.store.refuse_refresh(&project(), id, lease.fence, now).await.unwrap();
        }
    }

    /// What the provider's API answers to an access token.
    pub(super) async fn status_of(&self, access_token: &str) -> u16 {
        let reply = self.http.get(self.turn.at("/api/me")).bearer_auth(access_token).send().await.unwrap();
        reply.status().as_u16()
    }

    /// Whether the provider still knows a token (RFC 7662).
    pub(super) async fn is_known(&self, client: Client, token: &str) -> bool {
        let reply = self.ask("/token/introspection", client, &[("token", token)]).await;
        reply.json::<Value>().await.unwrap()["active"].as_bool().unwrap()
    }

    /// Ends a grant at the provider, behind the engine's back (RFC 7009).
    pub(super) async fn withdraw(&self, client: Client, token: &str) {
        assert_eq!(self.ask("/token/revocation", client, &[("token", token)]).await.status(), 200);
    }

    /// Asks the provider as one of its clients.
    pub(super) async fn ask(&self, path: &str, client: Client, form: &[(&str, &str)]) -> reqwest::Response {
        let (request, mut form) = (self.http.post(self.turn.at(path)), form.to_vec());
        if client == BASIC {
            return request.basic_auth(client.0, Some(SECRET)).form(&form).send().await.unwrap();
        }
        form.extend([("client_id", client.0), ("client_secret", SECRET)]);
        request.form(&form).send().await.unwrap()
    }
}

/// Goes from a link to the provider's consent page.
pub(super) async fn to_consent(visitor: &mut Visitor, link: &Url) -> Form {
    let page = visitor.open(link).await;
    let consent = visitor.submit(&Form::of(&page)).await;
    assert_eq!(heading(&consent.html), "Sign in and allow", "{} {}", consent.status, says(&consent));
    Form::of(&consent)
}

/// Goes through a link to the end, with a browser that is nobody yet.
pub(super) async fn press(link: &Url, login: &str) -> Page {
    let mut visitor = Visitor::new();
    let consent = to_consent(&mut visitor, link).await;
    visitor.submit(&consent.set("login", login)).await
}

pub(super) fn assert_connected(page: &Page) {
    assert_eq!((page.status, heading(&page.html).as_str()), (200, "Notes is connected"), "{}", says(page));
}

pub(super) fn assert_refused(page: &Page) {
    assert_eq!((page.status, heading(&page.html).as_str()), (400, "This link cannot be used"), "{}", says(page));
}

pub(super) fn says(page: &Page) -> String {
    text(&page.html)
}

pub(super) fn project() -> ProjectId {
    ProjectId::new("default")
}

fn through(tap: &Wiretap) -> Overrides {
    let mut overrides = Overrides::default();
    overrides.token_url = Some(tap.url.clone());
    overrides
}

/// The provider as a toolkit, and one of its clients as the OAuth app.
fn options(turn: &Turn, (client, token_auth): Client) -> EmbeddedOptions {
    EmbeddedOptions::new()
        .without_upkeep()
        .application("Acme Assistant")
        .toolkit(manifest(turn, token_auth).to_string().as_bytes())
        .managed_app("notes", client, SECRET)
}

pub(super) fn manifest(turn: &Turn, token_auth: &str) -> Value {
    json!({
        "format": 1, "slug": "notes", "name": "Notes", "description": "The provider's own API.", "version": "1",
        "base_url": turn.url.as_str().trim_end_matches('/'),
        "auth_schemes": [{
            "scheme": "OAUTH2",
            "authorize_url": "{base_url}/auth",
            "token_url": "{base_url}/token",
            "revoke_url": "{base_url}/token/revocation",
            "scopes": ["openid", "email", "offline_access", "notes:read"],
            "token_auth": token_auth,
            "authorize_params": {"prompt": "consent"},
        }],
        "identity": {"method": "GET", "path": "/api/me", "id": "/sub"},
        "tools": [{
            "slug": ME, "name": "Who am I", "description": "Says whose notes these are.", "tags": ["readOnlyHint"],
            "input_schema": {"type": "object", "properties": {}, "additionalProperties": false},
            "http": {"method": "GET", "path": "/api/me"},
        }],
    })
}
