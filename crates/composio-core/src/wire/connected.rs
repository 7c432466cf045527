//! The toolkits of a session, and how they are connected.

use serde::{Deserialize, Serialize};

use super::Open;
use super::lenient::or_default;
use super::page::PageQuery;
use crate::account::ConnectionStatus;
use crate::auth::AuthScheme;

/// Which toolkits of a session are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionToolkitsQuery {
    /// Which page: 20 toolkits where no limit is set, 50 at the most.
    pub page: PageQuery,
    /// These alone, whatever the session allows. Empty asks for all that it allows.
    pub toolkits: Vec<String>,
    /// `true`: the connected ones alone. `false` is no filter.
    pub is_connected: Option<bool>,
    /// A text in the name, the slug or the description.
    pub search: Option<String>,
}

impl SessionToolkitsQuery {
    /// All that the session allows, from the first page on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which page.
    #[must_use]
    pub fn page(mut self, page: PageQuery) -> Self {
        self.page = page;
        self
    }

    /// Asks for these alone.
    #[must_use]
    pub fn toolkits(mut self, toolkits: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.toolkits = toolkits.into_iter().map(Into::into).collect();
        self
    }

    /// Asks for the connected ones alone.
    #[must_use]
    pub fn connected(mut self) -> Self {
        self.is_connected = Some(true);
        self
    }

    /// Asks for those with this text in the name, the slug or the description.
    #[must_use]
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.search = Some(text.into());
        self
    }
}

/// A toolkit of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionToolkit {
    /// Its slug.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Whether the session may use it.
    #[serde(default, deserialize_with = "or_default")]
    pub enabled: bool,
    /// Whether it works without an account.
    #[serde(default, deserialize_with = "or_default")]
    pub is_no_auth: bool,
    /// The schemes for which the service has an app of its own.
    #[serde(default, deserialize_with = "or_default")]
    pub composio_managed_auth_schemes: Vec<Open<AuthScheme>>,
    /// How it looks.
    #[serde(default, deserialize_with = "or_default")]
    pub meta: SessionToolkitMeta,
    /// The account that the session would use. Null where there is none.
    pub connected_account: Option<SessionToolkitAccount>,
}

/// How a toolkit looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionToolkitMeta {
    /// The address of its logo.
    #[serde(default, deserialize_with = "or_default")]
    pub logo: String,
    /// What it is for.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The same as [`SessionToolkit::is_no_auth`], for older readers.
    #[serde(rename = "isNoAuth", skip_serializing_if = "Option::is_none")]
    pub is_no_auth: Option<bool>,
}

/// The account that a session would use of a toolkit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionToolkitAccount {
    /// Its id.
    pub id: String,
    /// Whose it is.
    #[serde(default, deserialize_with = "or_default")]
    pub user_id: String,
    /// Where it stands.
    pub status: Open<ConnectionStatus>,
    /// When it was made.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// What it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_config: Option<SessionToolkitAuthConfig>,
}

/// The auth config of the account that a session would use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionToolkitAuthConfig {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// How it authenticates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<Open<AuthScheme>>,
    /// Whether it uses an app of the service.
    #[serde(default, deserialize_with = "or_default")]
    pub is_composio_managed: bool,
}
