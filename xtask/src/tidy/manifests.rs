//! What every manifest says of its crate.

use super::finding::Finding;
use super::workspace::{Package, Workspace};

/// What is written once, for the workspace.
const INHERITED: [&str; 2] = ["license", "repository"];

pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let found = workspace.packages.iter().map(|package| match workspace.text(&package.manifest()) {
        Some(text) => of_package(package, text),
        None => vec![Finding::error(package.manifest(), 1, "is not in git, add it")],
    });
    found.flatten().collect()
}

fn of_package(package: &Package, text: &str) -> Vec<Finding> {
    let mut missing = Vec::new();
    if !has(text, "[package]", |line| line.starts_with("description = \"") && line.len() > 20) {
        missing.push("has no description, say in a sentence what it is".to_owned());
    }
    for key in INHERITED {
        if !has(text, "[package]", |line| line == format!("{key}.workspace = true")) {
            missing.push(format!("does not inherit its {key}, write `{key}.workspace = true`"));
        }
    }
    if package.published && !has(text, "[lints]", |line| line == "workspace = true") {
        missing.push("does not inherit the lints, write `[lints]` and `workspace = true`".to_owned());
    }
    missing.into_iter().map(|says| Finding::error(package.manifest(), 1, says)).collect()
}

/// Whether some line of a table is as wanted.
fn has(text: &str, table: &str, wanted: impl Fn(&str) -> bool) -> bool {
    let mut lines = text.lines().map(str::trim).skip_while(|line| *line != table).skip(1);
    lines.by_ref().take_while(|line| !line.starts_with('[')).any(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "[package]\nname = \"a\"\nlicense.workspace = true\nrepository.workspace = true\n\
                         description = \"What it is, in a sentence.\"\n\n[lints]\nworkspace = true\n";

    #[test]
    fn a_whole_manifest_passes_and_each_gap_is_found() {
        let published = Package { published: true, ..Package::default() };
        assert_eq!(of_package(&published, WHOLE), []);
        for gap in ["license.workspace = true", "repository.workspace = true", "[lints]", "What it is, in a sentence."]
        {
            assert_eq!(of_package(&published, &WHOLE.replace(gap, "")).len(), 1, "{gap}");
        }
    }

    #[test]
    fn what_is_not_published_chooses_its_lints() {
        assert_eq!(of_package(&Package::default(), &WHOLE.replace("[lints]", "[other]")), []);
    }

    #[test]
    fn a_key_counts_in_its_own_table_only() {
        let text = "[dependencies]\nworkspace = true\n[lints]\n[features]\nworkspace = true\n";
        assert!(!has(text, "[lints]", |line| line == "workspace = true"));
    }
}
