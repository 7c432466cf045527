//! What a failure means for the caller: the replies that refuse, and the replies that never came.

mod envelope;
mod meaning;

use std::time::Duration;

use super::credential::Credential;
use super::request::{Operation, Request, Resend};
use super::response::Reply;
use super::retry;
use crate::error::{Error, ErrorKind, Retry};
use crate::id::SessionId;

use self::envelope::{Said, one_line};
use self::meaning::Meaning;

/// The error of a reply that refuses. Rule: `session-api` 1.8, the slug says most, then the code, then the status.
///
/// `after` is how long the server asks to wait.
pub(super) fn refused(request: &Request, reply: &Reply, after: Option<Duration>, credential: &Credential) -> Error {
    // Hidden before it is cut: of a key that is cut in the middle, the beginning would stay.
    let said = Said::read(reply).map(|text| one_line(&credential.hide(text)));
    let meaning = Meaning::of(request, reply.status, &said);
    let error = match meaning {
        Meaning::Kind(kind) => Error::new(kind, message(request.operation, reply, kind, &said)),
        Meaning::UnknownSession(session) => Error::unknown_session(&session),
    };
    let error = near_by(error, &said);
    let error = match (error.kind(), after) {
        (ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout, Some(after)) => {
            error.with_retry(Retry::After(after))
        }
        (ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Timeout, None) => error.with_retry(Retry::Safe),
        (ErrorKind::OutcomeUnknown, _) => error.with_log_id(&reply.request_id),
        _ => error,
    };
    let error = match said.field() {
        Some(field) => error.in_field(field),
        None => error,
    };
    located(error, request.operation, reply, &said)
}

/// What happened, as the operator reads it: the server's words, and what to do next.
fn message(operation: Operation, reply: &Reply, kind: ErrorKind, said: &Said) -> String {
    let mut text = format!("{} was answered with {}", operation.name, reply.status.as_u16());
    if let Some(slug) = &said.slug {
        text = format!("{text} {slug}");
    }
    match &said.message {
        Some(message) => text = format!("{text}: {message}"),
        None => text = format!("{text} and {}", said.instead),
    }
    if kind == ErrorKind::OutcomeUnknown {
        text.push_str("; the request may have taken effect");
    }
    match said.suggested_fix.as_deref().or(next_step(kind)) {
        Some(step) => format!("{}; {step}", text.trim_end_matches(['.', ';', ' '])),
        None => text,
    }
}

/// What an operator does about it, where the server does not say.
fn next_step(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Unauthorized => Some("check the API key, and that it is one of this server"),
        ErrorKind::NoManagedAuth => Some("make an auth config for the toolkit, with an OAuth app of your own"),
        ErrorKind::ConnectionRequired => Some("let the user connect it with `Session::authorize`"),
        ErrorKind::Unsupported => Some("the server does not offer this any more; update this crate"),
        _ => None,
    }
}

/// Names what the error is about, for the operator and, where a model can do something about it, for the model.
fn near_by(error: Error, said: &Said) -> Error {
    let Some(toolkit) = said.toolkit() else { return error };
    let error = error.with_context("toolkit", &toolkit);
    match error.kind() {
        ErrorKind::ConnectionRequired => error.with_model_text(format!(
            "The user has no usable connection to {toolkit}. Ask the user to connect it, then call again."
        )),
        ErrorKind::PermissionDenied => error.with_model_text(format!(
            "The toolkit {toolkit} is not permitted here. Do something else, or tell the user."
        )),
        _ => error,
    }
}

/// Says where it happened.
fn located(mut error: Error, operation: Operation, reply: &Reply, said: &Said) -> Error {
    error = error.with_context("operation", operation.name).with_context("status", reply.status.as_u16());
    error = error.with_context("request_id", &reply.request_id);
    for (name, value) in [
        ("slug", said.slug.clone()),
        ("code", said.code.map(|code| code.to_string())),
        ("server_request_id", said.request_id.clone()),
        ("suggested_fix", said.suggested_fix.clone()),
    ] {
        if let Some(value) = value {
            error = error.with_context(name, value);
        }
    }
    for line in &said.errors {
        error = error.with_context("error", line);
    }
    for (name, header) in [("rate_limit", "x-ratelimit"), ("rate_limit_window", "x-ratelimit-window-size")] {
        let value = reply.headers.get(header).and_then(|value| value.to_str().ok());
        if let Some(value) = value.filter(|_| error.kind() == ErrorKind::RateLimited) {
            error = error.with_context(name, one_line(value));
        }
    }
    error
}

/// What a failure without a reply is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempted<'a> {
    pub(super) operation: Operation,
    /// Scheme, host and port of the server.
    pub(super) origin: &'a str,
    pub(super) request_id: &'a str,
    pub(super) attempts: u32,
    /// Whether it was the API, or the storage of a file.
    pub(super) is_api: bool,
}

impl Attempted<'_> {
    /// Nothing of the request was written.
    pub(super) fn unsent(self, timeout: bool, source: Option<reqwest::Error>) -> Error {
        let (kind, why) = match timeout {
            true => (ErrorKind::Timeout, " in time"),
            false => (ErrorKind::Unavailable, ""),
        };
        let cause = cause(source.as_ref());
        let connected = source.as_ref().is_some_and(|source| !source.is_connect());
        let message = match connected {
            true => format!("{} took nothing of the request{why}, and nothing has run{cause}", self.origin),
            false => format!("no connection to {} came about{why}, and nothing was sent{cause}", self.origin),
        };
        self.located(Error::new(kind, message).with_retry(Retry::Safe), source)
    }

    /// The request was written, at least in part, and no whole reply came.
    pub(super) fn lost(self, timeout: bool, source: Option<reqwest::Error>) -> Error {
        let what = if timeout { "did not answer in time" } else { "gave no whole answer" };
        let cause = cause(source.as_ref());
        let message = format!("{} {what} to {}{cause}", self.origin, self.operation.name);
        let error = match (self.operation.resend, timeout) {
            (Resend::Always, true) => Error::new(ErrorKind::Timeout, message).with_retry(Retry::Safe),
            (Resend::Always, false) => Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe),
            (Resend::Unsent, _) => self.unknown(&message),
        };
        self.located(error, source)
    }

    /// There is a reply that says it succeeded, and no sense in it.
    pub(super) fn garbled(self, what: &str) -> Error {
        let message = format!("the reply of {} to {} {what}", self.origin, self.operation.name);
        let error = match self.operation.resend {
            Resend::Always => Error::new(ErrorKind::Unexpected, message),
            Resend::Unsent => self.unknown(&message),
        };
        self.located(error, None)
    }

    /// There is more of a reply than is read.
    pub(super) fn too_large(self, limit: usize) -> Error {
        let advice =
            if self.is_api { "ask for less, or raise `HostedOptions::max_reply`" } else { "take a smaller file" };
        let what = format!("has more than {limit} bytes; {advice}");
        let text = match self.operation.resend {
            Resend::Always if !self.is_api => "The file is too large to read. Take a smaller one.",
            Resend::Always => "The answer is too large to read. Ask for less: fewer items, or a narrower filter.",
            Resend::Unsent => {
                "The answer is too large to read. The call has likely taken effect: check with a reading tool, and do not \
                 repeat it."
            }
        };
        self.garbled(&what).with_model_text(text)
    }

    /// The server sends us elsewhere, where the key may not go or the request not be repeated.
    pub(super) fn redirected(self, status: u16, to: &str) -> Error {
        let advice = if self.is_api { "if that is the API, make it the base URL" } else { "ask for a new address" };
        let message = format!(
            "{} answered {} with {status}, to {to}, which is not followed; {advice}",
            self.origin, self.operation.name
        );
        // 303, and 302 as most servers use it, say that it is done and that the result is elsewhere.
        let error = match (self.operation.resend, status) {
            (Resend::Unsent, 302 | 303) => self.unknown(&message),
            (Resend::Always | Resend::Unsent, _) => Error::new(ErrorKind::Unexpected, message),
        };
        self.located(error, None)
    }

    /// The rate limit is known, and lifts later than anybody waits.
    pub(super) fn limited(self, left: Duration) -> Error {
        let message = format!(
            "the rate limit of {} is reached, and it lifts in {} seconds; nothing has run",
            self.origin,
            left.as_secs_f64().ceil()
        );
        self.located(Error::new(ErrorKind::RateLimited, message).with_retry(Retry::After(left)), None)
    }

    /// The request cannot be written.
    pub(super) fn unwritable(self, source: Option<reqwest::Error>) -> Error {
        let message = format!("the request for {} cannot be written; check its ids", self.operation.name);
        self.located(Error::new(ErrorKind::InvalidInput, message), source)
    }

    fn unknown(self, message: &str) -> Error {
        let message = format!("{message}; the request may have taken effect");
        Error::new(ErrorKind::OutcomeUnknown, message).with_log_id(self.request_id)
    }

    fn located(self, error: Error, source: Option<reqwest::Error>) -> Error {
        let error = error
            .with_context("operation", self.operation.name)
            .with_context("request_id", self.request_id)
            .with_context("attempts", self.attempts);
        match source {
            // Its text would hold the address with its query.
            Some(source) => error.with_source(source.without_url()),
            None => error,
        }
    }
}

/// The innermost cause, which says most: that nobody listens, or that a certificate is not trusted.
fn cause(source: Option<&reqwest::Error>) -> String {
    let Some(source) = source else { return String::new() };
    let mut cause: &dyn std::error::Error = source;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    // The outermost may hold the address.
    match std::ptr::addr_eq(cause, source) {
        true => String::new(),
        false => format!(" ({})", one_line(&cause.to_string())),
    }
}

/// The session that a request is for, where its address names one.
fn session(target: &str) -> Option<SessionId> {
    let rest = target.strip_prefix("/api/v3.1/tool_router/session/")?;
    let id = rest.split(['/', '?']).next().filter(|id| !id.is_empty() && !id.contains('%'))?;
    Some(SessionId::from(id))
}

/// Whether the address ends with the session's id.
fn is_session_itself(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    path.strip_prefix("/api/v3.1/tool_router/session/").is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
}

#[cfg(test)]
mod tests;
