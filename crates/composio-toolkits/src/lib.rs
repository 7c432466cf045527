//! Toolkit manifests, generated from published API descriptions.
//!
//! ```
//! for (slug, manifest) in composio_toolkits::all() {
//!     println!("{slug}: {} KiB, compressed", manifest.len() / 1024);
//! }
//! ```
//!
//! A *manifest* is JSON (here compressed with gzip): a toolkit's name, its auth schemes, and its tools with their schemas and
//! HTTP bindings. The embedded engine reads it; what each field means stands at `composio_engine::manifest::Manifest`.
//!
//! # Features
//!
//! One feature per toolkit, so that a program carries only what it uses:
//!
//! - `github` (default): GitHub's REST API, about 0.8 MiB.
//!
//! # What this crate does not do
//!
//! It holds data and no code to read it, no credentials and no client ids. Nothing in it is written by hand:
//! `cargo xtask import-toolkit --all` makes each manifest from the description and the overlay under `xtask/`. `NOTICE.md`
//! names the source and the licence of each; a description without a clear licence is not here, but can be imported at run time.

/// GitHub's REST API, as gzip-compressed JSON.
#[cfg(feature = "github")]
#[must_use]
pub fn github() -> &'static [u8] {
    include_bytes!("../manifests/github.json.gz")
}

/// The slug and the gzip-compressed manifest of every toolkit whose feature is on, ordered by slug.
#[must_use]
pub fn all() -> &'static [(&'static str, &'static [u8])] {
    &[
        #[cfg(feature = "github")]
        ("github", include_bytes!("../manifests/github.json.gz")),
    ]
}
