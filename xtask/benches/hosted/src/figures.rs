//! What a process has about itself, and what is made of many figures.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// What lies in the middle.
#[must_use]
pub fn middle<T: Copy + Default + PartialOrd>(mut figures: Vec<T>) -> T {
    figures.sort_unstable_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// The most memory that a process has had resident so far, in KiB; `self` is this one.
///
/// # Errors
/// Where the system does not say.
pub fn peak(process: &str) -> Result<u64> {
    status(process, "VmHWM:")
}

/// The memory that a process has resident, in KiB.
///
/// # Errors
/// Where the system does not say.
pub fn resident(process: &str) -> Result<u64> {
    status(process, "VmRSS:")
}

fn status(process: &str, name: &str) -> Result<u64> {
    let status =
        fs::read_to_string(format!("/proc/{process}/status")).context("reading what Linux says of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("{name} is there"))?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// The processor time of all children that ended and were waited for.
///
/// # Errors
/// Where the system does not say.
pub fn children() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("reading what Linux says of this process")?;
    // The name, in brackets, may have spaces.
    let (_, fields) = stat.rsplit_once(')').context("it has a name")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<u64>().ok());
    let ticks = ticks(13).zip(ticks(14)).map(|(user, system)| user + system).context("it has times")?;
    // A tick is a hundredth of a second, on every machine that Linux calls common.
    Ok(Duration::from_millis(ticks * 10))
}
