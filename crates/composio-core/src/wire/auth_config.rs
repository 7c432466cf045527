//! Auth configs: how a project lets its users connect to one toolkit.

mod change;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::change::{
    AuthConfigSource, CreateAuthConfig, CreatedAuthConfig, CreatedAuthConfigDetails, NewAuthConfig, Scopes,
    UpdateAuthConfig,
};
use super::lenient::or_default;
use super::names::names;
use super::{Open, PageQuery, SecretJson, secret};
use crate::auth::AuthScheme;

names! {
    /// Whose app an auth config uses.
    AuthConfigKind {
        /// The operator's.
        Default = "default",
        /// The project's own.
        Custom = "custom",
    }
}

names! {
    /// Whether an auth config may be used.
    AuthConfigStatus {
        /// It may.
        Enabled = "ENABLED",
        /// It may not: it makes no connections, and accounts made from it run nothing.
        Disabled = "DISABLED",
    }
}

/// Which auth configs to list; nothing set lists all that are enabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthConfigQuery {
    /// Only those that use the operator's app, or only the others.
    pub is_composio_managed: Option<bool>,
    /// Only of these toolkits; empty for any.
    pub toolkit_slugs: Vec<String>,
    /// Deprecated in the dialect: `toolkit_slugs`.
    pub deprecated_app_id: Option<String>,
    /// Deprecated in the dialect: `show_disabled`.
    pub deprecated_status: Option<String>,
    /// The disabled ones too.
    pub show_disabled: Option<bool>,
    /// Only those whose name or id has this in it.
    pub search: Option<String>,
    /// Which page; at most 200 per page.
    pub page: PageQuery,
}

/// A toolkit, by its slug.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitRef {
    /// Its slug.
    pub slug: String,
}

impl ToolkitRef {
    /// The toolkit of this slug.
    #[must_use]
    pub fn new(slug: impl Into<String>) -> Self {
        Self { slug: slug.into() }
    }
}

/// A proxy for what is asked during authentication.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProxyConfig {
    /// Its address.
    pub proxy_url: String,
    /// The key it wants.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub proxy_auth_key: Option<SecretString>,
}

/// Deprecated in the dialect: tools from which scopes and permissions are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolAccess {
    /// Tools whose scopes accounts ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_for_connected_account_creation: Option<Vec<String>>,
    /// Tools that may run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_available_for_execution: Option<Vec<String>>,
}

/// An auth config, as it is listed and read. Secrets in it are redacted by the server, and not shown by us.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthConfig {
    /// Its id, `ac_…`.
    pub id: String,
    /// Deprecated in the dialect: an older id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Whose app it uses.
    #[serde(rename = "type")]
    pub kind: Open<AuthConfigKind>,
    /// What it connects to.
    pub toolkit: AuthConfigToolkit,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// How it authenticates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_scheme: Option<Open<AuthScheme>>,
    /// Whether it uses the operator's app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_composio_managed: Option<bool>,
    /// The app's credentials and the scopes, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credentials: Option<SecretJson>,
    /// The proxy for what is asked during authentication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_config: Option<ProxyConfig>,
    /// Whether it may be used.
    pub status: Open<AuthConfigStatus>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_updated_at: Option<String>,
    /// How many accounts it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_of_connections: Option<u64>,
    /// What a connection has to be given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_input_fields: Option<Vec<InputField>>,
    /// Deprecated in the dialect: the only tools that may run on its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_to_following_tools: Option<Vec<String>>,
    /// Deprecated in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_access_config: Option<ToolAccess>,
    /// Deprecated in the dialect: `shared_connection_fields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_credentials: Option<SecretJson>,
    /// Values of connection fields that accounts inherit, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared_connection_fields: Option<SecretJson>,
    /// Whether sessions that do not name it may choose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_enabled_for_tool_router: Option<bool>,
}

/// The toolkit of an auth config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthConfigToolkit {
    /// Its slug.
    pub slug: String,
    /// The address of its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// A page that says how to set authentication up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_guide_url: Option<String>,
    /// A page where users find their credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_hint_url: Option<String>,
}

/// A field of a form: what a config or a connection has to be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputField {
    /// Its name in requests.
    pub name: String,
    /// Its name for people.
    #[serde(rename = "displayName", default, deserialize_with = "or_default")]
    pub display_name: String,
    /// What it is where nothing is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What it holds, such as `string`.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// What to write there.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Whether it has to be given.
    #[serde(default, deserialize_with = "or_default")]
    pub required: bool,
    /// Whether it is to be hidden while it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_secret: Option<bool>,
    /// Its name in older configurations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legacy_template_name: Option<String>,
    /// Whether users see it on the connect page. One that they do not see has a default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_visible: Option<bool>,
    /// Whether a config may give it for all its accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_available_as_shared_credentials: Option<bool>,
}

/// The reply to a change or a deletion of an auth config or an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acknowledged {
    /// Whether it was done.
    #[serde(default, deserialize_with = "or_default")]
    pub success: bool,
    /// What was done, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The job that revokes credentials at the service, where a deletion was asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoke_job_id: Option<String>,
}
