//! What all requests share: settings that stay and state that changes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use url::Url;

use crate::clock::DemoClock;
use crate::failure::Failures;
use crate::keep::{Keeper, Kept, KeptClient, Snapshot};
use crate::mailbox::post::PostOffice;
use crate::oauth::client::Client;
use crate::oauth::grants::Grants;
use crate::options::{DemoError, DemoOptions, Lifetimes, OAuthApp};
use crate::people::{Directory, Identity};
use crate::requests::RequestLog;
use crate::secret::{Secret, SecretDigest};
use crate::tracker::workspace::Workspaces;

#[derive(Clone, Debug)]
pub(crate) struct App {
    settings: Arc<Settings>,
    state: Arc<Mutex<State>>,
}

pub(crate) struct Settings {
    pub(crate) url: Url,
    pub(crate) directory: Directory,
    pub(crate) client: Client,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) oauth_app: OAuthApp,
    /// Binds consent forms to browsers; new at each start.
    pub(crate) consent_key: Secret,
    api_keys: Vec<(SecretDigest, String)>,
    clock: Arc<dyn DemoClock>,
    keeper: Option<Keeper>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// Everything that `reset` throws away. Failures and the log are never kept.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) grants: Grants,
    pub(crate) workspaces: Workspaces,
    pub(crate) post: PostOffice,
    pub(crate) failures: Failures,
    pub(crate) log: RequestLog,
}

impl State {
    fn seeded(directory: &Directory, now: Timestamp) -> Self {
        Self::default().seed(directory, now)
    }

    /// Gives whoever is new something to begin with.
    fn seed(mut self, directory: &Directory, now: Timestamp) -> Self {
        self.workspaces.seed(directory, now);
        self.post.seed(directory, now);
        self
    }
}

impl App {
    pub(crate) fn new(options: DemoOptions, url: Url) -> Result<Self, DemoError> {
        let directory = Directory::new(options.people)?;
        let keeper = options.data.as_deref().map(Keeper::open).transpose()?;
        let kept = keeper.as_ref().map(Keeper::read).transpose()?.flatten();
        let (kept_app, state) = kept.map(restore).unzip();
        let oauth_app = match options.client.or(kept_app) {
            Some(app) => app,
            None => OAuthApp {
                client_id: "composio-demo".to_owned(),
                client_secret: Secret::generate("demo_cs_")?.expose().to_owned(),
            },
        };
        let client = Client::new(&oauth_app, options.client_name, options.redirect_uris)?;
        let api_keys = directory
            .identities()
            .iter()
            .map(|identity| {
                let key = api_key(&oauth_app, &identity.email);
                (SecretDigest::of(&key), identity.email.clone())
            })
            .collect();
        let state = state.unwrap_or_default().seed(&directory, options.clock.now());
        let settings = Settings {
            url,
            directory,
            client,
            lifetimes: options.lifetimes,
            rotate_refresh_tokens: options.rotate_refresh_tokens,
            oauth_app,
            consent_key: Secret::generate("")?,
            api_keys,
            clock: options.clock,
            keeper,
        };
        let app = Self { settings: Arc::new(settings), state: Arc::new(Mutex::new(state)) };
        app.keep()?;
        Ok(app)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.settings.clock.now()
    }

    /// The state, for as long as the guard lives. Nothing panics while holding it, and nothing awaits.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reset(&self) {
        let fresh = State::seeded(&self.settings.directory, self.now());
        *self.state() = fresh;
        self.keep_or_log();
    }

    /// Writes the state down, where there is a data directory. To be called after each change, before anybody hears of it.
    pub(crate) fn keep(&self) -> Result<(), DemoError> {
        let Some(keeper) = &self.settings.keeper else { return Ok(()) };
        keeper.write(|| {
            let OAuthApp { client_id: id, client_secret: secret } = self.settings.oauth_app.clone();
            let state = self.state();
            let snapshot = Snapshot::new(KeptClient { id, secret }, &state.grants, &state.workspaces, &state.post);
            serde_json::to_vec_pretty(&snapshot)
        })
    }

    /// As [`keep`](Self::keep), where nobody can be told of a failure. The next change tries again.
    pub(crate) fn keep_or_log(&self) {
        if let Err(error) = self.keep() {
            tracing::error!(%error, "a change is not kept");
        }
    }

    /// Lets another demo use the data directory. From then on nothing is written.
    pub(crate) fn close(&self) {
        if let Some(keeper) = &self.settings.keeper {
            keeper.close();
        }
    }

    /// An absolute link to a path of the demo; `path` starts with a slash.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.issuer())
    }

    /// The authorization server's name in metadata and in `iss`: the base URL without a trailing slash.
    pub(crate) fn issuer(&self) -> &str {
        self.settings.url.as_str().trim_end_matches('/')
    }

    pub(crate) fn api_key(&self, email: &str) -> String {
        api_key(&self.settings.oauth_app, email)
    }

    pub(crate) fn identity_of_key(&self, key: &str) -> Option<&Identity> {
        let digest = SecretDigest::of(key);
        let (_, email) = self.settings.api_keys.iter().find(|(known, _)| *known == digest)?;
        self.settings.directory.find(email)
    }
}

fn restore(kept: Kept) -> (OAuthApp, State) {
    let Kept { client, grants, workspaces, post } = kept;
    let app = OAuthApp { client_id: client.id, client_secret: client.secret };
    (app, State { grants, workspaces, post, ..State::default() })
}

/// Derived rather than drawn, so that keys last as long as the client's secret does.
fn api_key(app: &OAuthApp, email: &str) -> String {
    let secret = Secret::new(app.client_secret.as_str());
    format!("demo_key_{}", secret.derive(&["api key", email]))
}
