//! What goes into a store and comes out of it, besides the values of core.

use std::fmt;

use composio_core::{
    AuthConfig, ConnectedAccount, ConnectedAccountId, ConnectionStatus, Identity, McpTokenId, SessionId, Timestamp,
    ToolSlug, Url,
};
use serde::{Deserialize, Serialize};

/// The id of a project: everything in a store belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectId(std::sync::Arc<str>);

impl ProjectId {
    /// Wraps the text as it is.
    #[must_use]
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something encrypted, with its key's id in front. Opaque to a store.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A SHA-256 digest, for secrets that only have to be recognised.
pub type Digest = [u8; 32];

/// What a session's choice of account is made from, read at one moment.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// The toolkit's auth configs, disabled ones too.
    pub configs: Vec<AuthConfig>,
    /// The user's accounts of the toolkit, and those asked for by id, whoever they belong to.
    pub accounts: Vec<ConnectedAccount>,
}

/// One step in the life of an account.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The status it has to have, or nothing is written.
    pub from: ConnectionStatus,
    /// The status it gets.
    pub to: ConnectionStatus,
    /// When.
    pub at: Timestamp,
    /// Why, in a sentence; clears the reason where there is none.
    pub reason: Option<String>,
    /// What becomes of the credential.
    pub credential: CredentialChange,
    /// Who the service says it is; keeps what is known where there is none.
    pub identity: Option<Identity>,
    /// Whether an auth flow made it ACTIVE, which moves `connected_at`.
    pub connected: bool,
    /// Whether it was seen to work, which sets `ready_at`. A step that connects without it clears `ready_at`: a connection
    /// starts anew.
    pub ready: bool,
    /// The refresh lease it has to be the holder of, or nothing is written.
    pub fence: Option<i64>,
}

impl Transition {
    /// A step that says why, and leaves credential and identity alone.
    #[must_use]
    pub fn new(from: ConnectionStatus, to: ConnectionStatus, at: Timestamp, reason: Option<String>) -> Self {
        let credential = CredentialChange::Keep;
        Self { from, to, at, reason, credential, identity: None, connected: false, ready: false, fence: None }
    }
}

/// What becomes of an account's credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialChange {
    /// Nothing.
    Keep,
    /// It is replaced.
    Put(Sealed),
    /// It is forgotten.
    Drop,
}

/// A flow that waits for the service to send the browser back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PendingAuthorization {
    /// Whose flow it is: the account that becomes ACTIVE.
    pub account: ConnectedAccountId,
    /// The digest of the cookie that the browser has to bring.
    pub browser: Digest,
    /// The redirect URI that was sent, to be sent again with the code.
    pub redirect_uri: Url,
    /// Where the browser goes in the end.
    pub callback_url: Option<Url>,
    /// Until when it is worth anything.
    pub expires_at: Timestamp,
}

/// A pending flow that was taken, with the project it belongs to and its sealed PKCE verifier.
#[derive(Clone, Debug)]
pub struct TakenPending {
    /// The project.
    pub project: ProjectId,
    /// The flow.
    pub pending: PendingAuthorization,
    /// The PKCE verifier, sealed.
    pub verifier: Sealed,
}

/// The right to refresh one account, alone, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLease {
    /// Grows by one with each lease; a write under an older one is refused.
    pub fence: i64,
    /// Whether the lease before this one ran out without a word: its refresh may have happened.
    pub interrupted: bool,
    /// How often in a row the service has refused to renew.
    pub refusals: u32,
    /// When it is asked again at the earliest, after a refusal.
    pub retry_at: Option<Timestamp>,
}

/// What is allowed without asking, in one session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApprovalGrant {
    /// The tool.
    pub tool: ToolSlug,
    /// The account; none for a tool that runs without one.
    pub account: Option<ConnectedAccountId>,
}

/// Something that is due, and that nobody has asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DueWork {
    /// An ACTIVE account whose credential is to be renewed.
    Refresh(ProjectId, ConnectedAccountId),
    /// An ACTIVE account that nobody has seen work.
    Probe(ProjectId, ConnectedAccountId),
    /// A project with flows whose links are over.
    Expire(ProjectId),
}

/// Under which name an execution happens at most once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExecutionKey {
    /// The session.
    pub session: SessionId,
    /// The tool.
    pub tool: ToolSlug,
    /// The caller's key.
    pub key: String,
}

/// What is known of an execution that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing was: the row is committed, and the caller is the one to send.
    New,
    /// Another caller is at it, until this deadline at the latest.
    Running {
        /// After it, an execution without outcome is one whose outcome nobody knows.
        deadline: Timestamp,
    },
    /// It happened, and this is the sealed outcome.
    Finished(Sealed),
    /// The key was used with other arguments.
    OtherArguments,
}

/// A token for the MCP endpoint of a session, as it is kept: to be recognised, and never to be read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpTokenRecord {
    /// What it is revoked by.
    pub id: McpTokenId,
    /// The session that it opens.
    pub session: SessionId,
    /// The digest of the token.
    pub digest: Digest,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it opens the session.
    pub expires_at: Timestamp,
}
