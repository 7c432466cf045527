//! Tools outside sessions: reading the catalogue, and running tools on one account.

use indexmap::IndexMap;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::lenient::or_default;
use super::names::names;
use super::{CustomConnectionData, PageQuery, SecretFields, SecretJson, secret};
use crate::json::JsonText;

/// Which versions of toolkits are meant: `latest` or one version for all of them, or one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolkitVersions {
    /// The same for all.
    All(String),
    /// By the toolkit's slug.
    Each(IndexMap<String, String>),
}

/// Which tools to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolQuery {
    /// Only of these toolkits; empty for any, as with all lists here.
    pub toolkit_slugs: Vec<String>,
    /// Only these. It wins over the other filters.
    pub tool_slugs: Vec<String>,
    /// Deprecated in the dialect: the toolkits of these auth configs.
    pub auth_config_ids: Vec<String>,
    /// Only those that most need.
    pub important: Option<bool>,
    /// Only with one of these tags.
    pub tags: Vec<String>,
    /// Only with one of these scopes.
    pub scopes: Vec<String>,
    /// Only those that this describes, by name, slug or description.
    pub query: Option<String>,
    /// Deprecated in the dialect: `query`.
    pub search: Option<String>,
    /// The deprecated ones too, as if it were not set.
    pub include_deprecated: Option<bool>,
    /// With prices, where there are such.
    pub include_pricing: Option<bool>,
    /// In which versions; the newest if it is not set.
    pub toolkit_versions: Option<ToolkitVersions>,
    /// Which page; at most 1,000 per page.
    pub page: PageQuery,
}

/// In which version to read a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolVersionQuery {
    /// With prices, where there are such.
    pub include_pricing: Option<bool>,
    /// The version. It wins over `toolkit_versions`.
    pub version: Option<String>,
    /// The versions of toolkits; the newest if neither is set.
    pub toolkit_versions: Option<ToolkitVersions>,
}

/// The body that runs a tool outside a session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExecuteTool {
    /// On which account; `instant_account` for the operator's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_account_id: Option<String>,
    /// Deprecated in the dialect: `user_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// For which user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Which version of the tool; the newest if it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How to authenticate, instead of by an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_auth_params: Option<CustomAuthParams>,
    /// A connection for this call alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_connection_data: Option<CustomConnectionData>,
    /// The arguments, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<JsonText>,
    /// What to do in words, instead of arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Deprecated in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_tracing: Option<bool>,
}

/// What is added to the requests of one call, instead of an account's credentials.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CustomAuthParams {
    /// Where the service is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Headers and query parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<CustomAuthParam>>,
    /// What is added to the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<SecretFields>,
}

/// A header or a query parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomAuthParam {
    /// Its name.
    pub name: String,
    /// Where it goes.
    #[serde(rename = "in")]
    pub place: ParameterPlace,
    /// Its value. The published description says a number, the clients send text.
    pub value: SecretJson,
}

impl CustomAuthParam {
    /// A header or a query parameter.
    #[must_use]
    pub fn new(place: ParameterPlace, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        Self { name: name.into(), place, value: value.into().into() }
    }
}

names! {
    /// Where a parameter goes.
    ParameterPlace {
        /// Into the headers.
        Header = "header",
        /// Into the query.
        Query = "query",
    }
}

/// What came of a tool outside a session. A failure of the tool is a reply too.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExecutedTool {
    /// What the tool said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// What went wrong.
    pub error: Option<String>,
    /// Whether it worked.
    #[serde(default, deserialize_with = "or_default")]
    pub successful: bool,
    /// What the tool said about a session of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_info: Option<JsonText>,
    /// The id of this run in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
}

names! {
    /// The method of a request to a service.
    ProxyMethod {
        /// Reads.
        Get = "GET",
        /// Makes or does.
        Post = "POST",
        /// Replaces.
        Put = "PUT",
        /// Removes.
        Delete = "DELETE",
        /// Changes.
        Patch = "PATCH",
        /// Reads the headers.
        Head = "HEAD",
    }
}

/// The body that sends a request to a service with an account's credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProxyTool {
    /// On which account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_account_id: Option<String>,
    /// Whose account it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The whole address, or a path at the service's own.
    pub endpoint: String,
    /// The method.
    pub method: ProxyMethod,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<JsonText>,
    /// A body of bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_body: Option<BinaryBody>,
    /// Headers and query parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<ProxyParameter>>,
    /// Deprecated in the dialect: a connection for this call alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_connection_data: Option<CustomConnectionData>,
}

impl ProxyTool {
    /// A request without a body, on the project's own choice of an account.
    #[must_use]
    pub fn new(method: ProxyMethod, endpoint: impl Into<String>) -> Self {
        Self {
            connected_account_id: None,
            user_id: None,
            endpoint: endpoint.into(),
            method,
            body: None,
            binary_body: None,
            parameters: None,
            custom_connection_data: None,
        }
    }
}

/// A body of bytes: either an address to fetch them from, or the bytes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BinaryBody {
    /// Where to fetch them. Such addresses are often signed, so it is not shown.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub url: Option<SecretString>,
    /// The bytes, in base64.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub base64: Option<SecretString>,
    /// Their media type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

/// A header or a query parameter of a request to a service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProxyParameter {
    /// Its name.
    pub name: String,
    /// Its value, which may be a credential.
    #[serde(with = "secret::text")]
    pub value: SecretString,
    /// Where it goes.
    #[serde(rename = "type")]
    pub place: ParameterPlace,
}

impl ProxyParameter {
    /// A header or a query parameter.
    #[must_use]
    pub fn new(place: ParameterPlace, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        Self { name: name.into(), value: value.into(), place }
    }
}

/// What a service replied.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProxiedTool {
    /// The body, where it is JSON or text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// The body, where it is bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_data: Option<BinaryData>,
    /// The status.
    pub status: u16,
    /// The headers, cookies too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<SecretFields>,
}

/// A reply of bytes. Whoever has the address can read it, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BinaryData {
    /// Where to fetch the bytes.
    #[serde(with = "secret::text")]
    pub url: SecretString,
    /// Their media type.
    pub content_type: String,
    /// How many they are.
    pub size: u64,
    /// When the address stops working.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// The body that asks a model for a tool's arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateToolInput {
    /// What to do, in words.
    pub text: String,
    /// A better description of the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_description: Option<String>,
    /// What to tell the model besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Which version of the tool; the newest if it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl GenerateToolInput {
    /// Asks for the arguments that do this.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// What a model made of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GeneratedToolInput {
    /// The arguments, an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<JsonText>,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The body that asks which scopes tools need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredScopesQuery {
    /// The tools, at least one, all of the same toolkit.
    pub tools: Vec<String>,
    /// Which version of the toolkit; the newest if it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Which scopes tools need.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequiredScopes {
    /// All of them, each once.
    #[serde(default, deserialize_with = "or_default")]
    pub scopes_required: Vec<String>,
    /// Tool by tool.
    #[serde(default, deserialize_with = "or_default")]
    pub per_tool_requirements: Vec<ToolScopes>,
}

/// Which scopes one tool needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolScopes {
    /// The tool.
    pub tool: String,
    /// What it needs, as combinations; null where that was never written down.
    pub scope_requirements: Option<JsonText>,
}
