//! How a demo is set up, and what can go wrong with it.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{DemoClock, SystemClock};
use crate::people::{Person, default_people};

/// How a [`Demo`](crate::Demo) behaves. Every setting has a default that suits a first try.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use composio_demo::{DemoOptions, ManualClock};
///
/// let options = DemoOptions::default()
///     .access_token_ttl(Duration::from_secs(60))
///     .clock(ManualClock::default());
/// # let _ = options;
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct DemoOptions {
    pub(crate) port: u16,
    pub(crate) people: Vec<Person>,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) clock: Arc<dyn DemoClock>,
    pub(crate) client: Option<OAuthApp>,
    pub(crate) client_name: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) data: Option<PathBuf>,
}

/// How long codes and tokens are good for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    pub(crate) code: Duration,
    pub(crate) access: Duration,
    pub(crate) refresh: Duration,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            port: 0,
            people: default_people(),
            lifetimes: Lifetimes {
                code: Duration::from_secs(60),
                access: Duration::from_secs(60 * 60),
                refresh: Duration::from_secs(30 * 24 * 60 * 60),
            },
            rotate_refresh_tokens: true,
            clock: Arc::new(SystemClock),
            client: None,
            client_name: "Your application".to_owned(),
            redirect_uris: Vec::new(),
            data: None,
        }
    }
}

impl DemoOptions {
    /// The port to listen on, on 127.0.0.1. The default, 0, takes any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Who can sign in, instead of Alice (`alice@work.example`, `alice@home.example`) and Bob (`bob@example.com`).
    #[must_use]
    pub fn people(mut self, people: impl IntoIterator<Item = Person>) -> Self {
        self.people = people.into_iter().collect();
        self
    }

    /// How long an access token is good for; one hour by default. `expires_in` says it in whole seconds.
    #[must_use]
    pub fn access_token_ttl(mut self, ttl: Duration) -> Self {
        self.lifetimes.access = ttl;
        self
    }

    /// How long a refresh token is good for; thirty days by default. A rotated one starts anew.
    #[must_use]
    pub fn refresh_token_ttl(mut self, ttl: Duration) -> Self {
        self.lifetimes.refresh = ttl;
        self
    }

    /// How long an authorization code is good for; sixty seconds by default.
    #[must_use]
    pub fn code_ttl(mut self, ttl: Duration) -> Self {
        self.lifetimes.code = ttl;
        self
    }

    /// Whether each refresh hands out a new refresh token and spends the old one; true by default.
    ///
    /// A spent token that comes back revokes everything that was issued since the person's consent. When false, replies
    /// to a refresh carry no `refresh_token`, and the client is expected to keep the one it has.
    #[must_use]
    pub fn rotate_refresh_tokens(mut self, rotate: bool) -> Self {
        self.rotate_refresh_tokens = rotate;
        self
    }

    /// The clock to follow, instead of the system's.
    #[must_use]
    pub fn clock(mut self, clock: impl DemoClock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The OAuth client to register, instead of one with a new secret at each start.
    ///
    /// API keys are derived from the secret, so with a fixed secret they outlive a restart as well. With
    /// [`data`](Self::data) the client of the first start is kept, and this one takes its place.
    #[must_use]
    pub fn client(mut self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.client = Some(OAuthApp { client_id: client_id.into(), client_secret: client_secret.into() });
        self
    }

    /// The name under which the consent page introduces the client; `Your application` by default.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// Keeps client, grants, issues and messages in this directory, in a file `demo.json` that only its owner can read:
    /// a demo that is started with it again goes on where this one ended, on whatever port. Of codes and tokens the file
    /// holds hashes, of the client the secret itself.
    ///
    /// The directory is made where there is none. One demo uses it at a time. Planned failures and the request log are
    /// not kept. Without this, everything ends with the process.
    #[must_use]
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// Registers one more redirect URI, compared character by character. May be called repeatedly.
    ///
    /// `http://127.0.0.1` and `http://localhost` with any port and the path `/oauth/callback` are registered already.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.redirect_uris.push(uri.into());
        self
    }
}

impl fmt::Debug for DemoOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoOptions")
            .field("port", &self.port)
            .field("people", &self.people)
            .field("lifetimes", &self.lifetimes)
            .field("rotate_refresh_tokens", &self.rotate_refresh_tokens)
            .field("client", &self.client)
            .field("client_name", &self.client_name)
            .field("redirect_uris", &self.redirect_uris)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

/// The credentials of the OAuth client that is registered with the demo.
///
/// `Debug` leaves the secret out.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthApp {
    /// The public name of the client.
    pub client_id: String,
    /// The client's password at the token endpoint.
    pub client_secret: String,
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthApp").field("client_id", &self.client_id).field("client_secret", &"[redacted]").finish()
    }
}

/// Why a demo could not be started or could not do what the host asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The address could not be bound; usually another program has the port.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where the demo wanted to listen.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The options contradict themselves or each other.
    #[error("the demo's options do not work: {0}")]
    Options(String),
    /// The system has no random numbers to make secrets from.
    #[error("cannot make a secret: {0}")]
    Randomness(String),
    /// The data directory, or the file in it, cannot be used.
    #[error("`{}` {problem}", path.display())]
    Data {
        /// The directory or the file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// The consent page would have refused this authorization URL or this identity.
    #[error("the authorization was refused: {0}")]
    Authorization(String),
}

impl From<getrandom::Error> for DemoError {
    fn from(error: getrandom::Error) -> Self {
        Self::Randomness(error.to_string())
    }
}
