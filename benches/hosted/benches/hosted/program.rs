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

use super::{holds, lines};

const PACKAGE: &str = "bench-execute";
/// The workspace's profile for programs that are to be small; `cargo build --release` is the other one.
const SMALL: &str = "small";

/// How often the program is started.
const STARTS: u32 = 100;
/// Processor time of a whole run with one call, the system's included.
const CPU: Duration = Duration::from_millis(7);
/// The most memory that is resident.
const MEMORY: f64 = 8e6;
/// How big the program may be.
const SIZE: f64 = 4e6;

pub(super) fn report(stub: &str) -> Result<String> {
    let (small, plain) = (built(SMALL)?, built("release")?);
    let (size, plain) = (fs::metadata(&small)?.len() as f64, fs::metadata(&plain)?.len() as f64);
    let (cpu, memory) = started(&small, stub)?;
    let first = lines(
        format_args!(
            "a program's start to its first reply: {:.1} ms of processor time, {:.1} MB resident",
            cpu.as_secs_f64() * 1e3,
            memory / 1e6,
        ),
        format_args!("at most {} ms {}; at most {:.0} MB {}", CPU.as_millis(), holds(cpu <= CPU), MEMORY / 1e6, holds(memory <= MEMORY)),
    );
    let second = lines(
        format_args!(
            "a program that executes a tool: {:.2} MB with TLS, HTTP/2 and gzip, stripped, profile `{SMALL}`; {:.2} MB \
             stripped, profile `release`; {} dependencies",
            size / 1e6,
            plain / 1e6,
            dependencies()?,
        ),
        format_args!("at most {:.0} MB {}", SIZE / 1e6, holds(size <= SIZE)),
    );
    Ok(first + &second)
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
    let crates: BTreeSet<_> = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    Ok(crates.len() - 1)
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// The processor time of a run in the middle of many, and the most memory that one of them took.
fn started(program: &Path, stub: &str) -> Result<(Duration, f64)> {
    let (before, mut memory) = (figures::children()?, 0);
    for _ in 0..STARTS {
        memory = memory.max(once(program, stub)?);
    }
    Ok(((figures::children()? - before) / STARTS, (memory * 1024) as f64))
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
