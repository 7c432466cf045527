//! The client: one method per operation of the API, in the API's own words.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::request::Request;
use super::response;
use super::send::Sender;
use crate::error::Result;

/// The REST API v3.1, one method per operation, in the types of [`wire`](crate::wire). Cheap to clone; clones share their
/// connections and what they know of rate limits.
#[derive(Clone, Debug)]
pub struct HostedClient {
    sender: Arc<Sender>,
}

impl HostedClient {
    /// Sends a request and reads its reply as JSON.
    pub(super) async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let operation = request.operation;
        self.sender.call(request, |reply| response::json(operation, reply)).await
    }
}
