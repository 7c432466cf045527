//! `cargo xtask conformance`: the suite of adapters, scenario by adapter, as it runs here.

use std::collections::BTreeMap;
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
    let mut table = Table::of(registry::ADAPTER);
    for member in members::read(&root)?.iter().filter(|member| member.adapter) {
        table.add(&member.name, &tests(&root, member)?);
    }
    println!("\n{}\n{}", table.show(), table.summary().join("\n"));
    if !table.is_whole() {
        bail!("not every adapter passes the suite");
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

/// Whether each scenario holds, for each time that the suite is run: `openai chat`.
#[derive(Debug)]
struct Table {
    scenarios: Vec<&'static str>,
    columns: BTreeMap<String, BTreeMap<String, bool>>,
    /// Adapters that do not run the suite at all.
    without: Vec<String>,
}

impl Table {
    fn of(scenarios: &[&'static str]) -> Self {
        Self { scenarios: scenarios.to_vec(), columns: BTreeMap::new(), without: Vec::new() }
    }

    /// The last part of a test's name is the scenario, what is before it says where the suite is run.
    fn add(&mut self, package: &str, tests: &Tests) {
        let mut runs = BTreeMap::<_, BTreeMap<_, _>>::new();
        for (name, passed) in &tests.passed {
            let (module, scenario) = name.rsplit_once("::").unwrap_or(("", name));
            if self.scenarios.contains(&scenario) {
                runs.entry(module).or_default().insert(scenario.to_owned(), *passed);
            }
        }
        // The suite makes a test of each scenario. Elsewhere a test may be called like one of them.
        runs.retain(|_, outcomes| outcomes.len() == self.scenarios.len());
        if runs.is_empty() {
            self.without.push(package.to_owned());
        }
        let short = package.trim_start_matches("composio-");
        let alone = runs.len() == 1;
        for (module, outcomes) in runs {
            let place = module.rsplit("::").next().unwrap_or(module).trim_start_matches("over_");
            let column = if alone { short.to_owned() } else { format!("{short} {place}") };
            self.columns.insert(column, outcomes);
        }
    }

    /// Markdown, for a terminal as well.
    fn show(&self) -> String {
        let mut rows = vec![["scenario"].into_iter().chain(self.columns.keys().map(String::as_str)).collect()];
        for scenario in &self.scenarios {
            let outcome = |outcomes: &BTreeMap<String, bool>| if outcomes[*scenario] { "ok" } else { "FAILED" };
            rows.push([*scenario].into_iter().chain(self.columns.values().map(outcome)).collect::<Vec<_>>());
        }
        aligned(&rows)
    }

    /// One line for each adapter, then one for each that does not run the suite.
    fn summary(&self) -> Vec<String> {
        let held = |outcomes: &BTreeMap<String, bool>| outcomes.values().filter(|passed| **passed).count();
        let all = self.scenarios.len();
        let columns =
            self.columns.iter().map(|(column, outcomes)| format!("{column}: {} of {all} hold", held(outcomes)));
        columns.chain(self.without.iter().map(|package| format!("{package} does not run the suite"))).collect()
    }

    fn is_whole(&self) -> bool {
        self.without.is_empty() && self.columns.values().all(|outcomes| outcomes.values().all(|passed| *passed))
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

    fn run(lines: &[&str]) -> Tests {
        Tests::read(&lines.iter().map(|line| format!("test {line}\n")).collect::<String>())
    }

    #[test]
    fn the_table_has_a_column_for_each_run_of_the_suite_and_a_row_for_each_scenario() {
        let mut table = Table::of(&["one", "two"]);
        table.add("composio-rig", &run(&["suite::one ... ok", "suite::two ... ok", "calls::one ... FAILED"]));
        assert!(table.is_whole());
        table.add(
            "composio-openai",
            &run(&[
                "suite::over_chat::one ... ok",
                "suite::over_responses::one ... FAILED",
                "suite::over_chat::two ... ok",
                "suite::over_responses::two ... ok",
                "suite::three ... FAILED",
            ]),
        );
        let expected = "\
            | scenario | openai chat | openai responses | rig |\n\
            | -------- | ----------- | ---------------- | --- |\n\
            | one      | ok          | FAILED           | ok  |\n\
            | two      | ok          | ok               | ok  |\n";
        assert_eq!(table.show(), expected);
        let summary = ["openai chat: 2 of 2 hold", "openai responses: 1 of 2 hold", "rig: 2 of 2 hold"];
        assert_eq!(table.summary(), summary);
        assert!(!table.is_whole());
    }

    #[test]
    fn an_adapter_without_the_whole_suite_is_told() {
        let mut table = Table::of(&["one", "two"]);
        table.add("composio-x", &run(&["calls::one ... ok"]));
        assert_eq!(table.summary(), ["composio-x does not run the suite"]);
        assert!(!table.is_whole());
    }
}
