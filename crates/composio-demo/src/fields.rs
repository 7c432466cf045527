//! Reads what a request carries, and collects everything that is wrong with it.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde_json::{Map, Value};

use crate::reply::{ApiError, FieldError};

/// Named values from a JSON body or a query, and the errors found while reading them.
///
/// A `null` counts as absent. Names that nobody reads are ignored.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    pub(crate) fn new(values: Map<String, Value>) -> Self {
        Self { values, errors: Vec::new() }
    }

    pub(crate) fn refuse(&mut self, field: &str, code: &'static str) {
        self.errors.push(FieldError { field: field.to_owned(), code });
    }

    /// Ends the reading; every mistake is reported at once.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(self.errors)) }
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.values.remove(field).filter(|value| !value.is_null())
    }

    /// A text of at most `max` characters.
    pub(crate) fn text(&mut self, field: &str, max: usize) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if text.chars().count() <= max => return Some(text),
            Value::String(_) => self.refuse(field, "too_long"),
            _ => self.refuse(field, "invalid"),
        }
        None
    }

    /// A text that may be left out but not left blank; surrounding white space is dropped.
    pub(crate) fn line(&mut self, field: &str, max: usize) -> Option<String> {
        let text = self.text(field, max)?.trim().to_owned();
        if text.is_empty() {
            self.refuse(field, "blank");
            return None;
        }
        Some(text)
    }

    /// A text that must be there. What it returns in case of an error is never used: `finish` fails.
    pub(crate) fn required_line(&mut self, field: &str, max: usize) -> String {
        if self.values.get(field).is_none_or(Value::is_null) {
            self.refuse(field, "missing");
        }
        self.line(field, max).unwrap_or_default()
    }

    /// A list of at most 50 texts, each of at most `max` characters and not blank.
    pub(crate) fn texts(&mut self, field: &str, max: usize) -> Option<Vec<String>> {
        let Value::Array(items) = self.take(field)? else {
            self.refuse(field, "invalid");
            return None;
        };
        let count = items.len();
        let texts: Vec<String> = items
            .into_iter()
            .filter_map(|item| match item {
                Value::String(text) => Some(text.trim().to_owned()),
                _ => None,
            })
            .filter(|text| !text.is_empty() && text.chars().count() <= max)
            .collect();
        if texts.len() < count || count > 50 {
            self.refuse(field, "invalid");
            return None;
        }
        Some(texts)
    }

    /// A list that must be there and have an entry.
    pub(crate) fn required_texts(&mut self, field: &str, max: usize) -> Vec<String> {
        if self.values.get(field).is_none_or(Value::is_null) {
            self.refuse(field, "missing");
            return Vec::new();
        }
        let texts = self.texts(field, max);
        if texts.as_ref().is_some_and(Vec::is_empty) {
            self.refuse(field, "blank");
        }
        texts.unwrap_or_default()
    }

    pub(crate) fn flag(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.refuse(field, "invalid");
        }
        flag
    }

    /// A whole number within bounds, as JSON or, in a query, as text.
    pub(crate) fn number(&mut self, field: &str, min: usize, max: usize) -> Option<usize> {
        let number = match self.take(field)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64().and_then(|number| usize::try_from(number).ok()),
        };
        let number = number.filter(|number| (min..=max).contains(number));
        if number.is_none() {
            self.refuse(field, "invalid");
        }
        number
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(&mut self, field: &str, choices: &[(&str, T)]) -> Option<T> {
        let value = self.take(field)?;
        let chosen = choices.iter().find(|(word, _)| value.as_str() == Some(word));
        if chosen.is_none() {
            self.refuse(field, "invalid");
        }
        chosen.map(|(_, choice)| *choice)
    }
}

/// The body of a request: a JSON object.
#[derive(Debug)]
pub(crate) struct Payload(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| ApiError::bad_request("The body is too large or broke off."))?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(values)) => Ok(Self(Fields::new(values))),
            Ok(_) => Err(ApiError::bad_request("The body must be a JSON object.")),
            Err(_) => Err(ApiError::bad_request("The body is not valid JSON.")),
        }
    }
}

/// The query of a request. An empty value counts as absent; of a repeated name the last value counts.
#[derive(Debug)]
pub(crate) struct Query(pub(crate) Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let query = parts.uri.query().unwrap_or_default();
        let values = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
            .collect();
        Ok(Self(Fields::new(values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn errors_of(value: Value, read: impl FnOnce(&mut Fields)) -> Vec<(String, &'static str)> {
        let Value::Object(map) = value else { return Vec::new() };
        let mut fields = Fields::new(map);
        read(&mut fields);
        fields.errors.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn every_mistake_has_its_code() {
        type Read = fn(&mut Fields);
        let cases: [(Value, Read, Option<&str>); 15] = [
            (json!({ "f": "x" }), |f| _ = f.required_line("f", 5), None),
            (json!({}), |f| _ = f.required_line("f", 5), Some("missing")),
            (json!({ "f": null }), |f| _ = f.required_line("f", 5), Some("missing")),
            (json!({ "f": " " }), |f| _ = f.required_line("f", 5), Some("blank")),
            (json!({ "f": "123456" }), |f| _ = f.required_line("f", 5), Some("too_long")),
            (json!({ "f": 1 }), |f| _ = f.text("f", 5), Some("invalid")),
            (json!({ "f": ["a", ""] }), |f| _ = f.texts("f", 5), Some("invalid")),
            (json!({ "f": ["a", "b"] }), |f| _ = f.texts("f", 5), None),
            (json!({ "f": "a" }), |f| _ = f.texts("f", 5), Some("invalid")),
            (json!({ "f": "yes" }), |f| _ = f.flag("f"), Some("invalid")),
            (json!({ "f": "0" }), |f| _ = f.number("f", 1, 9), Some("invalid")),
            (json!({ "f": "9" }), |f| _ = f.number("f", 1, 9), None),
            (json!({ "f": -1 }), |f| _ = f.number("f", 1, 9), Some("invalid")),
            (json!({ "f": "b" }), |f| _ = f.choice("f", &[("a", 1)]), Some("invalid")),
            (json!({ "f": null }), |f| _ = f.choice("f", &[("a", 1)]), None),
        ];
        for (value, read, expected) in cases {
            let found = errors_of(value.clone(), read);
            let expected: Vec<_> = expected.map(|code| ("f".to_owned(), code)).into_iter().collect();
            assert_eq!(found, expected, "{value}");
        }
    }
}
