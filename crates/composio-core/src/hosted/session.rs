//! The operations of sessions. Rule: `session-api` 2.

mod calls;
mod files;
mod lists;
#[cfg(test)]
mod tests;

use super::client::HostedClient;
use super::request::{Operation, Request, Resend, Target, Verb};
use crate::error::Result;
use crate::id::SessionId;
use crate::wire::{AttachSession, CreateSession, DeletedSession, PatchSession, SessionReply};

/// Made again where the reply is lost: a session that nobody knows of is missed by nobody.
const CREATE: Operation = Operation { name: "tool_router_session_create", verb: Verb::Post, resend: Resend::Always };
const RETRIEVE: Operation = Operation::get("tool_router_session_retrieve");
const PATCH: Operation = Operation::once(Verb::Patch, "tool_router_session_patch");
const DELETE: Operation = Operation::once(Verb::Delete, "tool_router_session_delete");
const ATTACH: Operation = Operation::once(Verb::Post, "tool_router_session_attach");

/// Every operation of sessions.
#[cfg(test)]
pub(super) const ALL: [Operation; 17] = [
    CREATE,
    RETRIEVE,
    PATCH,
    DELETE,
    ATTACH,
    lists::HISTORY,
    lists::TOOLS,
    lists::TOOLKITS,
    calls::EXECUTE,
    calls::EXECUTE_META,
    calls::SEARCH,
    calls::LINK,
    calls::PROXY,
    files::LIST,
    files::UPLOAD_URL,
    files::DOWNLOAD_URL,
    files::DELETE,
];

/// The address of a session, or of what is below it.
fn target(session: &SessionId, below: &[&str]) -> Target {
    let mut segments = vec!["tool_router", "session", session.as_str()];
    segments.extend(below);
    Target::new(&segments)
}

fn create(body: &CreateSession) -> Result<Request> {
    CREATE.with_body(Target::new(&["tool_router", "session"]).finish()?, body)
}

fn retrieve(session: &SessionId) -> Result<Request> {
    Ok(RETRIEVE.request(target(session, &[]).finish()?))
}

fn patch(session: &SessionId, body: &PatchSession) -> Result<Request> {
    PATCH.with_body(target(session, &[]).finish()?, body)
}

fn delete(session: &SessionId) -> Result<Request> {
    Ok(DELETE.request(target(session, &[]).finish()?))
}

fn attach(session: &SessionId, body: &AttachSession) -> Result<Request> {
    ATTACH.with_body(target(session, &["attach"]).finish()?, body)
}

/// # Sessions
///
/// Every method fails as [`ErrorKind`](crate::ErrorKind) says for the condition, the same way for each of them: `Unauthorized`,
/// `PermissionDenied`, `NotFound` and `InvalidInput` as the server says them, `RateLimited` where waiting did not help,
/// `Unavailable` and `Timeout` where nothing can have happened, `OutcomeUnknown` where a request that changes something may
/// have arrived, and `Unexpected` for a reply that is not of this dialect. Rule: `session-api` 1.8.
impl HostedClient {
    /// Creates a session. It is sent again where the reply is lost.
    ///
    /// # Errors
    /// `InvalidInput` for unknown toolkits and tools and for settings that contradict each other.
    pub async fn create_session(&self, body: &CreateSession) -> Result<SessionReply> {
        self.json(create(body)?).await
    }

    /// Reads a session.
    ///
    /// # Errors
    /// `NotFound` for one that is unknown or deleted.
    pub async fn retrieve_session(&self, session: &SessionId) -> Result<SessionReply> {
        self.json(retrieve(session)?).await
    }

    /// Changes the configuration of a session. Sent once: it makes a new version each time.
    ///
    /// # Errors
    /// `Conflict` where [`expected_config_version`](PatchSession::expected_config_version) is not the session's, with nothing
    /// written.
    pub async fn patch_session(&self, session: &SessionId, body: &PatchSession) -> Result<SessionReply> {
        self.json(patch(session, body)?).await
    }

    /// Deletes a session, at once and for good.
    ///
    /// # Errors
    /// `NotFound` for one that is deleted already.
    pub async fn delete_session(&self, session: &SessionId) -> Result<DeletedSession> {
        self.json(delete(session)?).await
    }

    /// Reads a session and names the native tools that go along. The session stays as it is.
    ///
    /// # Errors
    /// `InvalidInput` for a native tool that the server does not take.
    pub async fn attach_session(&self, session: &SessionId, body: &AttachSession) -> Result<SessionReply> {
        self.json(attach(session, body)?).await
    }
}
