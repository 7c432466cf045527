//! Every example is run as its first line says, without a key for any provider.

use crate::members::Member;

/// Has a step of its own: it is run twice, on the same data.
const QUICKSTART: &str = "quickstart";
/// Needs the REST API: it is run with the real counterparts, one of which is a mock of it.
const HOSTED: &str = "hosted_quickstart";
/// What an example is told besides, so that it ends by itself.
const ARGUMENTS: [(&str, &[&str]); 1] = [("serve_mcp", &["--check"])];

/// The arguments of cargo, for each.
pub(super) fn runs(members: &[Member]) -> Vec<Vec<String>> {
    let examples =
        members.iter().filter(|member| member.is_example() && ![QUICKSTART, HOSTED].contains(&&*member.name));
    examples.map(|example| run(&example.name)).collect()
}

/// As its readme says for whoever has no key.
pub(super) fn hosted() -> Vec<String> {
    ["xtask", "prism", "--", "cargo"].into_iter().map(str::to_owned).chain(run(HOSTED)).collect()
}

fn run(name: &str) -> Vec<String> {
    let mut arguments = vec!["run", "--package", name];
    if let Some((_, more)) = ARGUMENTS.iter().find(|(known, _)| *known == name) {
        arguments.push("--");
        arguments.extend(*more);
    }
    arguments.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_run_and_those_that_would_go_on_are_told_to_end() {
        let member = |name: &str, folder: &str| Member {
            name: name.to_owned(),
            folder: format!("{folder}/{name}"),
            runs: name != "example-support",
            ..Member::default()
        };
        let members = [
            member("composio", "crates"),
            member("example-support", "examples"),
            member("hosted_quickstart", "examples"),
            member("quickstart", "examples"),
            member("rig_agent", "examples"),
            member("serve_mcp", "examples"),
        ];
        let runs: Vec<_> = runs(&members).iter().map(|run| run.join(" ")).collect();
        assert_eq!(runs, ["run --package rig_agent", "run --package serve_mcp -- --check"]);
        assert_eq!(hosted().join(" "), "xtask prism -- cargo run --package hosted_quickstart");
    }

    #[test]
    fn whoever_is_told_something_exists() {
        let members = crate::members::read(&crate::root()).unwrap();
        for name in ARGUMENTS.map(|(name, _)| name).into_iter().chain([QUICKSTART, HOSTED]) {
            assert!(members.iter().any(|member| member.name == name), "{name} is no example");
        }
    }
}
