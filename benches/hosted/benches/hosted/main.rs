//! What the hosted backend costs, beside bare reqwest and bare hyper on the same work: a call, a list of a thousand tools,
//! a session, the start of a program, its size. Run with: cargo bench -p bench-hosted
//!
//! Everything is measured in one run, in turns where it is time, against a stub that answers at once. Without `--bench`
//! among the program's arguments, as in `cargo test --all-targets`, everything runs once and nothing is built or counted.
#![expect(clippy::print_stdout, reason = "a report is printed")]

mod calling;
mod instructions;
mod listing;
mod program;
mod sessions;

use std::fmt;

use anyhow::Result;
use bench_hosted::stub::Stub;

fn main() -> Result<()> {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let stub = Stub::start(env!("CARGO_BIN_EXE_stub"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if measured {
        print!("{}", instructions::report(stub.address())?);
    }
    print!("{}", runtime.block_on(calling::report(stub.address(), measured))?);
    print!("{}", listing::report(stub.address(), measured)?);
    print!("{}", sessions::report(stub.address(), measured)?);
    if measured {
        print!("{}", program::report(stub.address())?);
    }
    Ok(())
}

/// Lines of the report: the first has the figures, the second says whether they hold.
fn lines(figures: fmt::Arguments<'_>, budget: fmt::Arguments<'_>) -> String {
    format!("{:<22} {figures}\n{:<22} budget: {budget}\n", "hosted", "")
}

/// Whether a figure is within its budget, in the words that `cargo xtask bench` looks for.
fn holds(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}
