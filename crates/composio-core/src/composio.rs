//! The door: sessions, auth configs and connected accounts of one project.

mod catalogue;
mod manage;

use std::sync::Arc;

pub use self::catalogue::{CatalogueToolkits, CatalogueTools, ListCatalogueToolkits, ListCatalogueTools};
pub use self::manage::{
    AuthConfigs, ConnectedAccounts, CreateAuthConfig, CreateConnectedAccount, ListAuthConfigs, ListConnectedAccounts,
};
use crate::backend::{Backend, Capabilities};
use crate::error::Result;
use crate::event::Events;
use crate::id::{SessionId, UserId};
use crate::session::{Live, OpenSession, SessionBuilder};

/// One project on one backend. Cheap to clone.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::ScriptedBackend;
/// use composio_core::Composio;
///
/// # let backend = ScriptedBackend::new();
/// let composio = Composio::with_backend(backend);
/// let session = composio.create("user_123").toolkits(["github", "gmail"]).await?;
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Composio {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) live: Live,
}

impl Composio {
    /// On the hosted service, with the key of a project.
    ///
    /// Nothing is sent and nothing checked yet, so that this cannot fail: a key that cannot be one is the error of each
    /// await. For another server, a user's key or other limits, give
    /// [`HostedBackend::new`](crate::hosted::HostedBackend::new) its options.
    ///
    /// # Example
    /// ```no_run
    /// # async fn example() -> composio_core::Result<()> {
    /// use composio_core::Composio;
    /// use serde_json::json;
    ///
    /// let session = Composio::hosted("ak_...").create("user_123").toolkits(["github"]).await?;
    /// let user = session.execute("GITHUB_GET_A_USER", json!({"username": "octocat"})).await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "hosted")]
    #[must_use]
    pub fn hosted(api_key: impl Into<secrecy::SecretString>) -> Self {
        use crate::hosted::{HostedBackend, HostedOptions};
        Self::with_backend(HostedBackend::deferred(HostedOptions::new(api_key)))
    }

    /// On the service that the environment names: `COMPOSIO_API_KEY`, or a user's key, and `COMPOSIO_BASE_URL` where it is
    /// not the hosted one. See [`HostedOptions::from_env`](crate::hosted::HostedOptions::from_env).
    ///
    /// # Errors
    /// `InvalidInput` where there is no key, or an address that cannot be used; it says what to set.
    ///
    /// # Example
    /// ```no_run
    /// # async fn example() -> composio_core::Result<()> {
    /// let session = composio_core::Composio::from_env()?.create("user_123").await?;
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "hosted")]
    pub fn from_env() -> Result<Self> {
        use crate::hosted::{HostedBackend, HostedOptions};
        HostedBackend::new(HostedOptions::from_env()?).map(Self::with_backend)
    }

    /// On a backend of your choice; an `Arc<dyn Backend>` fits too.
    #[must_use]
    pub fn with_backend(backend: impl Backend) -> Self {
        Self { backend: Arc::new(backend), live: Live::default() }
    }

    /// Begins a session for a user. Await the builder to create it.
    pub fn create(&self, user: impl Into<UserId>) -> SessionBuilder {
        SessionBuilder::new(self.clone(), user.into())
    }

    /// Takes a session up again. Native tools and modifiers have to be given again: they live in the process, not with the
    /// session.
    ///
    /// # Errors
    /// The await gives `NotFound` for a session that is unknown or was deleted.
    pub fn session(&self, id: impl Into<SessionId>) -> OpenSession {
        OpenSession::new(self.clone(), id.into())
    }

    /// The project's auth configs.
    #[must_use]
    pub fn auth_configs(&self) -> AuthConfigs {
        AuthConfigs::new(Arc::clone(&self.backend))
    }

    /// The project's connected accounts, of all users.
    #[must_use]
    pub fn connected_accounts(&self) -> ConnectedAccounts {
        ConnectedAccounts::new(Arc::clone(&self.backend))
    }

    /// What happens to connected accounts from now on, as a stream: connected, expired, revoked, failed, and
    /// what else [`AccountEventKind`](crate::AccountEventKind) names.
    ///
    /// # Errors
    /// `Unsupported` where the backend tells nothing.
    pub fn events(&self) -> Result<Events> {
        self.backend.events()
    }

    /// What the backend can do.
    pub fn capabilities(&self) -> Capabilities {
        self.backend.capabilities()
    }
}
