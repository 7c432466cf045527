//! A list of a thousand tools: fetched and read by ours, against parsing the same bytes, which are there already.

use std::hint::black_box;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench_hosted::by_hand::{Page, Reqwest};
use bench_hosted::figures::middle;
use bench_hosted::{ours, replies};
use tokio::time::Instant;

use super::{holds, lines};

/// How much of the time of parsing everything the list may take.
const OF_PARSING: f64 = 0.3;
/// How much memory it may take at the most, above what the program has before.
const PEAK: f64 = 25e6;

pub(super) async fn report(stub: &str, measured: bool) -> Result<String> {
    let session = ours::session(&ours::composio(stub), 0).await?;
    let reqwest = Reqwest::new(stub)?;
    let pages = [reqwest.page(0).await?, reqwest.page(1).await?];
    let bytes: usize = pages.iter().map(|page| page.len()).sum();
    let (mut listing, mut parsing, mut by_hand) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if measured { 31 } else { 1 } {
        let start = Instant::now();
        let tools = session.tools().await?;
        listing.push(start.elapsed());
        ensure!(tools.len() == replies::TOOLS, "{} tools", tools.len());
        let start = Instant::now();
        let parsed = pages.iter().map(|page| serde_json::from_slice::<Page>(page)).collect::<Result<Vec<_>, _>>()?;
        parsing.push(start.elapsed());
        drop(black_box(parsed));
        let start = Instant::now();
        for number in 0..pages.len() {
            let page: Page = serde_json::from_slice(&reqwest.page(number).await?)?;
            black_box(page);
        }
        by_hand.push(start.elapsed());
    }
    let (listing, parsing, by_hand) = (middle(listing), middle(parsing), middle(by_hand));
    let (ratio, peak) = (listing.as_secs_f64() / parsing.as_secs_f64(), peak(stub)?);
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    Ok(lines(
        format_args!(
            "list {} tools, {:.1} MB in {} pages: {:.1} ms, at the most {:.1} MB more memory | parsing the same bytes \
             {:.1} ms, with bare reqwest {:.1} ms",
            replies::TOOLS,
            bytes as f64 / 1e6,
            pages.len(),
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

/// The memory that a program takes at the most that lists once.
fn peak(stub: &str) -> Result<f64> {
    let output = Command::new(env!("CARGO_BIN_EXE_listing")).arg(stub).output().context("running `listing`")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let says = String::from_utf8(output.stdout)?;
    let kibibytes: u64 = says.split_whitespace().next().context("`listing` says what it took")?.parse()?;
    Ok((kibibytes * 1024) as f64)
}
