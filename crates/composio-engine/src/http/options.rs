//! What the operator decides about requests.

use std::time::Duration;

/// How the engine sends requests: its limits, and the private targets it may reach.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use composio_engine::HttpOptions;
///
/// let options = HttpOptions::default().timeout(Duration::from_secs(60)).allow_private("git.corp.example:8443");
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct HttpOptions {
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) max_response: usize,
    pub(super) max_redirects: u32,
    pub(super) retries: u32,
    pub(super) allow_private: Vec<String>,
    pub(super) user_agent: String,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            max_response: 8 * 1024 * 1024,
            max_redirects: 5,
            retries: 2,
            allow_private: Vec::new(),
            user_agent: concat!("composio-rust/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl HttpOptions {
    /// How long a connection may take to come about, names and TLS included: 5 seconds unless set.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one request may take, with its redirects and its whole answer: 30 seconds unless set. A request that is
    /// sent again has as long again.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes the body of an answer may have, unpacked: 8 MiB unless set.
    #[must_use]
    pub fn max_response(mut self, bytes: usize) -> Self {
        self.max_response = bytes;
        self
    }

    /// How many redirects are followed: 5 unless set. The next one is handed back as the answer. Redirects of anything but
    /// GET and HEAD are never followed.
    #[must_use]
    pub fn max_redirects(mut self, redirects: u32) -> Self {
        self.max_redirects = redirects;
        self
    }

    /// How often a GET or HEAD is sent again where that can help: twice unless set. Nothing else is ever sent again.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Opens one private target, as exactly `host:port`: `127.0.0.1:8080`, `[::1]:8080`, `git.corp.example:8443`.
    ///
    /// Without it, requests reach public addresses over https only. A name opens whatever it resolves to, for that name and
    /// port, and plain http with it.
    #[must_use]
    pub fn allow_private(mut self, target: impl Into<String>) -> Self {
        self.allow_private.push(target.into());
        self
    }

    /// What requests say about who sends them: `composio-rust/` and the version unless set.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }
}
