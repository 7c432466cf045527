//! JSON that is handed on as it came, as a field of larger JSON.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::json::JsonText;

/// Copied as it stands. Only `serde_json` writes it as JSON; other formats would take it for a struct.
impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw().serialize(serializer)
    }
}

/// Skipped over and kept, not parsed. Only `serde_json` reads it, and nothing in between may buffer.
impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from_raw)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_text_travels_as_it_is() {
        let text = "{\"schema\":{ \"b\" : 1.0,\"a\":[] }}";
        let body: BTreeMap<String, JsonText> = serde_json::from_str(text).unwrap();
        assert_eq!(body["schema"].as_str(), "{ \"b\" : 1.0,\"a\":[] }");
        assert_eq!(serde_json::to_string(&body).unwrap(), text);
    }
}
