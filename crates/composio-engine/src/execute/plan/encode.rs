//! Values in paths, queries and headers, in the styles of OpenAPI.

use std::borrow::Cow;

use composio_core::Result;
use serde_json::Value;

use super::wrong;
use crate::manifest::{ParameterBinding, ParameterStyle};

/// Encodes everything but unreserved characters (RFC 3986 section 2.3).
pub(super) fn percent(text: &str) -> String {
    percent_but(text, |_| false)
}

fn percent_but(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A value as it stands in a path.
pub(super) fn path(parameter: &ParameterBinding, value: &Value) -> Result<String> {
    let encode = |text: &str| percent_but(text, |byte| parameter.multi_segment && byte == b'/');
    let name = percent(&parameter.name);
    let plain = parts(value, parameter.explode, str::to_owned);
    if plain.iter().any(|text| text.is_empty()) || plain.is_empty() {
        return Err(wrong(&parameter.argument, "it stands in the path, where it must not be empty"));
    }
    // Also where the slash is encoded: some servers decode a path before they take it apart.
    if plain.iter().flat_map(|text| text.split(['/', '\\'])).any(|segment| matches!(segment, "." | "..")) {
        return Err(wrong(&parameter.argument, "`.` and `..` are no names in a path"));
    }
    let parts = parts(value, parameter.explode, encode);
    let all = |separator: &str| parts.join(separator);
    Ok(match parameter.style {
        ParameterStyle::Json => encode(&value.to_string()),
        ParameterStyle::Label => format!(".{}", all(if parameter.explode { "." } else { "," })),
        ParameterStyle::Matrix if parameter.explode && value.is_object() => format!(";{}", all(";")),
        ParameterStyle::Matrix if parameter.explode => parts.iter().map(|text| format!(";{name}={text}")).collect(),
        ParameterStyle::Matrix => format!(";{name}={}", all(",")),
        ParameterStyle::Simple
        | ParameterStyle::Form
        | ParameterStyle::SpaceDelimited
        | ParameterStyle::PipeDelimited
        | ParameterStyle::DeepObject => all(","),
    })
}

/// A value as it stands in a header; not encoded, and checked by the caller.
pub(super) fn header(parameter: &ParameterBinding, value: &Value) -> String {
    match parameter.style {
        ParameterStyle::Json => value.to_string(),
        _ => parts(value, parameter.explode, str::to_owned).join(","),
    }
}

/// A value as the pairs of a query: the name as it is, the value encoded.
pub(super) fn query(parameter: &ParameterBinding, value: &Value) -> Vec<(String, String)> {
    let name = || parameter.name.clone();
    let joined = |separator: &str| {
        let parts = parts(value, false, percent);
        if parts.is_empty() { Vec::new() } else { vec![(name(), parts.join(separator))] }
    };
    match (parameter.style, value) {
        (ParameterStyle::Json, _) => vec![(name(), percent(&value.to_string()))],
        (ParameterStyle::DeepObject, _) => {
            let mut pairs = Vec::new();
            deep(&parameter.name, value, &mut pairs);
            pairs.into_iter().map(|(name, value)| (name, percent(&value))).collect()
        }
        (_, Value::Array(items)) if parameter.explode => {
            items.iter().map(|item| (name(), percent(&text(item)))).collect()
        }
        (_, Value::Object(map)) if parameter.explode => {
            map.iter().map(|(key, value)| (key.clone(), percent(&text(value)))).collect()
        }
        (ParameterStyle::SpaceDelimited, _) => joined("%20"),
        (ParameterStyle::PipeDelimited, _) => joined("%7C"),
        _ => joined(","),
    }
}

/// `a[key]=1`, and `a[0]=1` for lists, which OpenAPI leaves open. What is null is left out.
pub(super) fn deep(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(map) => map.iter().for_each(|(key, value)| deep(&format!("{name}[{key}]"), value, pairs)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| deep(&format!("{name}[{index}]"), value, pairs));
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) => pairs.push((name.to_owned(), text(value).into_owned())),
    }
}

/// A single value as text: a string without quotes, anything else as JSON.
pub(super) fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// The parts of a value that a delimiter stands between, each encoded: the items of a list; the keys and values of an object,
/// which are `key=value` where it is exploded; or the value itself.
fn parts(value: &Value, explode: bool, encode: impl Fn(&str) -> String) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| encode(&text(item))).collect(),
        Value::Object(map) if explode => {
            map.iter().map(|(key, value)| format!("{}={}", encode(key), encode(&text(value)))).collect()
        }
        Value::Object(map) => map.iter().flat_map(|(key, value)| [encode(key), encode(&text(value))]).collect(),
        single => vec![encode(&text(single))],
    }
}
