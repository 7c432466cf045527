//! Sessions, and the versions of them that hold no more.

use std::sync::Arc;

use composio_core::{HistoryQuery, Page, SessionConfig, SessionId, SessionRecord, SessionVersion, Timestamp, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query, query_scalar};

use super::failure::Failure;
use super::{page, row};
use crate::store::ProjectId;

const TABLE: &str = "sessions";
const VERSIONS: &str = "session_versions";

const HISTORY_LIMIT: usize = 20;
const HISTORY_MAX: usize = 100;

pub(super) async fn insert(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionRecord,
) -> Result<(), Failure> {
    query(
        "INSERT INTO sessions (project, id, user_id, created_at, version, updated_at, config) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(project.as_str())
    .bind(session.id.as_str())
    .bind(session.user.as_str())
    .bind(session.created_at.map(Timestamp::as_micros))
    .bind(number(session.version))
    .bind(session.updated_at.map(Timestamp::as_micros))
    .bind(row::details(&*session.config, &[])?)
    .execute(conn)
    .await
    .map_err(|error| Failure::from(error).or_conflict(|_| format!("there is a session {} already", session.id)))?;
    Ok(())
}

pub(super) async fn read(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &SessionId,
) -> Result<Option<SessionRecord>, Failure> {
    let row =
        query("SELECT id, user_id, created_at, version, updated_at, config FROM sessions WHERE project = ? AND id = ?")
            .bind(project.as_str())
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.as_ref().map(from_row).transpose()
}

/// Needs the writer: between keeping the version before and replacing it nobody else may write.
pub(super) async fn update(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    next: &SessionRecord,
) -> Result<(), Failure> {
    let before = number(next.version.saturating_sub(1));
    let archived = query(
        "INSERT INTO session_versions (project, session, version, superseded_at, config) \
         SELECT project, id, version, ?, config FROM sessions WHERE project = ? AND id = ? AND version = ?",
    )
    .bind(next.updated_at.map(Timestamp::as_micros))
    .bind(project.as_str())
    .bind(next.id.as_str())
    .bind(before)
    .execute(&mut *conn)
    .await?;
    if archived.rows_affected() == 0 {
        let found = read(conn, project, &next.id).await?;
        let found = found.ok_or_else(|| Failure::not_found("session", next.id.as_str()))?.version;
        let message = format!("session {} has version {found}, and not {before} any more; read it again", next.id);
        return Err(Failure::conflict(message));
    }
    query("UPDATE sessions SET version = ?, updated_at = ?, config = ? WHERE project = ? AND id = ? AND version = ?")
        .bind(number(next.version))
        .bind(next.updated_at.map(Timestamp::as_micros))
        .bind(row::details(&*next.config, &[])?)
        .bind(project.as_str())
        .bind(next.id.as_str())
        .bind(before)
        .execute(conn)
        .await?;
    Ok(())
}

/// A page of versions, the one that holds in front. Has to run in a transaction, so that the two tables agree.
pub(super) async fn history(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
    query: &HistoryQuery,
) -> Result<Page<SessionVersion>, Failure> {
    let after = query.cursor.as_deref().map(version_of_cursor).transpose()?;
    let limit = query.limit.unwrap_or(HISTORY_LIMIT).clamp(1, HISTORY_MAX);
    let Some(live) = read(conn, project, session).await? else { return Ok(Page::whole(Vec::new())) };
    let live = SessionVersion::new(live.version, live.config, live.updated_at, true);
    let total = 1 + archived_count(conn, project, session).await?;

    // One more than asked for says whether there is a next page.
    let mut items = archived(conn, project, session, after.unwrap_or(live.version), limit + 1).await?;
    if after.is_none() {
        items.insert(0, live);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| page::cursor(VERSIONS, last.version));
    Ok(Page::new(items, next, Some(total)))
}

const ARCHIVED: &str = "SELECT version, superseded_at, config FROM session_versions \
                        WHERE project = ? AND session = ? AND version < ? ORDER BY version DESC LIMIT ?";

async fn archived(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
    before: u64,
    limit: usize,
) -> Result<Vec<SessionVersion>, Failure> {
    let rows = query(ARCHIVED)
        .bind(project.as_str())
        .bind(session.as_str())
        .bind(number(before))
        .bind(page::as_number(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(version_from_row).collect()
}

const ARCHIVED_COUNT: &str = "SELECT COUNT(*) FROM session_versions WHERE project = ? AND session = ?";

async fn archived_count(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
) -> Result<usize, Failure> {
    let count: i64 = query_scalar(ARCHIVED_COUNT).bind(project.as_str()).bind(session.as_str()).fetch_one(conn).await?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// History, tokens and what is allowed go with it: they refer to it.
pub(super) async fn delete(conn: &mut SqliteConnection, project: &ProjectId, id: &SessionId) -> Result<bool, Failure> {
    let done = query("DELETE FROM sessions WHERE project = ? AND id = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

fn from_row(row: &SqliteRow) -> Result<SessionRecord, Failure> {
    let id = SessionId::from(row.try_get::<String, _>("id")?);
    let user = UserId::from(row.try_get::<String, _>("user_id")?);
    let config: SessionConfig = row::parse(TABLE, row.try_get("config")?)?;
    let mut session = SessionRecord::new(id, user, config, row::time(row, "created_at")?);
    session.version = version(TABLE, row)?;
    session.updated_at = Some(row::time(row, "updated_at")?);
    Ok(session)
}

fn version_from_row(row: &SqliteRow) -> Result<SessionVersion, Failure> {
    let config: SessionConfig = row::parse(VERSIONS, row.try_get("config")?)?;
    Ok(SessionVersion::new(version(VERSIONS, row)?, Arc::new(config), row::time(row, "superseded_at")?, false))
}

fn version(table: &'static str, row: &SqliteRow) -> Result<u64, Failure> {
    let number: i64 = row.try_get("version")?;
    u64::try_from(number).map_err(|_| Failure::unreadable(table, "its version is below zero"))
}

fn version_of_cursor(cursor: &str) -> Result<u64, Failure> {
    let place = page::place(VERSIONS, cursor).and_then(|place| place.parse().ok());
    Ok(place.ok_or_else(|| page::bad_cursor(cursor))?)
}

/// A version as a number that SQLite has. Nobody changes a session that often.
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::explain::plan;

    #[tokio::test]
    async fn a_page_of_a_history_reads_its_own_versions() {
        for sql in [ARCHIVED, ARCHIVED_COUNT] {
            let plan = plan(sql).await;
            assert!(plan.contains("(project=? AND session=?"), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
        }
    }
}
