//! Auth configs, and the sealed secrets of their OAuth apps.

use composio_core::{
    AuthConfig, AuthConfigId, AuthConfigQuery, AuthConfigUpdate, AuthScheme, Page, Timestamp, ToolFilter, ToolkitSlug,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, query, query_scalar};

use super::failure::Failure;
use super::page::{List, one_of};
use super::row;
use crate::store::{ProjectId, Sealed};

const TABLE: &str = "auth_configs";

/// The fields that are columns.
const COLUMNS: [&str; 7] = ["id", "toolkit", "scheme", "managed", "enabled", "enabled_for_sessions", "created_at"];

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, toolkit, scheme, managed, enabled, enabled_for_sessions, created_at, details \
             FROM auth_configs WHERE project = ",
            $rest
        )
    };
}

pub(super) async fn insert(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    config: &AuthConfig,
    secret: Option<&Sealed>,
) -> Result<(), Failure> {
    query(
        "INSERT INTO auth_configs \
         (project, id, toolkit, scheme, managed, enabled, enabled_for_sessions, created_at, has_tool_list, details) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(project.as_str())
    .bind(config.id.as_str())
    .bind(config.toolkit.as_str())
    .bind(config.scheme.as_str())
    .bind(config.managed)
    .bind(config.enabled)
    .bind(config.enabled_for_sessions)
    .bind(config.created_at.as_micros())
    .bind(has_tool_list(config))
    .bind(row::details(config, &COLUMNS)?)
    .execute(&mut *conn)
    .await
    .map_err(|error| Failure::from(error).or_conflict(|_| format!("there is an auth config {} already", config.id)))?;
    if let Some(secret) = secret {
        query("INSERT INTO auth_config_secrets (project, auth_config, sealed) VALUES (?, ?, ?)")
            .bind(project.as_str())
            .bind(config.id.as_str())
            .bind(secret.0.as_slice())
            .execute(conn)
            .await?;
    }
    Ok(())
}

pub(super) async fn read(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &AuthConfigId,
) -> Result<Option<AuthConfig>, Failure> {
    let row = query(select!("? AND id = ?")).bind(project.as_str()).bind(id.as_str()).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

pub(super) async fn secret(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &AuthConfigId,
) -> Result<Option<Sealed>, Failure> {
    let row = query("SELECT sealed FROM auth_config_secrets WHERE project = ? AND auth_config = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(|row| row::sealed(row, "sealed")).transpose()
}

pub(super) async fn list(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    query: &AuthConfigQuery,
) -> Result<Page<AuthConfig>, Failure> {
    let filtered = |sql: &'static str| {
        let mut sql: QueryBuilder<Sqlite> = QueryBuilder::new(sql);
        sql.push_bind(project.as_str().to_owned());
        one_of(&mut sql, "toolkit", query.toolkits.iter().map(ToolkitSlug::as_str));
        if !query.show_disabled {
            sql.push(" AND enabled");
        }
        sql
    };
    let list = List {
        name: "auth_configs",
        rows: filtered(select!("")),
        count: filtered("SELECT COUNT(*) FROM auth_configs WHERE project = "),
        read: from_row,
        position: |config| (config.created_at, config.id.as_str()),
    };
    list.page(conn, query.cursor.as_deref(), query.limit).await
}

/// Every one of a toolkit, disabled ones too.
pub(super) async fn of_toolkit(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    toolkit: &ToolkitSlug,
) -> Result<Vec<AuthConfig>, Failure> {
    let rows = query(select!("? AND toolkit = ? ORDER BY created_at DESC, id DESC"))
        .bind(project.as_str())
        .bind(toolkit.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

const WITH_TOOL_LIST: &str = "SELECT DISTINCT toolkit FROM auth_configs WHERE project = ? AND has_tool_list";

/// The toolkits of those with a list of tools.
pub(super) async fn toolkits_with_tool_list(
    conn: &mut SqliteConnection,
    project: &ProjectId,
) -> Result<Vec<ToolkitSlug>, Failure> {
    let slugs: Vec<String> = query_scalar(WITH_TOOL_LIST).bind(project.as_str()).fetch_all(conn).await?;
    let slugs = slugs.into_iter().map(ToolkitSlug::new).collect::<Result<_, _>>();
    slugs.map_err(|_| Failure::unreadable(TABLE, "its toolkit has no known form"))
}

/// Needs the writer: between reading and writing nobody else may write.
pub(super) async fn update(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &AuthConfigId,
    update: &AuthConfigUpdate,
    at: Timestamp,
) -> Result<Option<AuthConfig>, Failure> {
    let Some(mut config) = read(&mut *conn, project, id).await? else { return Ok(None) };
    config.apply(update, at);
    query(
        "UPDATE auth_configs SET enabled = ?, enabled_for_sessions = ?, has_tool_list = ?, details = ? \
         WHERE project = ? AND id = ?",
    )
    .bind(config.enabled)
    .bind(config.enabled_for_sessions)
    .bind(has_tool_list(&config))
    .bind(row::details(&config, &COLUMNS)?)
    .bind(project.as_str())
    .bind(id.as_str())
    .execute(conn)
    .await?;
    Ok(Some(config))
}

pub(super) async fn delete(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &AuthConfigId,
) -> Result<bool, Failure> {
    let done = query("DELETE FROM auth_configs WHERE project = ? AND id = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Needs the writer: between looking and keeping nobody else may write.
pub(super) async fn find_or_insert_managed(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    config: &AuthConfig,
) -> Result<AuthConfig, Failure> {
    let found = query(select!(
        "? AND toolkit = ? AND scheme = ? AND managed = ? AND enabled AND enabled_for_sessions \
         ORDER BY created_at DESC, id DESC LIMIT 1"
    ))
    .bind(project.as_str())
    .bind(config.toolkit.as_str())
    .bind(config.scheme.as_str())
    .bind(config.managed)
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(row) = found {
        return from_row(&row);
    }
    insert(conn, project, config, None).await?;
    Ok(config.clone())
}

fn has_tool_list(config: &AuthConfig) -> bool {
    config.tools != ToolFilter::All
}

fn from_row(row: &SqliteRow) -> Result<AuthConfig, Failure> {
    if AuthScheme::from_name(row.try_get("scheme")?).is_none() {
        return Err(Failure::unreadable(TABLE, "its auth scheme is unknown"));
    }
    let columns = [
        ("id", row::text(row, "id")?),
        ("toolkit", row::text(row, "toolkit")?),
        ("scheme", row::text(row, "scheme")?),
        ("managed", row::flag(row, "managed")?),
        ("enabled", row::flag(row, "enabled")?),
        ("enabled_for_sessions", row::flag(row, "enabled_for_sessions")?),
        ("created_at", row::number_or_null(row, "created_at")?),
    ];
    row::assemble(TABLE, row.try_get("details")?, columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::explain::plan;

    /// Every listing of tools asks this.
    #[tokio::test]
    async fn lists_of_tools_are_found_without_reading_configs() {
        let plan = plan(WITH_TOOL_LIST).await;
        assert!(plan.contains("COVERING INDEX auth_configs_with_tool_list (project=?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
