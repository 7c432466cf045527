//! Instructions of a call, counted by callgrind: those of 1,200 calls less those of 200, by 1,000.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench_hosted::replies;

use super::table::{Report, Unit};

const MANY: u64 = 1_200;
const FEW: u64 = 200;

/// How much a call may cost, in calls of bare reqwest that parses the reply.
const OF_EAGER: f64 = 1.0;
/// And of one that leaves the result as text.
const OF_RAW: f64 = 1.3;

pub(super) fn measure(stub: &str, report: &mut Report) -> Result<()> {
    let (than_eager, than_raw) = (
        "execute: instructions, of bare reqwest parsing the reply",
        "execute: instructions, of bare reqwest leaving the result text",
    );
    if Command::new("valgrind").arg("--version").output().is_err() {
        for what in [than_eager, than_raw] {
            report.missing(what, "install valgrind");
        }
        return Ok(());
    }
    let of = |way: &str| anyhow::Ok((counted(way, stub, MANY)? - counted(way, stub, FEW)?) / (MANY - FEW) as f64);
    let (ours, eager, raw, hyper) = (of("ours")?, of("eager")?, of("raw")?, of("hyper")?);
    report.beside(format_args!(
        "execute, {:.1} KB of reply: {ours:.0} instructions | bare reqwest {eager:.0} parsing it, {raw:.0} leaving the \
         result text | bare hyper {hyper:.0} parsing it",
        replies::executed().len() as f64 / 1e3,
    ));
    report.at_most(than_eager, ours / eager, OF_EAGER, Unit::Times);
    report.at_most(than_raw, ours / raw, OF_RAW, Unit::Times);
    Ok(())
}

fn counted(way: &str, stub: &str, times: u64) -> Result<f64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_calls"), way, stub])
        .arg(times.to_string())
        .output()
        .context("running valgrind")?;
    let says = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{way}: {says}");
    let line =
        says.lines().find_map(|line| line.split_once("Collected : ")).context("callgrind says what it counted")?;
    Ok(line.1.trim().parse()?)
}
