//! Making accounts: from credentials, and by links.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{AccountSharing, AccountSharingInput, ConnectionState};
use crate::account::ConnectionStatus;
use crate::auth::AuthScheme;
use crate::wire::{Open, SecretFields, secret};

/// A connection, as requests give it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionStateInput {
    /// How it authenticates.
    #[serde(rename = "authScheme")]
    pub auth_scheme: Open<AuthScheme>,
    /// What the scheme needs, by name. A change leaves what it does not name; null removes a field.
    pub val: SecretFields,
}

impl ConnectionStateInput {
    /// A connection of this scheme.
    #[must_use]
    pub fn new(auth_scheme: impl Into<Open<AuthScheme>>, val: SecretFields) -> Self {
        Self { auth_scheme: auth_scheme.into(), val }
    }
}

/// A connection that is used for one call and not stored. Rule: `session-api` 11.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomConnectionData {
    /// How it authenticates.
    #[serde(rename = "authScheme")]
    pub auth_scheme: Open<AuthScheme>,
    /// What it connects to.
    #[serde(rename = "toolkitSlug")]
    pub toolkit_slug: String,
    /// What the scheme needs, by name.
    pub val: SecretFields,
}

impl CustomConnectionData {
    /// A connection to this toolkit.
    #[must_use]
    pub fn new(auth_scheme: impl Into<Open<AuthScheme>>, toolkit_slug: impl Into<String>, val: SecretFields) -> Self {
        Self { auth_scheme: auth_scheme.into(), toolkit_slug: toolkit_slug.into(), val }
    }
}

/// The body that makes an account without a page, or begins one in the older way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateConnectedAccount {
    /// What it is made from.
    pub auth_config: AuthConfigRef,
    /// The connection.
    pub connection: NewConnection,
}

impl CreateConnectedAccount {
    /// An account made from this auth config.
    #[must_use]
    pub fn new(auth_config: impl Into<String>, connection: NewConnection) -> Self {
        Self { auth_config: AuthConfigRef { id: auth_config.into() }, connection }
    }
}

/// An auth config, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthConfigRef {
    /// Its id.
    pub id: String,
}

/// The connection of a new account.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NewConnection {
    /// Its scheme and its values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ConnectionStateInput>,
    /// Deprecated in the dialect: `state`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<SecretFields>,
    /// Whose it is; `default` if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// A label, unique per user and toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Where the user's browser goes afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Deprecated in the dialect: `callback_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// Deprecated in the dialect, and of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated_is_v1_rerouted: Option<bool>,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharingInput>,
}

/// The reply to a creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedConnectedAccount {
    /// Its id, `ca_…`.
    pub id: String,
    /// Its connection, with the address to send the user to where one is needed.
    #[serde(rename = "connectionData", skip_serializing_if = "Option::is_none")]
    pub connection_data: Option<ConnectionState>,
    /// Deprecated in the dialect: the status in the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Open<ConnectionStatus>>,
    /// Deprecated in the dialect: the address in the connection.
    #[serde(default, with = "secret::optional")]
    pub redirect_url: Option<SecretString>,
    /// Deprecated in the dialect: the same address.
    #[serde(default, with = "secret::optional")]
    pub redirect_uri: Option<SecretString>,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharing>,
}

/// The body that makes a link for a user.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CreateAccountLink {
    /// What the account is made from.
    pub auth_config_id: String,
    /// Whose it will be.
    pub user_id: String,
    /// A label, unique per user and toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Where the user's browser goes afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// What the form on the page begins with, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_data: Option<SecretFields>,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharingInput>,
}

impl CreateAccountLink {
    /// A link by which this user makes an account from this auth config.
    #[must_use]
    pub fn new(auth_config_id: impl Into<String>, user_id: impl Into<String>) -> Self {
        Self { auth_config_id: auth_config_id.into(), user_id: user_id.into(), ..Self::default() }
    }
}

/// A link for one user. Whoever opens it connects, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountLink {
    /// Its token.
    #[serde(with = "secret::text")]
    pub link_token: SecretString,
    /// Where to send the user.
    #[serde(with = "secret::text")]
    pub redirect_url: SecretString,
    /// When it stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The account that it makes.
    pub connected_account_id: String,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharing>,
}

/// The body that ends a flow that is bound to one browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompleteAuth {
    /// What came with the redirect. Whoever has it can end the flow.
    #[serde(with = "secret::text")]
    pub session_uri: SecretString,
    /// Whose account is being made.
    pub user_id: String,
}

impl CompleteAuth {
    /// Ends this flow for this user.
    #[must_use]
    pub fn new(session_uri: impl Into<SecretString>, user_id: impl Into<String>) -> Self {
        Self { session_uri: session_uri.into(), user_id: user_id.into() }
    }
}

/// The reply to the end of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompletedAuth {
    /// The account.
    pub connected_account_id: String,
    /// What it connects to.
    pub toolkit_slug: String,
}
