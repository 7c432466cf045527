//! What the sealing key is checked against.

use sqlx::{Row, SqliteConnection, query};

use super::failure::Failure;
use super::row;
use crate::store::Sealed;

pub(super) async fn check(conn: &mut SqliteConnection) -> Result<Option<Sealed>, Failure> {
    let row = query("SELECT sealed FROM key_check").fetch_optional(conn).await?;
    row.as_ref().map(|row| row::sealed(row, "sealed")).transpose()
}

pub(super) async fn put_check(conn: &mut SqliteConnection, check: &Sealed) -> Result<(), Failure> {
    query("INSERT INTO key_check (only_row, sealed) VALUES (1, ?) ON CONFLICT (only_row) DO NOTHING")
        .bind(check.0.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn has_sealed(conn: &mut SqliteConnection) -> Result<bool, Failure> {
    let row = query(
        "SELECT EXISTS (SELECT 1 FROM credentials) OR EXISTS (SELECT 1 FROM auth_config_secrets) \
         OR EXISTS (SELECT 1 FROM pending_authorizations) \
         OR EXISTS (SELECT 1 FROM executions WHERE keep_until IS NOT NULL)",
    )
    .fetch_one(conn)
    .await?;
    Ok(row.try_get(0)?)
}
