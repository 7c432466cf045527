//! The smallest program that executes a tool: what it takes to the first reply, how big it is, what it is made of.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bench_hosted::by_hand::{TOOL, arguments};
use bench_hosted::figures;

use super::table::{Report, Unit};

const PACKAGE: &str = "bench-execute";
/// The workspace's profile for programs that are to be small; `cargo build --release` is the other one.
const SMALL: &str = "small";

/// How often the program is started.
const STARTS: u32 = 100;
/// Processor time of a whole run with one call, the system's included, in milliseconds.
const CPU: f64 = 7.0;
/// The most memory that is resident, in MB.
const MEMORY: f64 = 8.0;
/// How big the program may be, in MB.
const SIZE: f64 = 4.0;

/// The program in two profiles. Built before anything is timed.
pub(super) struct Programs {
    small: PathBuf,
    plain: PathBuf,
}

impl Programs {
    pub(super) fn build() -> Result<Self> {
        Ok(Self { small: built(SMALL)?, plain: built("release")? })
    }
}

pub(super) fn measure(programs: &Programs, stub: &str, report: &mut Report) -> Result<()> {
    let Programs { small, plain } = programs;
    let megabytes = |program: &Path| anyhow::Ok(fs::metadata(program)?.len() as f64 / 1e6);
    let (cpu, memory) = started(small, stub)?;
    report.beside(format_args!(
        "a program that executes a tool, with TLS, HTTP/2 and gzip, stripped: {:.2} MB with profile `{SMALL}`, {:.2} MB with \
         `release`; {} dependencies",
        megabytes(small)?,
        megabytes(plain)?,
        dependencies()?,
    ));
    report.at_most(
        "start of a program to its first reply: processor time",
        cpu.as_secs_f64() * 1e3,
        CPU,
        Unit::Milliseconds,
    );
    report.at_most("start of a program to its first reply: memory at the peak", memory, MEMORY, Unit::Megabytes);
    report.at_most("a program that executes a tool: size, profile `small`", megabytes(small)?, SIZE, Unit::Megabytes);
    Ok(())
}

/// The program, built with this profile and stripped.
fn built(profile: &str) -> Result<PathBuf> {
    let mut cargo = cargo();
    // Flags for this program alone, so that nothing else is built again.
    cargo.args(["rustc", "--quiet", "--package", PACKAGE, "--profile", profile, "--", "-C", "strip=symbols"]);
    ensure!(cargo.status().context("running cargo")?.success(), "{PACKAGE} is not built");
    // Beside the folder of the profile that this was built with.
    let folder = Path::new(env!("CARGO_BIN_EXE_stub")).parent().and_then(Path::parent).context("it is in a folder")?;
    Ok(folder.join(profile).join(PACKAGE))
}

/// How many crates it is made of, besides itself.
fn dependencies() -> Result<usize> {
    let mut cargo = cargo();
    cargo.args(["tree", "--package", PACKAGE, "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let output = cargo.output().context("running cargo tree")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<_> =
        tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    Ok(crates.len() - 1)
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// The processor time of a run, as the mean of many, and the most memory that one of them took, in MB.
fn started(program: &Path, stub: &str) -> Result<(Duration, f64)> {
    let (before, mut memory) = (figures::children()?, 0);
    for _ in 0..STARTS {
        memory = memory.max(once(program, stub)?);
    }
    Ok(((figures::children()? - before) / STARTS, (memory * 1024) as f64 / 1e6))
}

/// Starts it, has it execute a tool, reads what it has taken by then, and lets it end.
fn once(program: &Path, stub: &str) -> Result<u64> {
    let mut process = Command::new(program)
        .arg("trs_000000000001")
        .envs([("COMPOSIO_API_KEY", "ak_0123456789abcdef"), ("COMPOSIO_BASE_URL", stub)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = process.stdin.take().context("it has an input")?;
    writeln!(input, "{TOOL} {}", arguments())?;
    let mut reply = String::new();
    BufReader::new(process.stdout.take().context("it has an output")?).read_line(&mut reply)?;
    ensure!(reply.contains("\"number\":1347"), "it should have printed an issue and printed {reply:?}");
    let memory = figures::peak(&process.id().to_string())?;
    drop(input);
    ensure!(process.wait()?.success(), "it failed");
    Ok(memory)
}
