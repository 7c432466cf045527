//! JSON and text that nobody but its receiver may read.

use std::fmt;

use indexmap::IndexMap;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Result};

/// JSON that may hold credentials. It stays text, `Debug` says only how long it is, and it is wiped when it is dropped.
///
/// # Example
/// ```
/// use composio_core::wire::SecretJson;
///
/// let state: SecretJson = serde_json::from_str(r#"{"access_token": "gho_1", "expires_in": 60}"#).unwrap();
/// assert_eq!(format!("{state:?}"), "SecretJson(43 bytes)");
/// assert_eq!(state.get("expires_in").unwrap().deserialize::<u32>().unwrap(), 60);
/// ```
#[derive(Clone)]
pub struct SecretJson(SecretString);

impl SecretJson {
    /// Takes the text as it is; it is valid by its type.
    #[must_use]
    pub fn from_raw(text: Box<RawValue>) -> Self {
        Self(SecretString::from(Box::<str>::from(text)))
    }

    /// The JSON text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// A member of the object that it is.
    pub fn get(&self, name: &str) -> Option<Self> {
        let members: IndexMap<String, Self> = serde_json::from_str(self.expose()).ok()?;
        members.into_iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// What it says, where it is a string.
    pub fn text(&self) -> Option<SecretString> {
        serde_json::from_str(self.expose()).ok()
    }

    /// The value as a type of yours.
    ///
    /// # Errors
    /// [`ErrorKind::Unexpected`] where the JSON does not fit the type. The error does not say what the JSON is.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        // Without the source: it would repeat the value that does not fit.
        serde_json::from_str(self.expose())
            .map_err(|_| Error::new(ErrorKind::Unexpected, "the JSON does not fit the expected type"))
    }
}

/// A JSON string.
impl From<SecretString> for SecretJson {
    fn from(text: SecretString) -> Self {
        Self::from(Value::from(text.expose_secret()))
    }
}

impl From<Value> for SecretJson {
    fn from(value: Value) -> Self {
        Self(SecretString::from(value.to_string()))
    }
}

impl Serialize for SecretJson {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(self.expose()).map_err(serde::ser::Error::custom)?;
        raw.serialize(to)
    }
}

impl<'de> Deserialize<'de> for SecretJson {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(from).map(Self::from_raw)
    }
}

/// How long it is, and not what it says.
impl fmt::Debug for SecretJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretJson({} bytes)", self.expose().len())
    }
}

/// Named values that may be credentials, as a request carries them. `Debug` shows the names.
///
/// # Example
/// ```
/// use composio_core::wire::SecretFields;
///
/// let fields = SecretFields::new().text("api_key", "a-very-secret-key").json("expires_in", 60.into());
/// assert_eq!(format!("{fields:?}"), r#"["api_key", "expires_in"]"#);
/// let written = serde_json::to_string(&fields).unwrap();
/// assert_eq!(written, r#"{"api_key":"a-very-secret-key","expires_in":60}"#);
/// ```
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretFields {
    fields: IndexMap<String, SecretJson>,
}

impl SecretFields {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a field to a text.
    #[must_use]
    pub fn text(self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.with(name, SecretJson::from(value.into()))
    }

    /// Sets a field to any JSON; null removes it where fields are changed.
    #[must_use]
    pub fn json(self, name: impl Into<String>, value: Value) -> Self {
        self.with(name, SecretJson::from(value))
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&SecretJson> {
        self.fields.get(name)
    }

    /// The fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SecretJson)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn with(mut self, name: impl Into<String>, value: SecretJson) -> Self {
        self.fields.insert(name.into(), value);
        self
    }
}

impl fmt::Debug for SecretFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.fields.keys()).finish()
    }
}

/// `#[serde(with = "secret::text")]`: a secret text, exposed at the last moment.
pub(super) mod text {
    use super::{Deserialize, Deserializer, ExposeSecret, SecretString, Serializer};

    pub(in crate::wire) fn serialize<S: Serializer>(text: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(text.expose_secret())
    }

    pub(in crate::wire) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
        SecretString::deserialize(from)
    }
}

/// `#[serde(with = "secret::optional")]`: the same of one that may be missing.
pub(super) mod optional {
    use super::{Deserialize, Deserializer, ExposeSecret, SecretString, Serialize, Serializer};

    #[allow(clippy::ref_option, reason = "serde hands on a reference to the field")]
    pub(in crate::wire) fn serialize<S: Serializer>(text: &Option<SecretString>, to: S) -> Result<S::Ok, S::Error> {
        text.as_ref().map(|text| text.expose_secret()).serialize(to)
    }

    pub(in crate::wire) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SecretString>, D::Error> {
        Option::deserialize(from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_does_not_repeat_what_it_read() {
        let secret = SecretJson::from(json!({"expires_in": "very-secret"}));
        let error = secret.get("expires_in").unwrap().deserialize::<u32>().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("very-secret"), "{error:?}");
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        let secret = SecretJson::from(json!("text"));
        assert!(secret.get("text").is_none());
        assert_eq!(secret.text().unwrap().expose_secret(), "text");
        assert!(SecretJson::from(json!(1)).text().is_none());
    }

    #[test]
    fn the_text_stays_as_it_came() {
        let text = r#"{"b": 1.0,  "a": "\u00e9\"\n"}"#;
        let secret: SecretJson = serde_json::from_str(text).unwrap();
        assert_eq!(secret.expose(), text);
        assert_eq!(serde_json::to_string(&secret).unwrap(), text);
    }

    #[test]
    fn a_text_is_escaped_when_it_is_written() {
        let fields = SecretFields::new().text("key", "a\"b\\c\n").json("gone", Value::Null);
        assert_eq!(serde_json::to_string(&fields).unwrap(), r#"{"key":"a\"b\\c\n","gone":null}"#);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["key", "gone"]);
        assert_eq!(fields.get("key").unwrap().text().unwrap().expose_secret(), "a\"b\\c\n");
    }
}
