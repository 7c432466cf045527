//! `cargo xtask bench`: what every adapter costs, as one table.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;

use crate::cargo;
use crate::members::{self, Member};

/// The name of the benchmark that every adapter has.
const BENCH: &str = "adapter";
/// How a report says that a budget is exceeded.
const EXCEEDED: &str = "DOES NOT HOLD";

/// Which adapters.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Only these packages, such as `composio-rig`.
    packages: Vec<String>,
}

pub(crate) fn run(arguments: &Bench) -> Result<()> {
    let members = members::read(&crate::root())?;
    let chosen = chosen(&members, &arguments.packages)?;
    let mut lines = Vec::new();
    for member in chosen {
        lines.extend(measured(&crate::root(), member)?);
    }
    println!("\n{}", lines.join("\n"));
    if lines.iter().any(|line| line.contains(EXCEEDED)) {
        bail!("a budget is exceeded; a machine that does other work besides measures badly, so try once more");
    }
    Ok(())
}

fn chosen<'a>(members: &'a [Member], packages: &[String]) -> Result<Vec<&'a Member>> {
    let adapters: Vec<_> = members.iter().filter(|member| member.adapter && member.bench(BENCH).is_some()).collect();
    if let Some(unknown) = packages.iter().find(|name| !adapters.iter().any(|member| member.name == **name)) {
        let known: Vec<_> = adapters.iter().map(|member| member.name.as_str()).collect();
        bail!("{unknown} is no adapter with a benchmark; those are {}", known.join(", "));
    }
    Ok(adapters.into_iter().filter(|member| packages.is_empty() || packages.contains(&member.name)).collect())
}

/// The lines that a benchmark prints.
fn measured(root: &Path, member: &Member) -> Result<Vec<String>> {
    let Some(bench) = member.bench(BENCH) else { return Ok(Vec::new()) };
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
    use crate::members::Program;

    #[test]
    fn adapters_with_a_benchmark_are_chosen() {
        let member = |name: &str, adapter, bench: &str| Member {
            name: name.to_owned(),
            adapter,
            benches: vec![Program { name: bench.to_owned(), ..Program::default() }],
            ..Member::default()
        };
        let members = [member("core", false, "adapter"), member("rig", true, "adapter"), member("mcp", true, "other")];
        let named = |packages: &[&str]| {
            let packages: Vec<_> = packages.iter().map(ToString::to_string).collect();
            chosen(&members, &packages).map(|found| found.iter().map(|member| member.name.clone()).collect::<Vec<_>>())
        };
        assert_eq!(named(&[]).unwrap(), ["rig"]);
        assert_eq!(named(&["rig"]).unwrap(), ["rig"]);
        let says = named(&["mcp"]).unwrap_err().to_string();
        assert_eq!(says, "mcp is no adapter with a benchmark; those are rig");
    }
}
