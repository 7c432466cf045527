//! Automation of this workspace: `cargo xtask <verb>`. One module per verb.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program answers on the terminal")]

mod bench;
mod cargo;
mod ci;
mod conformance;
mod counterparts;
mod import_toolkit;
mod libtest;
mod members;
mod new_adapter;
mod prism;
mod system;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Automation of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// What every adapter costs.
    Bench(bench::Bench),
    /// What .ci/run runs: tests, lints, docs, checks, real counterparts.
    Ci(ci::Ci),
    /// The suite of adapters, scenario by adapter.
    Conformance(conformance::Conformance),
    /// Starts the real services that tests talk to, until Ctrl-C.
    Counterparts(counterparts::Args),
    /// Makes toolkit manifests from published API descriptions.
    ImportToolkit(import_toolkit::ImportToolkit),
    /// Writes an adapter for another framework, up to what only its author can write.
    NewAdapter(new_adapter::NewAdapter),
    /// Runs a program against a mock of the REST API.
    Prism(prism::Prism),
    /// Checks what compilers do not: arrows between crates, sizes, documents, stray paths.
    Tidy(tidy::Tidy),
}

fn main() -> ExitCode {
    match run(&Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            // Not by returning it: a backtrace says nothing to whoever runs a check.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: &Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Bench(arguments) => bench::run(arguments),
        Verb::Ci(arguments) => ci::run(arguments),
        Verb::Conformance(arguments) => conformance::run(arguments),
        Verb::Counterparts(arguments) => counterparts::run(arguments),
        Verb::ImportToolkit(arguments) => import_toolkit::run(arguments),
        Verb::NewAdapter(arguments) => new_adapter::run(arguments),
        // The only verb that ends as something else did.
        Verb::Prism(arguments) => return prism::run(arguments),
        Verb::Tidy(arguments) => tidy::run(arguments),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// The root of this workspace.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
