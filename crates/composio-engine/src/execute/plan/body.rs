//! Arguments as a body: JSON, a form, or text.

use bytes::Bytes;
use composio_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::encode::{deep, text};
use super::{broken, wrong};
use crate::manifest::{BodyBinding, BodyShape};

enum Format {
    Json,
    Form,
    Text,
}

/// The body; none where nothing fills it and none is required.
pub(super) fn write(body: &BodyBinding, arguments: &Map<String, Value>) -> Result<Option<Bytes>> {
    let format = format(&body.content_type)?;
    let Some(value) = content(body, arguments) else {
        let empty = match format {
            Format::Json => "{}",
            Format::Form | Format::Text => "",
        };
        return Ok(body.required.then(|| Bytes::from_static(empty.as_bytes())));
    };
    let written = match format {
        Format::Json => {
            serde_json::to_string(&value).map_err(|error| broken("its body is not JSON").with_source(error))?
        }
        Format::Form => form(body, &value)?,
        Format::Text => match (&body.shape, value) {
            (BodyShape::Whole(_), Value::String(text)) => text,
            (BodyShape::Whole(argument), _) => return Err(wrong(argument, "the body is text: send a string")),
            (BodyShape::Fields(_), _) => return Err(broken("a text body has no fields")),
        },
    };
    Ok(Some(written.into()))
}

fn format(content_type: &str) -> Result<Format> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "text/json" => Ok(Format::Json),
        "application/x-www-form-urlencoded" => Ok(Format::Form),
        json if json.ends_with("+json") => Ok(Format::Json),
        multipart if multipart.starts_with("multipart/") => {
            let text = format!("bodies of the type {essence} cannot be sent yet; use another tool");
            Err(Error::new(ErrorKind::Unsupported, text.clone()).with_model_text(text))
        }
        _ => Ok(Format::Text),
    }
}

/// What the arguments make: none where none of them was given. A null that was given stays one.
fn content(body: &BodyBinding, arguments: &Map<String, Value>) -> Option<Value> {
    match &body.shape {
        BodyShape::Whole(argument) => arguments.get(argument).cloned(),
        BodyShape::Fields(fields) => {
            let given =
                fields.iter().filter_map(|field| Some((field.name.clone(), arguments.get(&field.argument)?.clone())));
            Some(given.collect::<Map<_, _>>()).filter(|object| !object.is_empty()).map(Value::Object)
        }
    }
}

/// Lists of single values repeat their name, anything deeper is written with brackets, and null is left out: forms have no
/// null.
fn form(body: &BodyBinding, value: &Value) -> Result<String> {
    let Value::Object(object) = value else {
        return Err(match &body.shape {
            BodyShape::Whole(argument) => wrong(argument, "the body is a form: send an object"),
            BodyShape::Fields(_) => broken("a form is an object"),
        });
    };
    let mut pairs = Vec::new();
    for (name, value) in object {
        match value {
            Value::Array(items) if !items.iter().any(|item| item.is_array() || item.is_object()) => {
                pairs.extend(
                    items.iter().filter(|item| !item.is_null()).map(|item| (name.clone(), text(item).into_owned())),
                );
            }
            other => deep(name, other, &mut pairs),
        }
    }
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}
