//! What a session does: calls of tools, searches, links and requests to services.

use super::target;
use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Verb};
use crate::id::SessionId;
use crate::wire::{
    ExecuteMetaRequest, ExecuteReply, ExecuteRequest, SearchReply, SearchRequest, SessionLink, SessionLinkRequest,
    SessionProxyReply, SessionProxyRequest,
};

pub(super) const EXECUTE: Operation = Operation::once(Verb::Post, "tool_router_session_execute");
pub(super) const EXECUTE_META: Operation = Operation::once(Verb::Post, "tool_router_session_execute_meta");
pub(super) const SEARCH: Operation = Operation::once(Verb::Post, "tool_router_session_search");
pub(super) const LINK: Operation = Operation::once(Verb::Post, "tool_router_session_link");
pub(super) const PROXY: Operation = Operation::once(Verb::Post, "tool_router_session_proxy_execute");

pub(super) fn execute(session: &SessionId, body: &ExecuteRequest) -> Result<Request> {
    EXECUTE.with_body(target(session, &["execute"]).finish()?, body)
}

pub(super) fn execute_meta(session: &SessionId, body: &ExecuteMetaRequest) -> Result<Request> {
    EXECUTE_META.with_body(target(session, &["execute_meta"]).finish()?, body)
}

pub(super) fn search(session: &SessionId, body: &SearchRequest) -> Result<Request> {
    SEARCH.with_body(target(session, &["search"]).finish()?, body)
}

pub(super) fn link(session: &SessionId, body: &SessionLinkRequest) -> Result<Request> {
    LINK.with_body(target(session, &["link"]).finish()?, body)
}

pub(super) fn proxy(session: &SessionId, body: &SessionProxyRequest) -> Result<Request> {
    PROXY.with_body(target(session, &["proxy_execute"]).finish()?, body)
}

/// # What a session does
impl HostedClient {
    /// Calls a tool. Sent once: whatever may have arrived is not sent again.
    ///
    /// A tool that fails, a call that a hook blocks and one that waits for a person are replies, not errors: see
    /// [`ExecuteReply::outcome`]. Rule: `session-api` 1.8.
    ///
    /// # Errors
    /// `OutcomeUnknown` where the reply is lost. `NotFound` for a tool that the session does not have, `ConnectionRequired`
    /// for one that needs an account.
    pub async fn execute(&self, session: &SessionId, body: &ExecuteRequest) -> Result<ExecuteReply> {
        self.json(execute(session, body)?).await
    }

    /// Calls a meta tool. Sent once, as [`execute`](Self::execute) is.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub async fn execute_meta(&self, session: &SessionId, body: &ExecuteMetaRequest) -> Result<ExecuteReply> {
        self.json(execute_meta(session, body)?).await
    }

    /// Searches the tools of a session.
    ///
    /// # Errors
    /// `OutcomeUnknown` where the reply is lost: searching changes nothing, and may be done again.
    pub async fn search(&self, session: &SessionId, body: &SearchRequest) -> Result<SearchReply> {
        self.json(search(session, body)?).await
    }

    /// Makes a connect link, and begins an account with it.
    ///
    /// # Errors
    /// `NoManagedAuth` for a toolkit that needs an auth config first, `InvalidInput` for one that needs no account.
    pub async fn link(&self, session: &SessionId, body: &SessionLinkRequest) -> Result<SessionLink> {
        self.json(link(session, body)?).await
    }

    /// Sends a request to a service with the credentials of the account that the session would use. Sent once.
    ///
    /// # Errors
    /// `ConnectionRequired` where there is no such account, `OutcomeUnknown` where the reply is lost.
    pub async fn proxy_execute(&self, session: &SessionId, body: &SessionProxyRequest) -> Result<SessionProxyReply> {
        self.json(proxy(session, body)?).await
    }
}
