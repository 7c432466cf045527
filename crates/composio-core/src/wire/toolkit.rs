//! Toolkits, as the catalogue lists them.

use serde::{Deserialize, Serialize};

use super::lenient::or_default;
use super::names::names;
use super::{InputField, Open, PageQuery};
use crate::auth::AuthScheme;
use crate::json::JsonText;

names! {
    /// Where a toolkit comes from.
    ToolkitKind {
        /// The server's catalogue.
        Native = "native",
        /// The project.
        Custom = "custom",
    }
}

names! {
    /// Which toolkits a list shows.
    ToolkitKindFilter {
        /// Those of the server's catalogue.
        Native = "native",
        /// Those of the project.
        Custom = "custom",
        /// Both.
        All = "all",
    }
}

names! {
    /// Who looks after toolkits. Deprecated in the dialect for [`ToolkitKindFilter`].
    ManagedBy {
        /// The operator.
        Composio = "composio",
        /// Either.
        All = "all",
        /// The project.
        Project = "project",
    }
}

names! {
    /// What a list of toolkits is ordered by.
    ToolkitOrder {
        /// The most used first.
        Usage = "usage",
        /// By name.
        Alphabetically = "alphabetically",
    }
}

names! {
    /// Which users may use a project's own toolkit.
    ToolkitAccess {
        /// Every one.
        All = "all",
        /// The one for whom it was made.
        User = "user",
    }
}

/// Which toolkits to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolkitQuery {
    /// Only of this category, by its id or its name.
    pub category: Option<String>,
    /// Deprecated in the dialect: `kind`.
    pub managed_by: Option<ManagedBy>,
    /// Only from there. It wins over `managed_by`.
    pub kind: Option<ToolkitKindFilter>,
    /// What the list is ordered by.
    pub sort_by: Option<ToolkitOrder>,
    /// The deprecated ones too.
    pub include_deprecated: Option<bool>,
    /// Only those whose name, slug or description has this in it.
    pub search: Option<String>,
    /// With the project's toolkits that this user may use. Experimental in the dialect.
    pub user_id: Option<String>,
    /// Which page; at most 1,000 per page.
    pub page: PageQuery,
}

/// The body that asks for several toolkits at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolkitsBySlug {
    /// Which, by their slugs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<Vec<String>>,
    /// Only of this category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Only those that they look after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<ManagedBy>,
    /// What the list is ordered by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_by: Option<ToolkitOrder>,
    /// How many per page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A toolkit, as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Toolkit {
    /// Its slug.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Where it comes from.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<ToolkitKind>>,
    /// There where its tools run on an account of the operator's, without one of the user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant: Option<InstantSupport>,
    /// Which users may use it. Only a project's own has it; experimental in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Open<ToolkitAccess>>,
    /// How it can be authenticated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_schemes: Option<Vec<Open<AuthScheme>>>,
    /// For which of these the operator has an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composio_managed_auth_schemes: Option<Vec<Open<AuthScheme>>>,
    /// Deprecated in the dialect, and always false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_local_toolkit: Option<bool>,
    /// Whether it needs no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_auth: Option<bool>,
    /// A page that says how to set authentication up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_guide_url: Option<String>,
    /// What earlier versions of the dialect said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedToolkit>,
    /// What it is.
    pub meta: ToolkitMeta,
}

/// That tools run on an account of the operator's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstantSupport {
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub supported: bool,
}

/// What earlier versions of the dialect said of a toolkit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeprecatedToolkit {
    /// An older id.
    #[serde(rename = "toolkitId", default, deserialize_with = "or_default")]
    pub toolkit_id: String,
    /// What can be asked to see who the user is. Only where one toolkit is read.
    #[serde(rename = "getCurrentUserEndpoint", skip_serializing_if = "Option::is_none")]
    pub get_current_user_endpoint: Option<String>,
    /// How requests were made, a list. Only where one toolkit is read.
    #[serde(rename = "rawProxyInfoByAuthSchemes", skip_serializing_if = "Option::is_none")]
    pub raw_proxy_info_by_auth_schemes: Option<JsonText>,
}

/// What a toolkit is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitMeta {
    /// When it was added.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it last changed.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
    /// What it does.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The address of its logo.
    #[serde(default, deserialize_with = "or_default")]
    pub logo: String,
    /// The address of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_url: Option<String>,
    /// What it is filed under.
    #[serde(default, deserialize_with = "or_default")]
    pub categories: Vec<ToolkitCategory>,
    /// How many triggers it has.
    #[serde(default, deserialize_with = "or_default")]
    pub triggers_count: u64,
    /// How many tools it has.
    #[serde(default, deserialize_with = "or_default")]
    pub tools_count: u64,
    /// Its newest version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its versions. Only where one toolkit is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_versions: Option<Vec<String>>,
}

/// What toolkits are filed under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitCategory {
    /// Its id, where categories and toolkits are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its id, where one toolkit is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its name.
    pub name: String,
}

/// A toolkit, as it is read alone.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitDetails {
    /// Its slug.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Where it comes from.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<ToolkitKind>>,
    /// Whether it can be used at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Which users may use it. Only a project's own has it; experimental in the dialect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<Open<ToolkitAccess>>,
    /// For which schemes the operator has an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composio_managed_auth_schemes: Option<Vec<Open<AuthScheme>>>,
    /// What the operator's apps can ask for.
    #[serde(default, deserialize_with = "or_default")]
    pub composio_managed_auth: Vec<ManagedAuth>,
    /// Deprecated in the dialect, and always false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_local_toolkit: Option<bool>,
    /// How it can be authenticated, and what each scheme needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_config_details: Option<Vec<AuthSchemeDetails>>,
    /// A page that says how to set authentication up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_guide_url: Option<String>,
    /// Where its service is, unless that depends on the connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// What it is.
    pub meta: ToolkitMeta,
    /// What can be asked to see who the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_current_user_endpoint: Option<String>,
    /// By which method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub get_current_user_endpoint_method: Option<String>,
    /// What earlier versions of the dialect said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<DeprecatedToolkit>,
}

/// What the operator's app for one scheme can ask for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ManagedAuth {
    /// The scheme.
    pub mode: Open<AuthScheme>,
    /// The scopes.
    #[serde(default, deserialize_with = "or_default")]
    pub scopes: AvailableScopes,
    /// The user scopes, where the service knows such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_scopes: Option<AvailableScopes>,
}

/// Scopes that can be asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AvailableScopes {
    /// The scopes.
    #[serde(default, deserialize_with = "or_default")]
    pub available: Vec<String>,
}

/// One way of authenticating, and what it needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthSchemeDetails {
    /// The scheme.
    pub mode: Open<AuthScheme>,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Scopes that are always asked for, whatever the tools need.
    #[serde(default, deserialize_with = "or_default")]
    pub required_scopes: Vec<String>,
    /// What has to be given, and when.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: SchemeFields,
    /// Where requests for authentication go instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<SchemeProxy>,
    /// A page where users find their credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_hint_url: Option<String>,
    /// Deprecated in the dialect: the provider's addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated_auth_provider_details: Option<AuthProviderUrls>,
}

/// What has to be given, and when.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemeFields {
    /// To make an auth config.
    #[serde(default, deserialize_with = "or_default")]
    pub auth_config_creation: FieldGroup,
    /// To connect an account.
    #[serde(default, deserialize_with = "or_default")]
    pub connected_account_initiation: FieldGroup,
}

/// Fields of a form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldGroup {
    /// Those that have to be given.
    #[serde(default, deserialize_with = "or_default")]
    pub required: Vec<InputField>,
    /// The others.
    #[serde(default, deserialize_with = "or_default")]
    pub optional: Vec<InputField>,
}

/// Where requests for authentication go instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemeProxy {
    /// Its address.
    pub base_url: String,
}

/// A provider's addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AuthProviderUrls {
    /// Where users consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_url: Option<String>,
    /// Where codes are exchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,
}

/// What changed, toolkit by toolkit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitChangelog {
    /// The toolkits.
    #[serde(default, deserialize_with = "or_default")]
    pub items: Vec<ToolkitChanges>,
}

/// What changed in one toolkit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitChanges {
    /// Its slug.
    pub slug: String,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub display_name: String,
    /// Version by version.
    #[serde(default, deserialize_with = "or_default")]
    pub versions: Vec<VersionChanges>,
}

/// What changed in one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VersionChanges {
    /// The version.
    pub version: String,
    /// What changed, for people.
    #[serde(default, deserialize_with = "or_default")]
    pub changelog: String,
}
