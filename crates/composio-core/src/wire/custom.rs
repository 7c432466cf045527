//! Native tools, which run in the client and travel inline.

use serde::{Deserialize, Serialize};

use super::lenient::or_default;
use crate::json::JsonText;

/// The native tools of one request. A server stores none of them: they go along with every request that needs them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InlineTools {
    /// Toolkits of native tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_toolkits: Option<Vec<CustomToolkit>>,
    /// Native tools that stand alone or belong to a toolkit of the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_tools: Option<Vec<CustomTool>>,
}

/// A native tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomTool {
    /// Its name: letters, digits, `_` and `-`. The server puts `LOCAL_` and the toolkit in front; 60 characters in all.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it does, for search and models.
    pub description: String,
    /// The schema of its arguments: an object with `properties`.
    pub input_schema: JsonText,
    /// The schema of what it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<JsonText>,
    /// The toolkit of the catalogue whose connection it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends_toolkit: Option<String>,
    /// Whether models get it directly. A hint that the server repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
}

impl CustomTool {
    /// A tool that stands alone.
    #[must_use]
    pub fn new(slug: impl Into<String>, name: impl Into<String>, about: impl Into<String>, input: JsonText) -> Self {
        Self {
            slug: slug.into(),
            name: name.into(),
            description: about.into(),
            input_schema: input,
            output_schema: None,
            extends_toolkit: None,
            preload: None,
        }
    }
}

/// A toolkit of native tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomToolkit {
    /// Its slug, which no toolkit of the catalogue has.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether models get its tools directly. A hint that the server repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
    /// Its tools: 1 to 100.
    pub tools: Vec<CustomToolkitTool>,
}

/// A tool of a toolkit of native tools.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomToolkitTool {
    /// Its name within the toolkit.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// What it does, for search and models.
    pub description: String,
    /// The schema of its arguments: an object with `properties`.
    pub input_schema: JsonText,
    /// The schema of what it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<JsonText>,
    /// Whether models get it directly. A hint that the server repeats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
}

/// A native tool as the server took it, under its final name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredTool {
    /// Its final name, such as `LOCAL_GREP`.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What it does.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The schema of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<JsonText>,
    /// The schema of what it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<JsonText>,
    /// The toolkit of the catalogue whose connection it uses. Tools within a toolkit have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends_toolkit: Option<String>,
    /// The name that it was sent under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_slug: Option<String>,
    /// The hint that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
}

/// A toolkit of native tools as the server took it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredToolkit {
    /// Its slug.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What it is for.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Its tools, under their final names.
    #[serde(default, deserialize_with = "or_default")]
    pub tools: Vec<RegisteredTool>,
    /// The hint that came with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
}
