//! The client: one method per operation of the API, in the API's own words.

use std::sync::Arc;

use bytes::Bytes;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use super::options::HostedOptions;
use super::request::Request;
use super::response::{self, Reply};
use super::send::Sender;
use crate::error::{Error, ErrorKind, Result};

/// The REST API v3.1, one method per operation, in the types of [`wire`](crate::wire). Cheap to clone; clones share their
/// connections and what they know of rate limits.
#[derive(Clone, Debug)]
pub struct HostedClient {
    sender: Arc<Sender>,
}

impl HostedClient {
    /// A client. It opens no connection before its first call, and shares what it opens with its clones.
    ///
    /// # Errors
    /// `InvalidInput` for options that cannot work: no key or one that cannot be a key, a base URL that is no origin or plain
    /// http to another machine, an HTTP client that follows redirects.
    pub fn new(options: HostedOptions) -> Result<Self> {
        Sender::new(options).map(|sender| Self { sender: Arc::new(sender) })
    }

    /// A client of these options, or where they cannot work one that gives the error at each call.
    pub(crate) fn deferred(options: HostedOptions) -> Self {
        let sender = Sender::new(options).unwrap_or_else(Sender::refusing);
        Self { sender: Arc::new(sender) }
    }

    /// The headers that carry the credential, for another client of this URL; none where that is another origin. Rule:
    /// `session-api` 12.5.
    pub(super) fn headers_for(&self, url: &Url) -> Option<Vec<(String, SecretString)>> {
        self.sender.headers_for(url)
    }

    /// Puts the bytes of a file where the API says, without any credential of ours.
    ///
    /// # Errors
    /// See [`Sender::put_elsewhere`].
    pub(super) async fn put_elsewhere(
        &self,
        url: &SecretString,
        body: Bytes,
        content_type: Option<&str>,
        extra: &[(&str, &str)],
    ) -> Result<()> {
        self.sender.put_elsewhere(url, body, content_type, extra).await
    }

    /// Gets the bytes of a file from where the API says, without any credential of ours, and what they are.
    ///
    /// # Errors
    /// See [`Sender::get_elsewhere`].
    pub(super) async fn get_elsewhere(&self, url: &SecretString, max: usize) -> Result<(Bytes, Option<String>)> {
        self.sender.get_elsewhere(url, max).await
    }

    /// Sends a request and reads its reply as JSON.
    pub(super) async fn json<T: DeserializeOwned + Send>(&self, request: Request) -> Result<T> {
        let operation = request.operation;
        let mut value = None;
        let mut read = |reply: &Reply| {
            value = Some(response::json(operation, reply)?);
            Ok(())
        };
        self.sender.call(request, &mut read).await?;
        // A call succeeds only where its reply was read.
        value.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the reply was not read"))
    }
}
