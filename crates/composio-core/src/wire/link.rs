//! Connect links of a session.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::account::{AccountSharing, AccountSharingInput};
use super::secret;

/// A request for a connect link: `POST .../link`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionLinkRequest {
    /// What to connect.
    pub toolkit: String,
    /// A label for the account, unique for the user and the toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Where the user ends up. The session's own callback where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Who may use the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharingInput>,
}

impl SessionLinkRequest {
    /// A link for a toolkit.
    #[must_use]
    pub fn new(toolkit: impl Into<String>) -> Self {
        Self { toolkit: toolkit.into(), ..Self::default() }
    }
}

/// A connect link. Whoever opens it connects an account in the user's name, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionLink {
    /// What the link carries.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub link_token: Option<SecretString>,
    /// Where the user goes.
    #[serde(with = "secret::text")]
    pub redirect_url: SecretString,
    /// The account that was begun.
    pub connected_account_id: String,
    /// Who may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<AccountSharing>,
}

impl SessionLink {
    /// A link to this address for the account that was begun.
    #[must_use]
    pub fn new(redirect_url: impl Into<SecretString>, connected_account_id: impl Into<String>) -> Self {
        Self {
            link_token: None,
            redirect_url: redirect_url.into(),
            connected_account_id: connected_account_id.into(),
            experimental: None,
        }
    }
}
