//! The versions that a session's configuration had.

use serde::{Deserialize, Serialize};

use super::config::SessionConfig;
use super::lenient::or_default;

/// One version of a session's configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConfigVersion {
    /// Its number.
    pub version: u64,
    /// When a later one took its place. For the current one the meaning is the server's.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// The configuration.
    pub config: SessionConfig,
    /// Whether it is the current one, which begins the first page.
    #[serde(default, deserialize_with = "or_default")]
    pub is_current: bool,
}
