//! Lists all tools once and says how much memory that took at the most, in KiB above what the process had before.
//!
//! Usage: `listing <address of the stub>`
#![expect(clippy::print_stdout, reason = "its parent reads the figure")]

use anyhow::{Context, Result};
use bench_hosted::by_hand::{TOOL, arguments};
use bench_hosted::{figures, ours};

fn main() -> Result<()> {
    let address = std::env::args().nth(1).context("listing <address>")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let session = ours::session(&ours::composio(&address), 0).await?;
        session.execute(TOOL, arguments()).await?;
        let idle = figures::resident("self")?;
        let tools = session.tools().await?;
        println!("{} {}", figures::peak("self")? - idle, tools.len());
        Ok(())
    })
}
