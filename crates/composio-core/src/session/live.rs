//! The native tools that live in this process, by session, so that a server in the same process can offer them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::id::SessionId;
use crate::tool::NativeTools;

type BySession = HashMap<SessionId, Vec<Weak<NativeTools>>>;

/// The register. Cheap to clone; clones share everything. It keeps nothing alive.
#[derive(Clone, Default)]
pub(crate) struct LiveTools {
    by_session: Arc<Mutex<BySession>>,
}

/// A session's tools; in the register for as long as this lives, where they were given to this session.
pub(super) struct Registered {
    session: SessionId,
    tools: Arc<NativeTools>,
    register: Option<LiveTools>,
}

impl LiveTools {
    /// Keeps the tools findable while the returned value lives. No tools need no place.
    pub(super) fn register(&self, session: &SessionId, tools: Arc<NativeTools>) -> Registered {
        let register = (!tools.is_empty()).then(|| {
            self.lock().entry(session.clone()).or_default().push(Arc::downgrade(&tools));
            self.clone()
        });
        Registered { session: session.clone(), tools, register }
    }

    /// The tools that the session was last given and that still live.
    pub(super) fn find(&self, session: &SessionId) -> Option<Arc<NativeTools>> {
        self.lock().get(session)?.iter().rev().find_map(Weak::upgrade)
    }

    fn lock(&self) -> MutexGuard<'_, BySession> {
        self.by_session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registered {
    /// Tools that nobody is to find.
    pub(super) fn nowhere(session: &SessionId, tools: Arc<NativeTools>) -> Self {
        Self { session: session.clone(), tools, register: None }
    }

    pub(super) fn tools(&self) -> &NativeTools {
        &self.tools
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let Some(register) = &self.register else { return };
        let mut by_session = register.lock();
        let Some(lives) = by_session.get_mut(&self.session) else { return };
        // One entry of these tools: another value of the session may have been given the same.
        if let Some(place) = lives.iter().position(|live| std::ptr::eq(live.as_ptr(), Arc::as_ptr(&self.tools))) {
            lives.remove(place);
        }
        if lives.is_empty() {
            by_session.remove(&self.session);
        }
    }
}

impl fmt::Debug for LiveTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}
