//! What the conformance crate says of itself: its suites have scenarios, its decision table every row.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::finding::Finding;

const TABLE: &str = "crates/composio-conformance/src/decision_table.rs";
const REGISTRY: &str = "crates/composio-conformance/src/registry.rs";
/// The rows of the decision table.
const ROWS: RangeInclusive<u8> = 1..=60;

/// What was compiled into the conformance crate.
#[derive(Debug, Default)]
pub(super) struct Registry {
    suites: Vec<(&'static str, Vec<&'static str>)>,
    rows: Vec<u8>,
}

impl Registry {
    pub(super) fn of_this_workspace() -> Self {
        use composio_conformance::{decision_table, registry};
        let rows = decision_table::ROWS.iter().map(|row| row.number);
        Self {
            suites: vec![
                ("STORE", registry::STORE.to_vec()),
                ("BACKEND", registry::BACKEND.to_vec()),
                ("ADAPTER", registry::ADAPTER.to_vec()),
            ],
            rows: rows.collect(),
        }
    }

    pub(super) fn check(&self) -> Vec<Finding> {
        let suites = self.suites.iter().filter_map(|(name, scenarios)| suite(name, scenarios));
        suites.chain(ROWS.filter_map(|number| self.row(number))).chain(self.strangers()).collect()
    }

    /// One line on the whole table.
    pub(super) fn summary(&self) -> String {
        format!("decision table: {} rows\n", self.rows.len())
    }

    fn row(&self, number: u8) -> Option<Finding> {
        let says = match self.rows.iter().filter(|row| **row == number).count() {
            0 => format!("row {number} is missing, add it"),
            1 => return None,
            count => format!("row {number} is there {count} times, keep one"),
        };
        Some(Finding::error(TABLE, 1, says))
    }

    fn strangers(&self) -> impl Iterator<Item = Finding> {
        let strange = self.rows.iter().filter(|row| !ROWS.contains(row));
        strange.map(|row| Finding::error(TABLE, 1, format!("row {row} is not in the table, remove it")))
    }
}

fn suite(name: &str, scenarios: &[&str]) -> Option<Finding> {
    let mut counts = BTreeMap::new();
    scenarios.iter().for_each(|scenario| *counts.entry(scenario).or_insert(0) += 1);
    let twice = counts.into_iter().find(|(_, count)| *count > 1);
    let says = match twice {
        Some((scenario, _)) => format!("`{name}` lists {scenario} twice, keep one"),
        None if scenarios.is_empty() => format!("`{name}` lists no scenario, add some"),
        None => return None,
    };
    Some(Finding::error(REGISTRY, 1, says))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Registry {
        Registry { suites: vec![("STORE", vec!["a", "b"])], rows: ROWS.collect() }
    }

    #[test]
    fn a_whole_registry_passes_and_counts_its_rows() {
        assert_eq!(whole().check(), []);
        assert_eq!(whole().summary(), "decision table: 60 rows\n");
    }

    #[test]
    fn each_gap_in_the_table_is_found() {
        let extra = |number| whole().rows.into_iter().chain([number]).collect();
        let without = |number| whole().rows.into_iter().filter(|row| *row != number).collect();
        for (rows, says) in [
            (without(4), "row 4 is missing"),
            (extra(9), "row 9 is there 2 times"),
            (extra(61), "row 61 is not in the table"),
        ] {
            check(&Registry { rows, ..whole() }, says);
        }
    }

    #[test]
    fn each_gap_in_a_suite_is_found() {
        for (scenarios, says) in [(vec!["a", "b", "a"], "`STORE` lists a twice"), (vec![], "`STORE` lists no scenario")]
        {
            check(&Registry { suites: vec![("STORE", scenarios)], ..whole() }, says);
        }
    }

    #[track_caller]
    fn check(registry: &Registry, says: &str) {
        let found = registry.check();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].to_string().contains(says), "{} should say {says}", found[0]);
    }
}
