//! Where committed descriptions come from, and that they are still what was reviewed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The list that stands beside committed descriptions.
const LIST: &str = "SOURCES.json";

/// One committed description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: String,
    source: String,
    version: String,
    licence: String,
    sha256: String,
    /// What was changed before it was committed.
    changes: String,
}

/// Fails unless the document is the one that the list beside it names. Without such a list, anything goes.
pub(super) fn verify(spec: &Path, document: &str) -> Result<()> {
    let list = spec.with_file_name(LIST);
    if !list.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(&list).with_context(|| format!("reading {}", list.display()))?;
    let entries: Vec<Entry> = serde_json::from_str(&text).with_context(|| format!("reading {}", list.display()))?;
    let file = spec.file_name().unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| file == entry.file.as_str()) else {
        bail!("{} does not name {}: add its source, version, licence and hash", list.display(), spec.display());
    };
    verify_entry(entry, document).with_context(|| format!("{} in {}", entry.file, list.display()))
}

fn verify_entry(entry: &Entry, document: &str) -> Result<()> {
    let named = [&entry.source, &entry.version, &entry.licence, &entry.changes];
    if named.iter().any(|text| text.trim().is_empty()) {
        bail!("source, version, licence and changes must all be filled in");
    }
    let actual: String = Sha256::digest(document).iter().map(|byte| format!("{byte:02x}")).collect();
    if actual != entry.sha256 {
        bail!("the document has the SHA-256 {actual}, not {}: review what changed, then update the hash", entry.sha256);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_document_is_refused() {
        let entry = |sha256: &str, licence: &str| Entry {
            file: "a.json".into(),
            source: "there".into(),
            version: "1".into(),
            licence: licence.into(),
            sha256: sha256.into(),
            changes: "none".into(),
        };
        let empty = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert!(verify_entry(&entry(empty, "MIT"), "{}").is_ok());
        assert!(verify_entry(&entry(empty, "MIT"), "{} ").is_err());
        assert!(verify_entry(&entry(empty, " "), "{}").is_err());
    }
}
