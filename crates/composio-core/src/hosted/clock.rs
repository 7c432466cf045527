//! The one place of this crate that reads the time: for a `Retry-After` that is a date, where the reply has no date.

use jiff::Timestamp;

/// The time now.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    Timestamp::now()
}
