//! Auth configs: the blueprints from which connections are made.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::id::{AuthConfigId, Timestamp, ToolSlug, ToolkitSlug};

/// How a toolkit wants to be authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum AuthScheme {
    /// OAuth 2: the user consents at the service, and we hold tokens.
    #[serde(rename = "OAUTH2")]
    OAuth2,
    /// A key that the user or the application gives.
    #[serde(rename = "API_KEY")]
    ApiKey,
    /// Nothing at all.
    #[serde(rename = "NO_AUTH")]
    NoAuth,
    /// OAuth 1.0a.
    #[serde(rename = "OAUTH1")]
    OAuth1,
    /// OAuth 2 with an app that registers itself.
    #[serde(rename = "DCR_OAUTH")]
    DcrOAuth,
    /// OAuth 2 with an app that is known by the address of its metadata.
    #[serde(rename = "CIMD_OAUTH")]
    CimdOAuth,
    /// OAuth 2 between servers, without a person.
    #[serde(rename = "S2S_OAUTH2")]
    S2sOAuth2,
    /// A token that the user gives.
    #[serde(rename = "BEARER_TOKEN")]
    BearerToken,
    /// A user name and a password.
    #[serde(rename = "BASIC")]
    Basic,
    /// A user name and a password, for which the service gives a token.
    #[serde(rename = "BASIC_WITH_JWT")]
    BasicWithJwt,
    /// An installation of an app of the service.
    #[serde(rename = "SERVICE_ACCOUNT")]
    ServiceAccount,
    /// A service account's key at Google.
    #[serde(rename = "GOOGLE_SERVICE_ACCOUNT")]
    GoogleServiceAccount,
    /// SAML.
    #[serde(rename = "SAML")]
    Saml,
    /// Bill.com's own.
    #[serde(rename = "BILLCOM_AUTH")]
    BillcomAuth,
    /// Cal.com's own.
    #[serde(rename = "CALCOM_AUTH")]
    CalcomAuth,
    /// One that this version has no name for. Only a backend that knows it can connect accounts by it.
    #[serde(rename = "UNKNOWN")]
    Unknown,
}

impl AuthScheme {
    /// Every scheme that has a name. The embedded engine connects accounts by the first three.
    pub const ALL: [Self; 15] = [
        Self::OAuth2,
        Self::ApiKey,
        Self::NoAuth,
        Self::OAuth1,
        Self::DcrOAuth,
        Self::CimdOAuth,
        Self::S2sOAuth2,
        Self::BearerToken,
        Self::Basic,
        Self::BasicWithJwt,
        Self::ServiceAccount,
        Self::GoogleServiceAccount,
        Self::Saml,
        Self::BillcomAuth,
        Self::CalcomAuth,
    ];

    /// The wire name, such as `OAUTH2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OAuth2 => "OAUTH2",
            Self::ApiKey => "API_KEY",
            Self::NoAuth => "NO_AUTH",
            Self::OAuth1 => "OAUTH1",
            Self::DcrOAuth => "DCR_OAUTH",
            Self::CimdOAuth => "CIMD_OAUTH",
            Self::S2sOAuth2 => "S2S_OAUTH2",
            Self::BearerToken => "BEARER_TOKEN",
            Self::Basic => "BASIC",
            Self::BasicWithJwt => "BASIC_WITH_JWT",
            Self::ServiceAccount => "SERVICE_ACCOUNT",
            Self::GoogleServiceAccount => "GOOGLE_SERVICE_ACCOUNT",
            Self::Saml => "SAML",
            Self::BillcomAuth => "BILLCOM_AUTH",
            Self::CalcomAuth => "CALCOM_AUTH",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The scheme of this wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str() == name)
    }

    /// Whether a config of this scheme needs something from the developer (an OAuth app) before a user can connect.
    pub fn needs_app(self) -> bool {
        matches!(self, Self::OAuth2)
    }
}

impl fmt::Display for AuthScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A blueprint for connections to one toolkit: the scheme, the OAuth app, the scopes. It shows no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthConfig {
    /// Its id, `ac_…`.
    pub id: AuthConfigId,
    /// What it connects to.
    pub toolkit: ToolkitSlug,
    /// A name for people.
    pub name: String,
    /// How it authenticates.
    pub scheme: AuthScheme,
    /// Whether it needs nothing of the developer's own: it uses the operator's managed OAuth app, or was made for a link on
    /// a scheme without an app.
    pub managed: bool,
    /// Whether it may be used at all. A disabled one makes no connections, and accounts made from it run nothing.
    pub enabled: bool,
    /// Whether sessions that do not name it may choose it. True unless switched off.
    pub enabled_for_sessions: bool,
    /// The scopes that connections ask for; empty for the toolkit's own.
    pub scopes: Vec<String>,
    /// The OAuth app's public id, where it has one of its own.
    pub client_id: Option<String>,
    /// Which of the toolkit's tools may run on accounts made from it.
    pub tools: ToolFilter,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl AuthConfig {
    /// An enabled config without an app of its own.
    #[must_use]
    pub fn new(
        id: AuthConfigId,
        toolkit: ToolkitSlug,
        name: impl Into<String>,
        scheme: AuthScheme,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            toolkit,
            name: name.into(),
            scheme,
            managed: false,
            enabled: true,
            enabled_for_sessions: true,
            scopes: Vec::new(),
            client_id: None,
            tools: ToolFilter::All,
            created_at: at,
            updated_at: at,
        }
    }
}

impl AuthConfig {
    /// Changes what an update names, and nothing else.
    pub fn apply(&mut self, update: &AuthConfigUpdate, at: Timestamp) {
        let AuthConfigUpdate { name, enabled, enabled_for_sessions, scopes, tools } = update.clone();
        self.name = name.unwrap_or_else(|| std::mem::take(&mut self.name));
        self.enabled = enabled.unwrap_or(self.enabled);
        self.enabled_for_sessions = enabled_for_sessions.unwrap_or(self.enabled_for_sessions);
        self.scopes = scopes.unwrap_or_else(|| std::mem::take(&mut self.scopes));
        self.tools = tools.unwrap_or_else(|| std::mem::take(&mut self.tools));
        self.updated_at = at;
    }
}

/// Which tools of a toolkit may run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolFilter {
    /// Every one.
    #[default]
    All,
    /// These and no others.
    Only(Vec<ToolSlug>),
    /// All but these.
    Except(Vec<ToolSlug>),
}

impl ToolFilter {
    /// Whether it lets this tool run.
    pub fn allows(&self, tool: &ToolSlug) -> bool {
        match self {
            Self::All => true,
            Self::Only(tools) => tools.contains(tool),
            Self::Except(tools) => !tools.contains(tool),
        }
    }
}

/// What to make an auth config from.
///
/// # Example
/// ```
/// use composio_core::{NewAuthConfig, ToolkitSlug};
///
/// let github = ToolkitSlug::new("github")?;
/// let config = NewAuthConfig::oauth2(github, "client-id", "client-secret").scopes(["repo"]);
/// assert!(!format!("{config:?}").contains("client-secret"));
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewAuthConfig {
    /// What it connects to.
    pub toolkit: ToolkitSlug,
    /// A name for people; the toolkit's name and scheme if none is given.
    pub name: Option<String>,
    /// How it authenticates.
    pub scheme: AuthScheme,
    /// The OAuth app, or none to use the operator's managed one.
    pub app: Option<OAuthApp>,
    /// The scopes to ask for; empty for the toolkit's own.
    pub scopes: Vec<String>,
    /// Whether sessions that do not name it may choose it.
    pub enabled_for_sessions: bool,
    /// Which of the toolkit's tools may run on accounts made from it.
    pub tools: ToolFilter,
}

impl NewAuthConfig {
    /// On your own OAuth app.
    #[must_use]
    pub fn oauth2(toolkit: ToolkitSlug, client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        let app = OAuthApp::new(client_id, client_secret);
        Self { app: Some(app), ..Self::managed(toolkit) }
    }

    /// On the operator's managed OAuth app.
    #[must_use]
    pub fn managed(toolkit: ToolkitSlug) -> Self {
        Self {
            toolkit,
            name: None,
            scheme: AuthScheme::OAuth2,
            app: None,
            scopes: Vec::new(),
            enabled_for_sessions: true,
            tools: ToolFilter::All,
        }
    }

    /// On keys that users or the application give.
    #[must_use]
    pub fn api_key(toolkit: ToolkitSlug) -> Self {
        Self { scheme: AuthScheme::ApiKey, ..Self::managed(toolkit) }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the scopes to ask for.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Says whether sessions that do not name it may choose it.
    #[must_use]
    pub fn enabled_for_sessions(mut self, enabled: bool) -> Self {
        self.enabled_for_sessions = enabled;
        self
    }

    /// Sets which tools may run on its accounts.
    #[must_use]
    pub fn tools(mut self, tools: ToolFilter) -> Self {
        self.tools = tools;
        self
    }
}

/// An OAuth application registered at a service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OAuthApp {
    /// Its public id.
    pub client_id: String,
    /// Its secret; empty for a public client.
    pub client_secret: SecretString,
}

impl OAuthApp {
    /// An app with its secret.
    #[must_use]
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self { client_id: client_id.into(), client_secret: client_secret.into() }
    }
}

/// What to change about an auth config; what is not set stays.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthConfigUpdate {
    /// A new name.
    pub name: Option<String>,
    /// Switches it on or off.
    pub enabled: Option<bool>,
    /// Whether sessions that do not name it may choose it.
    pub enabled_for_sessions: Option<bool>,
    /// Other scopes, for connections made from now on.
    pub scopes: Option<Vec<String>>,
    /// Another tool filter.
    pub tools: Option<ToolFilter>,
}

impl AuthConfigUpdate {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Switches it on or off.
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Says whether sessions that do not name it may choose it.
    #[must_use]
    pub fn enabled_for_sessions(mut self, enabled: bool) -> Self {
        self.enabled_for_sessions = Some(enabled);
        self
    }

    /// Sets the scopes for connections made from now on.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// Sets which tools may run on its accounts.
    #[must_use]
    pub fn tools(mut self, tools: ToolFilter) -> Self {
        self.tools = Some(tools);
        self
    }
}

/// A key that an application gives for one of its users, without any page.
///
/// # Example
/// ```
/// use composio_core::{AuthConfigId, NewConnectedAccount, UserId};
///
/// let account = NewConnectedAccount::api_key("user_123", "ac_1", "a-very-secret-key");
/// assert!(!format!("{account:?}").contains("very-secret"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewConnectedAccount {
    /// Whose it will be.
    pub user: crate::id::UserId,
    /// What it is made from; its scheme must take fields.
    pub auth_config: AuthConfigId,
    /// The fields that the toolkit's scheme asks for, by name.
    pub fields: FormFields,
    /// A label, unique per user and toolkit.
    pub alias: Option<String>,
    /// Who may use it.
    pub sharing: crate::account::Sharing,
}

impl NewConnectedAccount {
    /// An account on one key, for schemes whose only field is `api_key`.
    #[must_use]
    pub fn api_key(
        user: impl Into<crate::id::UserId>,
        auth_config: impl Into<AuthConfigId>,
        key: impl Into<SecretString>,
    ) -> Self {
        Self::new(user, auth_config, FormFields::new().field("api_key", key))
    }

    /// An account on the fields that the scheme asks for.
    #[must_use]
    pub fn new(user: impl Into<crate::id::UserId>, auth_config: impl Into<AuthConfigId>, fields: FormFields) -> Self {
        Self {
            user: user.into(),
            auth_config: auth_config.into(),
            fields,
            alias: None,
            sharing: crate::account::Sharing::Private,
        }
    }

    /// Sets the label.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Says who may use it.
    #[must_use]
    pub fn sharing(mut self, sharing: crate::account::Sharing) -> Self {
        self.sharing = sharing;
        self
    }
}

/// What a person or an application typed into a form: names and secrets. Prints the names alone.
#[derive(Clone, Default)]
pub struct FormFields {
    fields: Vec<(String, SecretString)>,
}

impl FormFields {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// The value of a field, if it was given.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// The names that were given, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for FormFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
