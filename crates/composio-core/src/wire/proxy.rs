//! Authenticated requests to a service, on the account that the session would use.

use std::fmt;

use indexmap::IndexMap;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize};

use super::account::CustomConnectionData;
use super::catalogue::{BinaryBody, BinaryData, ProxyMethod, ProxyParameter};
use super::execute::{BlockReason, HookResult, InputRequest, ResultType};
use super::said::said;
use super::{Open, secret};
use crate::json::JsonText;

/// A request to a service: `POST .../proxy_execute`. `Debug` shows the address without its query.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionProxyRequest {
    /// The service.
    pub toolkit_slug: String,
    /// The address: absolute, or relative to where the account lives.
    pub endpoint: String,
    /// What to do there.
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
    /// Deprecated in the dialect: a connection for this request alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_connection_data: Option<CustomConnectionData>,
}

impl SessionProxyRequest {
    /// A request without a body.
    #[must_use]
    pub fn new(toolkit_slug: impl Into<String>, method: ProxyMethod, endpoint: impl Into<String>) -> Self {
        Self {
            toolkit_slug: toolkit_slug.into(),
            endpoint: endpoint.into(),
            method,
            body: None,
            binary_body: None,
            parameters: None,
            custom_connection_data: None,
        }
    }
}

impl fmt::Debug for SessionProxyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionProxyRequest")
            .field("toolkit_slug", &self.toolkit_slug)
            .field("method", &self.method)
            .field("endpoint", &self.endpoint.split('?').next())
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// What came of a request to a service. Its own status is data: a 404 there is completed here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionProxyReply {
    /// Whether it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<Open<ResultType>>,
    /// The body, where it is JSON or text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// The body, where it is bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_data: Option<BinaryData>,
    /// The service's status. Absent where nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The service's headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<ProxyHeaders>,
    /// What the session's hooks decided about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_results: Option<Vec<HookResult>>,
    /// What blocked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BlockReason>,
    /// Why it was blocked, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What a person has to answer before it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_requests: Option<IndexMap<String, InputRequest>>,
    /// What goes back unchanged with the answers. The dialect has no field in which it could.
    #[serde(default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub request_state: Option<SecretString>,
    /// What went wrong. Written by servers for older clients.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The id of the request in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
}

/// The headers that a service replied with. `Debug` shows their names: cookies are credentials.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ProxyHeaders(IndexMap<String, String>);

impl ProxyHeaders {
    /// The value of a header, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The headers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for ProxyHeaders {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(headers: I) -> Self {
        Self(headers.into_iter().collect())
    }
}

/// One value of a header: a text, as the dialect has it, or a list of them, as HTTP libraries have it.
#[derive(Deserialize)]
struct Value(#[serde(deserialize_with = "said")] Option<String>);

impl<'de> Deserialize<'de> for ProxyHeaders {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let headers = IndexMap::<String, Value>::deserialize(deserializer)?;
        Ok(headers.into_iter().filter_map(|(name, value)| Some((name, value.0?))).collect())
    }
}

impl fmt::Debug for ProxyHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
