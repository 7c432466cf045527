//! Standard input and output, as desktop clients start servers.

use composio_core::{Error, ErrorKind, Result, Session};
use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;

use crate::SessionServer;

/// Serves a session over standard input and output, until the client closes them.
///
/// Standard output belongs to the protocol: print nothing there, and let your log write to standard error.
///
/// # Errors
/// `Unexpected` where what comes in is not MCP, or a stream breaks.
///
/// # Example
/// ```no_run
/// # async fn example(session: composio_core::Session) -> composio_core::Result<()> {
/// composio_mcp::serve_stdio(session).await?;
/// # Ok(()) }
/// ```
pub async fn serve_stdio(session: Session) -> Result<()> {
    SessionServer::new(session).serve_stdio().await
}

impl SessionServer {
    /// Serves over standard input and output, until the client closes them; see [`serve_stdio`].
    ///
    /// # Errors
    /// As [`serve_stdio`].
    pub async fn serve_stdio(self) -> Result<()> {
        match self.serve(rmcp::transport::stdio()).await {
            Ok(running) => running.waiting().await.map(drop).map_err(broken),
            // The client left before it said hello, which is no failure of ours.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Unexpected, "the MCP client on standard input went away or spoke another protocol")
        .with_source(error)
}
