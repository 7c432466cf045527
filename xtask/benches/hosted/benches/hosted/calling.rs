//! Wall clock of calls: one after the other, and 64 at once. One thread here, the stub on another core.

use std::time::Duration;

use anyhow::Result;
use bench_hosted::by_hand::{Eager, Hyper, Raw, Reqwest, TOOL, arguments};
use bench_hosted::figures::middle;
use bench_hosted::ours;
use composio_core::Session;
use futures::future::try_join_all;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::table::{Report, Unit};

/// How many calls are on their way at once.
const AT_ONCE: usize = 64;
/// How much of bare reqwest's throughput ours has to reach.
const OF_REQWEST: f64 = 0.9;

pub(super) async fn measure(stub: &str, measured: bool, report: &mut Report) -> Result<()> {
    let (rounds, calls) = if measured { (61, 32) } else { (1, 1) };
    let one = one_by_one(stub, if measured { 3_000 } else { 1 }).await?;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    report.beside(format_args!(
        "execute, one by one: p50 {:.0} us | bare reqwest {:.0} us parsing, {:.0} us leaving it text | bare hyper {:.0} us",
        micros(one.ours),
        micros(one.eager),
        micros(one.raw),
        micros(one.hyper),
    ));
    let all = at_once(stub, rounds, calls).await?;
    report.beside(format_args!(
        "execute, {AT_ONCE} at once: {:.0} a second | bare reqwest {:.0} parsing, {:.0} leaving it text",
        all.ours, all.eager, all.raw,
    ));
    report.at_least("execute, 64 at once: throughput, of reqwest parsing", all.of_eager, OF_REQWEST, Unit::Times);
    report.at_least("execute, 64 at once: throughput, of reqwest leaving text", all.of_raw, OF_REQWEST, Unit::Times);
    Ok(())
}

/// How long a call takes, in the middle.
struct OneByOne {
    ours: Duration,
    eager: Duration,
    raw: Duration,
    hyper: Duration,
}

async fn one_by_one(stub: &str, calls: usize) -> Result<OneByOne> {
    let session = ours::session(&ours::composio(stub)?, 0).await?;
    let (reqwest, mut hyper, given) = (Reqwest::new(stub)?, Hyper::connect(stub).await?, arguments());
    let (mut of_ours, mut of_eager, mut of_raw, mut of_hyper) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // In turns, so that a machine that slows down slows all of them.
    for _ in 0..calls {
        let start = Instant::now();
        session.execute(TOOL, given.clone()).await?;
        of_ours.push(start.elapsed());
        let start = Instant::now();
        let _: Eager = reqwest.call(&given).await?;
        of_eager.push(start.elapsed());
        let start = Instant::now();
        let _: Raw = reqwest.call(&given).await?;
        of_raw.push(start.elapsed());
        let start = Instant::now();
        hyper.call(&given).await?;
        of_hyper.push(start.elapsed());
    }
    Ok(OneByOne { ours: middle(of_ours), eager: middle(of_eager), raw: middle(of_raw), hyper: middle(of_hyper) })
}

/// Calls in a second, and how many times bare reqwest's that is; each in the middle of all rounds.
struct AtOnce {
    ours: f64,
    eager: f64,
    raw: f64,
    of_eager: f64,
    of_raw: f64,
}

async fn at_once(stub: &str, rounds: usize, calls: usize) -> Result<AtOnce> {
    let session = ours::session(&ours::composio(stub)?, 0).await?;
    let reqwest = Reqwest::new(stub)?;
    let mut of_rounds = Vec::new();
    for _ in 0..rounds {
        let ours = in_a_second(calls, || mine(&session)).await?;
        let eager = in_a_second(calls, || by_hand::<Value>(&reqwest)).await?;
        let raw = in_a_second(calls, || by_hand::<Box<RawValue>>(&reqwest)).await?;
        of_rounds.push((ours, eager, raw));
    }
    let of = |figure: fn(&(f64, f64, f64)) -> f64| middle(of_rounds.iter().map(figure).collect());
    Ok(AtOnce {
        ours: of(|round| round.0),
        eager: of(|round| round.1),
        raw: of(|round| round.2),
        of_eager: of(|round| round.0 / round.1),
        of_raw: of(|round| round.0 / round.2),
    })
}

/// How many calls are made in a second, where each of 64 callers makes this many.
async fn in_a_second<F>(calls: usize, call: impl Fn() -> F + Send + Sync) -> Result<f64>
where
    F: Future<Output = Result<()>> + Send,
{
    let start = Instant::now();
    let call = &call;
    try_join_all((0..AT_ONCE).map(|_| async move {
        for _ in 0..calls {
            call().await?;
        }
        anyhow::Ok(())
    }))
    .await?;
    Ok((AT_ONCE * calls) as f64 / start.elapsed().as_secs_f64())
}

async fn mine(session: &Session) -> Result<()> {
    session.execute(TOOL, arguments()).await?;
    Ok(())
}

async fn by_hand<T: DeserializeOwned + Send>(reqwest: &Reqwest) -> Result<()> {
    reqwest.call::<T>(&arguments()).await?;
    Ok(())
}
