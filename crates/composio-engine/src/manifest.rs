//! Toolkits as data: what a manifest says about a service, its auth schemes and its tools.
//!
//! A manifest is JSON. It is written by hand or made from a published API description by [`crate::openapi`], and it never
//! holds a secret: client ids, client secrets and keys live in auth configs and connected accounts. Read one with
//! [`Manifest::from_json`], which checks everything but the tools' schemas; those keep their text ([`RawValue`]) until
//! somebody asks for one, so that loading a toolkit of a thousand tools stays a matter of milliseconds.
//!
//! A manifest does not decide where requests may go. An operator moves a toolkit to another host with [`Overrides`], and
//! the guard against private addresses stands in the sender.

mod auth;
mod error;
mod http;
mod validate;

pub use composio_core::HttpMethod;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

pub use self::auth::{
    ApiKeySpec, AuthSchemeSpec, CredentialField, OAuth2Spec, OAuthEndpoints, Placement, PlacementLocation, TokenAuth,
    UrlTemplate,
};
pub use self::error::ManifestError;
pub use self::http::{
    BodyBinding, BodyField, BodyShape, HttpBinding, ParameterBinding, ParameterLocation, ParameterStyle,
};

pub(crate) use self::validate::{FORBIDDEN_HEADERS, placeholders};

/// The one format of manifests that this version reads.
pub const FORMAT: u32 = 1;

/// The longest slug of a toolkit or a tool, in characters. Model providers accept no longer names.
pub const MAX_SLUG: usize = 64;

/// A toolkit: a service, how to authenticate with it, and the tools it offers.
///
/// # Examples
///
/// ```
/// use composio_engine::manifest::Manifest;
///
/// let manifest = Manifest::from_json(
///     r#"{
///         "format": 1, "slug": "status", "name": "Status", "description": "Is it up?", "version": "1",
///         "base_url": "https://status.example.com/api",
///         "auth_schemes": [{ "scheme": "NO_AUTH" }],
///         "tools": [{
///             "slug": "STATUS_GET", "name": "Get the status", "description": "Says whether the service is up.",
///             "input_schema": { "type": "object", "properties": {} },
///             "http": { "method": "GET", "path": "/status" }
///         }]
///     }"#,
/// )?;
/// assert_eq!(manifest.tools[0].http.path, "/status");
/// # Ok::<(), composio_engine::manifest::ManifestError>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of this format, see [`FORMAT`].
    pub format: u32,
    /// The toolkit's slug: `github`.
    pub slug: String,
    /// What people call the service: `GitHub`.
    pub name: String,
    /// What the service is for, in a sentence.
    pub description: String,
    /// An image to show beside the name: a web address, or the image itself (`data:image/…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Url>,
    /// Groups for browsing: `developer-tools`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// The version of the toolkit; that of the API description it was made from, if there is one.
    pub version: String,
    /// The API description it was made from. Absent when there is none, or when it is one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// Where the service's API lives, without a trailing slash. An operator may move it, see [`Overrides`].
    #[serde(serialize_with = "http::without_trailing_slash")]
    pub base_url: Url,
    /// Headers sent with every request. None of them may carry a credential.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The ways to authenticate, the preferred one first.
    pub auth_schemes: Vec<AuthSchemeSpec>,
    /// How to read whose account a credential belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// A cheap request that succeeds if and only if a credential works: an account is reported ready once it has. Without
    /// one, an account is ready when it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
    /// The tools, in a deterministic order.
    pub tools: Vec<ManifestTool>,
}

impl Manifest {
    /// Reads and checks a manifest. The tools' schemas are not parsed.
    ///
    /// # Errors
    ///
    /// If the text is no JSON or not of this shape, the error names line and column; if a value breaks a rule, the error
    /// names the place as a JSON pointer (`/tools/3/http/path`) and says what to change.
    pub fn from_json(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_str(text).map_err(ManifestError::Syntax)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Checks every rule that the types do not hold already.
    pub(crate) fn check(&self) -> Result<(), ManifestError> {
        validate::manifest(self)
    }

    /// Where the toolkit's API lives once the operator's overrides are applied.
    #[must_use]
    pub fn effective_base<'a>(&'a self, overrides: &'a Overrides) -> &'a Url {
        overrides.base_url.as_ref().unwrap_or(&self.base_url)
    }

    /// Where one tool's request goes once the operator's overrides are applied.
    ///
    /// An operation may have a server of its own. An operator who moves the toolkit moves that operation, too: otherwise a
    /// credential for the moved service would be sent to the host it was moved away from.
    #[must_use]
    pub fn base_for<'a>(&'a self, binding: &'a HttpBinding, overrides: &'a Overrides) -> &'a Url {
        overrides.base_url.as_ref().or(binding.base_url.as_ref()).unwrap_or(&self.base_url)
    }
}

/// The API description that a manifest was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Source {
    /// The title of the description.
    pub title: String,
    /// Where it was published: a package and a file name, or a repository and a path.
    pub origin: String,
    /// Its version.
    pub version: String,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// The SHA-256 of the uncompressed document, in hexadecimal.
    pub sha256: String,
}

/// A request whose reply says whose account a credential belongs to. It is made whenever an account is connected, once
/// where it is the [probe](Manifest::probe), too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Identity {
    /// The method of the request.
    pub method: HttpMethod,
    /// The path of the request, below the base URL.
    pub path: String,
    /// A JSON pointer to what stays the same for as long as the account exists: `/id`.
    pub id: String,
    /// A JSON pointer to what people recognise the account by: `/login`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A JSON pointer to the e-mail address: `/email`. What is not in a reply is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A JSON pointer to the name of the workspace, organisation or site that the account belongs to: `/team/name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

/// A cheap request that succeeds if and only if a credential works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Probe {
    /// The method of the request.
    pub method: HttpMethod,
    /// The path of the request, below the base URL.
    pub path: String,
}

/// A tool of a toolkit: what a model reads, and the request it stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ManifestTool {
    /// The tool's slug: `GITHUB_CREATE_AN_ISSUE`.
    pub slug: String,
    /// What people call it: `Create an issue`.
    pub name: String,
    /// What it does, for a model, in Markdown.
    pub description: String,
    /// Hints such as `readOnlyHint` and `destructiveHint`. They inform; they never decide whether a request is re-sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether the service is about to take it away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// The JSON Schema (2020-12) of the arguments: an object, without references to anything outside.
    pub input_schema: Box<RawValue>,
    /// The JSON Schema (2020-12) of the reply's body, with its shared parts in `$defs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Box<RawValue>>,
    /// How arguments become a request.
    pub http: HttpBinding,
}

/// What the operator of an engine changes about a toolkit: for GitHub Enterprise, a mirror, or a double in tests.
///
/// Overrides come from the operator's own configuration, never from a manifest, an auth config or a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Overrides {
    /// Replaces the base URL of the toolkit and of each operation that has a server of its own.
    pub base_url: Option<Url>,
    /// Replaces the OAuth authorization endpoint.
    pub authorize_url: Option<Url>,
    /// Replaces the OAuth token endpoint.
    pub token_url: Option<Url>,
    /// Replaces the OAuth revocation endpoint.
    pub revoke_url: Option<Url>,
}

impl Overrides {
    /// Moves the toolkit to another host. OAuth endpoints move along only where they are written with `{base_url}`.
    #[must_use]
    pub fn base_url(url: Url) -> Self {
        Self { base_url: Some(url), ..Self::default() }
    }
}
