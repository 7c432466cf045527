//! Calling a service's own API.

use std::fmt;
use std::future::IntoFuture;

use serde::Serialize;

use super::{BoxFuture, Session};
use crate::backend::{HttpMethod, ProxyBody, ProxyRequest, ProxyResponse};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolkitSlug;

/// How many bytes may be sent along. Rule: `session-semantics` 5.2.
const BYTES_MAX: usize = 4 * 1024 * 1024;

impl Session {
    /// Calls the API of a toolkit's service, once, with the account that a tool would run with: for what no tool does. The
    /// endpoint is a path below the service's address, or an absolute URL on the same site.
    ///
    /// What the service answers is the result, whatever its status: look at
    /// [`status`](crate::ProxyResponse::status).
    ///
    /// # Errors
    /// The await gives `InvalidInput` for a malformed slug or header, for an `Authorization` of the caller's, and for a body
    /// where the method has none, before anything is sent; `ConnectionRequired` where there is nothing to call with;
    /// `PermissionDenied` outside the session, and where the project's key may not do this; `OutcomeUnknown` where the answer
    /// was lost; `Unsupported`.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ProxyResponse, ScriptedBackend};
    /// # let backend = ScriptedBackend::new().toolkit("github").proxy(|_| Ok(ProxyResponse::new(201)));
    /// # let session = Composio::with_backend(backend).create("user_123").await?;
    /// use composio_core::HttpMethod;
    /// use serde_json::json;
    ///
    /// let answer = session
    ///     .proxy_execute("github", HttpMethod::Post, "/repos/octocat/hello/labels")
    ///     .header("Accept", "application/vnd.github+json")
    ///     .json(&json!({"name": "urgent"}))
    ///     .await?;
    /// assert_eq!(answer.status, 201);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn proxy_execute<T>(&self, toolkit: T, method: HttpMethod, endpoint: impl Into<String>) -> ProxyExecute
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let request = toolkit.try_into().map(|toolkit| ProxyRequest::new(toolkit, method, endpoint));
        ProxyExecute { session: self.clone(), request: request.map_err(|error| error.into().in_field("toolkit")) }
    }
}

/// A call of a service's own API in the making. Await it to make the call.
#[must_use = "nothing is called until this is awaited"]
pub struct ProxyExecute {
    session: Session,
    request: Result<ProxyRequest>,
}

impl ProxyExecute {
    /// Adds a header. `Authorization` is the backend's.
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|request| request.headers.push((name.into(), value.into())))
    }

    /// Adds a parameter to the query.
    pub fn query(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|request| request.query.push((name.into(), value.into())))
    }

    /// Sends JSON, with POST, PUT or PATCH. Called again, or after another body, it stands in its place.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        let Ok(request) = &mut self.request else { return self };
        match serde_json::to_value(body) {
            Ok(body) => request.body = ProxyBody::Json(body),
            Err(error) => {
                let refused = Error::invalid_input("body", "a value", "it has to be one that can be written as JSON");
                self.request = Err(refused.with_source(error));
            }
        }
        self
    }

    /// Sends bytes of this media type, with POST, PUT or PATCH: 4 MB at the most.
    pub fn bytes(self, bytes: impl Into<Vec<u8>>, content_type: impl Into<String>) -> Self {
        self.with(|request| {
            request.body = ProxyBody::Bytes { bytes: bytes.into(), content_type: Some(content_type.into()) };
        })
    }

    /// Sends what lies at this URL, with POST, PUT or PATCH. The backend reads it.
    pub fn url(self, url: impl Into<String>) -> Self {
        self.with(|request| request.body = ProxyBody::Url { url: url.into(), content_type: None })
    }

    fn with(mut self, change: impl FnOnce(&mut ProxyRequest)) -> Self {
        if let Ok(request) = &mut self.request {
            change(request);
        }
        self
    }
}

impl IntoFuture for ProxyExecute {
    type Output = Result<ProxyResponse>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let request = self.request?;
            check(&request)?;
            self.session.backend().proxy_execute(self.session.id(), &request).await
        })
    }
}

impl fmt::Debug for ProxyExecute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyExecute").field("session", &self.session).field("request", &self.request).finish()
    }
}

/// Errors name headers, and do not tell what they say.
fn check(request: &ProxyRequest) -> Result<()> {
    if request.endpoint.trim().is_empty() {
        return Err(Error::invalid_input("endpoint", &request.endpoint, "a path such as `/user`, or an absolute URL"));
    }
    for (name, value) in &request.headers {
        if name.eq_ignore_ascii_case("authorization") {
            let rule = "the backend authenticates the call with the user's account; leave it out";
            return Err(Error::invalid_input("headers", name, rule));
        }
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(Error::invalid_input("headers", name, "letters, digits and `-` name a header"));
        }
        if value.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Error::invalid_input("headers", name, "the value has to be on one line"));
        }
    }
    check_body(request)
}

/// Rule: `session-api` 2, "proxy_execute": a body is for POST, PUT and PATCH. A service would not see it with the others.
fn check_body(request: &ProxyRequest) -> Result<()> {
    let takes_body = matches!(request.method, HttpMethod::Post | HttpMethod::Put | HttpMethod::Patch);
    match &request.body {
        ProxyBody::None => Ok(()),
        _ if !takes_body => {
            Err(Error::invalid_input("body", request.method.as_str(), "only POST, PUT and PATCH take a body along"))
        }
        ProxyBody::Bytes { bytes, .. } if bytes.is_empty() || bytes.len() > BYTES_MAX => {
            let rule = "1 byte to 4 MB; put more where the backend can read it, and give its address with `.url(..)`";
            Err(Error::invalid_input("body", &format!("{} bytes", bytes.len()), rule))
        }
        ProxyBody::Url { url, .. } if !url.starts_with("https://") && !url.starts_with("http://") => {
            Err(Error::new(ErrorKind::InvalidInput, "the body's URL is not valid: an absolute http or https URL")
                .in_field("body"))
        }
        ProxyBody::Json(_) | ProxyBody::Bytes { .. } | ProxyBody::Url { .. } => Ok(()),
    }
}

/// What a header's name is made of. Rule: RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
