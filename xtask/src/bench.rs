//! `cargo xtask bench`: what every adapter costs, what a session costs on the engine, and what the hosted backend costs, as
//! one table.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use crate::cargo;
use crate::members::{self, Member, Program};

/// The name of the benchmark that every adapter has.
const ADAPTER: &str = "adapter";
/// The names of those that backends have.
const BACKENDS: [&str; 2] = ["sessions", "hosted"];
/// How a report says that a budget is exceeded, and that a figure could not be had on this machine.
const EXCEEDED: &str = "DOES NOT HOLD";
const MISSING: &str = "NOT MEASURED";

/// Which crates.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Only these packages, such as `composio-rig`.
    packages: Vec<String>,
    /// Fails where a figure cannot be had, such as instructions without valgrind.
    #[arg(long)]
    require: bool,
}

pub(crate) fn run(arguments: &Bench) -> Result<()> {
    let members = members::read(&crate::root())?;
    let chosen = chosen(&members, &arguments.packages)?;
    let mut lines = Vec::new();
    for (member, bench) in chosen {
        lines.extend(measured(&crate::root(), member, bench)?);
    }
    println!("\n{}", lines.join("\n"));
    verdict(&lines, arguments.require)
}

/// Whether the budgets hold, as far as they were measured or, where all are required, all of them.
fn verdict(lines: &[String], all: bool) -> Result<()> {
    let any = |words: &str| lines.iter().any(|line| line.contains(words));
    if any(EXCEEDED) {
        bail!("a budget is exceeded; a machine that does other work besides measures badly, so try once more");
    }
    if all && any(MISSING) {
        bail!("a figure is missing; its line says what to install");
    }
    Ok(())
}

fn chosen<'a>(members: &'a [Member], packages: &[String]) -> Result<Vec<(&'a Member, &'a Program)>> {
    let known: Vec<_> = members.iter().filter_map(|member| Some((member, bench_of(member)?))).collect();
    if let Some(unknown) = packages.iter().find(|name| !known.iter().any(|(member, _)| member.name == **name)) {
        let known: Vec<_> = known.iter().map(|(member, _)| member.name.as_str()).collect();
        bail!("{unknown} has no benchmark of this kind; those that have one are {}", known.join(", "));
    }
    Ok(known.into_iter().filter(|(member, _)| packages.is_empty() || packages.contains(&member.name)).collect())
}

fn bench_of(member: &Member) -> Option<&Program> {
    if member.adapter {
        return member.bench(ADAPTER);
    }
    BACKENDS.iter().find_map(|name| member.bench(name))
}

/// The lines that a benchmark prints.
fn measured(root: &Path, member: &Member, bench: &Program) -> Result<Vec<String>> {
    let command = bench.command("bench", member);
    let (succeeded, output) = cargo::output(cargo::command(root, &command, &[]))?;
    if !succeeded {
        bail!("cargo {} failed:\n{output}", command.join(" "));
    }
    Ok(output.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_figure_fails_only_where_all_are_required() {
        let of = |line: &str, all| verdict(&["a holds".to_owned(), line.to_owned()], all).is_ok();
        for (line, without, with) in
            [("b holds", true, true), ("b NOT MEASURED", true, false), ("b DOES NOT HOLD", false, false)]
        {
            assert_eq!((of(line, false), of(line, true)), (without, with), "{line}");
        }
    }

    #[test]
    fn crates_with_a_benchmark_of_their_kind_are_chosen() {
        let member = |name: &str, adapter, bench: &str| Member {
            name: name.to_owned(),
            adapter,
            benches: vec![Program { name: bench.to_owned(), ..Program::default() }],
            ..Member::default()
        };
        let members = [
            member("bench-hosted", false, "hosted"),
            member("core", false, "adapter"),
            member("engine", false, "sessions"),
            member("mcp", true, "other"),
            member("rig", true, "adapter"),
        ];
        let named = |packages: &[&str]| {
            let packages: Vec<_> = packages.iter().map(ToString::to_string).collect();
            let found = chosen(&members, &packages)?;
            Ok::<_, anyhow::Error>(found.iter().map(|(member, _)| member.name.clone()).collect::<Vec<_>>())
        };
        assert_eq!(named(&[]).unwrap(), ["bench-hosted", "engine", "rig"]);
        assert_eq!(named(&["rig"]).unwrap(), ["rig"]);
        let says = named(&["mcp"]).unwrap_err().to_string();
        assert_eq!(says, "mcp has no benchmark of this kind; those that have one are bench-hosted, engine, rig");
    }
}
