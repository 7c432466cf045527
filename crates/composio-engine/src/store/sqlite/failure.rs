//! What goes wrong in a database, in the words of [`Error`]: never with a value from a row.

use composio_core::{Error, ErrorKind, Retry};
use sqlx::error::DatabaseError;

/// A failure on its way out of the store, so that `?` takes both kinds.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database failed.
    Database(sqlx::Error),
    /// A rule of the contract was broken, or a row cannot be read.
    Rule(Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rule(error) => error,
            // SQLite's messages name tables, columns and constraints, and no values, so that they may be a source.
            Failure::Database(error) if is_busy(&error) => {
                Self::new(ErrorKind::Unavailable, "the store is busy; nothing was written, and it may work now")
                    .with_retry(Retry::Safe)
                    .with_source(error)
            }
            Failure::Database(error) => {
                Self::new(ErrorKind::Unexpected, "the store failed; see the cause").with_source(error)
            }
        }
    }
}

impl Failure {
    /// A rule of the contract: the state does not allow it.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::Rule(Error::new(ErrorKind::Conflict, message))
    }

    /// A rule of the contract: what is named is not there.
    pub(super) fn not_found(what: &str, id: &str) -> Self {
        Self::Rule(Error::new(ErrorKind::NotFound, format!("there is no {what} {id}")))
    }

    /// A row that this version cannot read.
    pub(super) fn unreadable(table: &'static str, why: &str) -> Self {
        let message = format!("a row of {table} cannot be read: {why}; was it written by another version?");
        Self::Rule(Error::new(ErrorKind::Unexpected, message))
    }

    /// Turns a broken primary key or unique index into `Conflict`, with a message about the column that broke it.
    pub(super) fn or_conflict(self, message: impl FnOnce(&str) -> String) -> Self {
        match self.database().filter(|error| error.is_unique_violation()) {
            Some(error) => Self::conflict(message(error.message())),
            None => self,
        }
    }

    /// Turns a reference to a row that is not there into `NotFound`.
    pub(super) fn or_not_found(self, what: &str, id: &str) -> Self {
        match self.database().filter(|error| error.is_foreign_key_violation()) {
            Some(_) => Self::not_found(what, id),
            None => self,
        }
    }

    fn database(&self) -> Option<&dyn DatabaseError> {
        match self {
            Self::Database(error) => error.as_database_error(),
            Self::Rule(_) => None,
        }
    }
}

/// Whether somebody else held the lock for too long, so that nothing was written.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    match error {
        sqlx::Error::PoolTimedOut => true,
        // The lowest byte of an extended code is the code.
        sqlx::Error::Database(error) => {
            let code = error.code().and_then(|code| code.parse::<i32>().ok());
            code.is_some_and(|code| matches!(code & 0xff, BUSY | LOCKED))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

    use super::*;

    #[tokio::test]
    async fn who_finds_the_store_locked_may_try_again() {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(directory.path().join("x.db")).create_if_missing(true);
        let [one, other] = [(); 2].map(|()| options.clone().busy_timeout(Duration::ZERO));
        let one = SqlitePool::connect_with(one).await.unwrap();
        let other = SqlitePool::connect_with(other).await.unwrap();
        let held = one.begin_with("BEGIN IMMEDIATE").await.unwrap();

        let error = Error::from(Failure::from(other.begin_with("BEGIN IMMEDIATE").await.unwrap_err()));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
        held.rollback().await.unwrap();
        other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    }

    #[tokio::test]
    async fn whatever_else_goes_wrong_is_not_tried_again() {
        let pool = SqlitePool::connect("sqlite::memory:").await.unwrap();
        let failed = sqlx::query("SELECT nothing FROM nowhere").execute(&pool).await.unwrap_err();
        let error = Error::from(Failure::from(failed));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Unexpected, Retry::Never));
        assert!(std::error::Error::source(&error).is_some());
    }
}
