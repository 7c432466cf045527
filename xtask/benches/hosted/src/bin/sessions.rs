//! Holds many sessions and says what one takes: the bytes that were asked of the allocator, its handle included, and the pages
//! that the process has more than before.
//!
//! Usage: `sessions <address of the stub> <how many>`
#![expect(clippy::print_stdout, reason = "its parent reads the figures")]

use anyhow::{Context, Result, bail};
use bench_hosted::{figures, ours};
use composio_core::Session;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [address, number] = arguments.as_slice() else { bail!("sessions <address> <how many>") };
    let number: usize = number.parse().context("how many sessions")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let composio = ours::composio(address)?;
    let mut sessions = Vec::with_capacity(number);
    // The connection and its buffers are there before anything is counted.
    sessions.push(runtime.block_on(ours::session(&composio, 0))?);
    let before = figures::resident("self")?;
    let mut failure = None;
    let counted = allocation_counter::measure(|| {
        let made = runtime.block_on(async {
            for user in 1..number {
                sessions.push(ours::session(&composio, user).await?);
            }
            anyhow::Ok(())
        });
        failure = made.err();
    });
    failure.map_or(Ok(()), Err)?;
    // The first one is held, but was not counted.
    let counted_ones = u64::try_from(number)? - 1;
    let resident = (figures::resident("self")? - before) * 1024 / counted_ones;
    let allocated = u64::try_from(counted.bytes_current)?.div_ceil(counted_ones) + u64::try_from(size_of::<Session>())?;
    println!("{allocated} {resident}");
    Ok(())
}
