//! How a session's toolkits are connected, and the links that connect them.

use std::fmt;

use url::Url;

use crate::account::{ConnectedAccount, Sharing};
use crate::auth::AuthScheme;
use crate::id::{AuthConfigId, ConnectedAccountId, Timestamp, ToolkitSlug};

/// A toolkit as a session sees it, with the connection that its tools would run with now.
///
/// Where the session pins an account, that account is shown with its real status, whatever others there are.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolkitState {
    /// Its slug.
    pub slug: ToolkitSlug,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The URL of its logo.
    pub logo: Option<String>,
    /// Whether it needs no account at all.
    pub no_auth: bool,
    /// Whether the backend can make an auth config for it without the developer.
    pub managed_auth: bool,
    /// The account a tool would run with, or the latest of those that cannot run.
    pub account: Option<ConnectedAccount>,
    /// Every account that a call could name, the most recently connected first, whatever its status is.
    pub accounts: Vec<ConnectedAccount>,
    /// The auth config of that account, or the one that a link would use.
    pub auth_config: Option<AuthConfigId>,
    /// How it would be authenticated.
    pub scheme: Option<AuthScheme>,
}

impl ToolkitState {
    /// A toolkit without connection.
    #[must_use]
    pub fn new(slug: ToolkitSlug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
            description: String::new(),
            logo: None,
            no_auth: false,
            managed_auth: false,
            account: None,
            accounts: Vec::new(),
            auth_config: None,
            scheme: None,
        }
    }

    /// Whether its connection is ACTIVE. A toolkit without authentication has none and needs none.
    pub fn is_active(&self) -> bool {
        self.account.as_ref().is_some_and(ConnectedAccount::is_active)
    }

    /// Whether its tools can run now: it needs no account, or its account is ACTIVE and was seen to work.
    pub fn is_ready(&self) -> bool {
        self.no_auth || self.account.as_ref().is_some_and(ConnectedAccount::is_ready)
    }
}

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkTarget {
    /// A new account of this toolkit.
    Toolkit(ToolkitSlug),
    /// The same account again: it keeps its id, and the identity at the service has to be the same.
    Account(ConnectedAccountId),
}

/// What to make a link with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkRequest {
    /// What it is for.
    pub target: LinkTarget,
    /// Where the browser goes in the end; our own page without one.
    pub callback_url: Option<Url>,
    /// A label for the new account, unique per user and toolkit.
    pub alias: Option<String>,
    /// Who may use the new account besides its user.
    pub sharing: Sharing,
}

impl LinkRequest {
    /// A link without callback and alias.
    #[must_use]
    pub fn new(target: LinkTarget) -> Self {
        Self { target, callback_url: None, alias: None, sharing: Sharing::Private }
    }
}

/// A link that was made.
#[derive(Clone)]
#[non_exhaustive]
pub struct Link {
    /// The account that the link will make ACTIVE.
    pub account: ConnectedAccountId,
    /// Where the user goes. Whoever has it can connect an account in this user's name.
    pub redirect_url: Url,
    /// Until when the link works, where the backend says so.
    pub expires_at: Option<Timestamp>,
}

impl Link {
    /// A link.
    #[must_use]
    pub fn new(account: ConnectedAccountId, redirect_url: Url, expires_at: impl Into<Option<Timestamp>>) -> Self {
        Self { account, redirect_url, expires_at: expires_at.into() }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("account", &self.account)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
