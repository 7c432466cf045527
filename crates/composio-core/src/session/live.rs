//! What the values of one session share in this process: the configuration as it was last read, so that an update is seen
//! by all of them, and the native tools and modifiers, so that a server in the same process can offer them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

use super::modifier::Modifiers;
use crate::backend::SessionRecord;
use crate::id::SessionId;
use crate::tool::NativeTools;

/// The register. Cheap to clone; clones share everything. It keeps nothing alive.
#[derive(Clone, Default)]
pub(crate) struct Live {
    by_session: Arc<Mutex<HashMap<SessionId, Weak<Shared>>>>,
}

/// What lives in the process and not with the session.
#[derive(Debug, Default)]
pub(crate) struct Local {
    pub(crate) native: NativeTools,
    pub(crate) modifiers: Modifiers,
}

/// One session, for all of its values.
pub(super) struct Shared {
    id: SessionId,
    record: watch::Sender<Arc<SessionRecord>>,
    local: Mutex<Vec<Weak<Local>>>,
    register: Live,
}

/// What one value of a session was given; in the register for as long as this lives, where it was given to this one.
pub(super) struct Held {
    shared: Arc<Shared>,
    local: Arc<Local>,
    listed: bool,
}

impl Live {
    /// The session of this record, which is the newest where nobody here has read a newer one.
    pub(super) fn enter(&self, record: SessionRecord) -> Arc<Shared> {
        let mut by_session = self.lock();
        let known = by_session.get(&record.id).and_then(Weak::upgrade);
        if let Some(shared) = known {
            drop(by_session);
            shared.publish(record);
            return shared;
        }
        let shared = Arc::new(Shared {
            id: record.id.clone(),
            record: watch::Sender::new(Arc::new(record)),
            local: Mutex::default(),
            register: self.clone(),
        });
        by_session.insert(shared.id.clone(), Arc::downgrade(&shared));
        shared
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Weak<Shared>>> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub(super) fn record(&self) -> Arc<SessionRecord> {
        Arc::clone(&self.record.borrow())
    }

    /// Keeps a record that was read, unless a newer one is known.
    pub(super) fn publish(&self, record: SessionRecord) {
        self.record.send_if_modified(|known| {
            let newer = record.version > known.version;
            if newer {
                *known = Arc::new(record);
            }
            newer
        });
    }

    pub(super) fn listen(&self) -> watch::Receiver<Arc<SessionRecord>> {
        self.record.subscribe()
    }

    /// What the session was last given here and what still lives.
    pub(super) fn find(&self) -> Option<Arc<Local>> {
        self.local().iter().rev().find_map(Weak::upgrade)
    }

    /// Keeps what a value was given findable while the returned value lives. Nothing needs no place.
    pub(super) fn give(self: Arc<Self>, local: Local) -> Held {
        let local = Arc::new(local);
        let listed = !local.native.is_empty() || !local.modifiers.is_empty();
        if listed {
            self.local().push(Arc::downgrade(&local));
        }
        Held { shared: self, local, listed }
    }

    /// What was found, which nobody is to find through the finder: it would outlive for ever the value that was given it.
    pub(super) fn found(self: Arc<Self>, local: Arc<Local>) -> Held {
        Held { shared: self, local, listed: false }
    }

    fn local(&self) -> MutexGuard<'_, Vec<Weak<Local>>> {
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn local(&self) -> &Local {
        &self.local
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.listed {
            return;
        }
        let mut all = self.shared.local();
        if let Some(place) = all.iter().position(|live| std::ptr::eq(live.as_ptr(), Arc::as_ptr(&self.local))) {
            all.remove(place);
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let mut by_session = self.register.lock();
        // Another one may stand in its place by now.
        if by_session.get(&self.id).is_some_and(|live| std::ptr::eq(live.as_ptr(), self)) {
            by_session.remove(&self.id);
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}
