//! What the values of one session share in this process: the configuration as it was last read, so that an update is seen
//! by all of them, and the native tools and modifiers, so that a server in the same process can offer them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::watch;

use super::modifier::Modifiers;
use crate::backend::{McpEndpoint, SessionRecord};
use crate::id::{SessionId, UserId};
use crate::tool::NativeTools;

/// What a session has that was given nothing.
static NOTHING: Local = Local { native: NativeTools::none(), modifiers: Modifiers::none() };

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

/// One session, for all of its values. There are many of them, so what few need is made when it is asked for.
pub(super) struct Shared {
    id: SessionId,
    user: UserId,
    mcp: Option<Box<McpEndpoint>>,
    record: Mutex<Arc<SessionRecord>>,
    /// Tells the versions to whoever listens.
    versions: OnceLock<watch::Sender<u64>>,
    /// What values were given, where any was.
    local: OnceLock<Box<Given>>,
    register: Live,
}

type Given = Mutex<Vec<Weak<Local>>>;

/// What one value of a session was given; in the register for as long as this lives, where it was given to this one.
pub(super) struct Held {
    shared: Arc<Shared>,
    /// None for nothing.
    local: Option<Arc<Local>>,
    listed: bool,
}

impl Live {
    /// The session of this record, which is the newest where nobody here has read a newer one.
    pub(super) fn enter(&self, mut record: SessionRecord) -> Arc<Shared> {
        let mut by_session = self.lock();
        let known = by_session.get(&record.id).and_then(Weak::upgrade);
        if let Some(shared) = known {
            drop(by_session);
            shared.publish(record);
            return shared;
        }
        let shared = Arc::new(Shared {
            id: record.id.clone(),
            user: record.user.clone(),
            mcp: record.mcp.take(),
            record: Mutex::new(Arc::new(record)),
            versions: OnceLock::new(),
            local: OnceLock::new(),
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
    pub(super) fn id(&self) -> &SessionId {
        &self.id
    }

    pub(super) fn user(&self) -> &UserId {
        &self.user
    }

    pub(super) fn mcp(&self) -> Option<&McpEndpoint> {
        self.mcp.as_deref()
    }

    pub(super) fn record(&self) -> Arc<SessionRecord> {
        Arc::clone(&self.known())
    }

    /// Keeps a record that was read, unless a newer one is known.
    pub(super) fn publish(&self, mut record: SessionRecord) {
        let mut known = self.known();
        if record.version <= known.version {
            return;
        }
        // The endpoint is the same for as long as the session lives.
        record.mcp = None;
        let version = record.version;
        *known = Arc::new(record);
        if let Some(versions) = self.versions.get() {
            versions.send_replace(version);
        }
    }

    /// The versions from now on.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        // Under the lock, so that no version falls between the one that is read and those that are told.
        let known = self.known();
        self.versions.get_or_init(|| watch::Sender::new(known.version)).subscribe()
    }

    fn known(&self) -> MutexGuard<'_, Arc<SessionRecord>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the session was last given here and what still lives.
    pub(super) fn find(&self) -> Option<Arc<Local>> {
        entries(self.local.get()?).iter().rev().find_map(Weak::upgrade)
    }

    /// Keeps what a value was given findable while the returned value lives. Nothing needs no place.
    pub(super) fn give(self: Arc<Self>, local: Local) -> Held {
        let listed = !local.native.is_empty() || !local.modifiers.is_empty();
        let local = listed.then(|| Arc::new(local));
        if let Some(local) = &local {
            entries(self.local.get_or_init(Box::default)).push(Arc::downgrade(local));
        }
        Held { shared: self, local, listed }
    }

    /// What was found, which nobody is to find through the finder: it would outlive for ever the value that was given it.
    pub(super) fn found(self: Arc<Self>, local: Arc<Local>) -> Held {
        Held { shared: self, local: Some(local), listed: false }
    }
}

impl Held {
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(super) fn local(&self) -> &Local {
        self.local.as_deref().unwrap_or(&NOTHING)
    }
}

fn entries(given: &Given) -> MutexGuard<'_, Vec<Weak<Local>>> {
    given.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(local) = self.local.as_ref().filter(|_| self.listed) else { return };
        let Some(given) = self.shared.local.get() else { return };
        let mut all = entries(given);
        if let Some(place) = all.iter().position(|live| std::ptr::eq(live.as_ptr(), Arc::as_ptr(local))) {
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
