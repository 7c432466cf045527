//! What every suite holds, by name: `xtask tidy` reads it to see that no scenario is left out.

use crate::__store_scenarios;

/// The scenarios of the store suite, in the order they are run.
pub const STORE: &[&str] = __store_scenarios!(__names);

/// Turns the list of a suite into its names, for the registry.
#[doc(hidden)]
#[macro_export]
macro_rules! __names {
    ([] $($scenario:ident)*) => { &[$(stringify!($scenario)),*] };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The scenarios that a source text defines: each is a public async function that begins its line.
    fn defined(source: &'static str) -> impl Iterator<Item = &'static str> {
        let name = |line: &'static str| line.strip_prefix("pub async fn ").and_then(|rest| rest.split('(').next());
        source.lines().filter_map(name)
    }

    #[test]
    fn every_scenario_of_the_store_suite_is_listed_once() {
        let sources = crate::store::SOURCES;
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store")).unwrap();
        assert_eq!(files.count(), sources.len(), "a file of the suite is missing in `SOURCES`");

        let defined: Vec<_> = sources.iter().copied().flat_map(defined).collect();
        let listed: BTreeSet<_> = STORE.iter().copied().collect();
        assert_eq!(listed.len(), STORE.len(), "a scenario is listed twice");
        assert_eq!(defined.iter().copied().collect::<BTreeSet<_>>(), listed);
    }
}
