//! Descriptions and manifests on disk, compressed where the name says so.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result};
use composio_engine::manifest::Manifest;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};

/// The text of a file, uncompressed.
pub(super) fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let mut text = String::new();
    let read = if is_compressed(path) {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)
    } else {
        bytes.as_slice().read_to_string(&mut text)
    };
    read.with_context(|| format!("reading {}", path.display()))?;
    Ok(text)
}

/// What a manifest's file says: indented for people to review, or compact where it is compressed anyway.
pub(super) fn manifest_text(path: &Path, manifest: &Manifest) -> Result<String> {
    let compact = serde_json::to_string(manifest)?;
    if is_compressed(path) {
        return Ok(compact);
    }
    // Through a value, because schemas keep their text and would stay on one line.
    let value: serde_json::Value = serde_json::from_str(&compact)?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Writes a manifest and says how many bytes the file has.
pub(super) fn write_manifest(path: &Path, manifest: &Manifest) -> Result<usize> {
    let text = manifest_text(path, manifest)?;
    let bytes = if is_compressed(path) { compressed(&text)? } else { text.into_bytes() };
    fs::write(path, &bytes).with_context(|| format!("writing {}", path.display()))?;
    Ok(bytes.len())
}

/// The same text gives the same bytes: no time, no name, no operating system.
fn compressed(text: &str) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    Ok(encoder.finish()?)
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "gz")
}
