//! Executions that happen at most once under their key.

use composio_core::Timestamp;
use sqlx::{Row, SqliteConnection, query};

use super::failure::Failure;
use super::row;
use crate::store::{Begun, Digest, ExecutionKey, ProjectId, Sealed};

const TABLE: &str = "executions";
/// A row without outcome is forgotten this long after its deadline, in microseconds: a day, as long as outcomes are kept.
const ABANDONED_FOR: i64 = 24 * 60 * 60 * 1_000_000;

/// Needs the writer: between looking and keeping nobody else may write.
pub(super) async fn begin(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    key: &ExecutionKey,
    arguments: &Digest,
    now: Timestamp,
    deadline: Timestamp,
) -> Result<Begun, Failure> {
    query("DELETE FROM executions WHERE keep_until <= ?1 OR (keep_until IS NULL AND deadline <= ?2)")
        .bind(now.as_micros())
        .bind(now.as_micros().saturating_sub(ABANDONED_FOR))
        .execute(&mut *conn)
        .await?;
    let inserted = query(
        "INSERT INTO executions (project, session, tool, key, arguments, deadline) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (project, session, tool, key) DO NOTHING",
    )
    .bind(project.as_str())
    .bind(key.session.as_str())
    .bind(key.tool.as_str())
    .bind(key.key.as_str())
    .bind(arguments.as_slice())
    .bind(deadline.as_micros())
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() > 0 {
        return Ok(Begun::New);
    }
    known(conn, project, key, arguments).await
}

async fn known(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    key: &ExecutionKey,
    arguments: &Digest,
) -> Result<Begun, Failure> {
    let row = query(
        "SELECT arguments, deadline, outcome FROM executions \
         WHERE project = ? AND session = ? AND tool = ? AND key = ?",
    )
    .bind(project.as_str())
    .bind(key.session.as_str())
    .bind(key.tool.as_str())
    .bind(key.key.as_str())
    .fetch_one(conn)
    .await?;
    if row::digest(TABLE, &row, "arguments")? != *arguments {
        return Ok(Begun::OtherArguments);
    }
    let outcome: Option<Vec<u8>> = row.try_get("outcome")?;
    Ok(match outcome {
        Some(outcome) => Begun::Finished(Sealed(outcome)),
        None => Begun::Running { deadline: row::time(&row, "deadline")? },
    })
}

pub(super) async fn finish(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    key: &ExecutionKey,
    outcome: &Sealed,
    keep_until: Timestamp,
) -> Result<(), Failure> {
    // Where there is an outcome it is set to itself, which tells a row that is finished from one that is not there.
    let done = query(
        "UPDATE executions SET outcome = coalesce(outcome, ?), keep_until = coalesce(keep_until, ?) \
         WHERE project = ? AND session = ? AND tool = ? AND key = ?",
    )
    .bind(outcome.0.as_slice())
    .bind(keep_until.as_micros())
    .bind(project.as_str())
    .bind(key.session.as_str())
    .bind(key.tool.as_str())
    .bind(key.key.as_str())
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Failure::not_found("execution begun under this key, of the tool", key.tool.as_str()));
    }
    Ok(())
}

/// One with an outcome happened, and stays.
pub(super) async fn forget(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    key: &ExecutionKey,
) -> Result<(), Failure> {
    query("DELETE FROM executions WHERE project = ? AND session = ? AND tool = ? AND key = ? AND outcome IS NULL")
        .bind(project.as_str())
        .bind(key.session.as_str())
        .bind(key.tool.as_str())
        .bind(key.key.as_str())
        .execute(conn)
        .await?;
    Ok(())
}
