//! What a session takes that is held, with its configuration: two toolkits, an auth config, a pinned account.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::table::{Report, Unit};

/// 1.1 KiB.
const BYTES: f64 = 1_126.0;

pub(super) fn measure(stub: &str, measured: bool, report: &mut Report) -> Result<()> {
    let number = if measured { "10000" } else { "2" };
    let output = Command::new(env!("CARGO_BIN_EXE_sessions")).args([stub, number]).output();
    let output = output.context("running `sessions`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = String::from_utf8(output.stdout)?;
    let (allocated, resident) = says.trim().split_once(' ').context("`sessions` says what one takes")?;
    report.beside(format_args!("a live session, of {number}: {allocated} bytes allocated, {resident} resident"));
    report.at_most("a live session with its configuration, allocated", allocated.parse()?, BYTES, Unit::Bytes);
    Ok(())
}
