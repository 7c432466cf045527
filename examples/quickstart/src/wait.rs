//! Waiting for a person, with the time that is left in view.

use std::io::IsTerminal as _;
use std::time::Duration;

use composio::{ConnectedAccount, ConnectionRequest, Result};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// After how many seconds a log says again that we wait.
const REMIND_EVERY: u64 = 30;

pub(crate) async fn until_connected(request: &ConnectionRequest, patience: Duration) -> Result<ConnectedAccount> {
    let started = Instant::now();
    let mut display = Display::new();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut wait = request.wait().timeout(patience).into_future();
    loop {
        tokio::select! {
            biased;
            account = &mut wait => return account,
            _ = ticks.tick() => display.tick(patience.saturating_sub(started.elapsed())),
        }
    }
}

/// A spinner where somebody looks, plain lines where a file does. Dropping it leaves the terminal as it was.
struct Display {
    spinner: Option<ProgressBar>,
    ticks: u64,
}

impl Display {
    fn new() -> Self {
        let spinner = std::io::stderr().is_terminal().then(|| {
            // The spinner of the default style, as far in as the text around it.
            let style = ProgressStyle::default_spinner();
            let style = style.clone().template("   {spinner} {msg}").unwrap_or(style);
            let bar = ProgressBar::new_spinner().with_style(style);
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { spinner, ticks: 0 }
    }

    fn tick(&mut self, left: Duration) {
        let text = format!("waiting for you, {} left (Ctrl-C stops)", minutes(left));
        match &self.spinner {
            Some(bar) => bar.set_message(text),
            None if self.ticks.is_multiple_of(REMIND_EVERY) => eprintln!("   {text}"),
            None => {}
        }
        self.ticks += 1;
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(bar) = &self.spinner {
            bar.finish_and_clear();
        }
    }
}

/// `4:07`, rounded up so that it does not begin a second short.
fn minutes(left: Duration) -> String {
    let seconds = left.as_millis().div_ceil(1000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_rounded_up() {
        for (millis, expected) in [(300_000, "5:00"), (299_999, "5:00"), (67_000, "1:07"), (1, "0:01"), (0, "0:00")] {
            assert_eq!(minutes(Duration::from_millis(millis)), expected);
        }
    }
}
