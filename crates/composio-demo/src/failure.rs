//! Failures on demand, to see how a client takes them.

use std::time::Duration;

use axum::Json;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A failure that the demo acts out for the next requests that match, instead of answering them.
///
/// It concerns API and token requests; the consent page is never affected.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use composio_demo::Failure;
///
/// // The next two requests to the tracker are told to come back in five seconds.
/// let busy = Failure::status(429).path("/tracker").times(2).retry_after(Duration::from_secs(5));
///
/// // A message is sent, but whoever sent it never learns that it was.
/// let lost = Failure::status(502).method("POST").path("/mailbox/messages").after_effect();
/// # let _ = (busy, lost);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a failure happens only once it is given to `Demo::fail_next`"]
pub struct Failure {
    status: u16,
    path: Option<String>,
    method: Option<String>,
    times: usize,
    retry_after: Option<Duration>,
    oauth_error: Option<String>,
    after_effect: bool,
}

impl Failure {
    /// Answers the next API or token request with this HTTP status, from 400 to 599. Other numbers count as 500.
    pub fn status(status: u16) -> Self {
        Self { status, path: None, method: None, times: 1, retry_after: None, oauth_error: None, after_effect: false }
    }

    /// Answers the next token request (at any of the token endpoints) with status 400 and this OAuth error code, such as
    /// `invalid_grant`.
    pub fn oauth_error(code: impl Into<String>) -> Self {
        Self { oauth_error: Some(code.into()), ..Self::status(400) }
    }

    /// Concerns only paths that are `prefix` or lie below it, such as `/tracker` or `/tracker/oauth/token`.
    pub fn path(mut self, prefix: impl Into<String>) -> Self {
        self.path = Some(prefix.into());
        self
    }

    /// Concerns only requests with this method, such as `POST`.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = Some(method.into());
        self
    }

    /// How many requests fail; one by default.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Adds a `Retry-After` header, in whole seconds.
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Lets the request take effect and only then answers with the failure: what was asked for did happen.
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }

    fn concerns(&self, method: &Method, path: &str) -> bool {
        let below = self.path.as_deref().is_none_or(|prefix| is_below(path, prefix));
        let meant = self.method.as_deref().is_none_or(|name| name.eq_ignore_ascii_case(method.as_str()));
        let token_only = self.oauth_error.is_some() && !path.ends_with("/oauth/token");
        below && meant && !token_only && can_fail(path)
    }

    pub(crate) fn is_after_effect(&self) -> bool {
        self.after_effect
    }

    pub(crate) fn response(&self, path: &str) -> Response {
        let status = match StatusCode::from_u16(self.status) {
            Ok(status) if status.is_client_error() || status.is_server_error() => status,
            Ok(_) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let text = "This failure was asked for by the host of the demo.";
        let body = if path.contains("/oauth/") {
            let fallback = if status.is_server_error() { "temporarily_unavailable" } else { "invalid_request" };
            json!({ "error": self.oauth_error.as_deref().unwrap_or(fallback), "error_description": text })
        } else {
            json!({ "message": text })
        };
        let mut response = (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Some(delay) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, delay.as_secs().into());
        }
        response
    }
}

/// Pages and descriptions stay up, so that a person at the browser is never stuck.
fn can_fail(path: &str) -> bool {
    let spared = ["/oauth/authorize", "/openapi.json", "/.well-known/oauth-authorization-server"];
    path != "/" && !spared.iter().any(|end| path.ends_with(end))
}

fn is_below(path: &str, prefix: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The failures that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Failures(Vec<Failure>);

impl Failures {
    pub(crate) fn push(&mut self, failure: Failure) {
        if failure.times > 0 {
            self.0.push(failure);
        }
    }

    /// The failure for this request, which is thereby used up once.
    pub(crate) fn take(&mut self, method: &Method, path: &str) -> Option<Failure> {
        let index = self.0.iter().position(|failure| failure.concerns(method, path))?;
        let mut failure = self.0.remove(index);
        failure.times -= 1;
        if failure.times > 0 {
            self.0.insert(index, failure.clone());
        }
        Some(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_at_a_slash() {
        let cases = [
            ("/tracker", "/tracker", true),
            ("/tracker/issues", "/tracker", true),
            ("/tracker/issues", "/tracker/", true),
            ("/tracker/issues/1", "/tracker/issues", true),
            ("/trackers", "/tracker", false),
            ("/mailbox", "/tracker", false),
            ("/tracker/me", "", true),
        ];
        for (path, prefix, expected) in cases {
            assert_eq!(is_below(path, prefix), expected, "{path} below {prefix}");
        }
    }

    #[test]
    fn each_failure_is_used_as_often_as_asked() {
        let mut failures = Failures::default();
        failures.push(Failure::status(503).path("/tracker").times(2));
        failures.push(Failure::oauth_error("invalid_grant"));
        assert!(failures.take(&Method::GET, "/mailbox/me").is_none());
        assert!(failures.take(&Method::GET, "/tracker/oauth/authorize").is_none());
        assert!(failures.take(&Method::GET, "/tracker/me").is_some());
        assert!(failures.take(&Method::POST, "/mailbox/oauth/token").is_some_and(|f| f.oauth_error.is_some()));
        assert!(failures.take(&Method::POST, "/tracker/issues").is_some());
        assert!(failures.take(&Method::POST, "/tracker/issues").is_none());
    }
}
