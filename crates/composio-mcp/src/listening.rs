//! Clients that hear when the list of tools changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use composio_core::Changes;
use rmcp::service::{RequestContext, RoleServer, SubscriptionContext};

/// What is kept of a client's hello until it says that it is ready. Each clone of a server begins without one: it serves
/// another client.
#[derive(Default)]
pub(crate) struct Hello(Mutex<Option<Said>>);

struct Said {
    /// It ends with the client.
    context: RequestContext<RoleServer>,
    /// Since the hello, so that nothing between it and the readiness is missed.
    changes: Changes,
}

impl Hello {
    /// Keeps the first hello of a client. A later one is answered, and changes nothing.
    pub(crate) fn said(&self, context: RequestContext<RoleServer>, changes: Changes) {
        self.kept().get_or_insert(Said { context, changes });
    }

    /// Tells the client of each change, until it leaves. Only once for each hello, however often it says that it is ready.
    pub(crate) async fn listen(&self, forget: impl Fn() + Send + Sync) {
        let said = self.kept().take();
        let Some(Said { context, mut changes }) = said else { return };
        let telling = async {
            while changes.next().await.is_some() {
                forget();
                if context.peer.notify_tool_list_changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            () = context.ct.cancelled() => {}
            () = telling => {}
        }
    }

    fn kept(&self) -> MutexGuard<'_, Option<Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Hello {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The same for a client that asked to listen, until it stops.
pub(crate) async fn tell(context: &SubscriptionContext, mut changes: Changes, forget: impl Fn() + Send + Sync) {
    let sink = context.sink();
    let telling = async {
        while changes.next().await.is_some() {
            forget();
            // Where it asked for nothing that there is, it is told nothing, and listens all the same.
            if context.accepted().tools_list_changed == Some(true) && sink.notify_tool_list_changed().await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = context.cancelled() => {}
        () = telling => {}
    }
}
