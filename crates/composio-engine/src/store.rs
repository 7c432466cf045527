//! The engine's memory. Small, by aggregate, and the dangerous writes are atomic by contract.
//!
//! Every method takes the project first, and nothing of one project shows in another. What a store is given is sealed
//! before: it never sees a credential. `composio-conformance` holds the suite that every implementation passes.

#[cfg(feature = "sqlite")]
mod sqlite;

use std::fmt;

use async_trait::async_trait;
use composio_core::{
    AccountQuery, AuthConfig, AuthConfigId, AuthConfigQuery, AuthConfigUpdate, ConnectedAccount, ConnectedAccountId,
    ConnectionStatus, HistoryQuery, Identity, McpTokenId, Page, Result, SessionId, SessionRecord, SessionVersion,
    SharingUpdate, Timestamp, ToolSlug, ToolkitSlug, Url, UserId,
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;

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
    /// The refresh lease it has to be the holder of, or nothing is written.
    pub fence: Option<i64>,
}

impl Transition {
    /// A step that says why, and leaves credential and identity alone.
    #[must_use]
    pub fn new(from: ConnectionStatus, to: ConnectionStatus, at: Timestamp, reason: Option<String>) -> Self {
        Self { from, to, at, reason, credential: CredentialChange::Keep, identity: None, connected: false, fence: None }
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

/// Everything the engine remembers.
///
/// What holds until a time is over at that time. An id that is taken in one project is free in another.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Keeps a session. Its MCP endpoint is not kept. `Conflict` where the id is taken.
    async fn insert_session(&self, project: &ProjectId, session: &SessionRecord) -> Result<()>;

    /// Reads a session.
    async fn session(&self, project: &ProjectId, id: &SessionId) -> Result<Option<SessionRecord>>;

    /// Replaces a session's configuration by the next version of it, and keeps the one before in the history, in one
    /// transaction. `Conflict` where the version that is kept is not the one before `next`; `NotFound` where the session is
    /// gone.
    async fn update_session(&self, project: &ProjectId, next: &SessionRecord) -> Result<()>;

    /// The versions of a session, newest first, the one that holds included; empty where there is no session.
    /// `InvalidInput` for a cursor that this store did not make.
    async fn session_history(
        &self,
        project: &ProjectId,
        session: &SessionId,
        query: &HistoryQuery,
    ) -> Result<Page<SessionVersion>>;

    /// Allows something in a session from now on; allowing it again is no error. `NotFound` where the session is gone.
    async fn grant_approval(
        &self,
        project: &ProjectId,
        session: &SessionId,
        grant: &ApprovalGrant,
        at: Timestamp,
    ) -> Result<()>;

    /// Whether something is allowed in a session.
    async fn has_approval(&self, project: &ProjectId, session: &SessionId, grant: &ApprovalGrant) -> Result<bool>;

    /// Spends what may be used once: true for the first caller alone, under concurrency too. Rows whose time is over at
    /// `now` are forgotten first.
    async fn spend_approval(
        &self,
        project: &ProjectId,
        approval: &Digest,
        now: Timestamp,
        keep_until: Timestamp,
    ) -> Result<bool>;

    /// Deletes a session with its MCP tokens, its history and what is allowed in it, in one transaction; says whether it
    /// was there.
    async fn delete_session(&self, project: &ProjectId, id: &SessionId) -> Result<bool>;

    /// Keeps an MCP token of a session. Tokens whose time was over when it was made are forgotten first. `Conflict` where
    /// the session has `at_most` others, or where the id or the digest is taken; `NotFound` where the session is gone.
    async fn put_mcp_token(&self, project: &ProjectId, token: &McpTokenRecord, at_most: usize) -> Result<()>;

    /// The session that the token with this digest opens, before it expires.
    async fn mcp_token_session(
        &self,
        project: &ProjectId,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<SessionId>>;

    /// Forgets one MCP token of a session, or all of them. What is not there is no error.
    async fn forget_mcp_tokens(
        &self,
        project: &ProjectId,
        session: &SessionId,
        token: Option<&McpTokenId>,
    ) -> Result<()>;

    /// Keeps an auth config, with the sealed secret of its OAuth app. `Conflict` where the id is taken.
    async fn insert_auth_config(&self, project: &ProjectId, config: &AuthConfig, secret: Option<&Sealed>)
    -> Result<()>;

    /// Reads an auth config.
    async fn auth_config(&self, project: &ProjectId, id: &AuthConfigId) -> Result<Option<AuthConfig>>;

    /// Reads the sealed secret of an auth config's OAuth app.
    async fn auth_config_secret(&self, project: &ProjectId, id: &AuthConfigId) -> Result<Option<Sealed>>;

    /// Lists auth configs, newest first. `InvalidInput` for a cursor that this store did not make.
    async fn auth_configs(&self, project: &ProjectId, query: &AuthConfigQuery) -> Result<Page<AuthConfig>>;

    /// Changes an auth config by [`AuthConfig::apply`], in one transaction, so that two changes at once both hold; gives
    /// the config, or none where it is not there.
    async fn update_auth_config(
        &self,
        project: &ProjectId,
        id: &AuthConfigId,
        update: &AuthConfigUpdate,
        at: Timestamp,
    ) -> Result<Option<AuthConfig>>;

    /// The toolkits that have an auth config with a list of tools. Asked at every listing.
    async fn toolkits_with_filters(&self, project: &ProjectId) -> Result<Vec<ToolkitSlug>>;

    /// Deletes an auth config; says whether it was there.
    async fn delete_auth_config(&self, project: &ProjectId, id: &AuthConfigId) -> Result<bool>;

    /// Finds the newest config like this one (of its toolkit and scheme, on managed auth or not) that is enabled and open
    /// to sessions, or keeps this one: two links at once end with one config.
    async fn find_or_insert_managed(&self, project: &ProjectId, config: &AuthConfig) -> Result<AuthConfig>;

    /// Keeps an account that is begun, or one that is ACTIVE at once with its credential. `Conflict` where the alias is
    /// taken by the user for the toolkit, or the id is.
    async fn insert_account(
        &self,
        project: &ProjectId,
        account: &ConnectedAccount,
        credential: Option<&Sealed>,
    ) -> Result<()>;

    /// Reads an account.
    async fn account(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<Option<ConnectedAccount>>;

    /// Lists accounts, newest first. `InvalidInput` for a cursor that this store did not make.
    async fn accounts(&self, project: &ProjectId, query: &AccountQuery) -> Result<Page<ConnectedAccount>>;

    /// Reads what the choice for a user and a toolkit is made from, at one moment. `also` are accounts to include
    /// whoever they belong to.
    async fn candidates(
        &self,
        project: &ProjectId,
        user: &UserId,
        toolkit: &ToolkitSlug,
        also: &[ConnectedAccountId],
    ) -> Result<Candidates>;

    /// Sets or clears the alias; gives the account, or none where it is not there. `Conflict` where the alias is taken.
    async fn rename_account(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        alias: Option<&str>,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>>;

    /// Changes who may use an account by [`Sharing::updated`](composio_core::Sharing::updated), in one transaction; gives
    /// the account, or none where it is not there. `InvalidInput` as that says.
    async fn share_account(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        update: &SharingUpdate,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>>;

    /// Notes that an ACTIVE account was seen to work, unless that is noted since it was connected; gives the account where
    /// this was the first time.
    async fn mark_ready(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>>;

    /// Deletes an account with its credential and whatever waits for it; says whether it was there.
    async fn delete_account(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<bool>;

    /// Moves an account on, with its credential, in one transaction. Of two callers with the same `from` one wins; the
    /// other gets `Conflict`. `NotFound` where the account is gone. Leaving ACTIVE ends a refresh lease, unless the account
    /// only becomes INACTIVE: what a service has renewed by then belongs to the account all the same.
    async fn transition(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        step: &Transition,
    ) -> Result<ConnectedAccount>;

    /// Makes INITIATED accounts EXPIRED that were begun before a time, for this reason, and gives them. It is asked often,
    /// and nearly always finds none.
    async fn expire_begun(
        &self,
        project: &ProjectId,
        begun_before: Timestamp,
        at: Timestamp,
        reason: &str,
    ) -> Result<Vec<ConnectedAccount>>;

    /// What is due at a time: credentials to be renewed, accounts to be tried, and flows that were begun before a time. Of
    /// all projects, the most urgent first, and at most so many.
    async fn due_work(&self, now: Timestamp, begun_before: Timestamp, limit: usize) -> Result<Vec<DueWork>>;

    /// Says when an account's credential is to be renewed by itself; never where there is no time. It decides nothing:
    /// whoever renews looks at the credential.
    async fn schedule_refresh(&self, project: &ProjectId, id: &ConnectedAccountId, at: Option<Timestamp>)
    -> Result<()>;

    /// Reads the sealed credential of an account.
    async fn credential(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<Option<Sealed>>;

    /// Takes the right to refresh an ACTIVE account until a time; none where somebody has it or the account is not
    /// ACTIVE.
    async fn claim_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RefreshLease>>;

    /// Ends a lease, with the renewed credential or without one. `Conflict` where the fence is not the latest one, or its
    /// lease was ended before; one that merely ran out can still be ended. `NotFound` where the account is gone.
    async fn end_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        fence: i64,
        renewed: Option<&Sealed>,
    ) -> Result<()>;

    /// Ends a lease because the service refused to renew, and gives how often in a row it has. It is not to be asked again
    /// before `retry_at`. A renewal, a connection and whatever else replaces the credential forget the refusals. Errors as
    /// [`end_refresh`](Self::end_refresh).
    async fn refuse_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        fence: i64,
        retry_at: Timestamp,
    ) -> Result<u32>;

    /// Keeps a flow under the digest of its state. It replaces the one that waited for the same account before.
    /// `NotFound` where the account is gone.
    async fn put_pending(
        &self,
        project: &ProjectId,
        state: &Digest,
        pending: &PendingAuthorization,
        verifier: &Sealed,
    ) -> Result<()>;

    /// Takes a flow: at most one caller gets it, and only with the right browser and before it expires. The one method
    /// without a project, because the state is all that a callback brings.
    async fn take_pending(&self, state: &Digest, browser: &Digest, now: Timestamp) -> Result<Option<TakenPending>>;

    /// Begins an execution: commits the row unless there is one. Rows whose time is over at `now` are forgotten first, and
    /// so are those without outcome, a day after their deadline.
    async fn begin_execution(
        &self,
        project: &ProjectId,
        key: &ExecutionKey,
        arguments: &Digest,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Begun>;

    /// Keeps the sealed outcome of an execution until a time. The first outcome stays. `NotFound` where it is not begun.
    async fn finish_execution(
        &self,
        project: &ProjectId,
        key: &ExecutionKey,
        outcome: &Sealed,
        keep_until: Timestamp,
    ) -> Result<()>;

    /// Forgets an execution that has no outcome, because nothing was sent: the key is free again.
    async fn forget_execution(&self, project: &ProjectId, key: &ExecutionKey) -> Result<()>;

    /// Reads the value by which a wrong sealing key is recognised.
    async fn key_check(&self) -> Result<Option<Sealed>>;

    /// Keeps that value, unless there is one.
    async fn put_key_check(&self, check: &Sealed) -> Result<()>;

    /// Whether anything sealed is kept: then the key may not be made anew.
    async fn has_sealed(&self) -> Result<bool>;
}
