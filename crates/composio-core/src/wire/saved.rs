//! Session configurations that were saved in a project.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::PageQuery;
use super::lenient::or_default;

/// Which saved configurations to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SavedConfigQuery {
    /// Only those whose name has this in it; at most 80 characters.
    pub search: Option<String>,
    /// The archived ones instead.
    pub archived: Option<bool>,
    /// Which page; at most 100 per page.
    pub page: PageQuery,
}

/// A saved configuration, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedConfigSummary {
    /// Its id.
    pub id: String,
    /// Its name, one of a kind in the project.
    pub name: String,
    /// Whether it was put away.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    /// When it was made.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it last changed.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
}

/// A saved configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedConfig {
    /// Its id.
    pub id: String,
    /// Its name, one of a kind in the project.
    pub name: String,
    /// When to use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it was put away.
    #[serde(default, deserialize_with = "or_default")]
    pub archived: bool,
    /// What sessions may use.
    pub config: SavedPolicy,
    /// When it was made.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it last changed.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
}

/// What sessions may use, in the words of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedPolicy {
    /// Which toolkits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<SavedToolkits>,
    /// Which tools, by the toolkit's slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, SavedTools>>,
    /// Tools with which tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<SavedTags>,
}

/// Which toolkits: some, or all but some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedToolkits {
    /// These and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
    /// These wait for the user's approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Which tools of a toolkit: some, all but some, or those with certain tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedTools {
    /// These and no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
    /// Those with these tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<SavedTags>,
    /// These wait for the user's approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Tools with which tags, such as `readOnlyHint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SavedTags {
    /// With at least one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// With none of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
    /// With one of these they wait for the user's approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}
