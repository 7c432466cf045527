//! The clients of one session that said hello. There are never more than a few: the one that was silent longest makes
//! room.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use composio_mcp::rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use composio_mcp::rmcp::transport::streamable_http_server::session::local::{
    LocalSessionManager, LocalSessionManagerError, SessionTransport,
};
use composio_mcp::rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionManager};
use futures::Stream;

/// How many clients a session has at a time.
pub(super) const MOST: usize = 32;

/// The name of a client, as its header says it.
type Client = Arc<str>;

/// rmcp's own manager, bounded.
pub(super) struct Clients {
    local: LocalSessionManager,
    /// The one that was used last stands last.
    by_use: Mutex<Vec<Client>>,
}

impl Clients {
    pub(super) fn new(idle: Duration) -> Self {
        let mut local = LocalSessionManager::default();
        local.session_config.keep_alive = Some(idle);
        Self { local, by_use: Mutex::default() }
    }

    fn used(&self, client: &Client) {
        let mut by_use = self.by_use();
        by_use.retain(|other| other != client);
        by_use.push(Arc::clone(client));
    }

    /// Enters a new one, and takes out the one that was used longest ago where there are too many. Both at once: those
    /// who say hello at the same time must not all find the last place free.
    fn enter(&self, client: &Client) -> Option<Client> {
        let mut by_use = self.by_use();
        by_use.push(Arc::clone(client));
        (by_use.len() > MOST).then(|| by_use.remove(0))
    }

    fn by_use(&self) -> MutexGuard<'_, Vec<Client>> {
        self.by_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionManager for Clients {
    type Error = LocalSessionManagerError;
    type Transport = SessionTransport;

    async fn create_session(&self) -> Result<(Client, Self::Transport), Self::Error> {
        let (client, transport) = self.local.create_session().await?;
        if let Some(surplus) = self.enter(&client) {
            self.local.close_session(&surplus).await?;
        }
        Ok((client, transport))
    }

    async fn initialize_session(
        &self,
        client: &Client,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Self::Error> {
        self.local.initialize_session(client, message).await
    }

    async fn has_session(&self, client: &Client) -> Result<bool, Self::Error> {
        let has = self.local.has_session(client).await?;
        if has {
            self.used(client);
        }
        Ok(has)
    }

    async fn close_session(&self, client: &Client) -> Result<(), Self::Error> {
        self.by_use().retain(|other| other != client);
        self.local.close_session(client).await
    }

    async fn create_stream(
        &self,
        client: &Client,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_stream(client, message).await
    }

    async fn accept_message(&self, client: &Client, message: ClientJsonRpcMessage) -> Result<(), Self::Error> {
        self.local.accept_message(client, message).await
    }

    async fn create_standalone_stream(
        &self,
        client: &Client,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.create_standalone_stream(client).await
    }

    async fn resume(
        &self,
        client: &Client,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Self::Error> {
        self.local.resume(client, last_event_id).await
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures::FutureExt as _;
    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn those_who_say_hello_at_the_same_time_are_bounded_too() {
        let clients = Clients::new(Duration::from_secs(60));
        let mut hellos = pin!(join_all((0..MOST * 2).map(|_| clients.create_session())));
        {
            // All of them stand at the same place.
            let _others_wait = clients.local.sessions.write().await;
            assert!(hellos.as_mut().now_or_never().is_none());
        }
        let said: Vec<_> = hellos.await.into_iter().map(Result::unwrap).collect();
        assert_eq!(clients.by_use().len(), MOST);
        assert_eq!(clients.local.sessions.read().await.len(), MOST);
        let last = &said.last().unwrap().0;
        assert!(clients.has_session(last).await.unwrap(), "those who came last stay");
    }
}
