//! What a client of the API has to be told: a key, and where that is not the hosted service.

mod base;
mod env;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::SecretString;
use url::Url;

use super::clock::FOREVER;
use super::credential::{Credential, Scope};
use crate::error::{Error, ErrorKind, Result};

/// How a caller changes the HTTP client that is built.
type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// How to reach the API: with which key, where, and how patiently. Nothing is checked before a client is made of it.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use composio_core::hosted::{HostedClient, HostedOptions};
///
/// let options = HostedOptions::new("ak_...").base_url("http://localhost:9900").timeout(Duration::from_secs(20));
/// let client = HostedClient::new(options)?;
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone)]
pub struct HostedOptions {
    pub(super) credential: Credential,
    /// Ids that were given for a project key, which has no use for them.
    pub(super) needless_scope: bool,
    base_url: String,
    allow_insecure_http: bool,
    pub(super) limits: Limits,
    pub(super) http: Http,
    roots: Vec<Vec<u8>>,
}

/// How long and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) read: Duration,
    pub(super) call: Duration,
    pub(super) rate_limit: Duration,
    pub(super) reply: usize,
}

/// Where the HTTP client comes from.
#[derive(Clone)]
pub(super) enum Http {
    /// It is ours.
    Built,
    /// It is ours, changed by the caller.
    Configured(Configure),
    /// It is the caller's.
    Given(reqwest::Client),
}

impl HostedOptions {
    /// With the key of a project, on the hosted service.
    #[must_use]
    pub fn new(api_key: impl Into<SecretString>) -> Self {
        Self::with(Credential::Project(api_key.into()))
    }

    /// With the key of a user, which begins with `uak_`. Without [`scope`](Self::scope) it is for the user's default project.
    #[must_use]
    pub fn user_key(key: impl Into<SecretString>) -> Self {
        Self::with(Credential::User(key.into(), None))
    }

    /// From the environment: `COMPOSIO_API_KEY`, else `COMPOSIO_USER_API_KEY` with `COMPOSIO_ORG_ID` and
    /// `COMPOSIO_PROJECT_ID` (both or neither), and `COMPOSIO_BASE_URL` where it is not the hosted service. An empty variable
    /// counts as absent. No file is read.
    ///
    /// # Errors
    /// `InvalidInput` where there is no key, or one id without the other; it says what to set.
    pub fn from_env() -> Result<Self> {
        env::read(|name| std::env::var_os(name))
    }

    fn with(credential: Credential) -> Self {
        Self {
            credential,
            needless_scope: false,
            base_url: base::HOSTED.to_owned(),
            allow_insecure_http: false,
            limits: Limits {
                connect: Duration::from_secs(5),
                read: Duration::from_secs(20),
                call: Duration::from_secs(60),
                rate_limit: Duration::from_secs(60),
                reply: 64 * 1024 * 1024,
            },
            http: Http::Built,
            roots: Vec::new(),
        }
    }

    /// The organisation and the project that a user key is for.
    #[must_use]
    pub fn scope(mut self, org_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        match &mut self.credential {
            Credential::Project(_) => self.needless_scope = true,
            Credential::User(_, scope) => *scope = Some(Scope { org: org_id.into(), project: project_id.into() }),
        }
        self
    }

    /// Where the API is: an origin, without a path. It is `https://backend.composio.dev` unless set.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Lets the key travel over plain http to exactly this base URL. On this machine (`localhost`, `*.localhost`, 127.0.0.0/8,
    /// `[::1]`) it may without.
    #[must_use]
    pub fn allow_insecure_http(mut self) -> Self {
        self.allow_insecure_http = true;
        self
    }

    /// How long a connection may take to come about, 5 seconds unless set. A client of your own keeps its own limit.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.limits.connect = limit;
        self
    }

    /// How long the server may be silent, 20 seconds unless set: between two chunks of any reply, and before the first one
    /// of a request that reads. What a tool takes is bounded by [`timeout`](Self::timeout) alone.
    #[must_use]
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.limits.read = limit.min(FOREVER);
        self
    }

    /// How long a call may take, 60 seconds unless set: from the first attempt to the end of the last reply. Waiting for a
    /// rate limit is not counted.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limits.call = limit.min(FOREVER);
        self
    }

    /// How long a call may wait for rate limits in all, 60 seconds unless set. What would take longer is `RateLimited` at
    /// once, with the time in [`Error::retry`](crate::Error::retry).
    #[must_use]
    pub fn rate_limit_wait(mut self, longest: Duration) -> Self {
        self.limits.rate_limit = longest;
        self
    }

    /// The most bytes of a reply, decompressed, 64 MiB unless set.
    #[must_use]
    pub fn max_reply(mut self, bytes: usize) -> Self {
        self.limits.reply = bytes;
        self
    }

    /// Trusts this certificate, in PEM, or several, besides those that the system trusts: for a server whose certificate your
    /// own authority signed. A client of your own keeps what it trusts.
    #[must_use]
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Changes the HTTP client before it is built: proxies, resolvers, headers. Redirects and retries are set afterwards,
    /// because they decide where the key goes and how often a tool runs.
    ///
    /// The encryption is set before, as a whole: it takes no certificate from here. To trust one, use
    /// [`root_certificate`](Self::root_certificate); to show one of your own, set `tls_backend_preconfigured` here, or give a
    /// [`client`](Self::client).
    ///
    /// # Example
    /// ```
    /// use composio_core::hosted::{HostedOptions, reqwest};
    ///
    /// let proxy = reqwest::Proxy::https("http://proxy.internal:3128")?;
    /// let options = HostedOptions::new("ak_...").configure(move |client| client.proxy(proxy.clone()));
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    #[must_use]
    pub fn configure(
        mut self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Http::Configured(Arc::new(change));
        self
    }

    /// Sends through an HTTP client of your own, which has to be built with `redirect::Policy::none()`: any other would take
    /// the key along to wherever it is sent. This crate follows the redirects that it may follow by itself. Its proxies are
    /// its own too: one for a server on this machine needs `no_proxy()`, or the environment's proxy sees the key.
    ///
    /// A `reqwest` dependency of your own brings the TLS that such a client needs. The re-exported one comes without
    /// cryptography, and building a client panics unless the process has installed one for rustls.
    ///
    /// # Example
    /// ```no_run
    /// use composio_core::hosted::{HostedClient, HostedOptions, reqwest};
    ///
    /// let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    /// let client = HostedClient::new(HostedOptions::new("ak_...").client(http))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn client(mut self, client: reqwest::Client) -> Self {
        self.http = Http::Given(client);
        self
    }

    /// The certificates that are trusted besides those of the system.
    ///
    /// # Errors
    /// `InvalidInput` for what is no certificate in PEM.
    pub(super) fn roots(&self) -> Result<Vec<CertificateDer<'static>>> {
        let refused = || {
            let message = "the root certificate is none; give text that begins with -----BEGIN CERTIFICATE-----";
            Error::new(ErrorKind::InvalidInput, message).in_field("root_certificate")
        };
        let mut roots = Vec::new();
        for pem in &self.roots {
            let before = roots.len();
            for root in CertificateDer::pem_slice_iter(pem) {
                roots.push(root.map_err(|_| refused())?);
            }
            if roots.len() == before {
                return Err(refused());
            }
        }
        Ok(roots)
    }

    /// The address of the API, checked.
    ///
    /// # Errors
    /// `InvalidInput` for what is no origin, or plain http that nobody allowed.
    pub(super) fn origin(&self) -> Result<Url> {
        base::parse(&self.base_url, self.allow_insecure_http)
    }
}

/// Whether an origin is on this machine, where no proxy stands in between.
pub(super) fn is_loopback(origin: &Url) -> bool {
    origin.host().is_some_and(|host| base::is_loopback(&host))
}

impl fmt::Debug for HostedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was given as an address may hold a password.
        let base_url = self.origin().map(|url| url.to_string()).unwrap_or_else(|_| "[not valid]".into());
        f.debug_struct("HostedOptions")
            .field("credential", &self.credential)
            .field("base_url", &base_url)
            .field("limits", &self.limits)
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Built => "Built",
            Self::Configured(_) => "Configured",
            Self::Given(_) => "Given",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_certificate_is_one() {
        let of = |pem: &str| HostedOptions::new("ak_1").root_certificate(pem).roots();
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert_eq!(of(&format!("{pem}{pem}")).unwrap().len(), 2);
        for refused in ["", "MAA=", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
            assert_eq!(of(refused).unwrap_err().field(), Some("root_certificate"), "{refused:?}");
        }
    }
}
