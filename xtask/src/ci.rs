//! `cargo xtask ci`: what `.ci/run` runs, in order, each step announced and timed. A step that fails does not hide the next.

mod clock;
mod examples;
mod features;
mod generated;
mod openssl;
mod runner;
mod tally;

use std::fs;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use self::clock::Stopwatch;
use self::runner::Runner;
use crate::counterparts::Counterparts;
use crate::members::{self, Member};

/// Everything, or one step.
#[derive(Debug, Args)]
pub(crate) struct Ci {
    /// Runs this step only.
    #[arg(long)]
    only: Option<Step>,
}

/// What CI does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Step {
    /// What the system has to have: OpenSSL's headers, from Debian's packages where we may install them.
    System,
    /// All tests, by the readme's command.
    Tests,
    /// Formatting.
    Fmt,
    /// Clippy on everything, warnings refused.
    Clippy,
    /// Documentation of everything, warnings refused.
    Docs,
    /// `cargo xtask tidy`.
    Tidy,
    /// Committed manifests are what their descriptions give.
    Toolkits,
    /// The default members by themselves; each published crate with no feature, the default ones, all, and each alone.
    Features,
    /// Tests against real counterparts, and the example of the REST API.
    Real,
    /// The quickstart, twice on the same data.
    Quickstart,
    /// Every other example, without a key.
    Examples,
    /// What `cargo xtask new-adapter` writes, in a copy of the workspace.
    NewAdapter,
}

pub(crate) fn run(arguments: &Ci) -> Result<()> {
    let mut runner = Runner::new(crate::root());
    let steps = Step::value_variants().iter().filter(|step| arguments.only.is_none_or(|only| only == **step));
    let outcomes: Vec<_> = steps.map(|step| step.run(&mut runner)).collect();
    println!("\n{}", table(&outcomes));
    println!("{}", runner.tally());
    if outcomes.iter().any(|outcome| outcome.failure.is_some()) {
        bail!("CI failed");
    }
    Ok(())
}

/// How a step went.
#[derive(Debug)]
struct Outcome {
    name: String,
    seconds: u64,
    failure: Option<String>,
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, runner: &mut Runner) -> Outcome {
        println!("\n=== {} ===", self.name());
        let stopwatch = Stopwatch::start();
        let failure = self.perform(runner).err().map(|error| format!("{error:#}"));
        let outcome = Outcome { name: self.name(), seconds: stopwatch.seconds(), failure };
        match &outcome.failure {
            None => println!("=== {} passed in {} s ===", outcome.name, outcome.seconds),
            Some(failure) => println!("=== {} FAILED after {} s: {failure} ===", outcome.name, outcome.seconds),
        }
        outcome
    }

    fn perform(self, runner: &mut Runner) -> Result<()> {
        match self {
            Self::System => openssl::install(),
            Self::Tests => runner.test(&["test", "--workspace"], &[]),
            Self::Fmt => runner.cargo(&["fmt", "--all", "--check"], &[]),
            Self::Clippy => {
                runner.cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"], &[])
            }
            Self::Docs => runner.cargo(
                &["doc", "--workspace", "--no-deps", "--all-features"],
                &[("RUSTDOCFLAGS", "-D warnings".into())],
            ),
            Self::Tidy => runner.cargo(&["xtask", "tidy"], &[]),
            Self::Toolkits => runner.cargo(&["xtask", "import-toolkit", "--all", "--check"], &[]),
            Self::Features => features(runner),
            Self::Real => real(runner),
            Self::Quickstart => quickstart(runner),
            Self::Examples => examples(runner),
            Self::NewAdapter => generated::check(runner.root()),
        }
    }
}

fn features(runner: &mut Runner) -> Result<()> {
    each(&features::checks(runner.root())?, |check| runner.cargo(check, &[]))
}

fn examples(runner: &mut Runner) -> Result<()> {
    each(&examples::runs(&members::read(runner.root())?), |run| runner.cargo(run, &[]))
}

fn real(runner: &mut Runner) -> Result<()> {
    let counterparts = Counterparts::start(runner.root())?;
    counterparts.all_here()?;
    let mut environment = counterparts.environment();
    environment.push(("COMPOSIO_REQUIRE_REAL", "1".to_owned()));
    let mut commands = tests_against_counterparts(&members::read(runner.root())?);
    commands.push(examples::hosted());
    each(&commands, |command| match command {
        ["test", ..] => runner.test(command, &environment),
        // It starts a mock of its own, as users do.
        _ => runner.cargo(command, &[]),
    })
}

/// The arguments of cargo, for each test binary that is called so.
fn tests_against_counterparts(members: &[Member]) -> Vec<Vec<String>> {
    let programs = members.iter().filter_map(|member| Some((member, member.test("real")?)));
    programs.map(|(member, program)| program.command("test", member)).collect()
}

/// Runs each command and says which; one that fails does not hide the next.
fn each(commands: &[Vec<String>], mut run: impl FnMut(&[&str]) -> Result<()>) -> Result<()> {
    let mut failures = Vec::new();
    for command in commands {
        println!("--- {} ---", command.join(" "));
        let command: Vec<_> = command.iter().map(String::as_str).collect();
        failures.extend(run(&command).err().map(|error| format!("{error:#}")));
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("; "));
    }
    Ok(())
}

fn quickstart(runner: &mut Runner) -> Result<()> {
    let data = runner.root().join("target/ci/quickstart");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    fs::create_dir_all(&data)?;
    let folder = data.to_string_lossy();
    for _ in 0..2 {
        runner.cargo(&["run", "--package", "quickstart", "--", "--consent", "--data", &folder], &[])?;
    }
    Ok(())
}

fn table(outcomes: &[Outcome]) -> String {
    let width = outcomes.iter().map(|outcome| outcome.name.len()).max().unwrap_or(0);
    let total: u64 = outcomes.iter().map(|outcome| outcome.seconds).sum();
    let mut table = String::new();
    for Outcome { name, seconds, failure } in outcomes {
        let how = if failure.is_some() { "FAILED" } else { "passed" };
        table.push_str(&format!("{name:width$}  {seconds:>5} s  {how}\n"));
    }
    table + &format!("{:width$}  {total:>5} s\n", "all")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_every_step() {
        let outcome = |name: &str, seconds, failure: Option<&str>| Outcome {
            name: name.to_owned(),
            seconds,
            failure: failure.map(str::to_owned),
        };
        let table = table(&[outcome("tests", 312, None), outcome("fmt", 2, Some("it differs"))]);
        assert_eq!(table, "tests    312 s  passed\nfmt        2 s  FAILED\nall      314 s\n");
    }

    #[test]
    fn each_test_against_a_counterpart_is_found_with_what_it_requires() {
        let found = tests_against_counterparts(&members::read(&crate::root()).unwrap());
        let found: Vec<_> = found.iter().map(|command| command.join(" ")).collect();
        for expected in [
            "test --package composio --features demo --test real",
            "test --package composio-core --features hosted --test real",
        ] {
            assert!(found.iter().any(|command| command == expected), "{found:?}");
        }
    }

    #[test]
    fn a_command_that_fails_does_not_hide_the_next() {
        let mut ran = Vec::new();
        let commands = ["a", "b x", "c"].map(|line| line.split(' ').map(str::to_owned).collect());
        let outcome = each(&commands, |command| {
            ran.push(command.join(" "));
            if command[0] == "c" { Ok(()) } else { bail!("{} failed", command[0]) }
        });
        assert_eq!(outcome.unwrap_err().to_string(), "a failed; b failed");
        assert_eq!(ran, ["a", "b x", "c"]);
    }

    #[test]
    fn steps_are_named_as_they_are_asked_for() {
        let names: Vec<_> = Step::value_variants().iter().map(|step| step.name()).collect();
        assert_eq!(
            names.join(" "),
            "system tests fmt clippy docs tidy toolkits features real quickstart examples new-adapter"
        );
    }
}
