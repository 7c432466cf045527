//! A small workspace that gets an adapter for one more framework.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MANIFEST: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\ndefault-members = [\n    \
                        \"crates/composio-rig\",\n]\n\n[workspace.dependencies]\n\
                        composio-rig = { path = \"crates/composio-rig\", version = \"0.1.0\" }\n\
                        rig-core = \"0.44\"\n\n# More.\nhttp = \"1\"\n";
const RIG: &str = "[package]\nname = \"composio-rig\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                   [package.metadata.composio]\nkind = \"adapter\"\n";
const README: &str = "# Tools\n\n| crate | framework | one line |\n|---|---|---|\n\
                      | [`composio-rig`](crates/composio-rig) | rig 0.44 | `to_rig()` |\n\nMore.\n";
const GENAI: [&str; 3] = ["genai", "--framework", "genai@0.7"];

fn workspace() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("Cargo.toml", MANIFEST),
        ("crates/composio-rig/Cargo.toml", RIG),
        ("crates/composio-rig/src/lib.rs", ""),
        ("README.md", README),
        ("ARCHITECTURE.md", "# Map\n\n## The crates\n\n### `composio-rig`\n\nTools.\n\n## Beside\n"),
        ("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n### New\n\n- Rig.\n"),
        ("rustfmt.toml", "max_width = 120\nuse_small_heuristics = \"Max\"\n"),
    ] {
        super::tidy::lay(root.path(), path, text);
    }
    root
}

fn new_adapter(root: &Path, arguments: &[&str]) -> (String, Output) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.arg("new-adapter").args(arguments).arg("--root").arg(root).output().unwrap();
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    (String::from_utf8(said).unwrap(), output)
}

/// Every file, but what cargo notes for itself.
fn files(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("Cargo.lock") {
                files.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn every_file_is_written_and_every_list_has_its_line() {
    let root = workspace();
    let (said, output) = new_adapter(root.path(), &GENAI);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("cargo test -p composio-genai"), "{said}");
    let files = files(root.path());
    for (path, line) in [
        (
            "Cargo.toml",
            "    \"crates/composio-genai\",\n    \"crates/composio-rig\",\n    \"examples/genai_agent\",\n]",
        ),
        ("Cargo.toml", "composio-genai = { path = \"crates/composio-genai\", version = \"0.1.0\" }\nrig-core"),
        ("Cargo.toml", "rig-core = \"0.44\"\ngenai = \"0.7\"\n\n# More."),
        ("README.md", "`to_rig()` |\n| [`composio-genai`](crates/composio-genai) | genai 0.7 |"),
        ("ARCHITECTURE.md", "### `composio-rig`, `composio-genai`\n"),
        ("CHANGELOG.md", "- Rig.\n- `composio-genai`: "),
        ("crates/composio-genai/Cargo.toml", "kind = \"adapter\""),
        ("crates/composio-genai/Cargo.toml", "composio-core.workspace = true\ngenai.workspace = true\n"),
        ("crates/composio-genai/README.md", "# composio-genai\n"),
        ("crates/composio-genai/src/lib.rs", "pub use genai;"),
        ("crates/composio-genai/src/tools.rs", "pub trait GenaiTools: sealed::Sealed {"),
        ("crates/composio-genai/tests/it/main.rs", "mod suite;"),
        ("crates/composio-genai/tests/it/suite.rs", "composio_conformance::adapter_suite!(OverGenai);"),
        ("crates/composio-genai/tests/it/own_type.rs", "path.starts_with(\"genai::\")"),
        ("crates/composio-genai/benches/adapter.rs", "\"composio-genai\","),
        ("examples/genai_agent/Cargo.toml", "composio-genai.workspace = true"),
        ("examples/genai_agent/src/main.rs", "//! Run with: cargo run -p genai_agent\n"),
    ] {
        let text = files.get(Path::new(path)).unwrap_or_else(|| panic!("{path} is missing"));
        assert!(text.contains(line), "{line}\nis not in {path}:\n{text}");
    }
    for (path, text) in &files {
        assert!(!text.contains("{{"), "a placeholder is left in {}", path.display());
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let root = workspace();
    new_adapter(root.path(), &GENAI);
    let before = files(root.path());
    let (said, output) = new_adapter(root.path(), &GENAI);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("crates/composio-genai is there already; remove it to begin again"), "{said}");
    assert_eq!(files(root.path()), before);
}

#[test]
fn a_dry_run_shows_everything_and_writes_nothing() {
    let root = workspace();
    let before = files(root.path());
    let (said, output) = new_adapter(root.path(), &["genai", "--framework", "genai@0.7", "--dry-run"]);
    assert!(output.status.success(), "{said}");
    for line in
        ["=== README.md gets\n    | [`composio-genai`]", "=== examples/genai_agent/src/main.rs is new\n    //! Run"]
    {
        assert!(said.contains(line), "{line}\nis not in\n{said}");
    }
    assert_eq!(files(root.path()), before);
}

#[test]
fn what_is_refused_is_refused_before_anything_is_written() {
    let root = workspace();
    fs::write(root.path().join("CHANGELOG.md"), "# Changelog\n").unwrap();
    let before = files(root.path());
    for (arguments, says) in [
        (GENAI, "CHANGELOG.md has no section `## Unreleased`"),
        (["rig", "--framework", "rig-core@0.44"], "crates/composio-rig is there already"),
        (["gen ai", "--framework", "genai@0.7"], "cannot be the name of an adapter"),
        (["genai", "--framework", "genai"], "write it as `genai@0.7`"),
        (["genai", "--framework", "rig-core@0.46"], "one version of a framework at a time"),
    ] {
        let (said, output) = new_adapter(root.path(), &arguments);
        assert!(!output.status.success() && said.contains(says), "{said}");
        assert_eq!(files(root.path()), before, "{arguments:?}");
    }
}
