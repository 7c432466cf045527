//! Requests, as pure values: what is asked, where, and when it may be asked again.

mod target;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use http::Method;
use serde::Serialize;

pub(super) use self::target::Target;
use crate::error::{Error, ErrorKind, Result};

/// One operation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operation {
    /// Its name in the published description, for traces and errors.
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    pub(super) resend: Resend,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// When a request may be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resend {
    /// Whatever became of it: it reads, or makes a thing that nobody misses.
    Always,
    /// Only where nothing can have run.
    Unsent,
}

/// A request before it has an address and a credential.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) operation: Operation,
    /// Path and query, beginning with `/api/v3.1`.
    pub(super) target: String,
    /// JSON.
    pub(super) body: Option<Bytes>,
}

/// Where it goes, and not what it says: bodies carry secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.body.as_ref().map(Bytes::len);
        let Self { operation, target, body: _ } = self;
        f.debug_struct("Request").field("operation", operation).field("target", target).field("body", &bytes).finish()
    }
}

impl Operation {
    /// An operation that reads.
    pub(super) const fn get(name: &'static str) -> Self {
        Self { name, verb: Verb::Get, resend: Resend::Always }
    }

    /// An operation that is sent once.
    pub(super) const fn once(verb: Verb, name: &'static str) -> Self {
        Self { name, verb, resend: Resend::Unsent }
    }

    /// The request of this operation without a body.
    pub(super) fn request(self, target: String) -> Request {
        Request { operation: self, target, body: None }
    }

    /// The request of this operation with a body.
    ///
    /// # Errors
    /// `InvalidInput` where the body cannot be written as JSON.
    pub(super) fn with_body<T: Serialize>(self, target: String, body: &T) -> Result<Request> {
        let body = serde_json::to_vec(body).map_err(|error| {
            let message = format!("the body of {} cannot be written as JSON", self.name);
            Error::new(ErrorKind::InvalidInput, message).with_source(error)
        })?;
        Ok(Request { operation: self, target, body: Some(body.into()) })
    }
}

impl Verb {
    pub(super) fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Patch => Method::PATCH,
            Self::Delete => Method::DELETE,
        }
    }
}
