//! A stream that stays open: it ends when its client would not be let in any more.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::Body;
use composio_core::secrecy::SecretString;
use composio_core::{ErrorKind, McpAccess, SessionId};
use futures::StreamExt as _;

use super::services::Served;
use super::{Door, Until};

/// How long a stream may outlive the credential that opened it.
const RECHECK: Duration = Duration::from_secs(30);

/// A stream, and what lets its client in. It keeps the service while it is open, and not the router: without that nobody
/// is served any more.
pub(super) struct Watched {
    pub(super) door: Weak<Door>,
    pub(super) access: Arc<dyn McpAccess>,
    pub(super) session: SessionId,
    pub(super) credential: SecretString,
    pub(super) served: Arc<Served>,
    pub(super) until: Option<Until>,
}

impl Watched {
    pub(super) fn over(self, body: Body) -> Body {
        Body::from_stream(body.into_data_stream().take_until(self.end()))
    }

    /// Completes when the stream has to end.
    async fn end(self) {
        let stop = async {
            match self.until.clone() {
                Some(until) => until.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop => {}
            () = self.refused() => {}
        }
        drop(self.served);
    }

    /// Completes when the credential is not accepted any more, or nobody can say.
    async fn refused(&self) {
        loop {
            tokio::time::sleep(RECHECK).await;
            let Err(error) = self.access.admit(&self.session, &self.credential).await else { continue };
            if let Some(door) = self.door.upgrade().filter(|_| error.kind() == ErrorKind::NotFound) {
                door.services.end(&self.session);
            }
            return;
        }
    }
}
