//! What the engine does by itself: credentials are renewed before they are over, accounts are tried, flows run out.
//!
//! One round asks the store what is due and does that, a few things at a time. What one account comes to is that account's
//! business: it is counted and logged, and the round goes on. Between rounds a task of the engine sleeps. It holds the
//! engine weakly, and ends with it.

pub(crate) mod plan;
mod probe;

use std::collections::HashSet;
use std::sync::Weak;
use std::time::Duration;

use composio_core::{ConnectedAccountId, Error, ErrorKind, Result};
use futures::{StreamExt as _, stream};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

pub(crate) use self::probe::probe;
use crate::access::Access;
use crate::engine::{Engine, Inner};
use crate::life;
use crate::random;
use crate::store::{DueWork, ProjectId};

/// How much is asked for at once, and how much is done at a time.
const BATCH: usize = 256;
const AT_ONCE: usize = 8;
/// When an account is looked at again whose auth config is disabled, or whose toolkit is gone.
const UNUSED: Duration = Duration::from_secs(60 * 60);

/// Whether the engine keeps accounts in order by itself, and how often it looks.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use composio_engine::{EngineOptions, KeySource, SealingKey, Upkeep};
/// # use composio_core::Url;
/// # let public_url = Url::parse("https://agents.example.com").expect("the URL is well-formed");
///
/// let options = EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::generate()?]))
///     .upkeep(Upkeep::Every(Duration::from_secs(10)));
/// # let _ = options;
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// A task of the engine looks this often, a quarter more or less. No less than a second.
    Every(Duration),
    /// Nothing happens by itself. Credentials are renewed by the calls that need them, and flows run out where somebody
    /// looks; or the host calls [`Engine::upkeep_once`] when it sees fit.
    Off,
}

impl Default for Upkeep {
    /// Every 30 seconds.
    fn default() -> Self {
        Self::Every(Duration::from_secs(30))
    }
}

/// What one round of upkeep came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpkeepReport {
    /// Credentials that were renewed.
    pub renewed: usize,
    /// Accounts that were seen to work for the first time since they were connected.
    pub ready: usize,
    /// Accounts that are EXPIRED since: their links ran out, or their credentials cannot be renewed any more.
    pub expired: usize,
    /// What could not be done, and is tried again later. The log says why.
    pub failed: usize,
}

impl UpkeepReport {
    fn add(&mut self, other: Self) {
        self.renewed += other.renewed;
        self.ready += other.ready;
        self.expired += other.expired;
        self.failed += other.failed;
    }
}

/// Rounds until the engine is gone or `stop` is called. What is being sent then goes on in tasks of its own.
pub(crate) async fn run(engine: Weak<Inner>, every: Duration, stop: CancellationToken) {
    let by_itself = || {
        let engine = Engine::upgrade(&engine);
        async move {
            let Some(engine) = engine else { return };
            match round(&engine).await {
                Ok(report) if report == UpkeepReport::default() => {}
                Ok(report) => tracing::debug!(?report, "upkeep"),
                Err(error) => tracing::warn!(%error, "upkeep could not read what is due"),
            }
        }
    };
    stop.run_until_cancelled(rhythm(every, by_itself)).await;
}

/// Does something over and over, a quarter sooner or later than said: engines that were started together drift apart.
async fn rhythm<F: Future<Output = ()>>(every: Duration, mut what: impl FnMut() -> F) {
    loop {
        let pause = every.as_secs_f64() * (0.75 + random::share() / 2.0);
        // So long that there is no such time is never.
        sleep(Duration::try_from_secs_f64(pause).unwrap_or(Duration::MAX)).await;
        what().await;
    }
}

/// Does everything that is due now.
pub(crate) async fn round(engine: &Engine) -> Result<UpkeepReport> {
    let mut report = UpkeepReport::default();
    let mut done = HashSet::new();
    loop {
        let now = engine.now();
        let mut due = engine.store().due_work(now, life::begun_before(now), BATCH).await?;
        let is_last = due.len() < BATCH;
        due.retain(|work| done.insert(work.clone()));
        let came_to_nothing = due.is_empty();
        let mut outcomes = stream::iter(due).map(|work| attend(engine, work)).buffer_unordered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            report.add(outcome);
        }
        if is_last || came_to_nothing {
            return Ok(report);
        }
    }
}

async fn attend(engine: &Engine, work: DueWork) -> UpkeepReport {
    let mut report = UpkeepReport::default();
    let done = match &work {
        DueWork::Refresh(project, id) => refresh(engine, project, id, &mut report).await,
        DueWork::Probe(project, id) => try_one(engine, project, id, &mut report).await,
        DueWork::Expire(project) => life::expire_begun(engine, project).await.map(|count| report.expired += count),
    };
    if let Err(error) = done {
        tracing::warn!(?work, %error, "upkeep left something undone");
        report.failed += 1;
    }
    report
}

async fn refresh(
    engine: &Engine,
    project: &ProjectId,
    id: &ConnectedAccountId,
    report: &mut UpkeepReport,
) -> Result<()> {
    let Some(account) = engine.store().account(project, id).await? else { return Ok(()) };
    let config = engine.store().auth_config(project, &account.auth_config).await?;
    let (Some(config), Ok(toolkit)) =
        (config.filter(|config| config.enabled), engine.catalog().toolkit(&account.toolkit))
    else {
        // Nobody runs anything with it. Should that change, the next call renews it.
        return engine.store().schedule_refresh(project, id, Some(engine.now().plus(UNUSED))).await;
    };
    let access = Access { engine, project, toolkit, config: &config, account: &account };
    match access.renew_ahead().await {
        Ok(renewed) => report.renewed += usize::from(renewed),
        Err(error) if error.kind() == ErrorKind::ConnectionRequired => report.expired += 1,
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn try_one(
    engine: &Engine,
    project: &ProjectId,
    id: &ConnectedAccountId,
    report: &mut UpkeepReport,
) -> Result<()> {
    let Some(account) = engine.store().account(project, id).await? else { return Ok(()) };
    let tried = match probe(engine, project, &account).await {
        Ok(tried) => tried,
        // It has left ACTIVE in the meantime, or its auth config is disabled.
        Err(error) if error.kind() == ErrorKind::Conflict => return Ok(()),
        Err(error) => return Err(error),
    };
    report.ready += usize::from(tried.is_ready());
    report.expired += usize::from(!tried.is_active());
    Ok(())
}

/// A rhythm that does not make the engine busy with itself.
pub(crate) fn check(upkeep: Upkeep) -> Result<()> {
    match upkeep {
        Upkeep::Every(every) if every < Duration::from_secs(1) => {
            Err(Error::invalid_input("upkeep", &format!("{every:?}"), "at least a second, or `Upkeep::Off`"))
        }
        Upkeep::Every(_) | Upkeep::Off => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn rounds_come_in_a_rhythm_that_is_never_quite_the_same() {
        let every = Duration::from_secs(30);
        let (last, pauses) = (Cell::new(Instant::now()), std::cell::RefCell::new(HashSet::new()));
        let note = || {
            pauses.borrow_mut().insert(last.replace(Instant::now()).elapsed());
            std::future::ready(())
        };
        assert!(timeout(every * 40, rhythm(every, note)).await.is_err(), "it has no end of its own");
        let pauses = pauses.into_inner();
        assert!(pauses.len() > 25, "{pauses:?}");
        // Tokio's timers count milliseconds.
        let (least, most) = (every.mul_f64(0.75), every.mul_f64(1.25) + Duration::from_millis(1));
        assert!(pauses.iter().all(|pause| *pause >= least && *pause <= most), "{pauses:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rhythm_as_long_as_there_is_never_comes_round() {
        for every in [Duration::MAX, Duration::MAX / 2, Duration::from_secs(u64::MAX)] {
            let never = rhythm(every, || async { panic!("it came round") });
            assert!(timeout(Duration::from_secs(1_000_000), never).await.is_err(), "{every:?}");
        }
    }
}
