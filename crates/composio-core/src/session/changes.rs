//! A session's configuration over time: reading it again, its history, and hearing of changes.

use std::fmt;

use tokio::sync::watch;

use super::{Session, SessionUpdate, UpdateSession};
use crate::backend::{HistoryQuery, Page, SessionVersion, SessionWarning, listing};
use crate::error::{Error, Result};

impl Session {
    /// The version of its configuration: 1 when it is created, one more with each change.
    pub fn version(&self) -> u64 {
        self.record().version
    }

    /// What the backend had to say about the configuration, without refusing it.
    pub fn warnings(&self) -> Vec<SessionWarning> {
        self.record().warnings.clone()
    }

    /// Begins a change of the configuration. Every value of this session in this process sees it, and tools that were
    /// listed before are to be listed again: [`changes`](Self::changes) says when.
    ///
    /// # Errors
    /// The await gives `InvalidInput` as creating a session does, and nothing is written then; `Conflict` where the
    /// [expected version](UpdateSession::expected_version) is not the one that the session has.
    pub fn update(&self) -> UpdateSession {
        UpdateSession::new(self.clone())
    }

    /// Reads the configuration again, because another process may have changed it. The backend always knows the newest
    /// one; what is decided here, such as whether a native tool needs an approval, goes by the one that was read last.
    ///
    /// # Errors
    /// `NotFound` where the session was deleted.
    pub async fn refresh(&self) -> Result<()> {
        let record = self.backend().session(self.id()).await?;
        self.publish(record);
        Ok(())
    }

    /// The versions of its configuration, newest first, the one that holds included. Rule: `session-semantics` 3.3.
    ///
    /// # Errors
    /// The await gives `NotFound` where the session was deleted, `InvalidInput` for a cursor that is not this backend's.
    pub fn history(&self) -> ListHistory {
        ListHistory { source: self.clone(), query: HistoryQuery::new(), error: None }
    }

    /// Hears of changes of the configuration that are made or read in this process, from now on.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes { receiver: self.listen() }
    }

    pub(super) async fn change(&self, update: &SessionUpdate) -> Result<()> {
        let record = self.backend().update_session(self.id(), update).await?;
        self.publish(record);
        Ok(())
    }
}

/// The changes of one session. It keeps nothing alive, and ends with the last value of the session.
#[derive(Clone)]
pub struct Changes {
    receiver: watch::Receiver<u64>,
}

impl Changes {
    /// Waits until the configuration has another version than at the last call, and gives it. Changes in between are one.
    /// None once no value of the session is left.
    pub async fn next(&mut self) -> Option<u64> {
        self.receiver.changed().await.ok()?;
        Some(*self.receiver.borrow_and_update())
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("version", &*self.receiver.borrow()).finish()
    }
}

/// A list of versions in the making. Await it for one page.
#[must_use = "versions are listed by awaiting this"]
#[derive(Debug)]
pub struct ListHistory {
    source: Session,
    query: HistoryQuery,
    error: Option<Error>,
}

listing!(ListHistory of SessionVersion, "20 unless said, 100", page_of_history);

async fn page_of_history(session: Session, query: HistoryQuery) -> Result<Page<SessionVersion>> {
    session.backend().session_history(session.id(), &query).await
}
