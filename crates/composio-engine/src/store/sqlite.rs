//! The store on SQLite: one file, or memory.
//!
//! Writes queue for one connection and run in transactions that begin IMMEDIATE, so that reading and then writing is
//! atomic across processes too. Reads have connections of their own, which a writer never blocks. A future that is
//! dropped in the middle rolls its transaction back before anybody else gets the connection.

mod account;
mod approval;
mod auth_config;
mod due;
mod execution;
#[cfg(test)]
mod explain;
mod failure;
mod key;
mod life;
mod mcp_token;
mod open;
mod page;
mod pending;
mod row;
mod run;
mod session;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use composio_core::{
    AccountQuery, AuthConfig, AuthConfigId, AuthConfigQuery, AuthConfigUpdate, ConnectedAccount, ConnectedAccountId,
    HistoryQuery, McpTokenId, Page, Result, SessionId, SessionRecord, SessionVersion, SharingUpdate, Timestamp,
    ToolkitSlug, UserId,
};
use sqlx::Connection;

use self::failure::Failure;
use self::open::Pools;
use self::run::{reading, snapshot, writing};
use super::{
    ApprovalGrant, Begun, Candidates, Digest, DueWork, ExecutionKey, McpTokenRecord, PendingAuthorization, ProjectId,
    RefreshLease, Sealed, Store, TakenPending, Transition,
};

/// A [`Store`] on SQLite. Clones share their connections.
///
/// Several processes may open one file on one machine; a file on a network drive loses data. Time must not be paused
/// (`tokio::time::pause`) while it works, because SQLite runs on threads that Tokio does not see.
#[derive(Clone)]
pub struct SqliteStore {
    pools: Pools,
    path: Option<Arc<PathBuf>>,
}

impl SqliteStore {
    /// Opens the store in this file, and brings it to the newest schema.
    ///
    /// What is missing is made: the file for its owner alone (mode 0600 on Unix), directories above it likewise (0700).
    ///
    /// # Errors
    /// `Unavailable` where another process holds the file for seconds; `Unexpected` where it cannot be opened or is the
    /// store of a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Ok(Self { pools: open::file(path).await?, path: Some(Arc::new(path.to_owned())) })
    }

    /// Makes an empty store in memory, which is gone with its last clone.
    ///
    /// # Errors
    /// `Unexpected` where SQLite cannot start.
    pub async fn in_memory() -> Result<Self> {
        Ok(Self { pools: open::memory().await?, path: None })
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.path.as_deref().map_or(Path::new("memory"), PathBuf::as_path);
        f.debug_tuple("SqliteStore").field(&place).finish()
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert_session(&self, project: &ProjectId, session: &SessionRecord) -> Result<()> {
        writing!(self, conn => session::insert(conn, project, session))
    }

    async fn session(&self, project: &ProjectId, id: &SessionId) -> Result<Option<SessionRecord>> {
        reading!(self, conn => session::read(conn, project, id))
    }

    async fn delete_session(&self, project: &ProjectId, id: &SessionId) -> Result<bool> {
        writing!(self, conn => session::delete(conn, project, id))
    }

    async fn update_session(&self, project: &ProjectId, next: &SessionRecord) -> Result<()> {
        writing!(self, conn => session::update(conn, project, next))
    }

    async fn session_history(
        &self,
        project: &ProjectId,
        session: &SessionId,
        query: &HistoryQuery,
    ) -> Result<Page<SessionVersion>> {
        snapshot!(self, conn => session::history(conn, project, session, query))
    }

    async fn grant_approval(
        &self,
        project: &ProjectId,
        session: &SessionId,
        grant: &ApprovalGrant,
        at: Timestamp,
    ) -> Result<()> {
        writing!(self, conn => approval::grant(conn, project, session, grant, at))
    }

    async fn has_approval(&self, project: &ProjectId, session: &SessionId, grant: &ApprovalGrant) -> Result<bool> {
        reading!(self, conn => approval::has(conn, project, session, grant))
    }

    async fn spend_approval(
        &self,
        project: &ProjectId,
        approval: &Digest,
        now: Timestamp,
        keep_until: Timestamp,
    ) -> Result<bool> {
        writing!(self, conn => approval::spend(conn, project, approval, now, keep_until))
    }

    async fn put_mcp_token(&self, project: &ProjectId, token: &McpTokenRecord, at_most: usize) -> Result<()> {
        writing!(self, conn => mcp_token::put(conn, project, token, at_most))
    }

    async fn mcp_token_session(
        &self,
        project: &ProjectId,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<Option<SessionId>> {
        reading!(self, conn => mcp_token::session(conn, project, digest, now))
    }

    async fn forget_mcp_tokens(
        &self,
        project: &ProjectId,
        session: &SessionId,
        token: Option<&McpTokenId>,
    ) -> Result<()> {
        writing!(self, conn => mcp_token::forget(conn, project, session, token))
    }

    async fn insert_auth_config(
        &self,
        project: &ProjectId,
        config: &AuthConfig,
        secret: Option<&Sealed>,
    ) -> Result<()> {
        writing!(self, conn => auth_config::insert(conn, project, config, secret))
    }

    async fn auth_config(&self, project: &ProjectId, id: &AuthConfigId) -> Result<Option<AuthConfig>> {
        reading!(self, conn => auth_config::read(conn, project, id))
    }

    async fn auth_config_secret(&self, project: &ProjectId, id: &AuthConfigId) -> Result<Option<Sealed>> {
        reading!(self, conn => auth_config::secret(conn, project, id))
    }

    async fn auth_configs(&self, project: &ProjectId, query: &AuthConfigQuery) -> Result<Page<AuthConfig>> {
        snapshot!(self, conn => auth_config::list(conn, project, query))
    }

    async fn update_auth_config(
        &self,
        project: &ProjectId,
        id: &AuthConfigId,
        update: &AuthConfigUpdate,
        at: Timestamp,
    ) -> Result<Option<AuthConfig>> {
        writing!(self, conn => auth_config::update(conn, project, id, update, at))
    }

    async fn toolkits_with_filters(&self, project: &ProjectId) -> Result<Vec<ToolkitSlug>> {
        reading!(self, conn => auth_config::toolkits_with_tool_list(conn, project))
    }

    async fn delete_auth_config(&self, project: &ProjectId, id: &AuthConfigId) -> Result<bool> {
        writing!(self, conn => auth_config::delete(conn, project, id))
    }

    async fn find_or_insert_managed(&self, project: &ProjectId, config: &AuthConfig) -> Result<AuthConfig> {
        writing!(self, conn => auth_config::find_or_insert_managed(conn, project, config))
    }

    async fn insert_account(
        &self,
        project: &ProjectId,
        account: &ConnectedAccount,
        credential: Option<&Sealed>,
    ) -> Result<()> {
        writing!(self, conn => account::insert(conn, project, account, credential))
    }

    async fn account(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<Option<ConnectedAccount>> {
        reading!(self, conn => account::read(conn, project, id))
    }

    async fn accounts(&self, project: &ProjectId, query: &AccountQuery) -> Result<Page<ConnectedAccount>> {
        snapshot!(self, conn => account::list(conn, project, query))
    }

    async fn candidates(
        &self,
        project: &ProjectId,
        user: &UserId,
        toolkit: &ToolkitSlug,
        also: &[ConnectedAccountId],
    ) -> Result<Candidates> {
        snapshot!(self, conn => async {
            let configs = auth_config::of_toolkit(conn, project, toolkit).await?;
            let accounts = account::candidates(conn, project, user, toolkit, also).await?;
            Ok::<_, Failure>(Candidates { configs, accounts })
        })
    }

    async fn rename_account(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        alias: Option<&str>,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>> {
        writing!(self, conn => account::rename(conn, project, id, alias, at))
    }

    async fn share_account(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        update: &SharingUpdate,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>> {
        writing!(self, conn => account::share(conn, project, id, update, at))
    }

    async fn mark_ready(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        at: Timestamp,
    ) -> Result<Option<ConnectedAccount>> {
        writing!(self, conn => life::mark_ready(conn, project, id, at))
    }

    async fn delete_account(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<bool> {
        writing!(self, conn => account::delete(conn, project, id))
    }

    async fn transition(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        step: &Transition,
    ) -> Result<ConnectedAccount> {
        writing!(self, conn => life::transition(conn, project, id, step))
    }

    async fn expire_begun(
        &self,
        project: &ProjectId,
        begun_before: Timestamp,
        at: Timestamp,
        reason: &str,
    ) -> Result<Vec<ConnectedAccount>> {
        let any: Result<bool> = reading!(self, conn => life::any_begun(conn, project, begun_before));
        if !any? {
            return Ok(Vec::new());
        }
        writing!(self, conn => life::expire_begun(conn, project, begun_before, at, reason))
    }

    async fn due_work(&self, now: Timestamp, begun_before: Timestamp, limit: usize) -> Result<Vec<DueWork>> {
        let found: Result<_> = snapshot!(self, conn => async {
            let work = due::work(conn, now, begun_before, limit).await?;
            Ok::<_, Failure>((work, due::any_probe(conn, now).await?))
        });
        let (mut work, any_probe) = found?;
        work.truncate(limit);
        if any_probe && work.len() < limit {
            let probes: Result<_> = writing!(self, conn => due::probes(conn, now, limit - work.len()));
            work.extend::<Vec<_>>(probes?);
        }
        Ok(work)
    }

    async fn schedule_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        at: Option<Timestamp>,
    ) -> Result<()> {
        writing!(self, conn => due::schedule_refresh(conn, project, id, at))
    }

    async fn credential(&self, project: &ProjectId, id: &ConnectedAccountId) -> Result<Option<Sealed>> {
        reading!(self, conn => account::credential(conn, project, id))
    }

    async fn claim_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RefreshLease>> {
        writing!(self, conn => life::claim_refresh(conn, project, id, now, until))
    }

    async fn end_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        fence: i64,
        renewed: Option<&Sealed>,
    ) -> Result<()> {
        writing!(self, conn => life::end_refresh(conn, project, id, fence, renewed))
    }

    async fn refuse_refresh(
        &self,
        project: &ProjectId,
        id: &ConnectedAccountId,
        fence: i64,
        retry_at: Timestamp,
    ) -> Result<u32> {
        writing!(self, conn => life::refuse_refresh(conn, project, id, fence, retry_at))
    }

    async fn put_pending(
        &self,
        project: &ProjectId,
        state: &Digest,
        pending: &PendingAuthorization,
        verifier: &Sealed,
    ) -> Result<()> {
        writing!(self, conn => pending::put(conn, project, state, pending, verifier))
    }

    async fn take_pending(&self, state: &Digest, browser: &Digest, now: Timestamp) -> Result<Option<TakenPending>> {
        writing!(self, conn => pending::take(conn, state, browser, now))
    }

    async fn begin_execution(
        &self,
        project: &ProjectId,
        key: &ExecutionKey,
        arguments: &Digest,
        now: Timestamp,
        deadline: Timestamp,
    ) -> Result<Begun> {
        writing!(self, conn => execution::begin(conn, project, key, arguments, now, deadline))
    }

    async fn finish_execution(
        &self,
        project: &ProjectId,
        key: &ExecutionKey,
        outcome: &Sealed,
        keep_until: Timestamp,
    ) -> Result<()> {
        writing!(self, conn => execution::finish(conn, project, key, outcome, keep_until))
    }

    async fn forget_execution(&self, project: &ProjectId, key: &ExecutionKey) -> Result<()> {
        writing!(self, conn => execution::forget(conn, project, key))
    }

    async fn key_check(&self) -> Result<Option<Sealed>> {
        reading!(self, conn => key::check(conn))
    }

    async fn put_key_check(&self, check: &Sealed) -> Result<()> {
        writing!(self, conn => key::put_check(conn, check))
    }

    async fn has_sealed(&self) -> Result<bool> {
        reading!(self, conn => key::has_sealed(conn))
    }
}
