//! Sessions.

use composio_core::{SessionConfig, SessionId, SessionRecord, UserId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query};

use super::failure::Failure;
use super::row;
use crate::store::ProjectId;

const TABLE: &str = "sessions";

pub(super) async fn insert(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionRecord,
) -> Result<(), Failure> {
    query("INSERT INTO sessions (project, id, user_id, created_at, config) VALUES (?, ?, ?, ?, ?)")
        .bind(project.as_str())
        .bind(session.id.as_str())
        .bind(session.user.as_str())
        .bind(session.created_at.as_micros())
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
    let row = query("SELECT id, user_id, created_at, config FROM sessions WHERE project = ? AND id = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(from_row).transpose()
}

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
    Ok(SessionRecord::new(id, user, config, row::time(row, "created_at")?))
}
