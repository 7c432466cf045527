//! What a new adapter changes in files that are there. Each edit is pure, and changes nothing where its line is there.

use anyhow::{Context, Result, bail};

/// A manifest whose `default-members` hold one more folder.
pub(super) fn default_member(manifest: &str, folder: &str) -> Result<String> {
    let entry = format!("\"{folder}\",");
    let (before, rest) = manifest.split_once("default-members = [\n").context("Cargo.toml has no `default-members`")?;
    let (list, after) = rest.split_once("\n]").context("`default-members` in Cargo.toml has no end")?;
    let mut lines: Vec<_> = list.lines().map(str::to_owned).collect();
    if lines.iter().any(|line| line.trim() == entry) {
        return Ok(manifest.to_owned());
    }
    // They are in order; a comment among them stays where it is.
    let place = lines.iter().position(|line| line.trim() > entry.as_str() && line.trim().starts_with('"'));
    lines.insert(place.unwrap_or(lines.len()), format!("    {entry}"));
    Ok(format!("{before}default-members = [\n{}\n]{after}", lines.join("\n")))
}

/// A manifest that knows a crate of ours, after the last of its kind.
pub(super) fn own_dependency(manifest: &str, name: &str, adapters: &[String]) -> Result<String> {
    let row = format!("{name} = {{ path = \"crates/{name}\", version = \"0.1.0\" }}");
    if has_key(manifest, name) {
        return Ok(manifest.to_owned());
    }
    let is_adapter = |line: &str| key(line).is_some_and(|key| adapters.iter().any(|adapter| adapter == key));
    insert_after_last(manifest, is_adapter, &row)
        .context("Cargo.toml has no row of another adapter in its dependencies")
}

/// A manifest that knows a framework: at the end of the paragraph where the adapters are.
pub(super) fn framework(manifest: &str, name: &str, version: &str, adapter: &str) -> Result<String> {
    if let Some(row) = manifest.lines().find(|line| key(line) == Some(name)) {
        if !row.contains(&format!("\"{version}\"")) {
            bail!(
                "Cargo.toml says `{row}`; one version of a framework at a time: give that one, or change it there first"
            );
        }
        return Ok(manifest.to_owned());
    }
    let mut lines: Vec<_> = manifest.lines().collect();
    let ours = lines.iter().position(|line| key(line) == Some(adapter)).context("the adapter has no row yet")?;
    let end = lines[ours..].iter().position(|line| line.is_empty()).map_or(lines.len(), |length| ours + length);
    let row = format!("{name} = \"{version}\"");
    lines.insert(end, &row);
    Ok(lines.join("\n") + "\n")
}

/// A readme whose table of adapters has one more row.
pub(super) fn readme(text: &str, name: &str, row: &str, adapters: &[String]) -> Result<String> {
    if text.lines().any(|line| is_row_of(line, name)) {
        return Ok(text.to_owned());
    }
    let is_adapter = |line: &str| adapters.iter().any(|adapter| is_row_of(line, adapter)) && cells(line) == cells(row);
    insert_after_last(text, is_adapter, row).with_context(|| {
        format!(
            "README.md has no table of adapters with {} columns, whose first names a crate and links it",
            cells(row)
        )
    })
}

/// A map that names an adapter in the heading of the others, or where they have none, in a section of its own.
pub(super) fn map(text: &str, name: &str, section: &str, adapters: &[String]) -> Result<String> {
    let named = format!("`{name}`");
    let is_heading = |line: &str, name: &str| line.starts_with("### ") && line.contains(name);
    if text.lines().any(|line| is_heading(line, &named)) {
        return Ok(text.to_owned());
    }
    let of_adapters = |line: &&str| adapters.iter().any(|adapter| is_heading(line, &format!("`{adapter}`")));
    if let Some(heading) = text.lines().find(of_adapters) {
        return Ok(text.replacen(heading, &format!("{heading}, {named}"), 1));
    }
    let heading = format!("### {named}");
    let crates = text.find("\n## The crates\n").context("ARCHITECTURE.md has no section `## The crates`")? + 1;
    let end = text[crates..].find("\n## ").map_or(text.len(), |length| crates + length + 1);
    Ok(format!("{}\n\n{heading}\n\n{section}\n\n{}", text[..end].trim_end(), &text[end..]).trim_end().to_owned() + "\n")
}

/// A changelog with one more line among what is new and not released.
pub(super) fn changelog(text: &str, line: &str) -> Result<String> {
    if text.contains(line) {
        return Ok(text.to_owned());
    }
    let unreleased = text.find("\n## Unreleased\n").context("CHANGELOG.md has no section `## Unreleased`")?;
    let new = text[unreleased..].find("\n### New\n").context("CHANGELOG.md has no section `### New`")? + unreleased;
    let start = new + "\n### New\n".len();
    let end = text[start..].find("\n#").map_or(text.len(), |length| start + length + 1);
    let rest = if text[end..].is_empty() { String::new() } else { format!("\n{}", &text[end..]) };
    Ok(format!("{}\n{line}\n{rest}", text[..end].trim_end()))
}

/// What a line of a manifest is about: `a` of `a = ..`.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_').then_some(key)
}

fn has_key(manifest: &str, name: &str) -> bool {
    manifest.lines().any(|line| key(line) == Some(name))
}

/// Whether a line is a table's row whose first cell links a crate.
fn is_row_of(line: &str, name: &str) -> bool {
    line.strip_prefix("| ")
        .and_then(|rest| rest.split('|').next())
        .is_some_and(|cell| cell.contains(&format!("[`{name}`]")) || cell.trim() == format!("`{name}`"))
}

fn cells(row: &str) -> usize {
    row.trim().trim_matches('|').split('|').count()
}

fn insert_after_last(text: &str, wanted: impl Fn(&str) -> bool, new: &str) -> Option<String> {
    let mut lines: Vec<_> = text.lines().collect();
    let last = lines.iter().rposition(|line| wanted(line))?;
    lines.insert(last + 1, new);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[workspace]\n# Left out: what links OpenSSL.\ndefault-members = [\n    \"crates/composio\",\n    \
                            \"crates/composio-rig\",\n    \"xtask\",\n]\n\n[workspace.dependencies]\n\
                            composio-openai = { path = \"crates/composio-openai\", version = \"0.1.0\" }\n\
                            composio-rig = { path = \"crates/composio-rig\", version = \"0.1.0\" }\n\
                            rig-core = { version = \"0.44\", default-features = false }\n\n# Vocabulary.\nhttp = \"1\"\n";

    fn adapters() -> Vec<String> {
        ["composio-openai", "composio-rig"].map(str::to_owned).into()
    }

    /// What an edit adds, line by line; and that a second time it adds nothing.
    #[track_caller]
    fn added(before: &str, edit: impl Fn(&str) -> Result<String>) -> Vec<(String, String)> {
        let after = edit(before).unwrap();
        assert_eq!(edit(&after).unwrap(), after, "a second time changes something");
        let lines: Vec<_> = after.lines().collect();
        let mut old = before.lines().peekable();
        let mut added = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            if old.peek() == Some(line) {
                old.next();
            } else {
                added.push((lines[place - 1].trim().to_owned(), line.trim().to_owned()));
            }
        }
        assert_eq!(old.next(), None, "a line was lost:\n{after}");
        added
    }

    #[track_caller]
    fn check(before: &str, edit: impl Fn(&str) -> Result<String>, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(after, line)| ((*after).to_owned(), (*line).to_owned())).collect();
        assert_eq!(added(before, edit), expected);
    }

    #[test]
    fn a_default_member_is_in_order() {
        let genai = "crates/composio-genai";
        let added = [("\"crates/composio\",", "\"crates/composio-genai\",")];
        check(MANIFEST, |text| default_member(text, genai), &added);
        check(MANIFEST, |text| default_member(text, "zoo"), &[("\"xtask\",", "\"zoo\",")]);
        check(MANIFEST, |text| default_member(text, "crates/composio-rig"), &[]);
    }

    #[test]
    fn dependencies_are_beside_their_like() {
        let ours = "composio-genai = { path = \"crates/composio-genai\", version = \"0.1.0\" }";
        let last = "composio-rig = { path = \"crates/composio-rig\", version = \"0.1.0\" }";
        check(MANIFEST, |text| own_dependency(text, "composio-genai", &adapters()), &[(last, ours)]);
        let last = "rig-core = { version = \"0.44\", default-features = false }";
        let framework_row = |text: &str| framework(text, "genai", "0.7", "composio-rig");
        check(MANIFEST, framework_row, &[(last, "genai = \"0.7\"")]);
    }

    #[test]
    fn a_framework_is_there_in_one_version() {
        check(MANIFEST, |text| framework(text, "rig-core", "0.44", "composio-rig"), &[]);
        let refusal = framework(MANIFEST, "rig-core", "0.46", "composio-rig").unwrap_err().to_string();
        assert!(refusal.contains("`rig-core = { version = \"0.44\"") && refusal.contains("give that one"), "{refusal}");
    }

    #[test]
    fn the_readme_gets_a_row_after_the_other_adapters() {
        let row = "| [`composio-genai`](crates/composio-genai) | genai 0.7 | `to_genai()` |";
        let rig = "| [`composio-rig`](crates/composio-rig) | rig 0.44 | `to_rig()` |";
        let crates = "| [`composio-rig`](crates/composio-rig) | an adapter |";
        let text = format!("# A\n\n| crate | framework | code |\n|---|---|---|\n{rig}\n\n{crates}\n");
        let edit = |text: &str| readme(text, "composio-genai", row, &adapters());
        check(&text, edit, &[(rig, row)]);
        let says = edit(&text.replace(rig, "")).unwrap_err().to_string();
        assert!(says.contains("no table of adapters with 3 columns"), "{says}");
    }

    #[test]
    fn the_map_names_it_beside_the_other_adapters() {
        let edit = |text: &str| map(text, "composio-genai", "What it is.", &adapters());
        let (before, after) =
            ("# Map\n\n### `composio-rig`\n\nThey.\n", "# Map\n\n### `composio-rig`, `composio-genai`\n\nThey.\n");
        assert_eq!(edit(before).unwrap(), after);
        assert_eq!(edit(after).unwrap(), after);
    }

    #[test]
    fn a_map_without_adapters_gets_a_section_after_those_of_other_crates() {
        let edit = |text: &str| map(text, "composio-genai", "What it is.", &adapters());
        let text = "# Map\n\n## The crates\n\n### `composio`\n\nFirst.\n\n## Beside\n\nMore.\n";
        let expected = "# Map\n\n## The crates\n\n### `composio`\n\nFirst.\n\n### `composio-genai`\n\nWhat it is.\n\n## Beside\n\nMore.\n";
        assert_eq!(edit(text).unwrap(), expected);
        assert_eq!(edit(expected).unwrap(), expected);
        let last = "# Map\n\n## The crates\n\n### `composio`\n";
        assert_eq!(
            edit(last).unwrap(),
            "# Map\n\n## The crates\n\n### `composio`\n\n### `composio-genai`\n\nWhat it is.\n"
        );
    }

    #[test]
    fn the_changelog_gets_a_line_among_what_is_new() {
        let edit = |text: &str| changelog(text, "- New.");
        for (before, after) in [
            ("# C\n\n## Unreleased\n\n### New\n\n- Old.\n", "# C\n\n## Unreleased\n\n### New\n\n- Old.\n- New.\n"),
            (
                "# C\n\n## Unreleased\n\n### New\n\n- Old.\n\n### Fixed\n\n- It.\n",
                "# C\n\n## Unreleased\n\n### New\n\n- Old.\n- New.\n\n### Fixed\n\n- It.\n",
            ),
        ] {
            assert_eq!(edit(before).unwrap(), after);
            assert_eq!(edit(after).unwrap(), after);
        }
    }

    #[test]
    fn an_edit_without_a_place_says_which() {
        for (edited, says) in [
            (default_member("[workspace]\n", "a"), "no `default-members`"),
            (own_dependency("", "a", &adapters()), "no row of another adapter"),
            (map("", "a", "b", &adapters()), "no section `## The crates`"),
            (changelog("", "- a"), "no section `## Unreleased`"),
        ] {
            let refusal = edited.unwrap_err().to_string();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
