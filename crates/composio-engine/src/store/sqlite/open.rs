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

    use sqlx::Row;

    use super::*;

    /// Every version of the schema is brought to the newest one, with what it holds.
    #[tokio::test]
    async fn a_store_of_an_older_version_is_opened() {
        for version in 1..MIGRATIONS.migrations.len() {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("store.db");
            let old = Migrator { migrations: Cow::Borrowed(&MIGRATIONS.migrations[..version]), ..Migrator::DEFAULT };
            let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
            let made = pool(1).connect_with(options).await.unwrap();
            old.run(&made).await.unwrap();
            let kept = "INSERT INTO sessions VALUES ('p', 'trs_1', 'ada', 0, '{}')";
            sqlx::query(kept).execute(&made).await.unwrap();
            made.close().await;

            let pools = file(&path).await.unwrap();
            let count = "SELECT (SELECT COUNT(*) FROM sessions) + (SELECT COUNT(*) FROM mcp_tokens)";
            let row = sqlx::query(count).fetch_one(&pools.readers).await.unwrap();
            assert_eq!(row.get::<i64, _>(0), 1, "from version {version}");
        }
    }
}
