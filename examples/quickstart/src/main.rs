//! Run with: cargo run -p quickstart
//!
//! Starts the engine and the demo services on loopback, connects a user's accounts through the real link and consent
//! pages, runs tools with them, and shows how the account is chosen where there are two.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

mod show;
mod steps;
mod wait;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::Parser;
use composio::{Embedded, EmbeddedOptions, ErrorKind};
use composio_demo::{Demo, DemoOptions};

use crate::steps::{Tour, Visitor};

const APPLICATION: &str = "Quickstart";
const COLOR: &str = "#0f766e";
const LOGO: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
    %3Crect width='32' height='32' rx='8' fill='%230f766e'/%3E\
    %3Cpath d='M9 8l14 8-14 8z' fill='white'/%3E%3C/svg%3E";

/// What a shell expects of a program that Ctrl-C has ended.
const STOPPED: u8 = 130;

/// Connect accounts, use their tools, see which one is chosen; all on this machine.
#[derive(Debug, Parser)]
#[command(name = "quickstart")]
struct Args {
    /// Open each link in your browser
    #[arg(long, conflicts_with = "consent")]
    open: bool,
    /// Press the buttons for you (default without a terminal)
    #[arg(long)]
    consent: bool,
    /// Keep accounts and demo data there for the next run
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Port of the connect pages, 0 for any
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// How long to wait for you at each link
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
}

impl Args {
    fn visitor(&self) -> Visitor {
        match (self.consent, self.open, std::io::stdout().is_terminal()) {
            (true, ..) => Visitor::Scripted,
            (_, true, _) => Visitor::Browser,
            (_, _, true) => Visitor::Person,
            (_, _, false) => Visitor::Absent,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Stopped) => {
            eprintln!("stopped; run again to go on");
            ExitCode::from(STOPPED)
        }
        Err(error) => {
            eprintln!("error: {}", show::chain(&error));
            ExitCode::FAILURE
        }
    }
}

enum Ending {
    Done,
    Stopped,
}

/// The engine with its pages, and the services behind it.
struct World {
    demo: Demo,
    embedded: Embedded,
}

async fn run(args: &Args) -> Result<Ending> {
    // One listener from here to the end, so that no Ctrl-C falls in between.
    let mut interruption = pin!(interrupted());
    let world = tokio::select! {
        biased;
        () = &mut interruption => return Ok(Ending::Stopped),
        world = World::start(args) => world?,
    };
    let tour = Tour {
        composio: world.embedded.composio(),
        visitor: args.visitor(),
        patience: Duration::from_secs(args.timeout),
        kept: args.data.is_some(),
    };
    let ending = tokio::select! {
        biased;
        () = &mut interruption => Ok(Ending::Stopped),
        walked = walk(&tour, &world, args) => walked.map(|()| Ending::Done),
    };
    // Whoever presses Ctrl-C again does not want to wait for open connections.
    tokio::select! {
        () = interrupted() => {}
        () = world.shutdown() => {}
    }
    ending
}

async fn walk(tour: &Tour, world: &World, args: &Args) -> Result<()> {
    show::started(&world.embedded, &world.demo, args.data.as_deref());
    tour.walk().await?;
    show::next(&world.embedded, args.data.as_deref(), args.port);
    Ok(())
}

impl World {
    async fn start(args: &Args) -> Result<Self> {
        let mut of_demo = DemoOptions::default().client_name(APPLICATION);
        if let Some(data) = &args.data {
            of_demo = of_demo.data(data);
        }
        let demo = Demo::start(of_demo).await?;
        let mut options = EmbeddedOptions::new()
            .port(args.port)
            .application(APPLICATION)
            .color(COLOR)
            .logo(LOGO)
            .managed_apps_from_env()
            .demo(&demo);
        if let Some(data) = &args.data {
            options = options.data(data);
        }
        let embedded = Embedded::start(options).await.map_err(|error| match error.kind() {
            ErrorKind::Conflict => port_refused(args.port, &error.into()),
            _ => error.into(),
        })?;
        Ok(Self { demo, embedded })
    }

    async fn shutdown(self) {
        self.embedded.shutdown().await;
        self.demo.shutdown().await;
    }
}

/// The library would name its own method here.
fn port_refused(port: u16, error: &anyhow::Error) -> anyhow::Error {
    let cause = error.root_cause();
    anyhow!("port {port} cannot be used ({cause}); give another with --port, or leave it out")
}

/// Ends with Ctrl-C; never, where the system has no such signal.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_flags_are_well_formed() {
        Args::command().debug_assert();
        for (line, fits) in [
            (&["quickstart"][..], true),
            (&["quickstart", "--consent", "--data", "d", "--port", "8787", "--timeout", "5"], true),
            (&["quickstart", "--open", "--consent"], false),
            (&["quickstart", "--port", "70000"], false),
            (&["quickstart", "--timeout", "0"], false),
            (&["quickstart", "--concent"], false),
        ] {
            assert_eq!(Args::try_parse_from(line).is_ok(), fits, "{line:?}");
        }
    }
}
