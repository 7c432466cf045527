//! What a session takes that is held, with its configuration: two toolkits, an auth config, a pinned account.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{holds, lines};

/// 1.1 KiB.
const BYTES: u64 = 1_126;

pub(super) fn report(stub: &str, measured: bool) -> Result<String> {
    let number = if measured { "10000" } else { "2" };
    let output = Command::new(env!("CARGO_BIN_EXE_sessions")).args([stub, number]).output();
    let output = output.context("running `sessions`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = String::from_utf8(output.stdout)?;
    let (allocated, resident) = says.trim().split_once(' ').context("`sessions` says what one takes")?;
    let allocated: u64 = allocated.parse()?;
    Ok(lines(
        format_args!("a live session: {allocated} bytes with its configuration ({resident} resident), of {number}"),
        format_args!("at most {BYTES} bytes {}", holds(allocated <= BYTES)),
    ))
}
