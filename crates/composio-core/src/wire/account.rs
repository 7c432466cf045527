//! Connected accounts: one user's connection to one toolkit.

mod connect;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::connect::{
    AccountLink, AuthConfigRef, CompleteAuth, CompletedAuth, ConnectionStateInput, CreateAccountLink,
    CreateConnectedAccount, CreatedConnectedAccount, CustomConnectionData, NewConnection,
};
use super::lenient::or_default;
use super::names::names;
use super::{Open, PageQuery, SecretJson, ToolkitRef, secret};
use crate::account::ConnectionStatus;
use crate::auth::AuthScheme;

names! {
    /// Who may use an account.
    AccountType {
        /// Its user.
        Private = "PRIVATE",
        /// Those whom its access list lets in, in sessions that pin it.
        Shared = "SHARED",
    }
}

names! {
    /// Which accounts a list shows.
    AccountTypeFilter {
        /// Private ones, as without a filter.
        Private = "PRIVATE",
        /// Shared ones.
        Shared = "SHARED",
        /// Both.
        All = "ALL",
    }
}

names! {
    /// What a list of accounts is ordered by.
    AccountOrder {
        /// When they were made.
        CreatedAt = "created_at",
        /// When they last changed.
        UpdatedAt = "updated_at",
    }
}

names! {
    /// In which direction a list is ordered.
    OrderDirection {
        /// The oldest first.
        Ascending = "asc",
        /// The newest first.
        Descending = "desc",
    }
}

names! {
    /// What was given back to a service.
    RevokedToken {
        /// An access token.
        AccessToken = "access_token",
        /// A refresh token.
        RefreshToken = "refresh_token",
        /// Another kind of credential.
        Credential = "credential",
    }
}

/// Which accounts to list; nothing set lists all that are private.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectedAccountQuery {
    /// Only of these toolkits; empty for any, as with all lists here.
    pub toolkit_slugs: Vec<String>,
    /// Only in one of these statuses.
    pub statuses: Vec<Open<ConnectionStatus>>,
    /// Only of these users.
    pub user_ids: Vec<String>,
    /// Only made from these auth configs.
    pub auth_config_ids: Vec<String>,
    /// Only these.
    pub connected_account_ids: Vec<String>,
    /// What the list is ordered by.
    pub order_by: Option<AccountOrder>,
    /// In which direction.
    pub order_direction: Option<OrderDirection>,
    /// Private ones, shared ones, or both. Experimental in the dialect.
    pub account_type: Option<AccountTypeFilter>,
    /// Which page.
    pub page: PageQuery,
}

/// An account, as it is listed and read. Credentials in it are redacted by the server, or not; we show none.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConnectedAccount {
    /// Its id, `ca_…`.
    pub id: String,
    /// What it connects to.
    pub toolkit: ToolkitRef,
    /// What it was made from.
    pub auth_config: AccountAuthConfig,
    /// Deprecated in the dialect: `state.auth_scheme`.
    #[serde(rename = "authScheme", skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<Open<AuthScheme>>,
    /// A short name that the server made up, such as `github_red-castle`.
    pub word_id: Option<String>,
    /// A label that the application or the user gave.
    pub alias: Option<String>,
    /// Whose it is. Deprecated in the dialect, and the only place that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Where it stands in its life.
    pub status: Open<ConnectionStatus>,
    /// Why it stands there.
    pub status_reason: Option<String>,
    /// Whether it is switched off.
    #[serde(default, deserialize_with = "or_default")]
    pub is_disabled: bool,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharing>,
    /// When it was made.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it last changed.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
    /// Its connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<ConnectionState>,
    /// Deprecated in the dialect: `state`. An object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<SecretJson>,
    /// Deprecated in the dialect: what it was begun with. An object; lists do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<SecretJson>,
    /// What can be asked to see that it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_request_endpoint: Option<String>,
    /// The scopes that were last asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_scopes: Option<Vec<String>>,
    /// The user scopes that were last asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_user_scopes: Option<Vec<String>>,
}

/// The auth config of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountAuthConfig {
    /// Its id, `ac_…`.
    pub id: String,
    /// Deprecated in the dialect: the scheme of the account's state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<Open<AuthScheme>>,
    /// Whether it uses the operator's app.
    #[serde(default, deserialize_with = "or_default")]
    pub is_composio_managed: bool,
    /// Whether it is switched off.
    #[serde(default, deserialize_with = "or_default")]
    pub is_disabled: bool,
}

/// A connection: its scheme, and what the scheme needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConnectionState {
    /// How it authenticates.
    #[serde(rename = "authScheme")]
    pub auth_scheme: Open<AuthScheme>,
    /// Tokens and keys, and what goes with them, an object. Its `status` says which of them there are.
    pub val: SecretJson,
}

impl ConnectionState {
    /// Where the connection stands, as its values say it.
    pub fn status(&self) -> Option<Open<ConnectionStatus>> {
        self.val.get("status")?.deserialize().ok()
    }

    /// Where to send the user, while the connection is being made.
    pub fn redirect_url(&self) -> Option<SecretString> {
        self.val.get("redirectUrl")?.text()
    }
}

/// Who may use an account. Experimental in the dialect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSharing {
    /// Whether it is shared.
    pub account_type: Open<AccountType>,
    /// Whom a shared one lets in, where the caller may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_config_for_shared: Option<AccountAcl>,
}

/// Whom a shared account lets in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountAcl {
    /// Everybody in the project.
    #[serde(default, deserialize_with = "or_default")]
    pub allow_all_users: bool,
    /// These users.
    #[serde(default, deserialize_with = "or_default")]
    pub allowed_user_ids: Vec<String>,
    /// Not these, whatever the other two say.
    #[serde(default, deserialize_with = "or_default")]
    pub not_allowed_user_ids: Vec<String>,
}

/// Who may use an account, as requests say it. Experimental in the dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSharingInput {
    /// Whether it is shared; private if it is not said. A change of an account cannot say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_type: Option<AccountType>,
    /// Whom a shared one lets in. Only shared ones have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_config_for_shared: Option<AccountAclInput>,
}

/// Whom a shared account lets in, as requests say it. What is absent stays, an empty list clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountAclInput {
    /// Everybody in the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_all_users: Option<bool>,
    /// These users, at most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_user_ids: Option<Vec<String>>,
    /// Not these, at most 1,000, whatever the other two say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_allowed_user_ids: Option<Vec<String>>,
}

/// The body that changes an account; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PatchConnectedAccount {
    /// Another label; empty for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Other credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionPatch>,
    /// Whom a shared one lets in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharingInput>,
}

/// Other credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectionPatch {
    /// Its own scheme, and the values that change; null removes one.
    pub state: ConnectionStateInput,
}

/// The reply to a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PatchedConnectedAccount {
    /// Whether it was done.
    #[serde(default, deserialize_with = "or_default")]
    pub success: bool,
    /// The account.
    pub id: String,
    /// Where it stands now.
    pub status: Open<ConnectionStatus>,
}

/// The body that switches an account on or off.
#[derive(Clone, Debug, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetEnabled {
    /// Whether it may be used.
    pub enabled: bool,
}

/// The body that renews an account's credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshConnectedAccount {
    /// Where the user's browser goes afterwards, where the user has to consent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
}

/// The reply to a renewal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RefreshedConnectedAccount {
    /// The account.
    pub id: String,
    /// Where it stands now.
    pub status: Open<ConnectionStatus>,
    /// Where to send the user, where the user has to consent again.
    #[serde(default, with = "secret::optional")]
    pub redirect_url: Option<SecretString>,
}

/// The reply to a revocation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RevokedConnectedAccount {
    /// What was given back; nothing where it had been before.
    #[serde(default, deserialize_with = "or_default")]
    pub revoked_tokens: Vec<Open<RevokedToken>>,
    /// The account now.
    pub connected_account: AccountStanding,
}

/// An account and where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountStanding {
    /// Its id.
    pub id: String,
    /// Where it stands now.
    pub status: Open<ConnectionStatus>,
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_connection_says_where_it_stands_and_where_the_user_goes() {
        let state = |val: &str| -> ConnectionState {
            serde_json::from_str(&format!("{{\"authScheme\":\"OAUTH2\",\"val\":{val}}}")).unwrap()
        };
        let begun = state(r#"{"status": "INITIATED", "redirectUrl": "https://connect.example/lk_1"}"#);
        assert_eq!(begun.status(), Some(Open::Known(ConnectionStatus::Initiated)));
        assert_eq!(begun.redirect_url().unwrap().expose_secret(), "https://connect.example/lk_1");
        assert!(!format!("{begun:?}").contains("lk_1"));
        let newer = state(r#"{"status": "DORMANT"}"#);
        assert_eq!(newer.status(), Some(Open::Unknown("DORMANT".into())));
        assert!(newer.redirect_url().is_none());
        assert!(state("{}").status().is_none());
    }
}
