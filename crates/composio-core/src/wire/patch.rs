//! What becomes of one field: absent, null and a value are three things on the wire.
//!
//! Every field of this kind has `#[serde(default, skip_serializing_if = "Patch::is_keep")]`: without it, what is kept
//! would be written as null, and null resets.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::session::Patch;

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep => Err(serde::ser::Error::custom("a field that is kept is left out, not written")),
            Self::Reset => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::deserialize(deserializer)? {
            None => Self::Reset,
            Some(value) => Self::Set(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use crate::Patch;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Body {
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        list: Patch<Vec<u8>>,
    }

    #[test]
    fn absent_null_and_empty_are_three_things() {
        for (text, list) in
            [("{}", Patch::Keep), ("{\"list\":null}", Patch::Reset), ("{\"list\":[]}", Patch::Set(Vec::new()))]
        {
            let body: Body = serde_json::from_str(text).unwrap();
            assert_eq!(body, Body { list }, "{text}");
            assert_eq!(serde_json::to_string(&body).unwrap(), text);
        }
    }

    #[test]
    fn a_field_that_would_be_written_as_null_by_mistake_is_refused() {
        assert!(serde_json::to_string(&Patch::<u8>::Keep).is_err());
    }
}
