//! Calling a service's own API with the account that a session would use.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{Timestamp, ToolkitSlug};
use crate::json::JsonText;

/// The method of a request to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum HttpMethod {
    /// Reads.
    Get,
    /// Reads, without a body in the reply.
    Head,
    /// Creates, or does something else that must not happen twice.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl HttpMethod {
    /// The method in capitals, as requests spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether sending the request twice is the same as sending it once by the definition of the method: GET and HEAD.
    #[must_use]
    pub fn is_safe(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

impl fmt::Display for HttpMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A call of a service's own API. Its `Debug` tells where it goes, and not what it carries.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProxyRequest {
    /// Whose service it is.
    pub toolkit: ToolkitSlug,
    /// The method.
    pub method: HttpMethod,
    /// A path below the service's address, or an absolute URL on the same site.
    pub endpoint: String,
    /// Headers to add. `Authorization` is the backend's.
    pub headers: Vec<(String, String)>,
    /// Parameters to add to the query.
    pub query: Vec<(String, String)>,
    /// What to send.
    pub body: ProxyBody,
}

/// What a proxied call sends.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ProxyBody {
    /// Nothing.
    #[default]
    None,
    /// JSON.
    Json(Value),
    /// Bytes, 4 MB at the most, with their type.
    Bytes {
        /// The bytes.
        bytes: Vec<u8>,
        /// Their media type.
        content_type: Option<String>,
    },
    /// What lies at this URL.
    Url {
        /// Where the backend reads it from.
        url: String,
        /// Its media type.
        content_type: Option<String>,
    },
}

impl ProxyRequest {
    /// A call without headers, parameters and body.
    #[must_use]
    pub fn new(toolkit: ToolkitSlug, method: HttpMethod, endpoint: impl Into<String>) -> Self {
        let endpoint = endpoint.into();
        Self { toolkit, method, endpoint, headers: Vec::new(), query: Vec::new(), body: ProxyBody::None }
    }
}

impl fmt::Debug for ProxyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyRequest")
            .field("toolkit", &self.toolkit)
            .field("method", &self.method)
            .field("endpoint", &self.endpoint.split('?').next())
            .finish_non_exhaustive()
    }
}

/// What the service answered, whatever its status: a 404 of the service is no error of the call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProxyResponse {
    /// The status of the service's answer.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body as JSON; none where it is bytes or empty.
    pub data: Option<JsonText>,
    /// Where its body lies, where that is bytes.
    pub binary: Option<BinaryData>,
}

impl ProxyResponse {
    /// An answer without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), data: None, binary: None }
    }
}

/// Bytes that lie elsewhere. Whoever has the URL can read them.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BinaryData {
    /// Where.
    pub url: String,
    /// Their media type.
    pub content_type: String,
    /// How many.
    pub size: u64,
    /// Until when the URL works, where that is said.
    pub expires_at: Option<Timestamp>,
}

impl BinaryData {
    /// Bytes at a URL.
    #[must_use]
    pub fn new(url: impl Into<String>, content_type: impl Into<String>, size: u64) -> Self {
        Self { url: url.into(), content_type: content_type.into(), size, expires_at: None }
    }
}

impl fmt::Debug for BinaryData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BinaryData")
            .field("content_type", &self.content_type)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
