//! How a toolkit authenticates: schemes, endpoints, fields, and where a credential goes in a request.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{ManifestError, Overrides};

/// One way to authenticate with a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scheme")]
#[non_exhaustive]
pub enum AuthSchemeSpec {
    /// OAuth 2, by the authorization code flow with PKCE.
    #[serde(rename = "OAUTH2")]
    OAuth2(OAuth2Spec),
    /// A key, a token or another set of values that a person types in.
    #[serde(rename = "API_KEY")]
    ApiKey(ApiKeySpec),
    /// The service wants no credential.
    #[serde(rename = "NO_AUTH")]
    NoAuth,
}

impl AuthSchemeSpec {
    /// The scheme's name in manifests and on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::OAuth2(_) => "OAUTH2",
            Self::ApiKey(_) => "API_KEY",
            Self::NoAuth => "NO_AUTH",
        }
    }

    /// Where the credential goes in a request; nowhere without authentication.
    #[must_use]
    pub fn placement(&self) -> Option<&Placement> {
        match self {
            Self::OAuth2(spec) => Some(&spec.placement),
            Self::ApiKey(spec) => Some(&spec.placement),
            Self::NoAuth => None,
        }
    }
}

/// The endpoints and customs of an OAuth 2 authorization server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OAuth2Spec {
    /// Where the user consents.
    pub authorize_url: UrlTemplate,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: UrlTemplate,
    /// Where tokens are revoked, if the service has such an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke_url: Option<UrlTemplate>,
    /// The scopes that an auth config starts from.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands between two scopes in a request: a space unless the service deviates.
    #[serde(default = "space")]
    pub scope_separator: String,
    /// How the client shows who it is at the token endpoint.
    #[serde(default)]
    pub token_auth: TokenAuth,
    /// More parameters for the authorization request, such as `access_type` set to `offline`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub authorize_params: IndexMap<String, String>,
    /// Where the access token goes in a request.
    #[serde(default = "Placement::bearer")]
    pub placement: Placement,
}

impl OAuth2Spec {
    /// The endpoints in effect. An override wins; otherwise `{base_url}` stands for `effective_base`, which
    /// [`Manifest::effective_base`](super::Manifest::effective_base) knows.
    ///
    /// # Errors
    ///
    /// If an endpoint is no URL once `{base_url}` is filled in, which no base that is a URL of a host can cause.
    pub fn endpoints(&self, effective_base: &Url, overrides: &Overrides) -> Result<OAuthEndpoints, ManifestError> {
        let pick = |replaced: &Option<Url>, own: &UrlTemplate| match replaced {
            Some(url) => Ok(url.clone()),
            None => own.oauth_url(effective_base),
        };
        Ok(OAuthEndpoints {
            authorize_url: pick(&overrides.authorize_url, &self.authorize_url)?,
            token_url: pick(&overrides.token_url, &self.token_url)?,
            revoke_url: match (&overrides.revoke_url, &self.revoke_url) {
                (Some(url), _) => Some(url.clone()),
                (None, Some(own)) => Some(own.oauth_url(effective_base)?),
                (None, None) => None,
            },
        })
    }
}

/// The endpoints of an authorization server, with the operator's overrides applied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthEndpoints {
    /// Where the user consents.
    pub authorize_url: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Url,
    /// Where tokens are revoked, if the service has such an endpoint.
    pub revoke_url: Option<Url>,
}

/// How a client shows who it is at the token endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenAuth {
    /// The secret stands in the form.
    #[default]
    ClientSecretPost,
    /// The secret stands in the `Authorization` header.
    ClientSecretBasic,
    /// There is no secret: a public client.
    None,
}

/// A scheme whose credential a person types in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ApiKeySpec {
    /// What to ask for.
    pub fields: Vec<CredentialField>,
    /// Where the credential goes in a request. The value placed is that of the first secret field, see
    /// [`ApiKeySpec::placed_field`].
    pub placement: Placement,
}

impl ApiKeySpec {
    /// The field whose value is placed in requests: the first secret one. A checked manifest has one.
    #[must_use]
    pub fn placed_field(&self) -> Option<&CredentialField> {
        self.fields.iter().find(|field| field.secret)
    }
}

/// One value to ask for on a connect page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CredentialField {
    /// The name under which the value is kept: `api_key`.
    pub name: String,
    /// What the form calls it: `Personal access token`.
    pub label: String,
    /// Where to find the value, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is a secret. It is, unless the manifest says otherwise.
    #[serde(default = "yes")]
    pub secret: bool,
    /// Whether the form can be sent without it. It cannot, unless the manifest says otherwise.
    #[serde(default = "yes")]
    pub required: bool,
}

/// Where a credential goes in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Placement {
    /// In a header or in the query.
    #[serde(rename = "in")]
    pub location: PlacementLocation,
    /// The name of the header or query parameter.
    pub name: String,
    /// What stands before the value: `"Bearer "`, with its space.
    #[serde(default)]
    pub prefix: String,
}

impl Placement {
    /// `Authorization: Bearer` and the token: how OAuth 2 places access tokens.
    #[must_use]
    pub fn bearer() -> Self {
        Self { location: PlacementLocation::Header, name: "Authorization".into(), prefix: "Bearer ".into() }
    }
}

/// The part of a request that a credential goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PlacementLocation {
    /// A header.
    Header,
    /// A query parameter.
    Query,
}

/// A URL that may begin with `{base_url}`, for services whose OAuth server moves with their API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UrlTemplate(String);

impl UrlTemplate {
    const BASE: &str = "{base_url}";

    /// The text as the manifest has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL, with `effective_base` in the place of `{base_url}`.
    ///
    /// # Errors
    ///
    /// If the result is no HTTP URL of a host.
    pub fn oauth_url(&self, effective_base: &Url) -> Result<Url, ManifestError> {
        let text = match self.0.strip_prefix(Self::BASE) {
            Some(rest) => format!("{}{rest}", effective_base.as_str().trim_end_matches('/')),
            None => self.0.clone(),
        };
        Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or_else(
            || {
                ManifestError::invalid(
                    "/auth_schemes",
                    format!("`{}` is no OAuth endpoint: write an http(s) URL, or `{{base_url}}` and a path", self.0),
                )
            },
        )
    }
}

impl From<&str> for UrlTemplate {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn space() -> String {
    " ".to_owned()
}

fn yes() -> bool {
    true
}
