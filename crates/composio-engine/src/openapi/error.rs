//! Why a description could not be imported.

use thiserror::Error;

use crate::manifest::ManifestError;

/// Why there is no manifest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The document is no JSON.
    #[error("the description is no JSON: {0}; convert it first if it is YAML")]
    Document(serde_json::Error),
    /// The document is JSON, but no OpenAPI 3.
    #[error("the description says `{0}`: only OpenAPI 3.0 and 3.1 can be imported, so convert it first")]
    Version(String),
    /// The overlay is no JSON, or has a key that nothing reads.
    #[error("the overlay cannot be read: {0}")]
    Overlay(serde_json::Error),
    /// The overlay was made for another document.
    #[error(
        "the description has the SHA-256 {actual}, but {expected} is expected: review the change, then update the hash"
    )]
    OtherDocument {
        /// The hash that the overlay names.
        expected: String,
        /// The hash of the document at hand.
        actual: String,
    },
    /// Neither the overlay nor the document says where the API lives.
    #[error("no absolute server URL in the description: write `base_url` in the overlay")]
    NoBaseUrl,
    /// An entry of the overlay matches no operation.
    #[error(
        "overlay, /tools: `{0}` is neither the slug of a tool nor `METHOD /path` of an operation: correct it or take it away"
    )]
    Unmatched(String),
    /// Two entries of the overlay are about one operation.
    #[error("overlay, /tools: two entries are about {0}: merge them")]
    MatchedTwice(String),
    /// Two operations have the same slug.
    #[error(
        "the slug `{slug}` would belong to {first} and to {second}: give one of them another `slug` in the overlay"
    )]
    SlugClash {
        /// The slug.
        slug: String,
        /// One operation.
        first: String,
        /// The other.
        second: String,
    },
    /// The manifest that resulted breaks a rule.
    #[error("the manifest is not sound: {0}")]
    Manifest(ManifestError),
}
