//! Values of an enum, those of later versions included.

use serde::{Deserialize, Serialize};

/// A value of an enum, or the text of one that this version does not know.
///
/// # Example
/// ```
/// use composio_core::{ConnectionStatus, wire::Open};
///
/// let known: Open<ConnectionStatus> = serde_json::from_str("\"ACTIVE\"").unwrap();
/// assert_eq!(known.known(), Some(&ConnectionStatus::Active));
/// let newer: Open<ConnectionStatus> = serde_json::from_str("\"DORMANT\"").unwrap();
/// assert_eq!((newer.known(), serde_json::to_string(&newer).unwrap()), (None, "\"DORMANT\"".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Open<T> {
    /// A value that this version knows.
    Known(T),
    /// Another one, as it was written.
    Unknown(Box<str>),
}

impl<T> Open<T> {
    /// The value, where this version knows it.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> From<T> for Open<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}
