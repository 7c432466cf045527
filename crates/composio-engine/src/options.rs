//! What an operator says about an engine.

use std::sync::Arc;

use composio_core::secrecy::SecretString;
use composio_core::{Brand, Error, OAuthApp, Result, ToolkitSlug, Url};
use indexmap::IndexMap;

use crate::catalog::read_manifest;
use crate::clock::{Clock, SystemClock};
use crate::http::HttpOptions;
use crate::manifest::{Manifest, Overrides};
use crate::mcp::ProjectKeys;
use crate::seal::KeySource;
use crate::store::ProjectId;
use crate::upkeep::Upkeep;

/// How an engine is set up: its key, where people reach its pages, its toolkits and OAuth apps.
///
/// # Example
/// ```
/// use composio_engine::{EngineOptions, KeySource, SealingKey};
/// use composio_core::{ToolkitSlug, Url};
///
/// let public_url = Url::parse("https://agents.example.com").expect("the URL is well-formed");
/// let options = EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::generate()?]))
///     .application("Acme Assistant")
///     .managed_app(ToolkitSlug::new("github")?, "client-id", "client-secret");
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Debug)]
pub struct EngineOptions {
    pub(crate) public_url: Url,
    pub(crate) key: KeySource,
    pub(crate) application: Brand,
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) overrides: IndexMap<ToolkitSlug, Overrides>,
    pub(crate) managed_apps: IndexMap<ToolkitSlug, OAuthApp>,
    pub(crate) callback_origins: Vec<String>,
    pub(crate) project_keys: ProjectKeys,
    pub(crate) serves_mcp: bool,
    pub(crate) http: HttpOptions,
    pub(crate) private_targets: Vec<String>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) upkeep: Upkeep,
    pub(crate) error: Option<Error>,
}

impl EngineOptions {
    /// An engine without toolkits, whose pages people reach below this URL.
    #[must_use]
    pub fn new(public_url: Url, key: KeySource) -> Self {
        Self {
            public_url,
            key,
            application: Brand::new("This application"),
            manifests: Vec::new(),
            overrides: IndexMap::new(),
            managed_apps: IndexMap::new(),
            callback_origins: Vec::new(),
            project_keys: ProjectKeys::default(),
            serves_mcp: false,
            http: HttpOptions::default(),
            private_targets: Vec::new(),
            clock: Arc::new(SystemClock),
            upkeep: Upkeep::default(),
            error: None,
        }
    }

    /// Sets the application's name, as people read it on connect pages.
    #[must_use]
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application.name = name.into();
        self
    }

    /// Sets the application's logo: an `https:` or `data:image/` URL.
    #[must_use]
    pub fn logo(mut self, url: impl Into<String>) -> Self {
        self.application.logo = Some(url.into());
        self
    }

    /// Sets the application's colour, as `#rrggbb`.
    #[must_use]
    pub fn color(mut self, color: impl Into<String>) -> Self {
        self.application.color = Some(color.into());
        self
    }

    /// Adds the toolkits that are bundled with the engine.
    #[must_use]
    pub fn bundled_toolkits(self) -> Self {
        composio_toolkits::all().iter().fold(self, |options, (_, manifest)| options.toolkit(manifest))
    }

    /// Adds a toolkit from its manifest: JSON, compressed with gzip or not. What is wrong with it surfaces when the
    /// engine starts.
    #[must_use]
    pub fn toolkit(mut self, manifest: &[u8]) -> Self {
        match read_manifest(manifest) {
            Ok(manifest) => self.manifests.push(manifest),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// Moves a toolkit to another host, for an installation of its own or a double in tests. Private hosts have to be
    /// allowed as well, with [`HttpOptions::allow_private`].
    #[must_use]
    pub fn overrides(mut self, toolkit: ToolkitSlug, overrides: Overrides) -> Self {
        self.overrides.insert(toolkit, overrides);
        self
    }

    /// Sets the OAuth app that "managed auth" means for a toolkit.
    #[must_use]
    pub fn managed_app(
        mut self,
        toolkit: ToolkitSlug,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self {
        self.managed_apps.insert(toolkit, OAuthApp::new(client_id, client_secret));
        self
    }

    /// Allows links to end at this origin, such as `https://app.example.com`. Loopback addresses are always allowed.
    #[must_use]
    pub fn allow_callback(mut self, origin: impl Into<String>) -> Self {
        self.callback_origins.push(origin.into());
        self
    }

    /// Says that a server serves MCP for this engine, below the public URL: sessions then know their endpoint
    /// ([`Session::mcp`](composio_core::Session::mcp)), and make tokens for it
    /// ([`Session::mcp_token`](composio_core::Session::mcp_token)), at most 100 at one time for each session.
    #[must_use]
    pub fn serves_mcp(mut self) -> Self {
        self.serves_mcp = true;
        self
    }

    /// Adds a key with which a client reaches every session of a project: keep it on your own servers, and give users
    /// [tokens](composio_core::Session::mcp_token) of their session instead.
    ///
    /// It has at least 16 characters of visible ASCII, and only its SHA-256 is kept, which protects a key that nobody can
    /// guess: make it of 32 random bytes. A project may have several, so that a new one is in use before the old one goes.
    /// What is wrong with it surfaces when the engine starts.
    ///
    /// # Example
    /// ```
    /// use composio_engine::{EngineOptions, KeySource, SealingKey};
    /// # use composio_core::Url;
    /// # let public_url = Url::parse("https://agents.example.com").expect("the URL is well-formed");
    /// # let new_key = "0123456789abcdef0123456789abcdef";
    /// # let old_key = "fedcba9876543210fedcba9876543210";
    ///
    /// let options = EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::generate()?]))
    ///     .serves_mcp()
    ///     .project_key("default", new_key)
    ///     .project_key("default", old_key);
    /// # Ok::<(), composio_core::Error>(())
    /// ```
    #[must_use]
    pub fn project_key(mut self, project: impl AsRef<str>, key: impl Into<SecretString>) -> Self {
        if let Err(error) = self.project_keys.add(ProjectId::new(project), &key.into()) {
            self.error = self.error.or(Some(error));
        }
        self
    }

    /// Sets how requests are sent: limits, and private targets.
    #[must_use]
    pub fn http(mut self, http: HttpOptions) -> Self {
        self.http = http;
        self
    }

    /// Opens one private target more, as [`HttpOptions::allow_private`] does, whatever [`http`](Self::http) sets.
    #[must_use]
    pub fn allow_private(mut self, target: impl Into<String>) -> Self {
        self.private_targets.push(target.into());
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Sets how often the engine renews credentials ahead of their end, tries accounts and ends flows by itself: every 30
    /// seconds unless set.
    #[must_use]
    pub fn upkeep(mut self, upkeep: Upkeep) -> Self {
        self.upkeep = upkeep;
        self
    }

    /// Whether a link may end there: at loopback, or at an origin that the operator allows.
    pub(crate) fn callback_rule(origins: &[String], url: &Url) -> Result<()> {
        let origin = url.origin().ascii_serialization();
        let allowed = |allowed: &String| Url::parse(allowed).is_ok_and(|allowed| allowed.origin() == url.origin());
        if matches!(url.scheme(), "http" | "https") && (is_loopback(url) || origins.iter().any(allowed)) {
            return Ok(());
        }
        let rule = format!("links may not end there; the operator allows it with `.allow_callback({origin:?})`");
        Err(Error::invalid_input("callback_url", &origin, rule))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_at_loopback_or_where_the_operator_says() {
        let origins = vec!["https://app.example.com".to_owned()];
        for (url, allowed) in [
            ("http://localhost:3000/done", true),
            ("http://127.0.0.1/done?x=1", true),
            ("http://[::1]:9/", true),
            ("http://app.localhost/", true),
            ("https://app.example.com/done", true),
            ("https://app.example.com:8443/done", false),
            ("http://app.example.com/done", false),
            ("https://app.example.com.evil.example/", false),
            ("https://localhost.evil.example/", false),
            ("app://localhost/done", false),
        ] {
            let rule = EngineOptions::callback_rule(&origins, &Url::parse(url).unwrap());
            assert_eq!(rule.is_ok(), allowed, "{url}");
        }
        let refused = EngineOptions::callback_rule(&[], &Url::parse("https://app.example.com/done").unwrap());
        assert!(refused.unwrap_err().to_string().contains(".allow_callback(\"https://app.example.com\")"));
    }
}
