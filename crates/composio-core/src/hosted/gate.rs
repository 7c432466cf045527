//! The gate that a rate limit closes: all calls of a client wait once, then one goes ahead.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long who goes ahead is waited for. A 429 comes before anything runs: who is not back by then got past the limit, and
/// waits for a tool that takes its time.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest that one 429 keeps a client out, whatever it says. The windows are of a minute; a gateway that says ten years
/// would otherwise be right about them.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Where calls wait after the server said 429. Rule: `session-api` 1.7, the limit counts an organisation's requests, so what
/// one call learns is true for all.
///
/// Closed until a time. From then on one call goes ahead, and the others wait for how it fares: another 429 closes the gate
/// again, anything else opens it for everybody, no answer within [`PATIENCE`] too.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Whether `state` is worth a look: all that a call pays while no limit is known.
    closed: AtomicBool,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Until when nobody goes; none while the gate is open.
    until: Option<Instant>,
    /// Since when somebody is ahead.
    ahead: Option<Instant>,
}

/// Leave to send one request. Whoever drops the one that went ahead, without having learned anything, lets the next go.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    /// The gate, and since when, for who goes ahead.
    ahead: Option<(&'a Gate, Instant)>,
    /// How long the call waited here.
    pub(super) waited: Duration,
}

/// The wait is longer than the caller allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong(pub(super) Duration);

/// What a call does next at a closed gate.
enum Step {
    Go { ahead: Option<Instant> },
    Sleep(Instant),
    Watch(Instant),
}

impl Gate {
    /// Waits until a request may be sent, but no longer than `longest` for limits, and not at all for one that is known to
    /// lift later.
    pub(super) async fn pass(&self, longest: Duration) -> Result<Pass<'_>, TooLong> {
        if !self.closed.load(Ordering::Acquire) {
            return Ok(Pass { ahead: None, waited: Duration::ZERO });
        }
        let since = Instant::now();
        loop {
            // Made before the state is read: a change in between is not missed.
            let changed = self.changed.notified();
            match self.step(longest.saturating_sub(since.elapsed()))? {
                Step::Go { ahead } => {
                    return Ok(Pass { ahead: ahead.map(|ahead| (self, ahead)), waited: since.elapsed() });
                }
                Step::Sleep(until) => tokio::time::sleep_until(until).await,
                Step::Watch(until) => timeout_at(until, changed).await.unwrap_or_default(),
            }
        }
    }

    /// Closes the gate for this long, or leaves it closed where it already is for longer.
    pub(super) fn close(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST);
        let mut state = self.lock();
        state.until = Some(state.until.map_or(until, |known| known.max(until)));
        self.closed.store(true, Ordering::Release);
    }

    fn step(&self, longest: Duration) -> Result<Step, TooLong> {
        let mut state = self.lock();
        let Some(until) = state.until else { return Ok(Step::Go { ahead: None }) };
        let now = Instant::now();
        let left = until.saturating_duration_since(now);
        if left > longest {
            return Err(TooLong(left));
        }
        if !left.is_zero() {
            return Ok(Step::Sleep(until));
        }
        // Who went before it was closed anew is not ahead any more.
        match state.ahead.filter(|since| *since >= until) {
            Some(since) if now < since + PATIENCE => Ok(Step::Watch(since + PATIENCE)),
            Some(_) => {
                self.open(&mut state);
                Ok(Step::Go { ahead: None })
            }
            None => {
                state.ahead = Some(now);
                Ok(Step::Go { ahead: Some(now) })
            }
        }
    }

    /// Who has been ahead since then is back.
    fn back(&self, since: Instant, open: bool) {
        let mut state = self.lock();
        if state.ahead != Some(since) {
            // Nobody waits for it any more.
            return;
        }
        state.ahead = None;
        // In the meantime a call that was under way before may have closed it anew: that is the newer word.
        if open && state.until.is_some_and(|until| until <= Instant::now()) {
            self.open(&mut state);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn open(&self, state: &mut State) {
        *state = State::default();
        self.closed.store(false, Ordering::Release);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, and its two fields are true at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The server answered, and spoke of no limit.
    pub(super) fn opened(mut self) {
        if let Some((gate, since)) = self.ahead.take() {
            gate.back(since, true);
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if let Some((gate, since)) = self.ahead.take() {
            gate.back(since, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Closed for a second that is over by now.
    async fn over() -> Gate {
        let gate = Gate::default();
        gate.close(seconds(1));
        tokio::time::sleep(seconds(1)).await;
        gate
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_gate_keeps_nobody() {
        let gate = Gate::default();
        let pass = gate.pass(Duration::ZERO).now_or_never().unwrap().unwrap();
        assert_eq!(pass.waited, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_waits_once_and_one_goes_ahead() {
        let gate = Gate::default();
        gate.close(seconds(3));
        let began = Instant::now();
        let ahead = gate.pass(LONG).await.unwrap();
        assert_eq!((began.elapsed(), ahead.waited), (seconds(3), seconds(3)));
        let mut others: Vec<_> = (0..63).map(|_| Box::pin(gate.pass(LONG))).collect();
        assert!(others.iter_mut().all(|other| other.now_or_never().is_none()));
        ahead.opened();
        for other in others {
            assert!(other.now_or_never().is_some_and(|pass| pass.is_ok_and(|pass| pass.ahead.is_none())));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_second_429_closes_it_again() {
        let gate = over().await;
        let ahead = gate.pass(LONG).await.unwrap();
        let mut other = Box::pin(gate.pass(LONG));
        assert!((&mut other).now_or_never().is_none());
        gate.close(seconds(5));
        drop(ahead);
        let began = Instant::now();
        assert!(other.await.unwrap().ahead.is_some());
        assert_eq!(began.elapsed(), seconds(5));
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_ahead_and_gives_up_lets_the_next_go() {
        let gate = over().await;
        let ahead = gate.pass(LONG).await.unwrap();
        let mut others = [Box::pin(gate.pass(LONG)), Box::pin(gate.pass(LONG))];
        assert!(others.iter_mut().all(|other| other.now_or_never().is_none()));
        drop(ahead);
        let passes: Vec<_> = others.iter_mut().filter_map(|other| other.now_or_never()).collect();
        assert_eq!(passes.len(), 1, "one of two goes ahead");
        assert!(passes.into_iter().all(|pass| pass.is_ok_and(|pass| pass.ahead.is_some())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_too_long_is_not_waited() {
        let gate = Gate::default();
        gate.close(seconds(61));
        assert_eq!(gate.pass(LONG).now_or_never().unwrap().unwrap_err(), TooLong(seconds(61)));
        tokio::time::sleep(seconds(1)).await;
        assert!(gate.pass(LONG).now_or_never().is_none(), "the rest is short enough");
    }

    #[tokio::test(start_paused = true)]
    async fn limits_that_follow_each_other_are_one_wait() {
        let gate = Gate::default();
        gate.close(seconds(40));
        let began = Instant::now();
        let (waiting, ()) = tokio::join!(gate.pass(LONG), async {
            tokio::time::sleep(seconds(39)).await;
            gate.close(seconds(30));
        });
        assert_eq!((waiting.unwrap_err(), began.elapsed()), (TooLong(seconds(29)), seconds(40)));
    }

    #[tokio::test(start_paused = true)]
    async fn no_429_closes_it_for_more_than_an_hour() {
        let gate = Gate::default();
        gate.close(seconds(10 * 365 * 24 * 60 * 60));
        assert_eq!(gate.pass(LONG).now_or_never().unwrap().unwrap_err(), TooLong(LONGEST));
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_ahead_and_takes_its_time_got_past_the_limit() {
        let gate = over().await;
        let ahead = gate.pass(LONG).await.unwrap();
        let began = Instant::now();
        let others = futures::future::join_all((0..3).map(|_| gate.pass(LONG))).await;
        assert_eq!(began.elapsed(), PATIENCE);
        assert!(others.iter().all(|pass| pass.as_ref().is_ok_and(|pass| pass.ahead.is_none())));
        // It is back late: somebody else is ahead by now, and stays it.
        gate.close(seconds(1));
        tokio::time::sleep(seconds(1)).await;
        let next = gate.pass(LONG).await.unwrap();
        ahead.opened();
        assert!(next.ahead.is_some() && gate.pass(LONG).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_longer_of_two_waits_counts() {
        let gate = Gate::default();
        gate.close(seconds(4));
        gate.close(seconds(2));
        let began = Instant::now();
        drop(gate.pass(LONG).await.unwrap());
        assert_eq!(began.elapsed(), seconds(4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_learned_meanwhile_is_not_lifted_by_who_went_ahead() {
        let gate = over().await;
        let ahead = gate.pass(LONG).await.unwrap();
        gate.close(seconds(2));
        let began = Instant::now();
        let next = gate.pass(LONG).await.unwrap();
        assert!(next.ahead.is_some() && began.elapsed() == seconds(2), "one goes ahead of the others again");
        ahead.opened();
        assert!(gate.pass(LONG).now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_that_is_given_up_leaves_nothing_behind() {
        let gate = Arc::new(Gate::default());
        gate.close(seconds(1));
        let waiting = { Arc::clone(&gate) };
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting.pass(LONG)).await.is_err());
        tokio::time::sleep(seconds(1)).await;
        assert!(gate.pass(LONG).now_or_never().unwrap().unwrap().ahead.is_some());
    }
}
