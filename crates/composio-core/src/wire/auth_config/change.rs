//! Making and changing auth configs.

use serde::{Deserialize, Serialize};

use super::{AuthConfigKind, ProxyConfig, ToolAccess, ToolkitRef};
use crate::auth::AuthScheme;
use crate::session::Patch;
use crate::wire::lenient::or_default;
use crate::wire::names::names;
use crate::wire::{Open, SecretFields};

names! {
    /// Whose app a new auth config uses.
    AuthConfigSource {
        /// The operator's.
        Managed = "use_composio_managed_auth",
        /// The project's own.
        Custom = "use_custom_auth",
    }
}

/// OAuth scopes, as a list or as one text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scopes {
    /// Separated by spaces or commas.
    Text(String),
    /// One by one.
    List(Vec<String>),
}

impl Scopes {
    /// The scopes one by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let (text, list) = match self {
            Self::Text(text) => (text.as_str(), [].as_slice()),
            Self::List(list) => ("", list.as_slice()),
        };
        let words = text.split([' ', ',', '\t', '\n']).filter(|scope| !scope.is_empty());
        words.chain(list.iter().map(String::as_str))
    }
}

/// A list of them.
impl<S: Into<String>> FromIterator<S> for Scopes {
    fn from_iter<I: IntoIterator<Item = S>>(scopes: I) -> Self {
        Self::List(scopes.into_iter().map(Into::into).collect())
    }
}

/// The body that creates an auth config.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreateAuthConfig {
    /// What it connects to.
    pub toolkit: ToolkitRef,
    /// What it is; without it the operator's app and the toolkit's own scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_config: Option<NewAuthConfig>,
}

impl CreateAuthConfig {
    /// An auth config of this toolkit.
    #[must_use]
    pub fn new(toolkit: impl Into<String>, auth_config: NewAuthConfig) -> Self {
        Self { toolkit: ToolkitRef::new(toolkit), auth_config: Some(auth_config) }
    }
}

/// A new auth config, managed or custom. What only one of the two has says so.
///
/// # Example
/// ```
/// use composio_core::AuthScheme;
/// use composio_core::wire::{NewAuthConfig, SecretFields};
///
/// let mut config = NewAuthConfig::custom(AuthScheme::OAuth2);
/// config.credentials = Some(SecretFields::new().text("client_id", "id").text("client_secret", "very-secret"));
/// assert!(!format!("{config:?}").contains("very-secret"));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewAuthConfig {
    /// Whose app it uses.
    #[serde(rename = "type")]
    pub source: AuthConfigSource,
    /// A name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How it authenticates. Custom ones have to say.
    #[serde(rename = "authScheme", skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<Open<AuthScheme>>,
    /// `scopes` and `user_scopes`; of custom ones the app too, such as `client_id` and `client_secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretFields>,
    /// Secrets that were sealed for the server's keyring, by name. Custom ones only; experimental in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_credentials: Option<SecretFields>,
    /// A proxy for what is asked during authentication. Custom ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_config: Option<ProxyConfig>,
    /// Deprecated in the dialect: set the scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_access_config: Option<ToolAccess>,
    /// Deprecated in the dialect: the only tools that may run on its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_to_following_tools: Option<Vec<String>>,
    /// Deprecated in the dialect: `shared_connection_fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_credentials: Option<SecretFields>,
    /// Values of connection fields that every account made from it inherits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_connection_fields: Option<SecretFields>,
    /// Whether sessions that do not name it may choose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_enabled_for_tool_router: Option<bool>,
}

impl NewAuthConfig {
    /// On the operator's app.
    #[must_use]
    pub fn managed() -> Self {
        Self::on(AuthConfigSource::Managed)
    }

    /// On credentials of the project's own.
    #[must_use]
    pub fn custom(scheme: AuthScheme) -> Self {
        Self { auth_scheme: Some(scheme.into()), ..Self::on(AuthConfigSource::Custom) }
    }

    fn on(source: AuthConfigSource) -> Self {
        Self {
            source,
            name: None,
            auth_scheme: None,
            credentials: None,
            sealed_credentials: None,
            proxy_config: None,
            tool_access_config: None,
            restrict_to_following_tools: None,
            shared_credentials: None,
            shared_connection_fields: None,
            is_enabled_for_tool_router: None,
        }
    }
}

/// The body that changes an auth config; what is absent stays. What only one of the two kinds has says so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpdateAuthConfig {
    /// The kind that it is. It cannot change.
    #[serde(rename = "type")]
    pub kind: AuthConfigKind,
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What of its credentials changes, `scopes` and `user_scopes` too. Custom ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretFields>,
    /// Other scopes, for connections made from now on. Default ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Scopes>,
    /// Other user scopes. Default ones only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_scopes: Option<Scopes>,
    /// Secrets that were sealed for the server's keyring, by name. Custom ones only; experimental in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_credentials: Option<SecretFields>,
    /// A proxy for what is asked during authentication, or none any more. Custom ones only.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub proxy_config: Patch<ProxyConfig>,
    /// Deprecated in the dialect: the only tools that may run on its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_to_following_tools: Option<Vec<String>>,
    /// Deprecated in the dialect: set the scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_access_config: Option<ToolAccess>,
    /// Deprecated in the dialect: `shared_connection_fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_credentials: Option<SecretFields>,
    /// Values of connection fields that accounts inherit. Secret ones have to be given anew, since replies redact them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_connection_fields: Option<SecretFields>,
    /// Whether sessions that do not name it may choose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_enabled_for_tool_router: Option<bool>,
}

impl UpdateAuthConfig {
    /// Changes nothing yet about a config of this kind.
    #[must_use]
    pub fn new(kind: AuthConfigKind) -> Self {
        Self {
            kind,
            name: None,
            credentials: None,
            scopes: None,
            user_scopes: None,
            sealed_credentials: None,
            proxy_config: Patch::Keep,
            restrict_to_following_tools: None,
            tool_access_config: None,
            shared_credentials: None,
            shared_connection_fields: None,
            is_enabled_for_tool_router: None,
        }
    }
}

/// The reply to a creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedAuthConfig {
    /// What it connects to.
    pub toolkit: ToolkitRef,
    /// What was made.
    pub auth_config: CreatedAuthConfigDetails,
}

/// What was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreatedAuthConfigDetails {
    /// Its id, `ac_…`.
    pub id: String,
    /// How it authenticates.
    pub auth_scheme: Open<AuthScheme>,
    /// Whether it uses the operator's app.
    #[serde(default, deserialize_with = "or_default")]
    pub is_composio_managed: bool,
    /// Deprecated in the dialect: the only tools that may run on its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_to_following_tools: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_one_by_one_however_they_are_written() {
        for text in ["\"repo  user,\\nread:org\"", "[\"repo\",\"user\",\"read:org\"]"] {
            let scopes: Scopes = serde_json::from_str(text).unwrap();
            assert_eq!(scopes.iter().collect::<Vec<_>>(), ["repo", "user", "read:org"], "{text}");
        }
        let scopes: Scopes = ["https://a.example/x y"].into_iter().collect();
        assert_eq!(scopes.iter().count(), 1, "a list is taken as it is");
    }
}
