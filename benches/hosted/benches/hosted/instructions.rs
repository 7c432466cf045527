//! Instructions of a call, counted by callgrind: those of 1,200 calls less those of 200, by 1,000.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench_hosted::replies;

use super::{holds, lines};

const MANY: u64 = 1_200;
const FEW: u64 = 200;

/// How much a call may cost, in calls of bare reqwest that parses the reply.
const OF_EAGER: f64 = 1.0;
/// And of one that leaves the result as text.
const OF_RAW: f64 = 1.3;

pub(super) fn report(stub: &str) -> Result<String> {
    let of = |way: &str| anyhow::Ok(counted(way, stub, MANY)?.saturating_sub(counted(way, stub, FEW)?) / (MANY - FEW));
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(lines(format_args!("execute: instructions are not counted"), format_args!("install valgrind")));
    }
    let (ours, eager, raw, hyper) = (of("ours")?, of("eager")?, of("raw")?, of("hyper")?);
    let ratio = |other: u64| ours as f64 / other as f64;
    Ok(lines(
        format_args!(
            "execute, {:.1} KB of reply: {ours} instructions | bare reqwest {eager} parsing it, {raw} leaving it text | \
             bare hyper {hyper} parsing it",
            replies::executed().len() as f64 / 1e3,
        ),
        format_args!(
            "{:.2}x of reqwest parsing, at most {OF_EAGER}x {}; {:.2}x of reqwest leaving it, at most {OF_RAW}x {}",
            ratio(eager),
            holds(ratio(eager) <= OF_EAGER),
            ratio(raw),
            holds(ratio(raw) <= OF_RAW),
        ),
    ))
}

fn counted(way: &str, stub: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_calls"), way, stub])
        .arg(times.to_string())
        .output()
        .context("running valgrind")?;
    let says = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{way}: {says}");
    let line = says.lines().find_map(|line| line.split_once("Collected : ")).context("callgrind says what it counted")?;
    Ok(line.1.trim().parse()?)
}
