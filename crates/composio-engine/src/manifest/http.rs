//! How a tool's arguments become an HTTP request.

use composio_core::HttpMethod;
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

/// The request that a tool stands for, and which argument goes where in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HttpBinding {
    /// The method of the request.
    pub method: HttpMethod,
    /// The path below the base URL, with a placeholder in braces for each path parameter.
    pub path: String,
    /// A server of this operation's own. Ask [`Manifest::base_for`](super::Manifest::base_for), which knows overrides.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "without_trailing_slash_if_any")]
    pub base_url: Option<Url>,
    /// The arguments that go into the path, the query and the headers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<ParameterBinding>,
    /// The arguments that go into the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyBinding>,
}

impl HttpBinding {
    /// A request without arguments, for what an engine asks of a service by itself.
    pub(crate) fn read(method: HttpMethod, path: &str) -> Self {
        Self { method, path: path.to_owned(), base_url: None, parameters: Vec::new(), body: None }
    }

    /// Every argument of the tool, parameters first, in the order of its schema.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        let (fields, whole) = match self.body.as_ref().map(|body| &body.shape) {
            Some(BodyShape::Fields(fields)) => (fields.as_slice(), None),
            Some(BodyShape::Whole(argument)) => (&[][..], Some(argument.as_str())),
            None => (&[][..], None),
        };
        self.parameters
            .iter()
            .map(|parameter| parameter.argument.as_str())
            .chain(fields.iter().map(|field| field.argument.as_str()))
            .chain(whole)
    }
}

/// One argument that goes into the path, the query or a header, with OpenAPI's rules of serialization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ParameterText")]
#[non_exhaustive]
pub struct ParameterBinding {
    /// The name of the argument in the tool's schema.
    pub argument: String,
    /// The name of the parameter in the request.
    pub name: String,
    /// The part of the request.
    #[serde(rename = "in")]
    pub location: ParameterLocation,
    /// How lists and objects are written. `simple` for paths and headers, `form` for queries, unless given.
    pub style: ParameterStyle,
    /// Whether each element of a list is written apart (`a=1&a=2`). True for `form` unless given.
    pub explode: bool,
    /// In a path: the value may span segments (`docs/intro.md`), so its slashes stay slashes. Everything else is still
    /// encoded, and the segments `.` and `..` must be refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub multi_segment: bool,
}

/// A parameter as manifests may write it, with the defaults left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParameterText {
    argument: String,
    name: String,
    #[serde(rename = "in")]
    location: ParameterLocation,
    style: Option<ParameterStyle>,
    explode: Option<bool>,
    #[serde(default)]
    multi_segment: bool,
}

impl From<ParameterText> for ParameterBinding {
    fn from(text: ParameterText) -> Self {
        let style = text.style.unwrap_or_else(|| text.location.default_style());
        Self {
            argument: text.argument,
            name: text.name,
            location: text.location,
            style,
            explode: text.explode.unwrap_or(style == ParameterStyle::Form),
            multi_segment: text.multi_segment,
        }
    }
}

/// The part of a request that a parameter goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ParameterLocation {
    /// In the place of `{name}` in the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

impl ParameterLocation {
    /// The style of a parameter that names none.
    #[must_use]
    pub fn default_style(self) -> ParameterStyle {
        match self {
            Self::Path | Self::Header => ParameterStyle::Simple,
            Self::Query => ParameterStyle::Form,
        }
    }
}

/// How the value of a parameter is written, as OpenAPI defines the styles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ParameterStyle {
    /// `1,2`.
    Simple,
    /// `.1.2`, in paths.
    Label,
    /// `;a=1,2`, in paths.
    Matrix,
    /// `a=1&a=2`, or `a=1,2` unexploded.
    Form,
    /// `a=1%202`.
    SpaceDelimited,
    /// `a=1|2`.
    PipeDelimited,
    /// `a[key]=1`.
    DeepObject,
    /// The value as JSON text: what OpenAPI says with `content` in the place of `schema`.
    Json,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BodyText", into = "BodyText")]
#[non_exhaustive]
pub struct BodyBinding {
    /// The content type to send: JSON, `application/x-www-form-urlencoded`, or text.
    pub content_type: String,
    /// Whether the service wants a body even when no argument fills it: an empty object then.
    pub required: bool,
    /// Which arguments make it up.
    pub shape: BodyShape,
}

/// Which arguments make up a body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyShape {
    /// An object with one property for each argument that was given.
    Fields(Vec<BodyField>),
    /// One argument is the entire body. Where the content type is text, it is a string and sent without quotes.
    Whole(String),
}

/// One argument that becomes a property of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct BodyField {
    /// The name of the argument in the tool's schema.
    pub argument: String,
    /// The name of the property in the body.
    pub name: String,
}

/// A body as manifests write it: either `fields` or `whole`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyText {
    content_type: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<BodyField>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<String>,
}

impl TryFrom<BodyText> for BodyBinding {
    type Error = &'static str;

    fn try_from(text: BodyText) -> Result<Self, Self::Error> {
        let shape = match (text.fields, text.whole) {
            (Some(fields), None) => BodyShape::Fields(fields),
            (None, Some(argument)) => BodyShape::Whole(argument),
            _ => return Err("a body has either `fields` or `whole`: keep one of the two"),
        };
        Ok(Self { content_type: text.content_type, required: text.required, shape })
    }
}

impl From<BodyBinding> for BodyText {
    fn from(body: BodyBinding) -> Self {
        let (fields, whole) = match body.shape {
            BodyShape::Fields(fields) => (Some(fields), None),
            BodyShape::Whole(argument) => (None, Some(argument)),
        };
        Self { content_type: body.content_type, required: body.required, fields, whole }
    }
}

pub(super) fn without_trailing_slash<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str().trim_end_matches('/'))
}

fn without_trailing_slash_if_any<S: Serializer>(url: &Option<Url>, serializer: S) -> Result<S::Ok, S::Error> {
    match url {
        Some(url) => without_trailing_slash(url, serializer),
        None => serializer.serialize_none(),
    }
}
