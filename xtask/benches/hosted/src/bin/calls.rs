//! Runs one tool many times, one way: what is counted is the difference between two numbers of times.
//!
//! Usage: `calls <ours|eager|raw|hyper> <address of the stub> <times>`

use std::hint::black_box;

use anyhow::{Context, Result, bail};
use bench_hosted::by_hand::{Eager, Hyper, Raw, Reqwest, TOOL, arguments};
use bench_hosted::ours;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [way, address, times] = arguments.as_slice() else { bail!("calls <way> <address> <times>") };
    let times = times.parse().context("the number of times")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(way, address, times))
}

async fn run(way: &str, address: &str, times: usize) -> Result<()> {
    let given = arguments();
    match way {
        "ours" => {
            let session = ours::session(&ours::composio(address)?, 0).await?;
            for _ in 0..times {
                black_box(session.execute(TOOL, given.clone()).await?);
            }
        }
        "eager" => {
            let reqwest = Reqwest::new(address)?;
            for _ in 0..times {
                let called: Eager = reqwest.call(&given).await?;
                black_box(called);
            }
        }
        "raw" => {
            let reqwest = Reqwest::new(address)?;
            for _ in 0..times {
                let called: Raw = reqwest.call(&given).await?;
                black_box(called);
            }
        }
        "hyper" => {
            let mut hyper = Hyper::connect(address).await?;
            for _ in 0..times {
                black_box(hyper.call(&given).await?);
            }
        }
        other => bail!("nothing is called the way of {other}"),
    }
    Ok(())
}
