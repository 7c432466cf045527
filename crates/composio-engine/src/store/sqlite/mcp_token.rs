//! Tokens for the MCP endpoints of sessions. A session's tokens go with it, by a foreign key.

use composio_core::{McpTokenId, SessionId, Timestamp};
use sqlx::{Row, SqliteConnection, query, query_scalar};

use super::failure::Failure;
use crate::store::{Digest, McpTokenRecord, ProjectId};

/// Needs the writer: between counting and keeping nobody else may write.
pub(super) async fn put(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    token: &McpTokenRecord,
    at_most: usize,
) -> Result<(), Failure> {
    query("DELETE FROM mcp_tokens WHERE expires_at <= ?")
        .bind(token.created_at.as_micros())
        .execute(&mut *conn)
        .await?;
    let others: i64 = query_scalar("SELECT COUNT(*) FROM mcp_tokens WHERE project = ? AND session = ?")
        .bind(project.as_str())
        .bind(token.session.as_str())
        .fetch_one(&mut *conn)
        .await?;
    if usize::try_from(others).is_ok_and(|others| others >= at_most) {
        return Err(Failure::conflict(format!(
            "session {} has {others} MCP tokens, which is as many as it may have; revoke some, or wait until they expire",
            token.session
        )));
    }
    query("INSERT INTO mcp_tokens (project, id, session, digest, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(project.as_str())
        .bind(token.id.as_str())
        .bind(token.session.as_str())
        .bind(token.digest.as_slice())
        .bind(token.created_at.as_micros())
        .bind(token.expires_at.as_micros())
        .execute(conn)
        .await
        .map_err(|error| {
            Failure::from(error)
                .or_conflict(|_| format!("there is a token {} already, or one with its digest", token.id))
                .or_not_found("session", token.session.as_str())
        })?;
    Ok(())
}

pub(super) async fn session(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<SessionId>, Failure> {
    let row = query("SELECT session FROM mcp_tokens WHERE project = ? AND digest = ? AND expires_at > ?")
        .bind(project.as_str())
        .bind(digest.as_slice())
        .bind(now.as_micros())
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(SessionId::from(row.try_get::<String, _>("session")?))).transpose()
}

pub(super) async fn forget(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
    token: Option<&McpTokenId>,
) -> Result<(), Failure> {
    query("DELETE FROM mcp_tokens WHERE project = ?1 AND session = ?2 AND (?3 IS NULL OR id = ?3)")
        .bind(project.as_str())
        .bind(session.as_str())
        .bind(token.map(McpTokenId::as_str))
        .execute(conn)
        .await?;
    Ok(())
}
