//! Letting MCP clients in: tokens for one session.

use std::future::IntoFuture;
use std::time::Duration;

use super::{BoxFuture, Session};
use crate::backend::McpToken;
use crate::error::{Error, Result};
use crate::id::McpTokenId;

/// How long a token lives unless said otherwise.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long one may live: a client that needs longer gets a new one.
const LIFETIME_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A token in the making. Await it for an [`McpToken`].
#[must_use = "a token is made by awaiting this"]
#[derive(Debug)]
pub struct CreateMcpToken {
    session: Session,
    lifetime: Duration,
}

impl CreateMcpToken {
    /// How long it is accepted: an hour unless said, 90 days at the most.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }
}

impl IntoFuture for CreateMcpToken {
    type Output = Result<McpToken>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if self.lifetime.is_zero() || self.lifetime > LIFETIME_MAX {
                let given = format!("{:?}", self.lifetime);
                return Err(Error::invalid_input("expires_in", &given, "more than nothing, and at most 90 days"));
            }
            self.session.backend().create_mcp_token(self.session.id(), self.lifetime).await
        })
    }
}

impl Session {
    /// Makes a credential with which an MCP client reaches this session and nothing else.
    ///
    /// # Errors
    /// The await gives `Unsupported` where the backend serves no MCP or knows no tokens, `InvalidInput` for a lifetime
    /// out of range, `Conflict` where the session has as many tokens as it may (100 on the embedded engine), `NotFound`
    /// where the session was deleted.
    ///
    /// # Example
    /// ```no_run
    /// # async fn example(session: composio_core::Session) -> composio_core::Result<()> {
    /// use std::time::Duration;
    /// use composio_core::secrecy::ExposeSecret as _;
    ///
    /// let token = session.mcp_token().expires_in(Duration::from_secs(24 * 60 * 60)).await?;
    /// println!("{}", token.endpoint.url);
    /// for (name, value) in token.endpoint.headers.iter() {
    ///     println!("{name}: {}", value.expose_secret());
    /// }
    /// session.revoke_mcp_token(&token.id).await?;
    /// # Ok(()) }
    /// ```
    pub fn mcp_token(&self) -> CreateMcpToken {
        CreateMcpToken { session: self.clone(), lifetime: LIFETIME }
    }

    /// Ends a token at once. One that is gone already is no error.
    ///
    /// # Errors
    /// `Unsupported` where the backend knows no tokens, `NotFound` where the session was deleted.
    pub async fn revoke_mcp_token(&self, token: &McpTokenId) -> Result<()> {
        self.backend().revoke_mcp_tokens(self.id(), Some(token)).await
    }

    /// Ends every token of this session at once.
    ///
    /// # Errors
    /// As [`revoke_mcp_token`](Self::revoke_mcp_token).
    pub async fn revoke_mcp_tokens(&self) -> Result<()> {
        self.backend().revoke_mcp_tokens(self.id(), None).await
    }
}
