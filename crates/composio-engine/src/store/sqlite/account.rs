//! Connected accounts as rows: kept, read, listed, renamed, deleted. Their lives are in `life`.

use composio_core::{
    AccountQuery, ConnectedAccount, ConnectedAccountId, ConnectionStatus, Page, SharingFilter, SharingUpdate,
    Timestamp, ToolkitSlug, UserId,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, query};

use super::due::first_probe;
use super::failure::Failure;
use super::page::{List, as_json, one_of};
use super::row;
use crate::store::{ProjectId, Sealed};

const TABLE: &str = "connected_accounts";

/// The fields that are columns.
pub(super) const COLUMNS: [&str; 11] = [
    "id",
    "user",
    "toolkit",
    "auth_config",
    "status",
    "status_reason",
    "alias",
    "created_at",
    "updated_at",
    "connected_at",
    "ready_at",
];

/// What [`from_row`] reads, as text in a statement.
macro_rules! columns {
    () => {
        "id, user_id, toolkit, auth_config, status, status_reason, alias, created_at, updated_at, connected_at, \
         ready_at, details"
    };
}
pub(super) use columns;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM connected_accounts WHERE project = ", $rest)
    };
}

pub(super) async fn insert(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    account: &ConnectedAccount,
    credential: Option<&Sealed>,
) -> Result<(), Failure> {
    query(
        "INSERT INTO connected_accounts \
         (project, id, user_id, toolkit, auth_config, status, status_reason, alias, created_at, updated_at, \
         connected_at, ready_at, shared, probe_at, details) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(project.as_str())
    .bind(account.id.as_str())
    .bind(account.user.as_str())
    .bind(account.toolkit.as_str())
    .bind(account.auth_config.as_str())
    .bind(account.status.as_str())
    .bind(account.status_reason.as_deref())
    .bind(account.alias.as_deref())
    .bind(account.created_at.as_micros())
    .bind(account.updated_at.as_micros())
    .bind(account.connected_at.map(Timestamp::as_micros))
    .bind(account.ready_at.map(Timestamp::as_micros))
    .bind(account.sharing.is_shared())
    .bind(first_probe(account.connected_at.unwrap_or(account.created_at)).as_micros())
    .bind(row::details(account, &COLUMNS)?)
    .execute(&mut *conn)
    .await
    .map_err(|error| Failure::from(error).or_conflict(|constraint| taken(account, constraint)))?;
    match credential {
        Some(credential) => put_credential(conn, project, &account.id, credential).await,
        None => Ok(()),
    }
}

pub(super) async fn read(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<Option<ConnectedAccount>, Failure> {
    let row = query(select!("? AND id = ?")).bind(project.as_str()).bind(id.as_str()).fetch_optional(conn).await?;
    row.as_ref().map(from_row).transpose()
}

pub(super) async fn list(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    query: &AccountQuery,
) -> Result<Page<ConnectedAccount>, Failure> {
    let list = List {
        name: "connected_accounts",
        rows: filtered(select!(""), project, query),
        count: filtered("SELECT COUNT(*) FROM connected_accounts WHERE project = ", project, query),
        read: from_row,
        position: |account| (account.created_at, account.id.as_str()),
    };
    list.page(conn, query.cursor.as_deref(), query.limit).await
}

fn filtered(sql: &'static str, project: &ProjectId, query: &AccountQuery) -> QueryBuilder<Sqlite> {
    let mut sql = QueryBuilder::new(sql);
    sql.push_bind(project.as_str().to_owned());
    one_of(&mut sql, "user_id", query.users.iter().map(UserId::as_str));
    one_of(&mut sql, "toolkit", query.toolkits.iter().map(ToolkitSlug::as_str));
    // Most accounts are ACTIVE. The sign hides the column from the planner, which would take its index for a good one.
    let alone = query.users.is_empty() && query.toolkits.is_empty();
    let status = if alone { "status" } else { "+status" };
    one_of(&mut sql, status, query.statuses.iter().map(|status| status.as_str()));
    sql.push(match query.sharing {
        SharingFilter::Private => " AND NOT shared",
        SharingFilter::Shared => " AND shared",
        _ => "",
    });
    sql
}

/// Every call of a tool asks this. A union, because with OR SQLite reads the whole project.
const CANDIDATES: &str = concat!(
    select!("?1 AND user_id = ?2 AND toolkit = ?3 UNION "),
    select!("?1 AND id IN (SELECT value FROM json_each(?4))")
);

/// The user's accounts of a toolkit, and those named, whoever they belong to.
pub(super) async fn candidates(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    user: &UserId,
    toolkit: &ToolkitSlug,
    also: &[ConnectedAccountId],
) -> Result<Vec<ConnectedAccount>, Failure> {
    let also: Vec<&str> = also.iter().map(ConnectedAccountId::as_str).collect();
    let rows = query(CANDIDATES)
        .bind(project.as_str())
        .bind(user.as_str())
        .bind(toolkit.as_str())
        .bind(as_json(&also))
        .fetch_all(conn)
        .await?;
    rows.iter().map(from_row).collect()
}

pub(super) async fn rename(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    alias: Option<&str>,
    at: Timestamp,
) -> Result<Option<ConnectedAccount>, Failure> {
    let Some(mut account) = read(conn, project, id).await? else { return Ok(None) };
    account.alias = alias.map(str::to_owned);
    account.updated_at = at;
    query("UPDATE connected_accounts SET alias = ?, updated_at = ? WHERE project = ? AND id = ?")
        .bind(alias)
        .bind(at.as_micros())
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await
        .map_err(|error| Failure::from(error).or_conflict(|constraint| taken(&account, constraint)))?;
    Ok(Some(account))
}

/// Needs the writer: between reading and writing nobody else may write.
pub(super) async fn share(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    update: &SharingUpdate,
    at: Timestamp,
) -> Result<Option<ConnectedAccount>, Failure> {
    let Some(mut account) = read(conn, project, id).await? else { return Ok(None) };
    account.sharing = account.sharing.updated(update)?;
    account.updated_at = at;
    query("UPDATE connected_accounts SET shared = ?, updated_at = ?, details = ? WHERE project = ? AND id = ?")
        .bind(account.sharing.is_shared())
        .bind(at.as_micros())
        .bind(row::details(&account, &COLUMNS)?)
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(Some(account))
}

/// Credential and pending flow go with it: they refer to it.
pub(super) async fn delete(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<bool, Failure> {
    let done = query("DELETE FROM connected_accounts WHERE project = ? AND id = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn credential(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<Option<Sealed>, Failure> {
    let row = query("SELECT sealed FROM credentials WHERE project = ? AND account = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .fetch_optional(conn)
        .await?;
    row.as_ref().map(|row| row::sealed(row, "sealed")).transpose()
}

pub(super) async fn put_credential(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
    credential: &Sealed,
) -> Result<(), Failure> {
    query(
        "INSERT INTO credentials (project, account, sealed) VALUES (?, ?, ?) \
         ON CONFLICT (project, account) DO UPDATE SET sealed = excluded.sealed",
    )
    .bind(project.as_str())
    .bind(id.as_str())
    .bind(credential.0.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn drop_credential(
    conn: &mut SqliteConnection,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<(), Failure> {
    query("DELETE FROM credentials WHERE project = ? AND account = ?")
        .bind(project.as_str())
        .bind(id.as_str())
        .execute(conn)
        .await?;
    Ok(())
}

/// Which of the two is taken: SQLite names the columns of the index that was broken.
fn taken(account: &ConnectedAccount, constraint: &str) -> String {
    match account.alias.as_deref().filter(|_| constraint.contains(".alias")) {
        Some(alias) => format!(
            "the alias {alias:?} is taken by another {} account of this user; choose another, or rename that one",
            account.toolkit
        ),
        None => format!("there is a connected account {} already", account.id),
    }
}

pub(super) fn from_row(row: &SqliteRow) -> Result<ConnectedAccount, Failure> {
    if ConnectionStatus::from_name(row.try_get("status")?).is_none() {
        return Err(Failure::unreadable(TABLE, "its status is unknown"));
    }
    let columns = [
        ("id", row::text(row, "id")?),
        ("user", row::text(row, "user_id")?),
        ("toolkit", row::text(row, "toolkit")?),
        ("auth_config", row::text(row, "auth_config")?),
        ("status", row::text(row, "status")?),
        ("status_reason", row::text_or_null(row, "status_reason")?),
        ("alias", row::text_or_null(row, "alias")?),
        ("created_at", row::number_or_null(row, "created_at")?),
        ("updated_at", row::number_or_null(row, "updated_at")?),
        ("connected_at", row::number_or_null(row, "connected_at")?),
        ("ready_at", row::number_or_null(row, "ready_at")?),
    ];
    row::assemble(TABLE, row.try_get("details")?, columns)
}

#[cfg(test)]
mod tests {
    use composio_core::{AuthConfigId, Error, ErrorKind};
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::store::Store;
    use crate::store::sqlite::SqliteStore;
    use crate::store::sqlite::explain::plan;

    #[tokio::test]
    async fn a_row_of_another_version_is_refused_without_its_values() {
        let (project, id) = (ProjectId::new("p"), ConnectedAccountId::new("ca_1"));
        for broken in [
            "status = 'MARKER'",
            "toolkit = 'MARKER'",
            "details = 'MARKER'",
            "details = '{\"MARKER\": 1}'",
            "details = '{\"sharing\": \"MARKER\"}'",
        ] {
            let store = SqliteStore::in_memory().await.unwrap();
            let (toolkit, at) = (ToolkitSlug::new("github").unwrap(), Timestamp::from_micros(1));
            let account = ConnectedAccount::new(id.clone(), toolkit, "ada".into(), AuthConfigId::new("ac_1"), at);
            store.insert_account(&project, &account, None).await.unwrap();
            let update = AssertSqlSafe(format!("UPDATE connected_accounts SET {broken}"));
            query(update).execute(&store.pools.writer).await.unwrap();

            let error: Error = store.account(&project, &id).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unexpected, "{broken}");
            assert!(!format!("{error} {error:?}").contains("MARKER"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_choice_reads_the_accounts_it_is_about() {
        let plan = plan(CANDIDATES).await;
        assert!(plan.contains("connected_accounts_by_choice (project=? AND user_id=? AND toolkit=?)"), "{plan}");
        assert!(plan.contains("(project=? AND id=?)"), "{plan}");
    }

    #[tokio::test]
    async fn every_filter_has_an_index() {
        let (ada, github) = (vec![UserId::new("ada")], vec![ToolkitSlug::new("github").unwrap()]);
        let active = vec![ConnectionStatus::Active];
        for (users, toolkits, statuses, index) in [
            (&vec![], &vec![], &vec![], "newest (project=?)"),
            (&ada, &vec![], &vec![], "by_user (project=? AND user_id=?)"),
            (&ada, &vec![], &active, "by_user (project=? AND user_id=?)"),
            (&vec![], &github, &vec![], "by_toolkit (project=? AND toolkit=?)"),
            (&vec![], &vec![], &active, "by_status (project=? AND status=?)"),
            (&ada, &github, &active, "by_choice (project=? AND user_id=? AND toolkit=?)"),
        ] {
            for sharing in [SharingFilter::Private, SharingFilter::All] {
                let mut query = AccountQuery::new();
                (query.users, query.toolkits, query.statuses) = (users.clone(), toolkits.clone(), statuses.clone());
                query.sharing = sharing;
                let plan = list_plan(&query).await;
                assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{query:?}: {plan}");
            }
        }
        let mut shared = AccountQuery::new();
        shared.sharing = SharingFilter::Shared;
        let plan = list_plan(&shared).await;
        assert!(plan.contains("connected_accounts_shared (project=?)") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    async fn list_plan(query: &AccountQuery) -> String {
        let mut sql = filtered(select!(""), &ProjectId::new("p"), query);
        sql.push(" ORDER BY created_at DESC, id DESC LIMIT 21");
        plan(sql.sql().as_str()).await
    }

    /// Every list says how long it is, and private accounts are what it is mostly asked for.
    #[tokio::test]
    async fn counting_private_accounts_reads_no_rows() {
        let (ada, github) = (UserId::new("ada"), ToolkitSlug::new("github").unwrap());
        for (users, toolkits, statuses) in [
            (vec![], vec![], vec![]),
            (vec![ada], vec![], vec![]),
            (vec![], vec![github], vec![]),
            (vec![], vec![], vec![ConnectionStatus::Active]),
        ] {
            let mut query = AccountQuery::new();
            (query.users, query.toolkits, query.statuses) = (users, toolkits, statuses);
            let sql =
                filtered("SELECT COUNT(*) FROM connected_accounts WHERE project = ", &ProjectId::new("p"), &query);
            let plan = plan(sql.sql().as_str()).await;
            assert!(plan.contains("USING COVERING INDEX"), "{query:?}: {plan}");
        }
    }
}
