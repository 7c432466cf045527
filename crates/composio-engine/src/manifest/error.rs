//! What can be wrong with a manifest.

use thiserror::Error;

/// Why a manifest was refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The text is no JSON, or not of a manifest's shape.
    #[error("this is not a toolkit manifest: {0}; compare the named place with the documentation of `Manifest`")]
    Syntax(serde_json::Error),
    /// A value breaks a rule.
    #[error("{path}: {problem}")]
    Invalid {
        /// The place, as a JSON pointer.
        path: String,
        /// What is wrong there, and what to do.
        problem: String,
    },
}

impl ManifestError {
    pub(crate) fn invalid(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.into(), problem: problem.into() }
    }
}
