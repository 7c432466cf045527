//! Flows that wait for the service to send the browser back.

use composio_core::{ConnectedAccountId, Timestamp};
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query};

use super::failure::Failure;
use super::row;
use crate::store::{Digest, PendingAuthorization, ProjectId, Sealed, TakenPending};

const TABLE: &str = "pending_authorizations";

/// The fields that are columns.
const COLUMNS: [&str; 3] = ["account", "browser", "expires_at"];

pub(super) async fn put(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    state: &Digest,
    pending: &PendingAuthorization,
    verifier: &Sealed,
) -> Result<(), Failure> {
    delete_of(conn, project, &pending.account).await?;
    query(
        "INSERT INTO pending_authorizations (state, project, account, browser, expires_at, details, verifier) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(state.as_slice())
    .bind(project.as_str())
    .bind(pending.account.as_str())
    .bind(pending.browser.as_slice())
    .bind(pending.expires_at.as_micros())
    .bind(row::details(pending, &COLUMNS)?)
    .bind(verifier.0.as_slice())
    .execute(conn)
    .await
    .map_err(|error| {
        Failure::from(error)
            .or_conflict(|_| "there is a flow with this state already".to_owned())
            .or_not_found("connected account", pending.account.as_str())
    })?;
    Ok(())
}

/// The condition is in the statement that deletes, so that of two callers one finds the row. Whatever else expired goes
/// with it: nobody can take it any more, and it holds a sealed verifier.
pub(super) async fn take(
    conn: &mut SqliteConnection,
    state: &Digest,
    browser: &Digest,
    now: Timestamp,
) -> Result<Option<TakenPending>, Failure> {
    let taken = query(
        "DELETE FROM pending_authorizations WHERE state = ? AND browser = ? AND expires_at > ? \
         RETURNING project, account, browser, expires_at, details, verifier",
    )
    .bind(state.as_slice())
    .bind(browser.as_slice())
    .bind(now.as_micros())
    .fetch_optional(&mut *conn)
    .await?;
    query("DELETE FROM pending_authorizations WHERE expires_at <= ?").bind(now.as_micros()).execute(conn).await?;
    taken.as_ref().map(from_row).transpose()
}

async fn delete_of(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    account: &ConnectedAccountId,
) -> Result<(), Failure> {
    query("DELETE FROM pending_authorizations WHERE project = ? AND account = ?")
        .bind(project.as_str())
        .bind(account.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<TakenPending, Failure> {
    let browser = row::digest(TABLE, row, "browser")?;
    let columns = [
        ("account", row::text(row, "account")?),
        ("browser", Value::from(browser.to_vec())),
        ("expires_at", row::number_or_null(row, "expires_at")?),
    ];
    Ok(TakenPending {
        project: ProjectId::new(row.try_get::<&str, _>("project")?),
        pending: row::assemble(TABLE, row.try_get("details")?, columns)?,
        verifier: row::sealed(row, "verifier")?,
    })
}
