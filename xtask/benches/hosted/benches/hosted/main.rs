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
mod table;

use anyhow::Result;
use bench_hosted::stub::Stub;

use self::program::Programs;
use self::table::Report;

fn main() -> Result<()> {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let programs = measured.then(Programs::build).transpose()?;
    let stub = Stub::start(env!("CARGO_BIN_EXE_stub"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut report = Report::default();
    if measured {
        instructions::measure(stub.address(), &mut report)?;
    }
    runtime.block_on(calling::measure(stub.address(), measured, &mut report))?;
    listing::measure(stub.address(), measured, &mut report)?;
    sessions::measure(stub.address(), measured, &mut report)?;
    if let Some(programs) = programs {
        program::measure(&programs, stub.address(), &mut report)?;
    }
    print!("{report}");
    Ok(())
}
