//! How SQLite finds the rows of a statement, for tests.

use sqlx::{AssertSqlSafe, Row, query};

use super::SqliteStore;

/// The steps of a statement's plan, one a line.
pub(super) async fn plan(sql: &str) -> String {
    let store = SqliteStore::in_memory().await.unwrap();
    let mut conn = store.pools.readers.acquire().await.unwrap();
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = query(explain).fetch_all(&mut *conn).await.unwrap();
    steps.iter().map(|step| step.get::<String, _>("detail") + "\n").collect()
}
