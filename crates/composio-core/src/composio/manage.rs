//! What belongs to a project: auth configs and connected accounts.

use std::future::IntoFuture;
use std::sync::Arc;

use secrecy::SecretString;

use crate::account::{ConnectedAccount, ConnectionStatus, Sharing, SharingUpdate};
use crate::auth::{
    AuthConfig, AuthConfigUpdate, AuthScheme, FormFields, NewAuthConfig, NewConnectedAccount, OAuthApp, ToolFilter,
};
use crate::backend::{AccountQuery, AuthConfigQuery, Backend, Management, Page, SharingFilter, listing};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolkitSlug, UserId};
use crate::session::BoxFuture;

pub(super) fn management(backend: &Arc<dyn Backend>) -> Result<&dyn Management> {
    backend.management().ok_or_else(|| {
        Error::new(
            ErrorKind::Unsupported,
            "this backend manages no auth configs and connected accounts, and has no catalogue to look at",
        )
    })
}

/// The auth configs of a project: the blueprints from which connections are made.
#[derive(Clone, Debug)]
pub struct AuthConfigs {
    backend: Arc<dyn Backend>,
}

impl AuthConfigs {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    /// Begins an auth config for a toolkit: on managed auth, unless the returned value says otherwise.
    ///
    /// # Errors
    /// The await gives `InvalidInput` for an unknown toolkit or a scheme that it does not have, `NoManagedAuth` where
    /// the operator has no OAuth app for it.
    pub fn create<T>(&self, toolkit: T) -> CreateAuthConfig
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let new = toolkit.try_into().map(NewAuthConfig::managed).map_err(Into::into);
        CreateAuthConfig { backend: Arc::clone(&self.backend), new }
    }

    /// Lists them, newest first, the enabled ones unless the returned value says otherwise.
    pub fn list(&self) -> ListAuthConfigs {
        ListAuthConfigs { source: Arc::clone(&self.backend), query: AuthConfigQuery::new(), error: None }
    }

    /// Reads one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: impl Into<AuthConfigId> + Send) -> Result<AuthConfig> {
        management(&self.backend)?.auth_config(&id.into()).await
    }

    /// Changes one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn update(&self, id: impl Into<AuthConfigId> + Send, update: AuthConfigUpdate) -> Result<AuthConfig> {
        management(&self.backend)?.update_auth_config(&id.into(), &update).await
    }

    /// Deletes one. Accounts made from it stop running tools.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete(&self, id: impl Into<AuthConfigId> + Send) -> Result<()> {
        management(&self.backend)?.delete_auth_config(&id.into()).await
    }
}

/// An auth config in the making. Await it to create it.
#[must_use = "an auth config is created by awaiting this"]
#[derive(Debug)]
pub struct CreateAuthConfig {
    backend: Arc<dyn Backend>,
    new: Result<NewAuthConfig>,
}

impl CreateAuthConfig {
    /// Uses your own OAuth app.
    pub fn oauth_app(self, client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        let app = OAuthApp::new(client_id, client_secret);
        self.with(|new| NewAuthConfig { scheme: AuthScheme::OAuth2, app: Some(app), ..new })
    }

    /// Takes keys that users or the application give.
    pub fn api_key(self) -> Self {
        self.with(|new| NewAuthConfig { scheme: AuthScheme::ApiKey, app: None, ..new })
    }

    /// Sets a name for people.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with(|new| new.name(name))
    }

    /// Sets the scopes to ask for, instead of the toolkit's own.
    pub fn scopes<S: Into<String>>(self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.with(|new| new.scopes(scopes))
    }

    /// Says whether sessions that do not name it may choose it. They may, unless switched off.
    pub fn enabled_for_sessions(self, enabled: bool) -> Self {
        self.with(|new| new.enabled_for_sessions(enabled))
    }

    /// Sets which tools may run on its accounts.
    pub fn tools(self, tools: ToolFilter) -> Self {
        self.with(|new| new.tools(tools))
    }

    fn with(self, change: impl FnOnce(NewAuthConfig) -> NewAuthConfig) -> Self {
        Self { new: self.new.map(change), ..self }
    }
}

impl IntoFuture for CreateAuthConfig {
    type Output = Result<AuthConfig>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { management(&self.backend)?.create_auth_config(self.new?).await })
    }
}

/// A list of auth configs in the making. Await it for one page.
#[must_use = "auth configs are listed by awaiting this"]
#[derive(Debug)]
pub struct ListAuthConfigs {
    source: Arc<dyn Backend>,
    query: AuthConfigQuery,
    error: Option<Error>,
}

impl ListAuthConfigs {
    /// Only those of this toolkit. Called again, it adds.
    pub fn toolkit<T>(mut self, toolkit: T) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        match toolkit.try_into() {
            Ok(slug) => self.query.toolkits.push(slug),
            Err(error) => self.error = self.error.or_else(|| Some(error.into())),
        }
        self
    }

    /// The disabled ones too.
    pub fn show_disabled(mut self) -> Self {
        self.query.show_disabled = true;
        self
    }
}

listing!(ListAuthConfigs of AuthConfig, "20 unless said, 200", page_of_auth_configs);

async fn page_of_auth_configs(backend: Arc<dyn Backend>, query: AuthConfigQuery) -> Result<Page<AuthConfig>> {
    management(&backend)?.auth_configs(&query).await
}

/// The connected accounts of a project, of all users.
#[derive(Clone, Debug)]
pub struct ConnectedAccounts {
    backend: Arc<dyn Backend>,
}

impl ConnectedAccounts {
    pub(super) fn new(backend: Arc<dyn Backend>) -> Self {
        Self { backend }
    }

    /// Begins an account from fields that the application has, without any page: it is ACTIVE at once.
    ///
    /// # Errors
    /// The await gives `InvalidInput` for a config whose scheme takes no fields or for fields that are missing,
    /// `Conflict` for an alias that is taken, `NotFound` for an unknown config.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
    /// # let composio = Composio::with_backend(ScriptedBackend::new());
    /// let creating = composio.connected_accounts().create("user_123", "ac_weather").field("api_key", "k-1234");
    /// # assert_eq!(creating.await.unwrap_err().kind(), ErrorKind::Unsupported);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn create(&self, user: impl Into<UserId>, auth_config: impl Into<AuthConfigId>) -> CreateConnectedAccount {
        let new = NewConnectedAccount::new(user, auth_config, FormFields::new());
        CreateConnectedAccount { backend: Arc::clone(&self.backend), new }
    }

    /// Lists them, newest first.
    pub fn list(&self) -> ListConnectedAccounts {
        ListConnectedAccounts { source: Arc::clone(&self.backend), query: AccountQuery::new(), error: None }
    }

    /// Reads one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<ConnectedAccount> {
        management(&self.backend)?.get_connected_account(&id.into()).await
    }

    /// Gives an account a label that is unique per user and toolkit; an empty one takes it away.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for a label that is taken; `InvalidInput` for one that looks like an id.
    pub async fn rename(&self, id: impl Into<ConnectedAccountId> + Send, alias: &str) -> Result<ConnectedAccount> {
        let alias = Some(alias.trim()).filter(|alias| !alias.is_empty());
        management(&self.backend)?.rename_connected_account(&id.into(), alias).await
    }

    /// Switches an account off: it stays connected and runs nothing.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is ACTIVE.
    pub async fn disable(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<ConnectedAccount> {
        management(&self.backend)?.set_connected_account_enabled(&id.into(), false).await
    }

    /// Switches an account on again.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is INACTIVE.
    pub async fn enable(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<ConnectedAccount> {
        management(&self.backend)?.set_connected_account_enabled(&id.into(), true).await
    }

    /// Gives the credential back to the service.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is ACTIVE; `Unsupported` where the toolkit cannot; `Unavailable` where the
    /// service could not be told.
    pub async fn revoke(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<ConnectedAccount> {
        management(&self.backend)?.revoke_connected_account(&id.into()).await
    }

    /// Changes who may use an account besides its owner: what is not named stays, an empty list clears.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for lists on an account that is private, and for lists that are too long.
    pub async fn share(
        &self,
        id: impl Into<ConnectedAccountId> + Send,
        update: SharingUpdate,
    ) -> Result<ConnectedAccount> {
        management(&self.backend)?.share_connected_account(&id.into(), &update).await
    }

    /// Makes the cheap call by which an account shows that it works: it is
    /// [ready](ConnectedAccount::is_ready) then, or not yet.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is ACTIVE.
    pub async fn probe(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<ConnectedAccount> {
        management(&self.backend)?.probe_connected_account(&id.into()).await
    }

    /// Deletes an account and its credential.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete(&self, id: impl Into<ConnectedAccountId> + Send) -> Result<()> {
        management(&self.backend)?.delete_connected_account(&id.into()).await
    }
}

/// A connected account in the making. Await it to create it.
#[must_use = "an account is created by awaiting this"]
#[derive(Debug)]
pub struct CreateConnectedAccount {
    backend: Arc<dyn Backend>,
    new: NewConnectedAccount,
}

impl CreateConnectedAccount {
    /// Adds a field that the toolkit's scheme asks for, such as `api_key`.
    pub fn field(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.new.fields = self.new.fields.field(name, value);
        self
    }

    /// Sets a label, unique per user and toolkit.
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.new.alias = Some(alias.into());
        self
    }

    /// Says who may use it besides its user.
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.new.sharing = sharing;
        self
    }
}

impl IntoFuture for CreateConnectedAccount {
    type Output = Result<ConnectedAccount>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { management(&self.backend)?.create_connected_account(self.new).await })
    }
}

/// A list of connected accounts in the making. Await it for one page.
#[must_use = "accounts are listed by awaiting this"]
#[derive(Debug)]
pub struct ListConnectedAccounts {
    source: Arc<dyn Backend>,
    query: AccountQuery,
    error: Option<Error>,
}

impl ListConnectedAccounts {
    /// Only those of this user. Called again, it adds.
    pub fn user(mut self, user: impl Into<UserId>) -> Self {
        self.query.users.push(user.into());
        self
    }

    /// Only those of this toolkit. Called again, it adds.
    pub fn toolkit<T>(mut self, toolkit: T) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        match toolkit.try_into() {
            Ok(slug) => self.query.toolkits.push(slug),
            Err(error) => self.error = self.error.or_else(|| Some(error.into())),
        }
        self
    }

    /// Only those in this status. Called again, it adds.
    pub fn status(mut self, status: ConnectionStatus) -> Self {
        self.query.statuses.push(status);
        self
    }

    /// Shared ones, or both kinds; private ones unless said.
    pub fn sharing(mut self, sharing: SharingFilter) -> Self {
        self.query.sharing = sharing;
        self
    }
}

listing!(ListConnectedAccounts of ConnectedAccount, "20 unless said, 200", page_of_connected_accounts);

async fn page_of_connected_accounts(backend: Arc<dyn Backend>, query: AccountQuery) -> Result<Page<ConnectedAccount>> {
    management(&backend)?.connected_accounts(&query).await
}
