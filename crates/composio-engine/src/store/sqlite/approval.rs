//! What is allowed without asking, and approvals that were used.

use composio_core::{ConnectedAccountId, SessionId, Timestamp};
use sqlx::{SqliteConnection, query, query_scalar};

use super::failure::Failure;
use crate::store::{ApprovalGrant, Digest, ProjectId};

/// Needs the writer: between looking and keeping nobody else may write.
pub(super) async fn grant(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
    grant: &ApprovalGrant,
    at: Timestamp,
) -> Result<(), Failure> {
    if has(conn, project, session, grant).await? {
        return Ok(());
    }
    query("INSERT INTO approval_grants (project, session, tool, account, granted_at) VALUES (?, ?, ?, ?, ?)")
        .bind(project.as_str())
        .bind(session.as_str())
        .bind(grant.tool.as_str())
        .bind(grant.account.as_ref().map(ConnectedAccountId::as_str))
        .bind(at.as_micros())
        .execute(conn)
        .await
        .map_err(|error| Failure::from(error).or_not_found("session", session.as_str()))?;
    Ok(())
}

/// IS, because a tool may have no account, which equals nothing.
const HAS: &str = "SELECT EXISTS (SELECT 1 FROM approval_grants \
                   WHERE project = ? AND session = ? AND tool = ? AND account IS ?)";

pub(super) async fn has(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    session: &SessionId,
    grant: &ApprovalGrant,
) -> Result<bool, Failure> {
    let found = query_scalar(HAS)
        .bind(project.as_str())
        .bind(session.as_str())
        .bind(grant.tool.as_str())
        .bind(grant.account.as_ref().map(ConnectedAccountId::as_str))
        .fetch_one(conn)
        .await?;
    Ok(found)
}

const FORGET: &str = "DELETE FROM spent_approvals WHERE keep_until <= ?";

pub(super) async fn spend(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    approval: &Digest,
    now: Timestamp,
    keep_until: Timestamp,
) -> Result<bool, Failure> {
    query(FORGET).bind(now.as_micros()).execute(&mut *conn).await?;
    let spent = query(
        "INSERT INTO spent_approvals (project, approval, keep_until) VALUES (?, ?, ?) \
         ON CONFLICT (project, approval) DO NOTHING",
    )
    .bind(project.as_str())
    .bind(approval.as_slice())
    .bind(keep_until.as_micros())
    .execute(conn)
    .await?;
    Ok(spent.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::explain::plan;

    /// Every call that asks a person asks this first, with an account or without.
    #[tokio::test]
    async fn what_is_allowed_is_found_by_its_index() {
        let plan = plan(HAS).await;
        let index = "COVERING INDEX approval_grants_one (project=? AND session=? AND tool=? AND account=?)";
        assert!(plan.contains(index), "{plan}");
    }

    #[tokio::test]
    async fn what_is_over_is_found_by_its_index() {
        let plan = plan(FORGET).await;
        assert!(plan.contains("spent_approvals_expiry (keep_until<?)"), "{plan}");
    }
}
