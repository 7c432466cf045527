//! What happens to accounts, told to whoever listens in this process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use composio_core::{Event, Events};
use futures::{StreamExt as _, stream};
use tokio::sync::broadcast::{self, Sender};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::store::ProjectId;

/// How many events wait for a listener that reads slowly.
const KEPT: usize = 1024;

/// The engine's channels, one for each project that somebody listens to. Telling nobody costs nothing.
///
/// A listener holds the end that reads, so it keeps nothing of the engine alive, and its stream ends with the engine.
pub(crate) struct Bus {
    /// None once the engine was shut down.
    channels: Mutex<Option<HashMap<ProjectId, Sender<Arc<Event>>>>>,
    turn: tokio::sync::Mutex<()>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self { channels: Mutex::new(Some(HashMap::new())), turn: tokio::sync::Mutex::new(()) }
    }

    /// The turn to change an account and to tell it, so that what happened first is told first. Accounts change seldom, and
    /// a store writes one thing at a time anyway.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Tells whoever listens to this project.
    pub(crate) fn tell(&self, project: &ProjectId, event: Event) {
        let mut channels = self.channels();
        let Some(channels) = channels.as_mut() else { return };
        if let Some(channel) = channels.get(project)
            && channel.send(Arc::new(event)).is_err()
        {
            // Whoever listened has gone.
            channels.remove(project);
        }
    }

    /// What happens in this project from now on; nothing where the engine was shut down.
    pub(crate) fn subscribe(&self, project: &ProjectId) -> Events {
        let mut channels = self.channels();
        let Some(channels) = channels.as_mut() else { return Events::new(stream::empty()) };
        let channel = channels.entry(project.clone()).or_insert_with(|| Sender::new(KEPT));
        Events::new(BroadcastStream::new(channel.subscribe()).map(|heard| match heard {
            Ok(event) => Arc::unwrap_or_clone(event),
            Err(BroadcastStreamRecvError::Lagged(missed)) => Event::Missed(missed),
        }))
    }

    /// Ends every stream, once what it has waiting is read.
    pub(crate) fn close(&self) {
        *self.channels() = None;
    }

    fn channels(&self) -> MutexGuard<'_, Option<HashMap<ProjectId, broadcast::Sender<Arc<Event>>>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listeners = |channels: &HashMap<_, Sender<_>>| channels.values().map(Sender::receiver_count).sum::<usize>();
        f.debug_struct("Bus").field("listeners", &self.channels().as_ref().map_or(0, listeners)).finish()
    }
}

#[cfg(test)]
mod tests {
    use composio_core::{AccountEvent, AccountEventKind, ConnectedAccount, Timestamp, ToolkitSlug};
    use futures::FutureExt as _;

    use super::*;

    fn event(number: i64) -> Event {
        let (toolkit, at) = (ToolkitSlug::new("tracker").unwrap(), Timestamp::from_micros(number));
        let account = ConnectedAccount::new("ca_1".into(), toolkit, "user".into(), "ac_1".into(), at);
        Event::Account(AccountEvent::new(AccountEventKind::Connected, account, at))
    }

    fn next(events: &mut Events) -> Option<Option<Event>> {
        events.next().now_or_never()
    }

    #[test]
    fn a_project_hears_its_own_events_and_no_others() {
        let (bus, here, there) = (Bus::new(), ProjectId::new("here"), ProjectId::new("there"));
        bus.tell(&here, event(0));
        let (mut one, mut two) = (bus.subscribe(&here), bus.subscribe(&here));
        bus.tell(&there, event(1));
        bus.tell(&here, event(2));
        for listener in [&mut one, &mut two] {
            assert_eq!(next(listener), Some(Some(event(2))));
            assert_eq!(next(listener), None);
        }
    }

    #[test]
    fn a_slow_listener_learns_how_much_it_missed_of_its_own_project() {
        let (bus, here, there) = (Bus::new(), ProjectId::new("here"), ProjectId::new("there"));
        let mut slow = bus.subscribe(&here);
        let _noise = bus.subscribe(&there);
        for number in 0..5_000 {
            bus.tell(&there, event(number));
        }
        bus.tell(&here, event(0));
        assert_eq!(next(&mut slow), Some(Some(event(0))));
        for number in 0..KEPT as i64 + 3 {
            bus.tell(&here, event(number));
        }
        assert_eq!(next(&mut slow), Some(Some(Event::Missed(3))));
        assert_eq!(next(&mut slow), Some(Some(event(3))));
    }

    #[test]
    fn streams_end_with_the_bus_or_when_it_closes() {
        let (bus, here) = (Bus::new(), ProjectId::new("here"));
        let mut events = bus.subscribe(&here);
        bus.tell(&here, event(1));
        bus.close();
        assert_eq!(next(&mut events), Some(Some(event(1))), "what was told is heard");
        assert_eq!(next(&mut events), Some(None));
        assert_eq!(next(&mut bus.subscribe(&here)), Some(None));

        let bus = Bus::new();
        let mut events = bus.subscribe(&here);
        drop(bus);
        assert_eq!(next(&mut events), Some(None));
    }

    #[test]
    fn nobody_listening_leaves_nothing_behind() {
        let (bus, here) = (Bus::new(), ProjectId::new("here"));
        drop(bus.subscribe(&here));
        bus.tell(&here, event(1));
        assert!(bus.channels().as_ref().unwrap().is_empty());
    }
}
