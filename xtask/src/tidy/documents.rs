//! That documents keep up: the map names every crate, the readme what is published, examples say how to run them.

use super::finding::Finding;
use super::workspace::{Package, Workspace};

const MAP: &str = "ARCHITECTURE.md";
pub(super) const README: &str = "README.md";
const CHANGELOG: &str = "CHANGELOG.md";
/// What a newcomer types, what CI runs, and what the readme must therefore say.
pub(crate) const TEST_COMMAND: &str = "cargo test --workspace";

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut found: Vec<_> = [MAP, README, CHANGELOG].iter().filter_map(|path| missing(workspace, path)).collect();
    found.extend(test_command(workspace));
    found.extend(
        workspace.packages.iter().filter(|package| package.in_crates()).flat_map(|each| named(workspace, each)),
    );
    found.extend(
        workspace.packages.iter().filter(|package| package.is_example()).filter_map(|each| run_with(workspace, each)),
    );
    found
}

fn missing(workspace: &Workspace, path: &str) -> Option<Finding> {
    workspace.text(path).is_none().then(|| Finding::error(path, 1, "is missing, write it"))
}

fn test_command(workspace: &Workspace) -> Option<Finding> {
    let readme = workspace.text(README)?;
    let says = format!("does not say `{TEST_COMMAND}`, tell newcomers how tests are run");
    (!readme.contains(TEST_COMMAND)).then(|| Finding::error(README, 1, says))
}

fn named(workspace: &Workspace, package: &Package) -> Vec<Finding> {
    let name = &package.name;
    let named_in = |path| workspace.text(path).is_none_or(|text| names(text, name));
    let mut found = Vec::new();
    if !named_in(MAP) {
        found.push(Finding::error(MAP, 1, format!("does not name {name}, add a section for it")));
    }
    if package.published && !named_in(README) && !named_in(CHANGELOG) {
        found.push(Finding::error(
            README,
            1,
            format!("names {name} no more than {CHANGELOG} does, tell users about it"),
        ));
    }
    found
}

/// Whether a text names a crate, and not only one whose name is longer.
pub(super) fn names(text: &str, name: &str) -> bool {
    let part = |character: char| character.is_alphanumeric() || "-_".contains(character);
    text.match_indices(name).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part) && !text[at + name.len()..].chars().next().is_some_and(part)
    })
}

fn run_with(workspace: &Workspace, package: &Package) -> Option<Finding> {
    let path = format!("{}/src/main.rs", package.folder);
    let says = "does not begin with `//! Run with`, say how the example is run";
    let begins = workspace.text(&path).is_some_and(|text| text.starts_with("//! Run with"));
    // What examples share is no program.
    let library =
        workspace.text(&path).is_none() && workspace.text(&format!("{}/src/lib.rs", package.folder)).is_some();
    (!begins && !library).then(|| Finding::error(path, 1, says))
}

#[cfg(test)]
mod tests {
    use super::super::workspace::File;
    use super::*;

    fn workspace(files: &[(&str, &str)]) -> Workspace {
        let files = files.iter().map(|(path, text)| File {
            path: (*path).to_owned(),
            bytes: text.len(),
            text: Some((*text).to_owned()),
        });
        let package = |name: &str, folder: &str| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            published: true,
            ..Package::default()
        };
        Workspace {
            packages: vec![package("composio", "crates/composio"), package("hello", "examples/hello")],
            files: files.collect(),
        }
    }

    #[test]
    fn documents_that_keep_up_pass_and_each_gap_is_found() {
        let whole = [
            (MAP, "# Map\n`composio`"),
            (README, "Run `cargo test --workspace`."),
            (CHANGELOG, "composio is new."),
            ("examples/hello/src/main.rs", "//! Run with `cargo run -p hello`."),
        ];
        assert_eq!(check(&workspace(&whole)), []);
        for gap in 0..whole.len() {
            let mut files = whole;
            files[gap].1 = "about composio-core";
            assert_eq!(check(&workspace(&files)).len(), 1, "{files:?}");
        }
        assert_eq!(check(&workspace(&[])).len(), 4);
        let mut library = whole;
        library[3] = ("examples/hello/src/lib.rs", "//! Shared.");
        assert_eq!(check(&workspace(&library)), []);
    }

    #[test]
    fn names_are_whole_words() {
        for (text, expected) in
            [("`composio`", true), ("composio.", true), ("composio-core", false), ("my-composio", false), ("", false)]
        {
            assert_eq!(names(text, "composio"), expected, "{text}");
        }
    }
}
