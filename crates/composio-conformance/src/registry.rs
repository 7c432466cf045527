//! What every suite holds, by name: `xtask tidy` reads it to see that no scenario is left out.

#[cfg(feature = "adapter")]
use crate::__adapter_scenarios;
use crate::__backend_scenarios;
#[cfg(feature = "store")]
use crate::__store_scenarios;

/// The scenarios of the backend suite, in the order they are listed.
pub const BACKEND: &[&str] = __backend_scenarios!(__backend_names);

/// The scenarios of the adapter suite, in the order they are run.
#[cfg(feature = "adapter")]
pub const ADAPTER: &[&str] = __adapter_scenarios!(__names);

/// The scenarios of the store suite, in the order they are run.
#[cfg(feature = "store")]
pub const STORE: &[&str] = __store_scenarios!(__names);

/// Turns the list of a suite into its names, for the registry.
#[doc(hidden)]
#[macro_export]
macro_rules! __names {
    ([] $($scenario:ident)*) => { &[$(stringify!($scenario)),*] };
}

/// The scenarios that a source text defines: each is a public async function that begins its line.
#[cfg(test)]
pub(crate) fn defined(source: &'static str) -> impl Iterator<Item = &'static str> {
    let name = |line: &'static str| line.strip_prefix("pub async fn ").and_then(|rest| rest.split('(').next());
    source.lines().filter_map(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every scenario that the files of a suite define is listed, once.
    #[track_caller]
    fn lists_all(suite: &[&str], sources: &[&'static str], directory: &str) {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let files = std::fs::read_dir(directory).unwrap();
        assert_eq!(files.count(), sources.len(), "a file of the suite is missing in `SOURCES`");

        let defined: Vec<_> = sources.iter().copied().flat_map(defined).collect();
        let listed: BTreeSet<_> = suite.iter().copied().collect();
        assert_eq!(listed.len(), suite.len(), "a scenario is listed twice");
        assert_eq!(defined.iter().copied().collect::<BTreeSet<_>>(), listed);
    }

    #[test]
    fn every_scenario_of_the_backend_suite_is_listed_once() {
        lists_all(BACKEND, crate::backend::SOURCES, "src/backend");
    }

    #[cfg(feature = "adapter")]
    #[test]
    fn every_scenario_of_the_adapter_suite_is_listed_once() {
        lists_all(ADAPTER, crate::adapter::SOURCES, "src/adapter");
    }

    #[cfg(feature = "store")]
    #[test]
    fn every_scenario_of_the_store_suite_is_listed_once() {
        lists_all(STORE, crate::store::SOURCES, "src/store");
    }
}
