//! What all requests share: settings that stay and state that changes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use url::Url;

use crate::clock::DemoClock;
use crate::failure::Failures;
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
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// Everything that `reset` throws away.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) grants: Grants,
    pub(crate) workspaces: Workspaces,
    pub(crate) post: PostOffice,
    pub(crate) failures: Failures,
    pub(crate) log: RequestLog,
}

impl State {
    fn seeded(directory: &Directory, now: Timestamp) -> Self {
        Self {
            grants: Grants::default(),
            workspaces: Workspaces::seeded(directory, now),
            post: PostOffice::seeded(directory, now),
            failures: Failures::default(),
            log: RequestLog::default(),
        }
    }
}

impl App {
    pub(crate) fn new(options: DemoOptions, url: Url) -> Result<Self, DemoError> {
        let directory = Directory::new(options.people)?;
        let oauth_app = match options.client {
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
        let state = State::seeded(&directory, options.clock.now());
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
        };
        Ok(Self { settings: Arc::new(settings), state: Arc::new(Mutex::new(state)) })
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

/// Derived rather than drawn, so that keys last as long as the client's secret does.
fn api_key(app: &OAuthApp, email: &str) -> String {
    let secret = Secret::new(app.client_secret.as_str());
    format!("demo_key_{}", secret.derive(&["api key", email]))
}
