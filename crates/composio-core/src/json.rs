//! JSON that stays text until somebody looks inside.
//!
//! Half of what a call costs in this field is parsing what nobody reads: schemas that are only handed on, and results
//! that go to a model as text.

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};

/// A JSON text that is parsed once, on demand. Cheap to clone.
#[derive(Clone)]
pub struct JsonText {
    inner: Arc<Inner>,
}

struct Inner {
    text: Box<RawValue>,
    /// Apart, since most texts are never parsed and there are thousands of them.
    parsed: OnceLock<Box<Value>>,
}

impl JsonText {
    /// Takes the text as it is; it is valid by its type.
    #[must_use]
    pub fn from_raw(text: Box<RawValue>) -> Self {
        Self { inner: Arc::new(Inner { text, parsed: OnceLock::new() }) }
    }

    /// Checks that the text is JSON, without building a value.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] where it is not.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        RawValue::from_string(text.into())
            .map(Self::from_raw)
            .map_err(|error| Error::new(ErrorKind::InvalidInput, "the text is not JSON").with_source(error))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.inner.text.get()
    }

    /// The text, for being written into a larger one.
    pub(crate) fn raw(&self) -> &RawValue {
        &self.inner.text
    }

    /// The value, parsed at the first look.
    pub fn value(&self) -> &Value {
        // A `RawValue` has been parsed before; only nesting beyond serde_json's limit can still refuse it.
        self.inner.parsed.get_or_init(|| Box::new(serde_json::from_str(self.as_str()).unwrap_or(Value::Null)))
    }

    /// A value of its own: copied where it was parsed before, parsed where not.
    pub(crate) fn to_value(&self) -> Value {
        match self.inner.parsed.get() {
            Some(value) => Value::clone(value),
            None => serde_json::from_str(self.as_str()).unwrap_or(Value::Null),
        }
    }

    /// The value as a type of yours.
    ///
    /// # Errors
    /// [`ErrorKind::Unexpected`] where the JSON does not fit the type.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(self.as_str()).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the JSON does not fit the expected type").with_source(error)
        })
    }
}

impl From<Value> for JsonText {
    fn from(value: Value) -> Self {
        let text = serde_json::value::to_raw_value(&value).unwrap_or_default();
        let parsed = OnceLock::from(Box::new(value));
        Self { inner: Arc::new(Inner { text, parsed }) }
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() || self.value() == other.value()
    }
}

/// How long it is, and not what it says: it may be anybody's mail. [`as_str`](JsonText::as_str) is the text.
impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonText({} bytes)", self.as_str().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_stays_as_it_came() {
        let text = JsonText::parse("{ \"b\": 1, \"a\": 2 }").unwrap();
        assert_eq!(text.as_str(), "{ \"b\": 1, \"a\": 2 }");
        assert_eq!(text.value(), &json!({"b": 1, "a": 2}));
    }

    #[test]
    fn equal_values_are_equal_however_they_are_written() {
        assert_eq!(JsonText::parse("{\"a\": 1}").unwrap(), JsonText::from(json!({"a": 1})));
    }

    #[test]
    fn what_is_no_json_is_refused() {
        assert_eq!(JsonText::parse("{").unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
