//! Where MCP clients reach a session, and what lets them in.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use crate::error::Result;
use crate::id::{McpTokenId, SessionId, Timestamp};

/// Where MCP clients reach a session, and what they have to send.
#[derive(Clone)]
#[non_exhaustive]
pub struct McpEndpoint {
    /// The URL of the streamable HTTP endpoint.
    pub url: Url,
    /// The headers that carry the credential. The embedded engine keeps no credential to put here: ask for a token with
    /// [`Session::mcp_token`](crate::Session::mcp_token). Sessions of one backend may share them.
    pub headers: Arc<[(String, SecretString)]>,
}

impl McpEndpoint {
    /// An endpoint with its headers.
    #[must_use]
    pub fn new(url: Url, headers: impl Into<Arc<[(String, SecretString)]>>) -> Self {
        Self { url, headers: headers.into() }
    }
}

impl fmt::Debug for McpEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("McpEndpoint").field("url", &self.url.as_str()).field("headers", &names).finish()
    }
}

/// A credential for the MCP endpoint of one session and of nothing else.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct McpToken {
    /// What it is revoked by. It opens nothing.
    pub id: McpTokenId,
    /// The endpoint with the header that carries the token. It is shown this once and kept nowhere in the clear.
    pub endpoint: McpEndpoint,
    /// Until when it is accepted.
    pub expires_at: Timestamp,
}

impl McpToken {
    /// A token for this endpoint.
    #[must_use]
    pub fn new(id: McpTokenId, endpoint: McpEndpoint, expires_at: Timestamp) -> Self {
        Self { id, endpoint, expires_at }
    }
}

/// Who may reach a session over MCP: what a server asks before it serves one.
#[async_trait]
pub trait McpAccess: fmt::Debug + Send + Sync + 'static {
    /// Accepts the key of the session's project, or a token of this session that is neither expired nor revoked.
    ///
    /// # Errors
    /// `Unauthorized` for everything else, alike for unknown sessions and wrong credentials; `NotFound` where the
    /// project's key asks for a session that does not exist.
    async fn admit(&self, session: &SessionId, credential: &SecretString) -> Result<()>;
}
