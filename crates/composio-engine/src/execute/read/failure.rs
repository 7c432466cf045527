//! What a service said when it failed, for the two readers of an error.

use bytes::Bytes;
use composio_core::secrecy::SecretString;
use composio_core::{Error, ErrorKind, Retry};
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use crate::execute::redact::redact;
use crate::http::retry_after;

/// How long the text for a model may become, in characters.
const TEXT: usize = 1_000;
/// How much of an answer in no known shape is repeated.
const UNKNOWN: usize = 500;
/// How much of an answer is looked at.
const LOOKED_AT: usize = 16_000;
/// How many single errors are told.
const ERRORS: usize = 10;
/// Of a write that a server in trouble answered.
const LOOK_FIRST: &str = "It may have taken effect: check with a reading tool before you do it again.";

/// The error for an answer that is no success. `safe` says that the request changes nothing.
pub(super) fn error(reply: &Response<Bytes>, secrets: &[&SecretString], safe: bool) -> Error {
    let status = reply.status();
    let head = head(status);
    if status == StatusCode::TOO_MANY_REQUESTS {
        let retry = retry_after(reply.headers()).map_or(Retry::Safe, Retry::After);
        return Error::new(ErrorKind::RateLimited, format!("the service answered {head}")).with_retry(retry);
    }
    let said = match said(reply.body()) {
        // First redacted, then cut: a secret cut in half is not recognised any more.
        Said::Message(text) => cut(&redact(&text, secrets), TEXT),
        Said::Unknown(text) => cut(&redact(&text, secrets), UNKNOWN),
    };
    let text = if said.is_empty() { head.clone() } else { cut(&format!("{head}: {said}"), TEXT) };
    let (kind, step) = next_step(status, safe);
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    Error::new(kind, format!("the service answered {head}")).with_model_text(format!("{text}{end} {step}"))
}

/// What it is, and what a model does about it.
fn next_step(status: StatusCode, safe: bool) -> (ErrorKind, &'static str) {
    match status.as_u16() {
        401 | 403 => (ErrorKind::ToolFailed, "The connected account may not do this; tell the user."),
        // Somebody between us and the service lost its answer, or did not wait for it.
        502 | 504 if !safe => (ErrorKind::OutcomeUnknown, LOOK_FIRST),
        500.. if !safe => (ErrorKind::ToolFailed, LOOK_FIRST),
        500.. => (ErrorKind::ToolFailed, "The service is in trouble; call again later, or tell the user."),
        400..=499 => (ErrorKind::ToolFailed, "Correct the call, or tell the user."),
        _ => (ErrorKind::ToolFailed, "Tell the user."),
    }
}

fn head(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("HTTP {} {reason}", status.as_u16()),
        None => format!("HTTP {}", status.as_u16()),
    }
}

enum Said {
    /// A message in one of the usual shapes.
    Message(String),
    /// Text in no known shape.
    Unknown(String),
}

fn said(body: &Bytes) -> Said {
    let message = match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => message(&object),
        Ok(Value::String(text)) => Some(text),
        // A list of errors, or of objects that hold some.
        Ok(list @ Value::Array(_)) => errors(&list),
        _ => None,
    };
    match message.map(|text| bounded(&text)) {
        Some(text) => Said::Message(text),
        None => Said::Unknown(bounded(&String::from_utf8_lossy(body))),
    }
}

/// The usual shapes: `message`, `error.message`, `error_description`, `title` and `detail` (RFC 9457), and `errors`.
fn message(object: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let nested = object.get("error").and_then(Value::as_object).and_then(message);
    let mut parts: Vec<String> = Vec::new();
    let told =
        [text("message"), nested, text("error"), text("title"), text("error_description"), text("detail"), text("msg")];
    for part in told.into_iter().flatten().chain(object.get("errors").and_then(errors)) {
        if !part.trim().is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    Some(parts.join("; ")).filter(|text| !text.is_empty())
}

/// `errors` as services write them: texts, objects with a message, objects with a field and a code, or an object with the
/// messages for each field.
fn errors(errors: &Value) -> Option<String> {
    let told: Vec<String> = match errors {
        Value::Array(items) => items.iter().take(ERRORS).filter_map(single).collect(),
        Value::Object(fields) => {
            let told = |(field, value): (&String, &Value)| Some(format!("{field}: {}", self::errors(value)?));
            fields.iter().take(ERRORS).filter_map(told).collect()
        }
        Value::String(text) => vec![text.clone()],
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    };
    Some(told.join("; ")).filter(|text| !text.is_empty())
}

fn single(error: &Value) -> Option<String> {
    let object = match error {
        Value::String(text) => return Some(text.clone()),
        other => other.as_object()?,
    };
    let text = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)?.as_str()).map(str::to_owned);
    let place = text(&["field", "path", "location", "param"]);
    let what = message(object).or_else(|| text(&["code", "reason", "type"]));
    match (place, what) {
        (Some(place), Some(what)) => Some(format!("{place}: {what}")),
        (place, what) => what.or(place),
    }
}

/// The beginning of a long text, up to the end of a word: half a secret is not recognised.
fn bounded(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LOOKED_AT) {
        Some((end, _)) => text[..end].rsplit_once(char::is_whitespace).map_or("", |(whole, _)| whole).to_owned(),
        None => text.to_owned(),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
        None => text.to_owned(),
    }
}
