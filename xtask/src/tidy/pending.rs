//! Suites that a backend cannot run yet, each with its reason, so that nobody takes them for done.

use super::finding::Finding;
use super::source::Source;

const LIST: &str = "xtask/src/tidy/pending.rs";

/// What is waited for.
const PENDING: [Pending; 1] = [Pending {
    suite: "backend_suite",
    backend: "HostedBackend",
    test: "hosted",
    why: "composio-server does not speak the REST dialect yet, so there is nothing on loopback to run it against",
}];

/// A suite that should run and cannot.
#[derive(Clone, Copy, Debug)]
struct Pending {
    suite: &'static str,
    /// The type that it should run for.
    backend: &'static str,
    /// What the name of its test's file, or a word in it, holds in some case of its letters.
    test: &'static str,
    why: &'static str,
}

/// A suite that runs is pending no longer; a backend that is gone has nothing to wait for.
pub(super) fn check(sources: &[Source]) -> Vec<Finding> {
    PENDING.iter().filter_map(|pending| pending.check(sources)).collect()
}

/// One line each.
pub(super) fn summary() -> String {
    PENDING
        .iter()
        .map(|Pending { suite, backend, why, .. }| format!("pending: {suite}! for {backend}: {why}\n"))
        .collect()
}

impl Pending {
    fn check(self, sources: &[Source]) -> Option<Finding> {
        let Self { suite, backend, .. } = self;
        if let Some(test) = sources.iter().find(|source| self.runs_in(source)) {
            let says = format!("`{suite}!` for {backend} is pending, and {} runs it: remove the entry", test.path);
            return Some(Finding::error(LIST, 1, says));
        }
        let exists = sources.iter().any(|source| !source.find(&format!("struct {backend}")).is_empty());
        let says = format!("`{suite}!` is pending for {backend}, which does not exist, remove the entry");
        (!exists).then(|| Finding::error(LIST, 1, says))
    }

    fn runs_in(self, source: &Source) -> bool {
        let speaks_of = |text: &str| text.to_lowercase().contains(self.test);
        source.path.contains("/tests/")
            && !source.find(&format!("{} !", self.suite)).is_empty()
            && (speaks_of(&source.path) || source.words.iter().any(|word| speaks_of(&word.text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKEND: &str = "pub struct HostedBackend {}";

    fn found(test: (&str, &str), library: &str) -> String {
        let parse = |path: &str, text: &str| Source::parse(path, text).unwrap();
        let sources = [parse(test.0, test.1), parse("crates/a/src/lib.rs", library)];
        check(&sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_suite_that_runs_is_not_pending() {
        let runs = "composio_conformance::backend_suite!(HostedHarness::start().await);";
        let runs_for_another = "composio_conformance::backend_suite!(Scripted::new());";
        for (path, text, expected) in [
            ("crates/a/tests/it/backend.rs", runs, "crates/a/tests/it/backend.rs runs it: remove the entry"),
            ("crates/a/tests/it/hosted.rs", runs_for_another, "crates/a/tests/it/hosted.rs runs it"),
            ("crates/a/tests/it/backend.rs", runs_for_another, ""),
            ("crates/a/src/backend.rs", runs, ""),
            ("crates/a/tests/it/hosted.rs", "fn f() { hosted(); }", ""),
        ] {
            let found = found((path, text), BACKEND);
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{path}: {found}");
        }
    }

    #[test]
    fn what_is_gone_waits_for_nothing() {
        let found = found(("crates/a/tests/it/main.rs", ""), "pub struct Another {}");
        assert!(found.contains("`backend_suite!` is pending for HostedBackend, which does not exist"), "{found}");
    }

    #[test]
    fn each_reason_is_said() {
        let says = summary();
        assert!(
            says.starts_with("pending: backend_suite! for HostedBackend: composio-server does not speak"),
            "{says}"
        );
        assert_eq!(says.lines().count(), PENDING.len());
    }
}
