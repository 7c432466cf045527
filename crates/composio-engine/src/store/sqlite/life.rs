//! The life of an account: transitions, and the lease under which its credential is refreshed.
//!
//! Every function here needs the writer. Reading first is safe in a transaction that began IMMEDIATE, because it holds
//! the database's one write lock; the conditions are in the statements all the same.

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus, Timestamp};
use sqlx::{Row, SqliteConnection, query};

use super::account;
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
    let done = query(
        "UPDATE connected_accounts SET status = ?1, status_reason = ?2, updated_at = ?3, connected_at = ?4, details = ?5, \
         refresh_until = CASE WHEN ?6 THEN NULL ELSE refresh_until END \
         WHERE project = ?7 AND id = ?8 AND status = ?9 \
         AND (?10 IS NULL OR (refresh_fence = ?10 AND refresh_until IS NOT NULL))",
    )
    .bind(account.status.as_str())
    .bind(account.status_reason.as_deref())
    .bind(account.updated_at.as_micros())
    .bind(account.connected_at.map(Timestamp::as_micros))
    .bind(row::details(&account, &account::COLUMNS)?)
    .bind(ends_lease)
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
    }
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

pub(super) async fn expire_begun(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    begun_before: Timestamp,
    at: Timestamp,
    reason: &str,
) -> Result<(), Failure> {
    query(
        "UPDATE connected_accounts SET status = ?, status_reason = ?, updated_at = ? \
         WHERE project = ? AND status = ? AND created_at < ?",
    )
    .bind(ConnectionStatus::Expired.as_str())
    .bind(reason)
    .bind(at.as_micros())
    .bind(project.as_str())
    .bind(ConnectionStatus::Initiated.as_str())
    .bind(begun_before.as_micros())
    .execute(conn)
    .await?;
    Ok(())
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
         RETURNING refresh_fence",
    )
    .bind(until.as_micros())
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(ConnectionStatus::Active.as_str())
    .bind(now.as_micros())
    .fetch_optional(conn)
    .await?;
    let lease = |fence| RefreshLease { fence, interrupted, refusals: 0, retry_at: None };
    Ok(claimed.map(|row| row.try_get("refresh_fence")).transpose()?.map(lease))
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
        "UPDATE connected_accounts SET refresh_until = NULL \
         WHERE project = ? AND id = ? AND refresh_fence = ? AND refresh_until IS NOT NULL",
    )
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(fence)
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 0 {
        existing(conn, project, id).await?;
        return Err(Failure::conflict(format!("the lease {fence} on the connected account {id} is over")));
    }
    match renewed {
        Some(credential) => account::put_credential(conn, project, id, credential).await,
        None => Ok(()),
    }
}

async fn existing(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<ConnectedAccount, Failure> {
    let account = account::read(conn, project, id).await?;
    account.ok_or_else(|| Failure::not_found("connected account", id.as_str()))
}
