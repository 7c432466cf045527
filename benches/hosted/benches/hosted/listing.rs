//! A list of a thousand tools: fetched and read by ours, against parsing the same bytes, which are there already. Once in a
//! process, as programs do it.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench_hosted::figures::middle;
use bench_hosted::replies;

use super::{holds, lines};

/// How much of the time of parsing everything the list may take.
const OF_PARSING: f64 = 0.3;
/// How much memory it may take at the most, above what the program has before.
const PEAK: f64 = 25e6;

pub(super) fn report(stub: &str, measured: bool) -> Result<String> {
    let (mut listing, mut parsing, mut by_hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut peak = 0;
    // In turns, so that a machine that slows down slows all of them.
    for _ in 0..if measured { 31 } else { 1 } {
        let (took, more) = once("ours", stub)?;
        peak = peak.max(more);
        let (parsed, _) = once("eager", stub)?;
        ratios.push(took.as_secs_f64() / parsed.as_secs_f64());
        listing.push(took);
        parsing.push(parsed);
        by_hand.push(once("by-hand", stub)?.0);
    }
    let (ratio, peak) = (middle(ratios), (peak * 1024) as f64);
    let milliseconds = |times| middle::<Duration>(times).as_secs_f64() * 1e3;
    Ok(lines(
        format_args!(
            "list {} tools, {:.1} MB: {:.1} ms, at the most {:.1} MB more memory | parsing the same bytes {:.1} ms, fetching \
             and parsing them with bare reqwest {:.1} ms",
            replies::TOOLS,
            (replies::page(0).len() + replies::page(1).len()) as f64 / 1e6,
            milliseconds(listing),
            peak / 1e6,
            milliseconds(parsing),
            milliseconds(by_hand),
        ),
        format_args!(
            "{ratio:.2}x of parsing the bytes, at most {OF_PARSING}x {}; memory at most {:.0} MB {}",
            holds(ratio <= OF_PARSING),
            PEAK / 1e6,
            holds(peak <= PEAK),
        ),
    ))
}

/// How long it takes, and how many KiB of memory at the most.
fn once(way: &str, stub: &str) -> Result<(Duration, u64)> {
    let output = Command::new(env!("CARGO_BIN_EXE_listing")).args([way, stub]).output().context("running `listing`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = String::from_utf8(output.stdout)?;
    let (took, more) = says.trim().split_once(' ').context("`listing` says what it took")?;
    Ok((Duration::from_nanos(took.parse()?), more.parse()?))
}
