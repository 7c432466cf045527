//! What may be written only in some places, or nowhere.

use super::finding::Finding;
use super::source::{Source, Word};

/// Where requests are sent from, beside tests.
const SENDERS: [&str; 7] = [
    // What it re-exports, what it is told and how it fails belong to sending.
    "crates/composio-core/src/hosted.rs",
    "crates/composio-core/src/hosted/error.rs",
    "crates/composio-core/src/hosted/options.rs",
    "crates/composio-core/src/hosted/send/",
    "crates/composio-engine/src/http.rs",
    "crates/composio-engine/src/http/",
    // What examples share presses the buttons of connect pages.
    "examples/support/",
];

/// Scenarios are tests that other crates run: they may panic.
const SCENARIOS: &str = "crates/composio-conformance/src/";

/// What must not stand anywhere, not even in tests.
const NEVER: [(&str, &str); 4] = [
    ("todo !", "`todo!` is unfinished work, finish it or open an issue"),
    ("unimplemented !", "`unimplemented!` is unfinished work, finish it or return an error"),
    ("dbg !", "`dbg!` is left from a search, remove it"),
    ("# [ ignore", "`#[ignore]` hides a test, make it run or remove it"),
];

/// The clocks, and the import under which the same name is another one.
const CLOCKS: [(&str, &str); 4] =
    [("SystemTime", ""), ("Timestamp", ""), ("Zoned", ""), ("Instant", "tokio::time::Instant")];

/// The suites of the conformance crate.
const SUITES: [&str; 4] = ["adapter_suite", "backend_suite", "decision_table_suite", "store_suite"];

pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut found = never(source);
    found.extend(sending(source));
    found.extend(CLOCKS.iter().flat_map(|(clock, except)| time(source, clock, except)));
    if !source.path.starts_with(SCENARIOS) {
        found.extend(unwraps(source));
        found.extend(expects(source));
    }
    found
}

fn never(source: &Source) -> Vec<Finding> {
    let found = NEVER.iter().flat_map(|(pattern, says)| source.find(pattern).into_iter().map(move |at| (at, says)));
    found.map(|(at, says)| at_word(source, at, *says)).collect()
}

fn sending(source: &Source) -> Vec<Finding> {
    if SENDERS.iter().any(|sender| source.path.starts_with(sender)) {
        return Vec::new();
    }
    outside_tests(source, "reqwest")
        .map(|at| at_word(source, at, "names reqwest, send through the one sender"))
        .collect()
}

fn time(source: &Source, clock: &str, except: &str) -> Vec<Finding> {
    let elsewhere = source.imports.contains(except);
    if elsewhere || source.path.ends_with("/clock.rs") {
        return Vec::new();
    }
    let says = format!("`{clock}::now` reads the time, take it from a clock.rs");
    let found = outside_tests(source, &format!("{clock} : : now")).filter(|at| !is_of_tokio(source, *at));
    found.map(|at| at_word(source, at, &*says)).collect()
}

/// `tokio::time::Instant`, spelled out: tests can stop that clock.
fn is_of_tokio(source: &Source, at: usize) -> bool {
    let before = &source.words[at.saturating_sub(6)..at];
    before.iter().map(|word| word.text.as_str()).eq(["tokio", ":", ":", "time", ":", ":"])
}

fn unwraps(source: &Source) -> Vec<Finding> {
    let says = "`unwrap` outside tests, return the error or `expect` with the reason why it cannot happen";
    let found = [". unwrap (", ": : unwrap"].into_iter().flat_map(|pattern| outside_tests(source, pattern));
    found.map(|at| at_word(source, at, says)).collect()
}

fn expects(source: &Source) -> Vec<Finding> {
    let says = "`expect` without a reason, say in a sentence of three words or more why it cannot fail";
    let found = outside_tests(source, ". expect (").filter(|at| !source.words.get(at + 3).is_some_and(is_sentence));
    found.map(|at| at_word(source, at, says)).collect()
}

fn is_sentence(word: &Word) -> bool {
    word.text.contains('"') && word.text.split_whitespace().count() >= 3
}

/// Every suite is run by some integration test.
pub(super) fn suites_in_use(sources: &[Source]) -> Vec<Finding> {
    let tests: Vec<_> = sources.iter().filter(|source| source.path.contains("/tests/")).collect();
    let unused = SUITES.iter().filter(|suite| tests.iter().all(|test| test.find(&format!("{suite} !")).is_empty()));
    let says = |suite| format!("no integration test runs `{suite}!`, run it for every implementation");
    unused.map(|suite| Finding::error("crates/composio-conformance/src/lib.rs", 1, says(suite))).collect()
}

fn outside_tests<'a>(source: &'a Source, pattern: &str) -> impl Iterator<Item = usize> + use<'a> {
    source.find(pattern).into_iter().filter(|at| !source.is_test(source.words[*at].line))
}

fn at_word(source: &Source, at: usize, says: impl Into<String>) -> Finding {
    Finding::error(&*source.path, source.words[at].line, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many findings a file gives.
    fn count(path: &str, text: &str) -> usize {
        check(&Source::parse(path, text).unwrap()).len()
    }

    #[test]
    fn what_is_written_nowhere() {
        for (text, expected) in [
            ("fn f() { todo!() }", 1),
            ("fn f() { unimplemented!(\"later\") }", 1),
            ("fn f() { dbg!(1); }", 1),
            ("#[test]\n#[ignore]\nfn f() {}", 1),
            ("#[test]\n#[ignore = \"slow\"]\nfn f() {}", 1),
            ("// todo!() and dbg!()\nfn f() { \"todo!()\"; }", 0),
        ] {
            assert_eq!(count("crates/a/src/lib.rs", text), expected, "{text}");
        }
    }

    #[test]
    fn only_senders_name_the_client() {
        let text = "use reqwest::Client;";
        for (path, expected) in [
            ("crates/composio-engine/src/http.rs", 0),
            ("crates/composio-engine/src/http/guard.rs", 0),
            ("crates/composio-core/src/hosted/send/attempt.rs", 0),
            ("examples/support/src/playground.rs", 0),
            ("crates/composio-demo/tests/it/main.rs", 0),
            ("crates/composio-engine/src/httpx.rs", 1),
            ("crates/composio-engine/src/oauth.rs", 1),
            ("crates/composio-core/src/hosted/client.rs", 1),
            ("crates/composio-core/src/hosted/backend.rs", 1),
            ("crates/composio-core/src/hosted/send.rs", 1),
            ("crates/composio-core/src/hosted/session/calls.rs", 1),
            ("crates/composio-core/src/session.rs", 1),
            ("examples/hosted_quickstart/src/main.rs", 1),
        ] {
            assert_eq!(count(path, text), expected, "{path}");
        }
    }

    #[test]
    fn whoever_may_name_the_client_does() {
        let files = crate::tidy::workspace::Workspace::read(&crate::root()).unwrap().files;
        let sources: Vec<_> = crate::tidy::source::parse_all(&files).into_iter().flatten().collect();
        for sender in SENDERS {
            let mut own = sources.iter().filter(|source| source.path.starts_with(sender));
            let names = own.any(|source| outside_tests(source, "reqwest").next().is_some());
            assert!(names, "{sender} does not name reqwest, take it off the list");
        }
    }

    #[test]
    fn only_clocks_read_the_time() {
        for (path, text, expected) in [
            ("crates/a/src/lib.rs", "fn f() { std::time::SystemTime::now(); }", 1),
            ("crates/a/src/lib.rs", "fn f() { jiff::Timestamp::now(); }", 1),
            ("crates/a/src/lib.rs", "use std::time::Instant; fn f() { Instant::now(); }", 1),
            ("crates/a/src/lib.rs", "use tokio::time::{Instant, sleep}; fn f() { Instant::now(); }", 0),
            ("crates/a/src/lib.rs", "fn f() { tokio::time::Instant::now(); }", 0),
            ("crates/a/src/clock.rs", "fn f() { std::time::Instant::now(); }", 0),
            ("crates/a/src/lib.rs", "#[cfg(test)] mod tests { fn f() { Timestamp::now(); } }", 0),
            ("crates/a/src/lib.rs", "fn f(now: Timestamp) { now.now(); }", 0),
        ] {
            assert_eq!(count(path, text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_happen_is_explained() {
        for (text, expected) in [
            ("fn f() { g().unwrap(); }", 1),
            ("fn f() { g().map(Option::unwrap); }", 1),
            ("fn f() { g().unwrap_or_default(); }", 0),
            ("fn f() { g().expect(\"works\"); }", 1),
            ("fn f() { g().expect(WHY); }", 1),
            ("fn f() { g().expect(\"the list was checked above\"); }", 0),
            ("#[test]\nfn f() { g().unwrap(); h().expect(\"h\"); }", 0),
        ] {
            assert_eq!(count("crates/a/src/lib.rs", text), expected, "{text}");
            assert_eq!(count("crates/composio-conformance/src/store.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn suites_that_nobody_runs_are_found() {
        let runs = Source::parse("crates/a/tests/it/main.rs", "composio_conformance::store_suite!(open());").unwrap();
        let adapter = Source::parse("crates/b/tests/it/suite.rs", "composio_conformance::adapter_suite!(B);").unwrap();
        let not_a_test = Source::parse("crates/a/src/lib.rs", "backend_suite!(open());").unwrap();
        let found = suites_in_use(&[runs, adapter, not_a_test]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].to_string().contains("`backend_suite!`"), "it stands in no test");
        assert!(found[1].to_string().contains("`decision_table_suite!`"), "it stands nowhere");
    }
}
