//! Every file as it will be, before anything is written.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::edits;
use super::names::Names;
use crate::members;

/// The templates, each with the path of what is made of it.
const TEMPLATES: [(&str, &str); 10] = [
    ("crates/composio-{{name}}/Cargo.toml", include_str!("../../templates/adapter/crate/Cargo.toml.txt")),
    ("crates/composio-{{name}}/README.md", include_str!("../../templates/adapter/crate/README.md.txt")),
    ("crates/composio-{{name}}/src/lib.rs", include_str!("../../templates/adapter/crate/src/lib.rs.txt")),
    ("crates/composio-{{name}}/src/tools.rs", include_str!("../../templates/adapter/crate/src/tools.rs.txt")),
    ("crates/composio-{{name}}/tests/it/main.rs", include_str!("../../templates/adapter/crate/tests/it/main.rs.txt")),
    (
        "crates/composio-{{name}}/tests/it/own_type.rs",
        include_str!("../../templates/adapter/crate/tests/it/own_type.rs.txt"),
    ),
    ("crates/composio-{{name}}/tests/it/suite.rs", include_str!("../../templates/adapter/crate/tests/it/suite.rs.txt")),
    (
        "crates/composio-{{name}}/benches/adapter.rs",
        include_str!("../../templates/adapter/crate/benches/adapter.rs.txt"),
    ),
    ("examples/{{snake}}_agent/Cargo.toml", include_str!("../../templates/adapter/example/Cargo.toml.txt")),
    ("examples/{{snake}}_agent/src/main.rs", include_str!("../../templates/adapter/example/src/main.rs.txt")),
];

/// The readme's row, the map's section, the changelog's line.
const README_ROW: &str = "| [`composio-{{name}}`](crates/composio-{{name}}) | {{framework}} {{version}} | \
                          `session.tools().await?.to_{{snake}}()` |";
const SECTION: &str = "The tools of a session as {{framework}}'s own. An adapter: core and one framework, and nothing else of \
                       the\nworkspace. API boundary: `{{trait}}`.";
const CHANGE: &str = "- `composio-{{name}}`: the tools of a session for {{framework}} {{version}}, by\n  \
                      `session.tools().await?.to_{{snake}}()`.";

/// What will be written.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) files: Vec<File>,
}

#[derive(Debug, PartialEq)]
pub(super) struct File {
    /// Relative to the workspace.
    pub(super) path: String,
    /// As it is, where it is there.
    pub(super) before: Option<String>,
    /// As it will be.
    pub(super) text: String,
}

impl Plan {
    /// Refuses before anything is written, where a part is there already or has no place.
    pub(super) fn make(root: &Path, names: &Names) -> Result<Self> {
        for folder in ["crates/composio-{{name}}", "examples/{{snake}}_agent"].map(|folder| names.fill(folder)) {
            if root.join(&folder).exists() {
                bail!("{folder} is there already; remove it to begin again, or give another name");
            }
        }
        let mut files = changed(root, names)?;
        for (path, template) in TEMPLATES {
            let (path, text) = (names.fill(path), names.fill(template));
            let text = if path.ends_with(".rs") { formatted(root, &text)? } else { text };
            files.push(File { path, before: None, text });
        }
        Ok(Self { files })
    }
}

/// The files that are there, as they will be; those that stay as they are left out.
fn changed(root: &Path, names: &Names) -> Result<Vec<File>> {
    let adapters: Vec<_> =
        members::read(root)?.into_iter().filter(|member| member.adapter).map(|member| member.name).collect();
    let package = names.fill("composio-{{name}}");
    let mut files = Vec::new();
    let mut change = |path: &str, edit: &dyn Fn(&str) -> Result<String>| {
        let before = fs::read_to_string(root.join(path)).with_context(|| format!("reading {path}"))?;
        let text = edit(&before)?;
        if text != before {
            files.push(File { path: path.to_owned(), before: Some(before), text });
        }
        anyhow::Ok(())
    };
    change("Cargo.toml", &|manifest| {
        let manifest = edits::default_member(manifest, &format!("crates/{package}"))?;
        let manifest = edits::default_member(&manifest, &names.fill("examples/{{snake}}_agent"))?;
        let manifest = edits::own_dependency(&manifest, &package, &adapters)?;
        edits::framework(&manifest, &names.framework, &names.version, &package)
    })?;
    change("README.md", &|text| edits::readme(text, &package, &names.fill(README_ROW), &adapters))?;
    change("ARCHITECTURE.md", &|text| edits::map(text, &package, &names.fill(SECTION), &adapters))?;
    change("CHANGELOG.md", &|text| edits::changelog(text, &names.fill(CHANGE)))?;
    Ok(files)
}

/// As `cargo fmt` leaves it: how lines break and imports are ordered depends on the names.
fn formatted(root: &Path, text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--quiet", "--config-path"])
        .arg(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt could not be run; `rustup component add rustfmt` installs it")?;
    // Small files: all of it fits into the pipe before anything is read.
    rustfmt.stdin.take().context("rustfmt takes no input")?.write_all(text.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    if !output.status.success() {
        bail!("rustfmt refused a template:\n{text}");
    }
    String::from_utf8(output.stdout).context("reading what rustfmt prints")
}

/// New files whole; of those that are there, the new lines.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for File { path, before, text } in &self.files {
            let (how, shown) = match before {
                Some(before) => ("gets", added(before, text)),
                None => ("is new", text.clone()),
            };
            writeln!(f, "=== {path} {how}")?;
            shown.lines().try_for_each(|line| writeln!(f, "{}", format!("    {line}").trim_end()))?;
        }
        Ok(())
    }
}

fn added(before: &str, after: &str) -> String {
    let mut old = before.lines().peekable();
    let new: Vec<_> = after.lines().filter(|line| old.next_if_eq(line).is_none()).collect();
    new.join("\n")
}
