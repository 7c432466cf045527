//! The one place of this crate that reads the time: for a `Retry-After` that is a date, where the reply has no date.

use std::time::Duration;

use jiff::Timestamp;

/// Longer than anybody waits, and short enough that any time plus this is still a time.
pub(super) const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The time now.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    Timestamp::now()
}
