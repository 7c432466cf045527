//! What every adapter comes with: a readme, the suite, a row in the table, an example.

use super::documents::{README, names};
use super::finding::Finding;
use super::source::Source;
use super::workspace::{Package, Workspace};

pub(super) fn check(workspace: &Workspace, sources: &[Source]) -> Vec<Finding> {
    let adapters = workspace.packages.iter().filter(|package| package.adapter);
    let checked = adapters.flat_map(|adapter| {
        [readme(workspace, adapter), suite(adapter, sources), row(workspace, adapter), example(workspace, adapter)]
    });
    checked.flatten().collect()
}

fn readme(workspace: &Workspace, adapter: &Package) -> Option<Finding> {
    let path = format!("{}/README.md", adapter.folder);
    let says = "is missing, say what a user of the framework types, and which of its versions goes with which of ours";
    workspace.text(&path).is_none_or(|text| text.trim().is_empty()).then(|| Finding::error(path, 1, says))
}

fn suite(adapter: &Package, sources: &[Source]) -> Option<Finding> {
    let tests = format!("{}/tests/it/", adapter.folder);
    let runs = |source: &Source| source.path.starts_with(&tests) && !source.find("adapter_suite !").is_empty();
    let says = "has no test in tests/it that runs `adapter_suite!`, run it over the framework's own types";
    (!sources.iter().any(runs)).then(|| Finding::error(adapter.manifest(), 1, says))
}

fn row(workspace: &Workspace, adapter: &Package) -> Option<Finding> {
    let rows = workspace.text(README)?.lines().filter(|line| line.starts_with('|'));
    let says = format!("has no row for {}, add it to the table of adapters", adapter.name);
    rows.clone().all(|row| !names(row, &adapter.name)).then(|| Finding::error(README, 1, says))
}

fn example(workspace: &Workspace, adapter: &Package) -> Option<Finding> {
    let uses = |package: &Package| package.dependencies.iter().any(|needed| needed.name == adapter.name && !needed.dev);
    let used = workspace.packages.iter().any(|package| package.is_example() && uses(package));
    let says = "is used by no example, write one that runs without a key";
    (!used).then(|| Finding::error(adapter.manifest(), 1, says))
}

#[cfg(test)]
mod tests {
    use super::super::workspace::{Dependency, File};
    use super::*;

    const FILES: [(&str, &str); 3] = [
        (README, "| crate | framework |\n|---|---|\n| `composio-x` | x 1 |\n"),
        ("crates/composio-x/README.md", "# composio-x\n"),
        ("crates/composio-x/tests/it/suite.rs", "composio_conformance::adapter_suite!(OverX);"),
    ];

    fn findings(files: &[(&str, &str)], example: &str, dev: bool) -> Vec<String> {
        let dependency = Dependency {
            name: "composio-x".to_owned(),
            dev,
            default_features: true,
            features: Vec::new(),
            local: true,
        };
        let package = |name: &str, folder: &str| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            ..Package::default()
        };
        let packages = vec![
            Package { adapter: true, ..package("composio-x", "crates/composio-x") },
            Package { dependencies: vec![dependency], ..package("x_agent", example) },
            package("composio-core", "crates/composio-core"),
        ];
        let sources = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        let sources: Vec<_> = sources.map(|(path, text)| Source::parse(path, text).unwrap()).collect();
        let files = files.iter().map(|(path, text)| File {
            path: (*path).to_owned(),
            bytes: text.len(),
            text: Some((*text).to_owned()),
        });
        let workspace = Workspace { packages, files: files.collect() };
        check(&workspace, &sources).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_whole_adapter_passes_and_so_does_what_is_none() {
        assert_eq!(findings(&FILES, "examples/x_agent", false), Vec::<String>::new());
    }

    #[test]
    fn each_gap_is_found() {
        for (place, instead, says) in [
            (0, (README, "composio-x is an adapter.\n\n| `composio-xy` |"), "README.md:1: has no row for composio-x,"),
            (1, ("crates/composio-xy/README.md", "# other\n"), "crates/composio-x/README.md:1: is missing"),
            (1, ("crates/composio-x/README.md", "\n"), "crates/composio-x/README.md:1: is missing"),
            (2, ("crates/composio-x/tests/it/suite.rs", "// adapter_suite!(OverX);"), "runs `adapter_suite!`"),
            (2, ("crates/composio-x/src/lib.rs", "adapter_suite!(OverX);"), "runs `adapter_suite!`"),
            (2, ("crates/composio-xy/tests/it/suite.rs", "adapter_suite!(OverXy);"), "runs `adapter_suite!`"),
        ] {
            let mut files = FILES;
            files[place] = instead;
            let found = findings(&files, "examples/x_agent", false);
            assert!(found.len() == 1 && found[0].contains(says), "{found:?} should say {says}");
        }
    }

    #[test]
    fn only_an_example_that_depends_on_it_uses_it() {
        for (folder, dev) in [("crates/x_agent", false), ("examples/x_agent", true)] {
            let found = findings(&FILES, folder, dev);
            assert!(found.len() == 1 && found[0].contains("is used by no example"), "{folder}: {found:?}");
        }
    }
}
