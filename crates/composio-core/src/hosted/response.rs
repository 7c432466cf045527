//! Replies, read purely.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use super::request::Operation;
use crate::error::{Error, ErrorKind, Result};

/// A whole reply, whatever its status.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The id under which this request was sent, the same for every attempt.
    pub(super) request_id: String,
}

/// Why a reply could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It ends too early: what it says is lost, as if the connection had broken.
    Cut(serde_json::Error),
    /// It says something else than it should, or a failure.
    Refused(Error),
}

/// Reads the body of a reply that succeeded.
///
/// # Errors
/// [`Unread::Cut`] for JSON that ends too early.
pub(super) fn json<T: DeserializeOwned>(operation: Operation, reply: &Reply) -> Result<T, Unread> {
    serde_json::from_slice(&reply.body).map_err(|error| match error.is_eof() {
        true => Unread::Cut(error),
        false => Unread::Refused(
            Error::new(ErrorKind::Unexpected, format!("the reply to {} is not what the API describes", operation.name))
                .with_context("request_id", &reply.request_id)
                .with_source(error),
        ),
    })
}
