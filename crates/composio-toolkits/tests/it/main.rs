//! What ships is what the engine can read, and says where it comes from.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

#[cfg(feature = "github")]
mod github;

use std::io::Read;

use composio_engine::manifest::Manifest;
use flate2::read::GzDecoder;

fn read(compressed: &[u8]) -> Manifest {
    let mut text = String::new();
    GzDecoder::new(compressed).read_to_string(&mut text).unwrap();
    Manifest::from_json(&text).unwrap()
}

#[test]
fn every_manifest_names_its_source_and_licence() {
    let notice = include_str!("../../NOTICE.md");
    for (slug, compressed) in composio_toolkits::all() {
        let manifest = read(compressed);
        assert_eq!(manifest.slug, *slug);
        let source = manifest.source.unwrap();
        for text in [&source.title, &source.origin, &source.version, &source.licence] {
            assert!(!text.trim().is_empty(), "{slug}: {source:?}");
        }
        assert_eq!(source.sha256.len(), 64, "{slug}");
        let section = notice.split("\n## ").find(|section| section.starts_with(&format!("`manifests/{slug}.json.gz`")));
        let section = section.unwrap_or_else(|| panic!("NOTICE.md has no section for {slug}"));
        assert!(section.contains(&source.version) && section.contains(&source.licence), "{slug}: {section}");
    }
}

#[test]
fn toolkits_are_ordered_and_small() {
    let all = composio_toolkits::all();
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0));
    for (slug, compressed) in all {
        assert!(compressed.len() < 1_500_000, "{slug} has {} bytes", compressed.len());
    }
}
