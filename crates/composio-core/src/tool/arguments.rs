//! What models send as arguments, made into the one object that tools take.

use std::fmt;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// What a model sent as arguments, in the form in which its framework has them.
///
/// Nothing, blanks, `null` and `{}` are alike, and an object that was encoded twice is decoded twice. Anything else is
/// refused with a text for the model. Its `Debug` tells how much it is, and not what it says.
///
/// # Example
/// ```
/// use composio_core::Arguments;
///
/// assert!(Arguments::from("").into_object()?.is_empty());
/// assert_eq!(Arguments::from(r#""{\"n\":1}""#).into_object()?["n"], 1);
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Arguments<'a> {
    /// JSON text, as model providers send it.
    Text(&'a str),
    /// A value that somebody parsed.
    Value(Value),
    /// An object.
    Object(Map<String, Value>),
}

impl Arguments<'_> {
    /// The object.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`], with a text for the model, where it is anything else.
    pub fn into_object(self) -> Result<Map<String, Value>> {
        match self {
            Self::Object(map) | Self::Value(Value::Object(map)) => Ok(map),
            Self::Value(Value::Null) => Ok(Map::new()),
            Self::Text(text) => parse_arguments(text),
            Self::Value(Value::String(text)) => decoded(&text),
            Self::Value(Value::Array(_)) => Err(unreadable("they are an array")),
            Self::Value(Value::Bool(_) | Value::Number(_)) => Err(unreadable("they are a single value")),
        }
    }
}

impl fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Object(object) | Self::Value(Value::Object(object)) => f.debug_set().entries(object.keys()).finish(),
            Self::Value(Value::String(text)) => write!(f, "Value(text of {} bytes)", text.len()),
            Self::Value(_) => f.write_str("Value(no object)"),
        }
    }
}

impl<'a> From<&'a str> for Arguments<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arguments<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<Value> for Arguments<'_> {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Map<String, Value>> for Arguments<'_> {
    fn from(object: Map<String, Value>) -> Self {
        Self::Object(object)
    }
}

impl<'a, T: Into<Arguments<'a>>> From<Option<T>> for Arguments<'a> {
    fn from(arguments: Option<T>) -> Self {
        arguments.map_or(Self::Object(Map::new()), Into::into)
    }
}

/// Reads the arguments that a model sent as text; see [`Arguments`].
///
/// # Errors
/// [`ErrorKind::InvalidInput`], with a text for the model, where it is anything else than an object.
pub fn parse_arguments(text: &str) -> Result<Map<String, Value>> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    let value = serde_json::from_str(text).map_err(|error| unreadable(&format!("they are not JSON ({error})")))?;
    Arguments::Value(value).into_object()
}

/// An object that was encoded once more.
fn decoded(text: &str) -> Result<Map<String, Value>> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) | Err(_) => Err(unreadable("they are a string")),
    }
}

fn unreadable(why: &str) -> Error {
    let text =
        format!("The arguments have to be one JSON object, and {why}. Send an object with the tool's parameters.");
    Error::new(ErrorKind::InvalidInput, format!("arguments are not a JSON object: {why}")).with_model_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_models_send_as_arguments() {
        for (text, expected) in [
            ("", Some(json!({}))),
            ("  \n", Some(json!({}))),
            ("null", Some(json!({}))),
            ("{}", Some(json!({}))),
            ("{\"a\":1}", Some(json!({"a": 1}))),
            ("\"{\\\"a\\\":1}\"", Some(json!({"a": 1}))),
            ("\"\"", Some(json!({}))),
            ("\"null\"", Some(json!({}))),
            ("[1]", None),
            ("7", None),
            ("\"text\"", None),
            ("{\"a\":", None),
        ] {
            let parsed = parse_arguments(text);
            match &expected {
                Some(value) => assert_eq!(Value::Object(parsed.unwrap()), *value, "{text}"),
                None => {
                    let error = parsed.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
                    assert!(error.for_model().contains("one JSON object"), "{text}: {}", error.for_model());
                }
            }
            let Ok(value) = serde_json::from_str::<Value>(text) else { continue };
            assert_eq!(Arguments::from(value).into_object().ok().map(Value::Object), expected, "{text}, parsed before");
        }
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        assert!(Arguments::from(None::<Value>).into_object().unwrap().is_empty());
    }
}
