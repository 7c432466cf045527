//! What an operator says about an embedded engine.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use composio_core::secrecy::SecretString;
use composio_core::{Error, OAuthApp, ToolkitSlug, Url};
use composio_engine::{EngineOptions, HttpOptions, Overrides, Upkeep};

use super::apps;
use super::mcp::Mcp;

/// The port for which OAuth apps are registered, unless another one is given.
const DEFAULT_PORT: u16 = 8787;

type Configure = Box<dyn FnOnce(EngineOptions) -> EngineOptions + Send>;

/// How an embedded engine is set up. What is wrong surfaces when it starts.
///
/// # Example
/// ```no_run
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use composio::{Embedded, EmbeddedOptions};
///
/// let options = EmbeddedOptions::new()
///     .application("Acme Assistant")
///     .color("#1a56db")
///     .data("/var/lib/acme/composio")
///     .managed_apps_from_env();
/// let embedded = Embedded::start(options).await?;
/// println!("Register your OAuth apps with {}", embedded.redirect_uri());
/// # Ok::<(), composio::Error>(()) }).unwrap();
/// ```
pub struct EmbeddedOptions {
    pub(super) port: u16,
    pub(super) public_url: Option<Url>,
    pub(super) project: String,
    pub(super) data: Option<PathBuf>,
    pub(super) engine: Configure,
    pub(super) apps: Vec<(ToolkitSlug, OAuthApp)>,
    pub(super) mcp: Mcp,
    pub(super) error: Option<Error>,
}

impl EmbeddedOptions {
    /// The bundled toolkits, port 8787 on loopback, and everything in memory.
    #[must_use]
    pub fn new() -> Self {
        Self {
            port: DEFAULT_PORT,
            public_url: None,
            project: "default".to_owned(),
            data: None,
            engine: Box::new(EngineOptions::bundled_toolkits),
            apps: Vec::new(),
            mcp: Mcp::default(),
            error: None,
        }
    }

    /// Listens on this loopback port; 0 takes any that is free. OAuth apps are registered for one port, so keep it.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Where people reach the connect pages, when your own server stands in front of the listener.
    #[must_use]
    pub fn public_url(mut self, url: Url) -> Self {
        self.public_url = Some(url);
        self
    }

    /// The project that [`Embedded::composio`](super::Embedded::composio) opens: `default`, unless said.
    #[must_use]
    pub fn project(mut self, project: impl Into<String>) -> Self {
        self.project = project.into();
        self
    }

    /// Keeps the store (`composio.sqlite`) and the sealing key (`sealing.key`) in this directory. Back both up, apart
    /// from each other: the store is worth nothing without the key, and the key opens the store.
    #[must_use]
    pub fn data(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// The application's name, as people read it on connect pages.
    #[must_use]
    pub fn application(self, name: impl Into<String>) -> Self {
        let name = name.into();
        self.configure(|engine| engine.application(name))
    }

    /// The application's logo: an `https:` or `data:image/` URL.
    #[must_use]
    pub fn logo(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.configure(|engine| engine.logo(url))
    }

    /// The application's colour, as `#rrggbb`.
    #[must_use]
    pub fn color(self, color: impl Into<String>) -> Self {
        let color = color.into();
        self.configure(|engine| engine.color(color))
    }

    /// Adds a toolkit from its manifest.
    #[must_use]
    pub fn toolkit(self, manifest: &[u8]) -> Self {
        let manifest = manifest.to_vec();
        self.configure(move |engine| engine.toolkit(&manifest))
    }

    /// Moves a toolkit to another host. Private hosts have to be allowed as well: [`http`](Self::http).
    #[must_use]
    pub fn overrides<T>(mut self, toolkit: T, overrides: Overrides) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        match toolkit.try_into() {
            Ok(toolkit) => self.configure(|engine| engine.overrides(toolkit, overrides)),
            Err(error) => {
                self.error.get_or_insert(error.into());
                self
            }
        }
    }

    /// Sets how requests are sent: limits, and private targets.
    #[must_use]
    pub fn http(self, http: HttpOptions) -> Self {
        self.configure(|engine| engine.http(http))
    }

    /// Does nothing by itself. Without this, credentials are renewed before they are over, accounts that were connected are
    /// tried until they work, and flows that nobody finished run out, at a look every 30 seconds. With it, credentials are
    /// renewed by the calls that need them, and your own process calls
    /// [`Engine::upkeep_once`](composio_engine::Engine::upkeep_once), if any.
    #[must_use]
    pub fn without_upkeep(self) -> Self {
        self.configure(|engine| engine.upkeep(Upkeep::Off))
    }

    /// Allows links to end at this origin, such as `https://app.example.com`.
    #[must_use]
    pub fn allow_callback(self, origin: impl Into<String>) -> Self {
        let origin = origin.into();
        self.configure(|engine| engine.allow_callback(origin))
    }

    /// Sets the OAuth app that "managed auth" means for a toolkit.
    #[must_use]
    pub fn managed_app<T>(
        mut self,
        toolkit: T,
        client_id: impl Into<String>,
        client_secret: impl Into<SecretString>,
    ) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        match toolkit.try_into() {
            Ok(toolkit) => self.apps.push((toolkit, OAuthApp::new(client_id, client_secret))),
            Err(error) => drop(self.error.get_or_insert(error.into())),
        }
        self
    }

    /// Reads OAuth apps from the environment: `COMPOSIO_OAUTH_GITHUB_CLIENT_ID` and
    /// `COMPOSIO_OAUTH_GITHUB_CLIENT_SECRET` for the toolkit `github`. A toolkit with `-` in its slug cannot be named like
    /// that; give its app with [`managed_app`](Self::managed_app) or a file.
    #[must_use]
    pub fn managed_apps_from_env(self) -> Self {
        let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
        let read = apps::from_env(std::env::vars_os().filter_map(text));
        self.with_apps(read)
    }

    /// Reads OAuth apps from a JSON file: `{"github": {"client_id": "…", "client_secret": "…"}}`.
    #[must_use]
    pub fn managed_apps_file(self, path: impl Into<PathBuf>) -> Self {
        let read = apps::from_file(&path.into());
        self.with_apps(read)
    }

    /// Adds the project's key, with which an MCP client reaches every session: keep it on your own servers, and give users
    /// [tokens](composio_core::Session::mcp_token) of their session instead. Without one there are only tokens.
    ///
    /// It has at least 16 characters of visible ASCII; make it of 32 random bytes. Called again, it adds another, so that
    /// a new one is in use before the old one goes.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn project_key(mut self, key: impl Into<SecretString>) -> Self {
        self.mcp.keys.push(key.into());
        self
    }

    /// Lets pages of this origin, such as `https://inspector.example.com`, talk to sessions over MCP. Clients that are no
    /// pages need no leave.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn mcp_allow_origin(mut self, origin: impl Into<String>) -> Self {
        let origin = origin.into();
        match Url::parse(&origin) {
            Ok(url) if url.origin().is_tuple() => self.mcp.origins.push(origin),
            _ => {
                let rule = "a scheme and a host, such as https://inspector.example.com";
                self.error.get_or_insert(Error::invalid_input("origin", &origin, rule));
            }
        }
        self
    }

    /// Shows native tools to MCP clients as their author called them, without `LOCAL_`, where no other tool has that name.
    #[cfg(feature = "mcp")]
    #[must_use]
    pub fn mcp_without_native_prefix(mut self) -> Self {
        self.mcp.without_native_prefix = true;
        self
    }

    /// Adds the demo services as toolkits: their hosts, their OAuth app, and leave to reach them.
    #[cfg(feature = "demo")]
    #[must_use]
    pub fn demo(self, demo: &composio_demo::Demo) -> Self {
        use composio_demo::{MAILBOX_MANIFEST, STATUS_MANIFEST, TRACKER_MANIFEST};
        let app = demo.oauth_app();
        let services = [
            ("tracker", TRACKER_MANIFEST, demo.tracker_url(), true),
            ("mailbox", MAILBOX_MANIFEST, demo.mailbox_url(), true),
            ("status", STATUS_MANIFEST, demo.status_url(), false),
        ];
        let address = demo.address().to_string();
        let mut options = self.configure(|engine| engine.allow_private(address));
        for (slug, manifest, url, connects) in services {
            options = options.toolkit(manifest.as_bytes()).overrides(slug, Overrides::base_url(url));
            if connects {
                options = options.managed_app(slug, app.client_id.clone(), app.client_secret.clone());
            }
        }
        options
    }

    fn with_apps(mut self, read: composio_core::Result<Vec<(ToolkitSlug, OAuthApp)>>) -> Self {
        match read {
            Ok(apps) => self.apps.extend(apps),
            Err(error) => drop(self.error.get_or_insert(error)),
        }
        self
    }

    fn configure(mut self, change: impl FnOnce(EngineOptions) -> EngineOptions + Send + 'static) -> Self {
        let before = self.engine;
        self.engine = Box::new(move |engine| change(before(engine)));
        self
    }
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for EmbeddedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedOptions").field("port", &self.port).field("data", &self.data).finish_non_exhaustive()
    }
}
