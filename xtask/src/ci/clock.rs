//! The one place of xtask that reads a clock.

use std::time::Instant;

/// How long something takes.
#[derive(Debug)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn seconds(&self) -> u64 {
        self.0.elapsed().as_secs()
    }
}
