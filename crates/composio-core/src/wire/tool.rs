//! Tools, as sessions and the catalogue list them.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

use super::lenient::or_default;
use crate::json::JsonText;

/// A tool.
///
/// Reading a thousand of them is where listing spends its time: schemas stay text, and the block `deprecated`, which says
/// everything twice, is passed over when it is read and made again when it is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Tool {
    /// Its name for calls, such as `GITHUB_CREATE_AN_ISSUE`.
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// What it does, for models.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The toolkit that it belongs to.
    pub toolkit: Option<ToolToolkit>,
    /// The schema of its arguments. An empty object says nothing about them.
    pub input_parameters: Option<JsonText>,
    /// The schema of what it returns.
    pub output_parameters: Option<JsonText>,
    /// Whether it works without a connected account.
    #[serde(default, deserialize_with = "or_default")]
    pub no_auth: bool,
    /// Every version of it.
    #[serde(default, deserialize_with = "or_default")]
    pub available_versions: Vec<String>,
    /// The version that this is, such as `20251001_00`.
    pub version: Option<String>,
    /// Present where it may run on an account of the service, for a charge.
    pub instant: Option<ToolInstant>,
    /// The scopes that it needs, all of them.
    #[serde(default, deserialize_with = "or_default")]
    pub scopes: Vec<String>,
    /// The scopes that it needs, with alternatives. Null where the server knows the flat list only.
    pub scope_requirements: Option<JsonText>,
    /// Its tags: those of [`Tag`](crate::Tag), and others such as `important`.
    #[serde(default, deserialize_with = "or_default")]
    pub tags: Vec<String>,
    /// What it does, for people.
    pub human_description: Option<String>,
    /// Whether it may go away.
    #[serde(default, deserialize_with = "or_default")]
    pub is_deprecated: bool,
}

/// The toolkit of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolToolkit {
    /// Its slug. Case does not matter in it: the meta tools belong to `composio` or `COMPOSIO`.
    #[serde(default, deserialize_with = "or_default")]
    pub slug: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The address of its logo.
    #[serde(default, deserialize_with = "or_default")]
    pub logo: String,
}

/// That a tool may run on an account of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolInstant {
    /// Always true.
    #[serde(default, deserialize_with = "or_default")]
    pub supported: bool,
    /// What that costs, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

/// What a call costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Price {
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A discount on the provider's charges, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<String>,
}

impl Tool {
    /// A tool with a slug and nothing else.
    #[must_use]
    pub fn new(slug: impl Into<String>) -> Self {
        Self {
            slug: slug.into(),
            name: String::new(),
            description: String::new(),
            toolkit: None,
            input_parameters: None,
            output_parameters: None,
            no_auth: false,
            available_versions: Vec::new(),
            version: None,
            instant: None,
            scopes: Vec::new(),
            scope_requirements: None,
            tags: Vec::new(),
            human_description: None,
            is_deprecated: false,
        }
    }
}

/// What a tool says a second time, for readers of the time before.
#[derive(Serialize)]
struct Repeated<'a> {
    #[serde(rename = "displayName")]
    display_name: &'a str,
    version: &'a Option<String>,
    available_versions: &'a [String],
    is_deprecated: bool,
    toolkit: RepeatedToolkit<'a>,
}

#[derive(Serialize)]
struct RepeatedToolkit<'a> {
    logo: &'a str,
}

impl Serialize for Tool {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tool = serializer.serialize_struct("Tool", 16)?;
        tool.serialize_field("slug", &self.slug)?;
        tool.serialize_field("name", &self.name)?;
        tool.serialize_field("description", &self.description)?;
        optional(&mut tool, "toolkit", self.toolkit.as_ref())?;
        optional(&mut tool, "input_parameters", self.input_parameters.as_ref())?;
        optional(&mut tool, "output_parameters", self.output_parameters.as_ref())?;
        tool.serialize_field("no_auth", &self.no_auth)?;
        tool.serialize_field("available_versions", &self.available_versions)?;
        optional(&mut tool, "version", self.version.as_ref())?;
        optional(&mut tool, "instant", self.instant.as_ref())?;
        tool.serialize_field("scopes", &self.scopes)?;
        tool.serialize_field("scope_requirements", &self.scope_requirements)?;
        tool.serialize_field("tags", &self.tags)?;
        optional(&mut tool, "human_description", self.human_description.as_ref())?;
        tool.serialize_field("is_deprecated", &self.is_deprecated)?;
        let repeated = Repeated {
            display_name: &self.name,
            version: &self.version,
            available_versions: &self.available_versions,
            is_deprecated: self.is_deprecated,
            toolkit: RepeatedToolkit { logo: self.toolkit.as_ref().map_or("", |toolkit| &toolkit.logo) },
        };
        tool.serialize_field("deprecated", &repeated)?;
        tool.end()
    }
}

fn optional<S: SerializeStruct, T: Serialize>(
    out: &mut S,
    name: &'static str,
    value: Option<&T>,
) -> Result<(), S::Error> {
    match value {
        Some(value) => out.serialize_field(name, value),
        None => out.skip_field(name),
    }
}
