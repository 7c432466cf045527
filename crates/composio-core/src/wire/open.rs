//! Values of an enum, those of later versions included.

use std::fmt;
use std::marker::PhantomData;

use serde::de::Visitor;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
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

/// By hand, since a derive would buffer every value before it looks.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData))
    }
}

struct Text<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Text<T> {
    type Value = Open<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a value")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let known: Result<T, ValueError> = T::deserialize(StrDeserializer::new(text));
        Ok(known.map_or_else(|_| Open::Unknown(text.into()), Open::Known))
    }
}
