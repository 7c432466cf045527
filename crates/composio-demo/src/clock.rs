//! The only file that reads the time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Tells the demo what time it is.
///
/// Tokens, codes and the `created_at` fields of the API all follow this clock. Any closure that returns a
/// [`Timestamp`] is a clock; [`ManualClock`] is one that only moves when told to.
///
/// # Examples
///
/// ```
/// use composio_demo::{DemoClock, DemoOptions};
///
/// let new_year: jiff::Timestamp = "2030-01-01T00:00:00Z".parse()?;
/// let options = DemoOptions::default().clock(move || new_year);
/// # let _ = options;
/// # Ok::<(), jiff::Error>(())
/// ```
pub trait DemoClock: Send + Sync + 'static {
    /// The current instant, in UTC.
    fn now(&self) -> Timestamp;
}

impl<F> DemoClock for F
where
    F: Fn() -> Timestamp + Send + Sync + 'static,
{
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The clock of the operating system: what a demo follows unless it is given another.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl DemoClock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads the time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still until [`advance`](ManualClock::advance) is called.
///
/// Clones share the same hands: keep one, hand the other to [`DemoOptions::clock`](crate::DemoOptions::clock).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use composio_demo::{DemoClock, ManualClock};
///
/// let clock = ManualClock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(90));
/// assert_eq!(clock.now().duration_since(before).as_secs(), 90);
/// ```
#[derive(Clone)]
pub struct ManualClock {
    now: Arc<Mutex<Timestamp>>,
}

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now: Arc::new(Mutex::new(start)) }
    }

    /// Moves the clock forward; it stops at the last instant that a [`Timestamp`] can hold.
    pub fn advance(&self, by: Duration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        *now = after(*now, by);
    }
}

impl Default for ManualClock {
    /// A clock that shows 2025-01-01T09:00:00Z, so that what it stamps can be compared with fixed text.
    fn default() -> Self {
        Self::new(Timestamp::constant(1_735_722_000, 0))
    }
}

impl DemoClock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// `start` plus `by`, or the last representable instant.
pub(crate) fn after(start: Timestamp, by: Duration) -> Timestamp {
    start.checked_add(by).unwrap_or(Timestamp::MAX)
}
