//! The one sender.

use super::request::Request;
use super::response::{Reply, Unread};
use crate::error::{Error, ErrorKind, Result};

/// What sends requests, and knows when to send them again.
#[derive(Debug)]
pub(super) struct Sender {}

impl Sender {
    /// Sends a request until its reply is read, as often as its operation allows.
    pub(super) async fn call<T>(
        &self,
        _request: Request,
        _read: impl Fn(&Reply) -> Result<T, Unread> + Send + Sync,
    ) -> Result<T> {
        Err(Error::new(ErrorKind::Unavailable, "being written"))
    }
}
