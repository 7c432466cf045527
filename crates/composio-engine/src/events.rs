//! What happens to accounts, told to whoever listens in this process.

use std::fmt;

use composio_core::{Event, Events};
use futures::StreamExt as _;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::store::ProjectId;

/// How many events wait for a listener that reads slowly.
const KEPT: usize = 1024;

/// The engine's channel. Telling nobody costs nothing.
pub(crate) struct Bus {
    sender: broadcast::Sender<(ProjectId, Event)>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(KEPT) }
    }

    /// Tells whoever listens to this project.
    pub(crate) fn tell(&self, project: &ProjectId, event: Event) {
        // Nobody has to listen.
        let _ = self.sender.send((project.clone(), event));
    }

    /// What happens in this project from now on.
    pub(crate) fn subscribe(&self, project: &ProjectId) -> Events {
        let project = project.clone();
        Events::new(BroadcastStream::new(self.sender.subscribe()).filter_map(move |heard| {
            let event = match heard {
                Ok((of, event)) => Some(event).filter(|_| of == project),
                Err(BroadcastStreamRecvError::Lagged(missed)) => Some(Event::Missed(missed)),
            };
            std::future::ready(event)
        }))
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("listeners", &self.sender.receiver_count()).finish()
    }
}
