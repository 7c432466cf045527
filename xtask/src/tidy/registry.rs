//! What the conformance crate says of itself: its suites have scenarios, its decision table every row.

use std::collections::BTreeMap;
use std::fmt::Write;
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
    rows: Vec<Row>,
}

/// A row of the decision table, and why it does not hold yet if so.
#[derive(Clone, Debug)]
struct Row {
    number: u8,
    pending: Option<&'static str>,
}

impl Registry {
    pub(super) fn of_this_workspace() -> Self {
        use composio_conformance::{decision_table, registry};
        let rows = decision_table::ROWS.iter().map(|row| Row { number: row.number, pending: row.pending });
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

    /// One line on the whole table, then one for each row that is pending.
    pub(super) fn summary(&self) -> String {
        let pending = || self.rows.iter().filter_map(|row| Some((row.number, row.pending?)));
        let (late, all) = (pending().count(), self.rows.len());
        let mut summary = format!("decision table: {} rows green, {late} pending\n", all - late);
        for (number, reason) in pending() {
            // Writing into a string cannot fail.
            let _ = writeln!(summary, "  row {number} is pending: {reason}");
        }
        summary
    }

    fn row(&self, number: u8) -> Option<Finding> {
        let says = match self.rows.iter().filter(|row| row.number == number).count() {
            0 => format!("row {number} is missing, add it (as pending, with a reason, if it does not hold yet)"),
            1 => return None,
            count => format!("row {number} is there {count} times, keep one"),
        };
        Some(Finding::error(TABLE, 1, says))
    }

    fn strangers(&self) -> impl Iterator<Item = Finding> {
        let strange = self.rows.iter().filter(|row| !ROWS.contains(&row.number));
        strange.map(|row| Finding::error(TABLE, 1, format!("row {} is not in the table, remove it", row.number)))
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
        let rows = ROWS.map(|number| Row { number, pending: (number == 7).then_some("needs the hosted backend") });
        Registry { suites: vec![("STORE", vec!["a", "b"])], rows: rows.collect() }
    }

    #[test]
    fn a_whole_registry_passes_and_tells_what_is_pending() {
        assert_eq!(whole().check(), []);
        let expected = "decision table: 59 rows green, 1 pending\n  row 7 is pending: needs the hosted backend\n";
        assert_eq!(whole().summary(), expected);
    }

    #[test]
    fn each_gap_in_the_table_is_found() {
        let extra = |number| whole().rows.into_iter().chain([Row { number, pending: None }]).collect();
        let without = |number| whole().rows.into_iter().filter(|row| row.number != number).collect();
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
