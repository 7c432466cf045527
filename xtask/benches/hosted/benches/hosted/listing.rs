//! A list of a thousand tools: fetched and read by ours, against parsing the same bytes, which are there already, into types
//! whose schemas are values. Once in a process, as programs do it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench_hosted::replies;

use super::table::{Report, Unit};

/// How much of the time of parsing everything the list may take.
const OF_PARSING: f64 = 0.3;
/// How much memory it may take at the most, in MB above what the program has before.
const PEAK: f64 = 25.0;

pub(super) fn measure(stub: &str, measured: bool, report: &mut Report) -> Result<()> {
    let (mut ours, mut parsing, mut by_hand) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let mut peak = 0;
    // In turns, and the quickest of each: what else the machine does only ever adds, and every round is a fresh process.
    for _ in 0..if measured { 41 } else { 1 } {
        let (took, more) = once("ours", stub)?;
        (ours, peak) = (ours.min(took), peak.max(more));
        parsing = parsing.min(once("eager", stub)?.0);
        by_hand = by_hand.min(once("by-hand", stub)?.0);
    }
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    report.beside(format_args!(
        "list {} tools, {:.1} MB of reply: {:.1} ms | parsing the same bytes {:.1} ms, fetching and parsing them with bare \
         reqwest {:.1} ms",
        replies::TOOLS,
        (replies::page(0).len() + replies::page(1).len()) as f64 / 1e6,
        milliseconds(ours),
        milliseconds(parsing),
        milliseconds(by_hand),
    ));
    let (ratio, peak) = (ours.as_secs_f64() / parsing.as_secs_f64(), (peak * 1024) as f64 / 1e6);
    report.at_most("tools(), 1,000 of them: time, of parsing the same bytes", ratio, OF_PARSING, Unit::Times);
    report.at_most("tools(), 1,000 of them: memory at the peak, above idle", peak, PEAK, Unit::Megabytes);
    Ok(())
}

/// How long it takes, and how many KiB of memory at the most.
fn once(way: &str, stub: &str) -> Result<(Duration, u64)> {
    let output = Command::new(env!("CARGO_BIN_EXE_listing")).args([way, stub]).output().context("running `listing`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = String::from_utf8(output.stdout)?;
    let (took, more) = says.trim().split_once(' ').context("`listing` says what it took")?;
    Ok((Duration::from_nanos(took.parse()?), more.parse()?))
}
