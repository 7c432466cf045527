//! The engine's memory. Small, by aggregate, and the dangerous writes are atomic by contract.
//!
//! Every method takes the project first, and nothing of one project shows in another. What a store is given is sealed
//! before: it never sees a credential. `composio-conformance` holds the suite that every implementation passes.

#[cfg(feature = "sqlite")]
mod sqlite;
mod value;

use std::fmt;

use async_trait::async_trait;
use composio_core::{
    AccountQuery, AuthConfig, AuthConfigId, AuthConfigQuery, AuthConfigUpdate, ConnectedAccount, ConnectedAccountId,
    HistoryQuery, McpTokenId, Page, Result, SessionId, SessionRecord, SessionVersion, SharingUpdate, Timestamp,
    ToolkitSlug, UserId,
};

#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteStore;
pub use self::value::{
    ApprovalGrant, Begun, Candidates, CredentialChange, Digest, DueWork, ExecutionKey, McpTokenRecord,
    PendingAuthorization, ProjectId, RefreshLease, Sealed, TakenPending, Transition,
};

/// Everything the engine remembers.
///
/// What holds until a time is over at that time. An id that is taken in one project is free in another.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Keeps a session. Its MCP endpoint and its warnings are not kept. `Conflict` where the id is taken.
    async fn insert_session(&self, project: &ProjectId, session: &SessionRecord) -> Result<()>;

    /// Reads a session.
    async fn session(&self, project: &ProjectId, id: &SessionId) -> Result<Option<SessionRecord>>;

    /// Replaces a session's configuration by the next version of it, and keeps the one before in the history, in one
    /// transaction; user and creation stay. `Conflict`, and nothing is written, where the version that is kept is not the
    /// one before `next`; `NotFound` where the session is gone.
    async fn update_session(&self, project: &ProjectId, next: &SessionRecord) -> Result<()>;

    /// The versions of a session, newest first, the one that holds included; empty where there is no session. One that
    /// holds no more says since when. `InvalidInput` for a cursor that this store did not make.
    async fn session_history(
        &self,
        project: &ProjectId,
        session: &SessionId,
        query: &HistoryQuery,
    ) -> Result<Page<SessionVersion>>;

    /// Allows something in a session until that is deleted; allowing it again is no error. `NotFound` where the session is
    /// gone.
    async fn grant_approval(
        &self,
        project: &ProjectId,
        session: &SessionId,
        grant: &ApprovalGrant,
        at: Timestamp,
    ) -> Result<()>;

    /// Whether something is allowed in a session.
    async fn has_approval(&self, project: &ProjectId, session: &SessionId, grant: &ApprovalGrant) -> Result<bool>;

    /// Spends what may be used once: true for the first caller alone, under concurrency too. What was spent is forgotten
    /// once `keep_until` is over, which has to be no sooner than the approval itself. Rows whose time is over at `now` are
    /// forgotten first.
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

    /// The toolkits that have an auth config with a list of tools, disabled ones too. Asked at every listing.
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
    /// only becomes INACTIVE: what a service has renewed by then belongs to the account all the same. A credential that is
    /// dropped is not to be renewed any more; for one that is put the time stays, and whoever knows a better one says it.
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

    /// What is due at a time, of all projects and at most so many: first credentials to be renewed, then projects with
    /// flows that were begun before a time, then accounts to be tried; of each the longest due first.
    ///
    /// A credential is due from the time that [`schedule_refresh`](Self::schedule_refresh) said, while its account is
    /// ACTIVE, unless a lease is held or the service is not to be asked before `retry_at`. Handing it out moves nothing:
    /// whoever gets it renews it, or says a later time.
    ///
    /// An ACTIVE account that is not ready is due half a minute after it was connected, which leaves the first try to
    /// whoever connects. Handing it out puts the next try off, for as long as the connection is old: half a minute at
    /// least, an hour at most. So a failing account is not tried at every look, and of several lookers one gets it.
    async fn due_work(&self, now: Timestamp, begun_before: Timestamp, limit: usize) -> Result<Vec<DueWork>>;

    /// Says when an account's credential is to be renewed by itself; never where there is no time. It decides nothing:
    /// whoever renews looks at the credential. What is not there is no error.
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
    /// before `retry_at`, which the next lease says; it is not refused for that. A renewal, a connection and whatever else
    /// replaces or drops the credential forget the refusals. Errors as [`end_refresh`](Self::end_refresh).
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
