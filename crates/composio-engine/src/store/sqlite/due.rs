//! What is due, of all projects.
//!
//! Statuses are written out in the statements, because an index that keeps the rows of one status is only found so.

use std::time::Duration;

use composio_core::{ConnectedAccountId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, query};

use super::failure::Failure;
use super::page::as_number;
use crate::store::{DueWork, ProjectId};

/// How long an account that was just connected is left to whoever connected it.
const FIRST_PROBE: Duration = Duration::from_secs(30);
/// The longest time between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// When an account that is connected at a time is tried first.
pub(super) fn first_probe(connected_at: Timestamp) -> Timestamp {
    connected_at.plus(FIRST_PROBE)
}

const REFRESHES: &str = "SELECT project, id FROM connected_accounts \
                         WHERE status = 'ACTIVE' AND refresh_at <= ?1 \
                         AND (refresh_until IS NULL OR refresh_until <= ?1) \
                         AND (retry_at IS NULL OR retry_at <= ?1) \
                         ORDER BY refresh_at LIMIT ?2";

/// The sign hides the column from the planner, which would read every INITIATED row to spare itself the grouping.
const EXPIRIES: &str = "SELECT project FROM connected_accounts WHERE status = 'INITIATED' AND created_at < ? \
                        GROUP BY +project ORDER BY MIN(created_at) LIMIT ?";

/// What is due, without the tries. Needs no writer.
pub(super) async fn work(
    conn: &mut SqliteConnection,
    now: Timestamp,
    begun_before: Timestamp,
    limit: usize,
) -> Result<Vec<DueWork>, Failure> {
    let limit = as_number(limit);
    let refreshes = query(REFRESHES).bind(now.as_micros()).bind(limit).fetch_all(&mut *conn).await?;
    let expiries = query(EXPIRIES).bind(begun_before.as_micros()).bind(limit).fetch_all(conn).await?;
    let refreshes = refreshes.iter().map(|row| Ok(DueWork::Refresh(project(row)?, account(row)?)));
    let expiries = expiries.iter().map(|row| Ok(DueWork::Expire(project(row)?)));
    refreshes.chain(expiries).collect()
}

const ANY_PROBE: &str = "SELECT EXISTS (SELECT 1 FROM connected_accounts \
                         WHERE status = 'ACTIVE' AND ready_at IS NULL AND probe_at <= ?)";

/// Whether any account is to be tried. Needs no writer.
pub(super) async fn any_probe(conn: &mut SqliteConnection, now: Timestamp) -> Result<bool, Failure> {
    Ok(query(ANY_PROBE).bind(now.as_micros()).fetch_one(conn).await?.try_get(0)?)
}

const PROBES: &str = "SELECT rowid, project, id FROM connected_accounts \
                      WHERE status = 'ACTIVE' AND ready_at IS NULL AND probe_at <= ? ORDER BY probe_at LIMIT ?";

/// The next try is as far off as the connection is old, so that the pauses double.
const PUT_OFF: &str = "UPDATE connected_accounts \
                       SET probe_at = ?1 + min(max(?1 - coalesce(connected_at, created_at), ?2), ?3) WHERE rowid = ?4";

/// Hands out accounts to be tried, each to one caller, and puts their next try off. Needs the writer: between looking and
/// putting off nobody else may look.
pub(super) async fn probes(conn: &mut SqliteConnection, now: Timestamp, limit: usize) -> Result<Vec<DueWork>, Failure> {
    let rows = query(PROBES).bind(now.as_micros()).bind(as_number(limit)).fetch_all(&mut *conn).await?;
    for row in &rows {
        query(PUT_OFF)
            .bind(now.as_micros())
            .bind(micros(FIRST_PROBE))
            .bind(micros(LONGEST_PAUSE))
            .bind(row.try_get::<i64, _>("rowid")?)
            .execute(&mut *conn)
            .await?;
    }
    rows.iter().map(|row| Ok(DueWork::Probe(project(row)?, account(row)?))).collect()
}

pub(super) async fn schedule_refresh(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    at: Option<Timestamp>,
) -> Result<(), Failure> {
    query("UPDATE connected_accounts SET refresh_at = ? WHERE project = ? AND id = ?")
        .bind(at.map(Timestamp::as_micros))
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

fn project(row: &SqliteRow) -> Result<ProjectId, Failure> {
    Ok(ProjectId::new(row.try_get::<&str, _>("project")?))
}

fn account(row: &SqliteRow) -> Result<ConnectedAccountId, Failure> {
    Ok(ConnectedAccountId::from(row.try_get::<String, _>("id")?))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::explain::plan;

    /// Upkeep looks every few seconds, and nearly always finds nothing: it reads what is due and no other row.
    #[tokio::test]
    async fn looking_for_what_is_due_reads_nothing_else() {
        for (sql, index, sorted) in [
            (REFRESHES, "connected_accounts_to_refresh (refresh_at<?)", true),
            (EXPIRIES, "COVERING INDEX connected_accounts_to_expire (created_at<?)", false),
            (ANY_PROBE, "connected_accounts_to_probe (probe_at<?)", true),
            (PROBES, "connected_accounts_to_probe (probe_at<?)", true),
            (PUT_OFF, "INTEGER PRIMARY KEY (rowid=?)", true),
        ] {
            let plan = plan(sql).await;
            assert!(plan.contains(index) && !plan.contains("SCAN connected_accounts"), "{sql}: {plan}");
            assert_eq!(!plan.contains("TEMP B-TREE"), sorted, "{sql}: {plan}");
        }
    }
}
