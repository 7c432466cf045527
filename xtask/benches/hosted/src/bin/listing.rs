//! Lists all tools once, or only parses the bytes of the list once, and says how long that took, in nanoseconds, and how much
//! memory at the most, in KiB above what the process had before.
//!
//! Usage: `listing <ours|eager|by-hand> <address of the stub>`
#![expect(clippy::print_stdout, reason = "its parent reads the figures")]

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use bench_hosted::by_hand::{Eager, Page, Reqwest, TOOL, arguments};
use bench_hosted::{figures, ours, replies};
use tokio::time::Instant;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [way, address] = arguments.as_slice() else { bail!("listing <way> <address>") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (took, more) = runtime.block_on(async {
        match way.as_str() {
            "ours" => ours(address).await,
            "eager" => eager(address).await,
            "by-hand" => by_hand(address).await,
            other => bail!("nothing is listed the way of {other}"),
        }
    })?;
    println!("{} {more}", took.as_nanos());
    Ok(())
}

/// All the way, on a connection that is there.
async fn ours(address: &str) -> Result<(Duration, u64)> {
    let session = ours::session(&ours::composio(address)?, 0).await?;
    session.execute(TOOL, arguments()).await?;
    let (idle, start) = (figures::resident("self")?, Instant::now());
    let tools = session.tools().await?;
    let took = start.elapsed();
    ensure!(tools.len() == replies::TOOLS, "{} tools", tools.len());
    Ok((took, figures::peak("self")? - idle))
}

/// Parsing alone: the bytes are there.
async fn eager(address: &str) -> Result<(Duration, u64)> {
    let reqwest = Reqwest::new(address)?;
    let pages = [reqwest.page(0).await?, reqwest.page(1).await?];
    let (idle, start) = (figures::resident("self")?, Instant::now());
    for page in &pages {
        // Kept, as a list is that somebody works with.
        std::mem::forget(black_box(serde_json::from_slice::<Page>(page)?));
    }
    Ok((start.elapsed(), figures::peak("self")? - idle))
}

/// All the way with bare reqwest.
async fn by_hand(address: &str) -> Result<(Duration, u64)> {
    let reqwest = Reqwest::new(address)?;
    let _: Eager = reqwest.call(&arguments()).await?;
    let (idle, start) = (figures::resident("self")?, Instant::now());
    for number in 0..2 {
        std::mem::forget(black_box(serde_json::from_slice::<Page>(&reqwest.page(number).await?)?));
    }
    Ok((start.elapsed(), figures::peak("self")? - idle))
}
