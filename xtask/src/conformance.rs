//! `cargo xtask conformance`: the suite of adapters, scenario by adapter, as it runs here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Result, bail};
use clap::Args;
use composio_conformance::registry;

use crate::cargo;
use crate::libtest::Tests;
use crate::members::{self, Member};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Conformance {}

pub(crate) fn run(_: &Conformance) -> Result<()> {
    let root = crate::root();
    let mut table = Table::default();
    for member in members::read(&root)?.iter().filter(|member| member.adapter) {
        table.add(&member.name, &tests(&root, member)?);
    }
    println!("\n{}", table.show(registry::ADAPTER));
    if let Some(gap) = table.gaps(registry::ADAPTER).first() {
        bail!("{gap}");
    }
    Ok(())
}

/// Runs the adapter's tests; those that fail are in the table.
fn tests(root: &Path, member: &Member) -> Result<Tests> {
    let Some(program) = member.test("it") else { return Ok(Tests::default()) };
    let command = program.command("test", member);
    let command: Vec<_> = command.into_iter().chain(["--all-features".to_owned()]).collect();
    eprintln!("cargo {}", command.join(" "));
    let (succeeded, output) = cargo::output(cargo::command(root, &command, &[]))?;
    let tests = Tests::read(&output);
    if !succeeded && tests.passed.is_empty() {
        bail!("{} does not compile", member.name);
    }
    Ok(tests)
}

/// Whether each scenario holds, for each time that the suite is run: `composio-openai chat`.
#[derive(Debug, Default)]
struct Table {
    columns: BTreeMap<String, BTreeMap<String, bool>>,
    /// Adapters that do not run the suite at all.
    without: BTreeSet<String>,
}

impl Table {
    /// The last part of a test's name is the scenario, what is before it says where the suite is run.
    fn add(&mut self, package: &str, tests: &Tests) {
        let mut runs = BTreeMap::<_, BTreeMap<_, _>>::new();
        for (name, passed) in &tests.passed {
            let (module, scenario) = name.rsplit_once("::").unwrap_or(("", name));
            if registry::ADAPTER.contains(&scenario) {
                runs.entry(module).or_default().insert(scenario.to_owned(), *passed);
            }
        }
        if runs.is_empty() {
            self.without.insert(package.to_owned());
        }
        let short = package.trim_start_matches("composio-");
        let alone = runs.len() == 1;
        for (module, scenarios) in runs {
            let column = if alone { short.to_owned() } else { format!("{short} {}", module.replace("::", " ")) };
            self.columns.insert(column, scenarios);
        }
    }

    /// Markdown, for a terminal as well.
    fn show(&self, scenarios: &[&str]) -> String {
        let names: Vec<_> = self.columns.keys().map(String::as_str).collect();
        let cell = |column: &str, scenario: &str| match self.columns[column].get(scenario) {
            Some(true) => "ok",
            Some(false) => "FAILED",
            None => "missing",
        };
        let mut rows = vec![[vec!["scenario"], names.clone()].concat()];
        rows.extend(
            scenarios.iter().map(|scenario| {
                [vec![*scenario], names.iter().map(|column| cell(column, scenario)).collect()].concat()
            }),
        );
        aligned(&rows)
    }

    /// What a reader must not overlook.
    fn gaps(&self, scenarios: &[&str]) -> Vec<String> {
        let mut gaps: Vec<_> = self.without.iter().map(|package| format!("{package} does not run the suite")).collect();
        for (column, outcomes) in &self.columns {
            let held = scenarios.iter().filter(|scenario| outcomes.get(**scenario) == Some(&true)).count();
            if held < scenarios.len() {
                gaps.push(format!("{column}: {held} of {} scenarios hold", scenarios.len()));
            }
        }
        gaps
    }
}

fn aligned(rows: &[Vec<&str>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<_> = (0..columns).map(|place| rows.iter().map(|row| row[place].len()).max().unwrap_or(0)).collect();
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let padded = |row: &Vec<&str>| row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        text.push_str(&line(padded(row)));
        if place == 0 {
            text.push_str(&line(widths.iter().map(|width| "-".repeat(*width)).collect()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(lines: &[String]) -> Tests {
        Tests::read(&lines.join("\n"))
    }

    #[test]
    fn the_table_has_a_column_for_each_run_of_the_suite_and_a_row_for_each_scenario() {
        let (one, two) = (registry::ADAPTER[0], registry::ADAPTER[1]);
        let mut table = Table::default();
        table.add("composio-rig", &run(&[format!("test suite::{one} ... ok"), format!("test suite::{two} ... ok")]));
        table.add(
            "composio-openai",
            &run(&[
                format!("test chat::suite::{one} ... ok"),
                format!("test responses::suite::{one} ... FAILED"),
                format!("test chat::suite::{two} ... ok"),
                "test chat::something_else ... FAILED".to_owned(),
            ]),
        );
        let shown = table.show(&[one, two]);
        let rows: Vec<Vec<_>> = shown.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
        assert_eq!(rows[0][1..5], ["scenario", "openai chat suite", "openai responses suite", "rig"]);
        assert_eq!(rows[2][1..5], [one, "ok", "FAILED", "ok"]);
        assert_eq!(rows[3][1..5], [two, "ok", "missing", "ok"]);
        assert_eq!(table.gaps(&[one, two]), ["openai responses suite: 0 of 2 scenarios hold"]);
    }

    #[test]
    fn an_adapter_without_the_suite_is_a_gap() {
        let mut table = Table::default();
        table.add("composio-x", &run(&["test a::b ... ok".to_owned()]));
        assert_eq!(table.gaps(registry::ADAPTER), ["composio-x does not run the suite"]);
    }
}
