//! The life of an account: transitions, and the lease under which its credential is refreshed.
//!
//! Every function here needs the writer. Reading first is safe in a transaction that began IMMEDIATE, because it holds
//! the database's one write lock; the conditions are in the statements all the same.

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus, Timestamp};
use sqlx::{Row, SqliteConnection, query};

use super::account::{self, columns};
use super::due::first_probe;
use super::failure::Failure;
use super::row;
use crate::store::{CredentialChange, ProjectId, RefreshLease, Sealed, Transition};

pub(super) async fn transition(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    step: &Transition,
) -> Result<ConnectedAccount, Failure> {
    let mut account = existing(conn, project, id).await?;
    let found = account.status;
    apply(step, &mut account);
    let ends_lease = step.from == ConnectionStatus::Active
        && !matches!(step.to, ConnectionStatus::Active | ConnectionStatus::Inactive);
    let forgets_refusals = step.connected || step.credential != CredentialChange::Keep;
    let done = query(
        "UPDATE connected_accounts SET status = ?1, status_reason = ?2, updated_at = ?3, connected_at = ?4, \
         ready_at = ?5, details = ?6, probe_at = coalesce(?7, probe_at), \
         refresh_until = CASE WHEN ?8 THEN NULL ELSE refresh_until END, \
         refresh_at = CASE WHEN ?9 THEN NULL ELSE refresh_at END, \
         refusals = CASE WHEN ?10 THEN 0 ELSE refusals END, retry_at = CASE WHEN ?10 THEN NULL ELSE retry_at END \
         WHERE project = ?11 AND id = ?12 AND status = ?13 \
         AND (?14 IS NULL OR (refresh_fence = ?14 AND refresh_until IS NOT NULL))",
    )
    .bind(account.status.as_str())
    .bind(account.status_reason.as_deref())
    .bind(account.updated_at.as_micros())
    .bind(account.connected_at.map(Timestamp::as_micros))
    .bind(account.ready_at.map(Timestamp::as_micros))
    .bind(row::details(&account, &account::COLUMNS)?)
    .bind(step.connected.then(|| first_probe(step.at).as_micros()))
    .bind(ends_lease)
    .bind(step.credential == CredentialChange::Drop)
    .bind(forgets_refusals)
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(step.from.as_str())
    .bind(step.fence)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        let message = if found == step.from {
            format!("the lease on the connected account {id} is over")
        } else {
            format!("the connected account {id} is {found}, and not {} any more", step.from)
        };
        return Err(Failure::conflict(message));
    }
    match &step.credential {
        CredentialChange::Keep => {}
        CredentialChange::Put(credential) => account::put_credential(conn, project, id, credential).await?,
        CredentialChange::Drop => account::drop_credential(conn, project, id).await?,
    }
    Ok(account)
}

fn apply(step: &Transition, account: &mut ConnectedAccount) {
    account.status = step.to;
    account.status_reason.clone_from(&step.reason);
    account.updated_at = step.at;
    if let Some(identity) = &step.identity {
        account.identity = Some(identity.clone());
    }
    if step.connected {
        account.connected_at = Some(step.at);
        account.ready_at = None;
    }
    if step.ready {
        account.ready_at = Some(step.at);
    }
}

const MARK_READY: &str = concat!(
    "UPDATE connected_accounts SET ready_at = ?1, updated_at = ?1 \
     WHERE project = ?2 AND id = ?3 AND status = ?4 AND ready_at IS NULL RETURNING ",
    columns!()
);

pub(super) async fn mark_ready(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    at: Timestamp,
) -> Result<Option<ConnectedAccount>, Failure> {
    let marked = query(MARK_READY)
        .bind(at.as_micros())
        .bind(project.as_str())
        .bind(id.as_str())
        .bind(ConnectionStatus::Active.as_str())
        .fetch_optional(conn)
        .await?;
    marked.as_ref().map(account::from_row).transpose()
}

/// Whether there is anything to expire. Needs no writer.
pub(super) async fn any_begun(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    begun_before: Timestamp,
) -> Result<bool, Failure> {
    let row = query(
        "SELECT EXISTS (SELECT 1 FROM connected_accounts WHERE project = ? AND status = ? AND created_at < ?) AS found",
    )
    .bind(project.as_str())
    .bind(ConnectionStatus::Initiated.as_str())
    .bind(begun_before.as_micros())
    .fetch_one(conn)
    .await?;
    Ok(row.try_get("found")?)
}

const EXPIRE_BEGUN: &str = concat!(
    "UPDATE connected_accounts SET status = ?, status_reason = ?, updated_at = ? \
     WHERE project = ? AND status = ? AND created_at < ? RETURNING ",
    columns!()
);

pub(super) async fn expire_begun(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    begun_before: Timestamp,
    at: Timestamp,
    reason: &str,
) -> Result<Vec<ConnectedAccount>, Failure> {
    let rows = query(EXPIRE_BEGUN)
        .bind(ConnectionStatus::Expired.as_str())
        .bind(reason)
        .bind(at.as_micros())
        .bind(project.as_str())
        .bind(ConnectionStatus::Initiated.as_str())
        .bind(begun_before.as_micros())
        .fetch_all(conn)
        .await?;
    rows.iter().map(account::from_row).collect()
}

pub(super) async fn claim_refresh(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<RefreshLease>, Failure> {
    let before = query("SELECT refresh_until FROM connected_accounts WHERE project = ? AND id = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(before) = before else { return Ok(None) };
    let interrupted = before.try_get::<Option<i64>, _>("refresh_until")?.is_some();
    let claimed = query(
        "UPDATE connected_accounts SET refresh_fence = refresh_fence + 1, refresh_until = ?1 \
         WHERE project = ?2 AND id = ?3 AND status = ?4 AND (refresh_until IS NULL OR refresh_until <= ?5) \
         RETURNING refresh_fence, refusals, retry_at",
    )
    .bind(until.as_micros())
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(ConnectionStatus::Active.as_str())
    .bind(now.as_micros())
    .fetch_optional(conn)
    .await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let retry_at: Option<i64> = claimed.try_get("retry_at")?;
    Ok(Some(RefreshLease {
        fence: claimed.try_get("refresh_fence")?,
        interrupted,
        refusals: claimed.try_get("refusals")?,
        retry_at: retry_at.map(Timestamp::from_micros),
    }))
}

/// A lease ends once: one that leaving ACTIVE ended is over, although its number is still the latest.
pub(super) async fn end_refresh(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    fence: i64,
    renewed: Option<&Sealed>,
) -> Result<(), Failure> {
    let done = query(
        "UPDATE connected_accounts SET refresh_until = NULL, \
         refusals = CASE WHEN ?4 THEN 0 ELSE refusals END, retry_at = CASE WHEN ?4 THEN NULL ELSE retry_at END \
         WHERE project = ?1 AND id = ?2 AND refresh_fence = ?3 AND refresh_until IS NOT NULL",
    )
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(fence)
    .bind(renewed.is_some())
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(lease_over(conn, project, id, fence).await?);
    }
    match renewed {
        Some(credential) => account::put_credential(conn, project, id, credential).await,
        None => Ok(()),
    }
}

/// Ends a lease as [`end_refresh`] does, and counts.
pub(super) async fn refuse_refresh(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    fence: i64,
    retry_at: Timestamp,
) -> Result<u32, Failure> {
    let refused = query(
        "UPDATE connected_accounts SET refresh_until = NULL, refusals = refusals + 1, retry_at = ? \
         WHERE project = ? AND id = ? AND refresh_fence = ? AND refresh_until IS NOT NULL RETURNING refusals",
    )
    .bind(retry_at.as_micros())
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(fence)
    .fetch_optional(&mut *conn)
    .await?;
    match refused {
        Some(row) => Ok(row.try_get("refusals")?),
        None => Err(lease_over(conn, project, id, fence).await?),
    }
}

async fn lease_over(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    fence: i64,
) -> Result<Failure, Failure> {
    existing(conn, project, id).await?;
    Ok(Failure::conflict(format!("the lease {fence} on the connected account {id} is over")))
}

async fn existing(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<ConnectedAccount, Failure> {
    let account = account::read(conn, project, id).await?;
    account.ok_or_else(|| Failure::not_found("connected account", id.as_str()))
}
