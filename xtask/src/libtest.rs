//! What a test binary of cargo prints.

use std::collections::BTreeMap;

/// The tests of a run, each with whether it passed, and what those that failed said.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tests {
    pub(crate) passed: BTreeMap<String, bool>,
    said: BTreeMap<String, String>,
}

impl Tests {
    pub(crate) fn read(output: &str) -> Self {
        let mut tests = Self::default();
        let mut speaking: Option<String> = None;
        for line in output.lines() {
            if let Some(name) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
                speaking = Some(name.to_owned());
            } else if line == "failures:" || line.starts_with("test result: ") {
                speaking = None;
            } else if let Some(name) = &speaking {
                let said = tests.said.entry(name.clone()).or_default();
                said.push_str(line);
                said.push('\n');
            } else if let Some((name, passed)) = outcome(line) {
                tests.passed.insert(name.to_owned(), passed);
            }
        }
        tests
    }

    pub(crate) fn failed(&self) -> impl Iterator<Item = &str> {
        self.passed.iter().filter(|(_, passed)| !**passed).map(|(name, _)| name.as_str())
    }

    pub(crate) fn said(&self, name: &str) -> &str {
        self.said.get(name).map_or("", String::as_str)
    }
}

/// `test a::b ... ok`; what is ignored is neither.
fn outcome(line: &str) -> Option<(&str, bool)> {
    let (name, how) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match how {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\nrunning 3 tests\ntest a::one ... ok\ntest a::two ... FAILED\ntest b::three ... FAILED\n\
                          test b::four ... ignored\n\nfailures:\n\n---- a::two stdout ----\n\nthread 'a::two' panicked:\n\
                          test c::five ... ok\n\n---- b::three stdout ----\nno\n\n\nfailures:\n    a::two\n    b::three\n\n\
                          test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured\n";

    #[test]
    fn outcomes_and_what_was_said_are_read() {
        let tests = Tests::read(OUTPUT);
        let outcomes: Vec<_> = tests.passed.iter().map(|(name, passed)| (name.as_str(), *passed)).collect();
        assert_eq!(outcomes, [("a::one", true), ("a::two", false), ("b::three", false)]);
        assert_eq!(tests.failed().collect::<Vec<_>>(), ["a::two", "b::three"]);
        assert!(tests.said("a::two").contains("thread 'a::two' panicked:\ntest c::five ... ok"));
        assert_eq!(tests.said("b::three").trim(), "no");
        assert_eq!(tests.said("a::one"), "");
    }
}
