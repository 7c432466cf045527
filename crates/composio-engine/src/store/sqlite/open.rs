//! Opening a database: the file, the connections and their settings, the migrations.

use std::io;
use std::path::Path;
use std::time::Duration;

use composio_core::{Error, ErrorKind, Result};
use sqlx::SqlitePool;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Mutex;

use super::failure::{Failure, is_busy};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Held while a database is opened. POSIX drops a process's locks on a file when it closes *any* descriptor of it, so
/// nobody of ours may be using the file while we make sure that it exists.
static OPENING: Mutex<()> = Mutex::const_new(());

/// How long a statement waits for another process to release the write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

const READERS: u32 = 4;

/// The connections to one database.
#[derive(Clone)]
pub(super) struct Pools {
    /// The one connection that writes: within a process writers queue here, where waiting is cheap and fair.
    pub(super) writer: SqlitePool,
    /// The ones that read.
    pub(super) readers: SqlitePool,
    /// Keeps a database in memory alive while no other connection does.
    _anchor: Option<SqlitePool>,
}

/// Opens a file, and makes it where there is none.
pub(super) async fn file(path: &Path) -> Result<Pools> {
    let _alone = OPENING.lock().await;
    // An absolute path begins with no `file:`, which SQLite would take for a URI with options.
    let path = std::path::absolute(path).map_err(|error| cannot_open(path, error))?;
    create(&path).map_err(|error| cannot_open(&path, error))?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL would do for a crash of the process: what is committed is in the system's hands. FULL also syncs the log
        // at each commit, because after a power loss a forgotten execution would be sent a second time, and a forgotten
        // refresh would lose the token. Writes are few: an execution without a key makes none.
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten, and not only unlinked.
        .pragma("secure_delete", "ON");
    let writer = open_writer(options.clone()).await.map_err(|error| cannot_open(&path, error))?;
    migrate(&writer).await.map_err(|error| cannot_open(&path, error))?;
    let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
    Ok(Pools { writer, readers, _anchor: None })
}

/// Makes a database in memory, with a name that no other one has.
pub(super) async fn memory() -> Result<Pools> {
    let open = async {
        let options: SqliteConnectOptions = "sqlite::memory:".parse()?;
        let options = options.foreign_keys(true);
        let anchor = pool(1).connect_with(options.clone()).await?;
        // One connection for all: readers of a shared cache would meet the writer's table locks.
        let writer = pool(1).connect_with(options).await?;
        Ok::<_, sqlx::Error>(Pools { readers: writer.clone(), writer, _anchor: Some(anchor) })
    };
    let pools = open.await.map_err(Failure::from)?;
    migrate(&pools.writer).await.map_err(Failure::from)?;
    Ok(pools)
}

/// Connections live as long as the store: there is no network between us and them, so that none goes stale.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// The lock that turns WAL on in a new file is the one that SQLite does not wait for by itself.
async fn open_writer(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut left = BUSY_TIMEOUT.as_millis() / PAUSE.as_millis();
    loop {
        match pool(1).connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && left > 0 => left -= 1,
            done => return done,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// sqlx takes no lock for migrations of SQLite, so that two processes could both make the first one. The write lock is
/// ours from before they are looked up until they are committed; within it each one is a savepoint.
async fn migrate(writer: &SqlitePool) -> Result<(), sqlx::Error> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await
}

/// Makes an empty file that only its owner can read, before SQLite makes one that others can. SQLite gives the files
/// beside it the same mode. One that exists stays as its owner wants it.
fn create(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        let mut directories = std::fs::DirBuilder::new();
        directories.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut directories, 0o700);
        directories.create(parent)?;
    }
    let mut file = std::fs::OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    match file.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn cannot_open(path: &Path, error: impl Into<sqlx::Error>) -> Error {
    let error = error.into();
    if is_busy(&error) {
        return Failure::from(error).into();
    }
    Error::new(ErrorKind::Unexpected, format!("the store {} cannot be opened; see the cause", path.display()))
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use composio_core::{
        AccountQuery, AuthConfigUpdate, ConnectedAccount, ConnectionStatus, HistoryQuery, SessionConfig, SharingFilter,
        Timestamp, ToolFilter, ToolkitPolicy, ToolkitSlug,
    };

    use super::*;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{CredentialChange, DueWork, ProjectId, Store, Transition};

    /// Makes a file as the version of the schema with this number did.
    async fn file_of_version(path: &Path, version: usize) -> SqlitePool {
        let old = Migrator { migrations: Cow::Borrowed(&MIGRATIONS.migrations[..version]), ..Migrator::DEFAULT };
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let made = pool(1).connect_with(options).await.unwrap();
        old.run(&made).await.unwrap();
        made
    }

    /// What the first two versions of the schema kept, as they wrote it.
    const KEPT: &str = r#"
        INSERT INTO sessions VALUES ('p', 'trs_1', 'ada', 7, '{"toolkits":{"enable":["github"]},"auth_configs":{},
            "connected_accounts":{},"preload":"none","multi_account":null,"callback_url":null}');
        INSERT INTO auth_configs VALUES
            ('p', 'ac_1', 'github', 'OAUTH2', 0, 1, 1, 1,
             '{"client_id":null,"name":"GitHub","scopes":[],"tools":"all","updated_at":1}'),
            ('p', 'ac_2', 'gmail', 'OAUTH2', 0, 1, 1, 2,
             '{"client_id":null,"name":"Gmail","scopes":[],"tools":{"only":["GMAIL_READ"]},"updated_at":2}');
        INSERT INTO connected_accounts VALUES
            ('p', 'ca_1', 'ada', 'github', 'ac_1', 'ACTIVE', NULL, 'work', 1, 2, 2,
             '{"identity":{"id":"4711","label":"ada"},"sharing":"Private"}', 3, NULL),
            ('p', 'ca_2', 'ada', 'gmail', 'ac_2', 'ACTIVE', NULL, NULL, 2, 2, 2,
             '{"identity":null,"sharing":{"Shared":{"allow_all":true,"allowed":[],"denied":["eve"]}}}', 0, NULL),
            ('p', 'ca_3', 'ada', 'gmail', 'ac_2', 'INITIATED', NULL, NULL, 3, 3, NULL,
             '{"identity":null,"sharing":"Private"}', 0, NULL);
        INSERT INTO credentials VALUES ('p', 'ca_1', x'01'), ('p', 'ca_2', x'02');
    "#;

    /// Every version of the schema is brought to the newest one, and what it holds goes on living.
    #[tokio::test]
    async fn a_store_of_an_older_version_is_opened_with_what_it_holds() {
        for version in 1..=2 {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("store.db");
            let made = file_of_version(&path, version).await;
            sqlx::raw_sql(KEPT).execute(&made).await.unwrap();
            made.close().await;

            let store = SqliteStore::open(&path).await.unwrap();
            let project = ProjectId::new("p");
            old_sessions_have_a_history(&store, &project).await;
            old_configs_are_known_by_their_lists(&store, &project).await;
            old_accounts_are_listed_and_due(&store, &project).await;
            // It is opened a second time as a store of the newest version.
            drop(store);
            let again = SqliteStore::open(&path).await.unwrap();
            assert!(again.account(&project, &"ca_1".into()).await.unwrap().unwrap().is_ready());
        }
    }

    async fn old_sessions_have_a_history(store: &SqliteStore, project: &ProjectId) {
        let session = store.session(project, &"trs_1".into()).await.unwrap().unwrap();
        let mut config = SessionConfig::new();
        config.toolkits = ToolkitPolicy::Enable(vec![ToolkitSlug::new("github").unwrap()]);
        assert_eq!(*session.config, config);
        let seven = Timestamp::from_micros(7);
        assert_eq!((session.version, session.created_at, session.updated_at), (1, Some(seven), Some(seven)));

        let next = session.next(SessionConfig::new(), Timestamp::from_micros(9));
        store.update_session(project, &next).await.unwrap();
        let page = store.session_history(project, &session.id, &HistoryQuery::new()).await.unwrap();
        let versions: Vec<_> = page.items.iter().map(|item| (item.version, item.is_current, &*item.config)).collect();
        assert_eq!(versions, [(2, true, &SessionConfig::new()), (1, false, &config)]);
    }

    async fn old_configs_are_known_by_their_lists(store: &SqliteStore, project: &ProjectId) {
        let found = store.toolkits_with_filters(project).await.unwrap();
        assert_eq!(found, [ToolkitSlug::new("gmail").unwrap()]);
        let all = AuthConfigUpdate::new().tools(ToolFilter::All);
        store.update_auth_config(project, &"ac_2".into(), &all, Timestamp::from_micros(9)).await.unwrap().unwrap();
        assert!(store.toolkits_with_filters(project).await.unwrap().is_empty());
    }

    async fn old_accounts_are_listed_and_due(store: &SqliteStore, project: &ProjectId) {
        for (sharing, expected) in
            [(SharingFilter::Private, &["ca_3", "ca_1"][..]), (SharingFilter::Shared, &["ca_2"][..])]
        {
            let mut query = AccountQuery::new();
            query.sharing = sharing;
            let page = store.accounts(project, &query).await.unwrap();
            let ids: Vec<_> = page.items.iter().map(|account: &ConnectedAccount| account.id.as_str()).collect();
            assert_eq!((ids, page.total), (expected.to_vec(), Some(expected.len())));
        }
        let now = Timestamp::from_micros(10);
        let due = store.due_work(now, now, 10).await.unwrap();
        let [one, two] = ["ca_1", "ca_2"].map(composio_core::ConnectedAccountId::from);
        for expected in [
            DueWork::Refresh(project.clone(), one.clone()),
            DueWork::Refresh(project.clone(), two.clone()),
            DueWork::Expire(project.clone()),
            DueWork::Probe(project.clone(), one.clone()),
            DueWork::Probe(project.clone(), two.clone()),
        ] {
            assert!(due.contains(&expected), "{due:?}");
        }
        assert_eq!(due.len(), 5, "{due:?}");

        let lease = store.claim_refresh(project, &one, now, Timestamp::from_micros(20)).await.unwrap().unwrap();
        assert_eq!((lease.fence, lease.refusals, lease.retry_at), (4, 0, None));
        let account = store.mark_ready(project, &one, now).await.unwrap().unwrap();
        assert_eq!((account.alias.as_deref(), account.label(), account.ready_at), (Some("work"), "work", Some(now)));
        let mut step = Transition::new(ConnectionStatus::Active, ConnectionStatus::Expired, now, None);
        step.credential = CredentialChange::Drop;
        let account = store.transition(project, &two, &step).await.unwrap();
        assert!(account.sharing.is_shared(), "{account:?}");
        assert_eq!(store.credential(project, &two).await.unwrap(), None);
    }
}
