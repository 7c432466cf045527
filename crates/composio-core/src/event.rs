//! What happens to connected accounts, as it happens, for the process that runs the engine.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

use crate::account::ConnectedAccount;
use crate::id::Timestamp;

/// Something that happened in a project.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[expect(clippy::large_enum_variant, reason = "nearly every event is the large one")]
pub enum Event {
    /// An account changed.
    Account(AccountEvent),
    /// The listener was too slow: this many events were not kept for it. Read the accounts again.
    Missed(u64),
}

/// Something that happened to a connected account.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AccountEvent {
    /// What happened.
    pub kind: AccountEventKind,
    /// The account as it is since then.
    pub account: ConnectedAccount,
    /// When.
    pub at: Timestamp,
}

impl AccountEvent {
    /// An event.
    #[must_use]
    pub fn new(kind: AccountEventKind, account: ConnectedAccount, at: Timestamp) -> Self {
        Self { kind, account, at }
    }
}

/// What can happen to a connected account.
///
/// Each but the last two is a change of its [status](crate::ConnectionStatus), or an attempt at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountEventKind {
    /// An auth flow made it ACTIVE, for the first time or again.
    Connected,
    /// A flow ran out, refreshing failed for good, or access was withdrawn.
    Expired,
    /// The credential was given back to the service.
    Revoked,
    /// The user said no, or the service did. An account that was to be connected again keeps its status, and says why.
    Failed,
    /// The application switched it off.
    Disabled,
    /// The application switched it on again.
    Enabled,
    /// It was seen to work for the first time since it was connected: told after [`Connected`](Self::Connected), at once
    /// or later.
    Ready,
    /// It was deleted.
    Deleted,
}

/// The events of a project from now on: a [`Stream`] that ends with the engine.
///
/// # Example
/// ```
/// # async fn listen(composio: composio_core::Composio) -> composio_core::Result<()> {
/// use composio_core::{AccountEventKind, Event};
/// use futures::StreamExt as _;
///
/// let mut events = composio.events()?;
/// while let Some(event) = events.next().await {
///     if let Event::Account(event) = event
///         && event.kind == AccountEventKind::Expired
///     {
///         println!("{} has to connect {} again", event.account.user, event.account.toolkit);
///     }
/// }
/// # Ok(()) }
/// ```
pub struct Events {
    stream: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Events {
    /// Wraps what a backend has.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Event> + Send + 'static) -> Self {
        Self { stream: Box::pin(stream) }
    }
}

impl Stream for Events {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.stream.as_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ToolkitSlug;
    use futures::{StreamExt as _, stream};

    #[tokio::test]
    async fn events_come_in_order_and_end_with_the_engine() {
        let at = Timestamp::from_micros(1);
        let toolkit = ToolkitSlug::new("github").unwrap();
        let account = ConnectedAccount::new("ca_1".into(), toolkit, "u".into(), "ac_1".into(), at);
        let told = [Event::Account(AccountEvent::new(AccountEventKind::Connected, account, at)), Event::Missed(3)];
        let events = Events::new(stream::iter(told.clone()));
        assert_eq!((events.size_hint(), format!("{events:?}")), ((2, Some(2)), "Events".to_owned()));
        assert_eq!(events.collect::<Vec<_>>().await, told);
    }
}
