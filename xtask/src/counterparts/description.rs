//! The API's description, made strict for tests: what a request may hold is what the description names.

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// A copy in which the objects of requests are closed.
///
/// The description closes them on sessions' paths and nowhere else, so that a field with a wrong name would pass there.
/// What it opens on purpose, by a word of its own, stays open. Replies stay as they are.
pub(super) fn closed(description: &str) -> Result<String> {
    let mut description: Value = serde_json::from_str(description).context("reading the API's description")?;
    let shared = description["components"]["schemas"].clone();
    let operations = description["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema") {
            close(schema, &shared);
        }
    }
    serde_json::to_string(&description).context("writing the API's description")
}

/// Replies share schemas with requests, so each reference is replaced by what it leads to.
fn close(schema: &mut Value, shared: &Value) {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
    if let Some(named) = target.and_then(|name| shared.get(name)) {
        *schema = named.clone();
    }
    let Some(words) = schema.as_object_mut() else { return };
    if words.contains_key("properties") && !words.contains_key("additionalProperties") {
        words.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    for (word, inner) in words {
        let inner: Vec<_> = match word.as_str() {
            "properties" => inner.as_object_mut().into_iter().flat_map(Map::values_mut).collect(),
            "allOf" | "anyOf" | "oneOf" => inner.as_array_mut().into_iter().flatten().collect(),
            "additionalProperties" | "items" => vec![inner],
            _ => Vec::new(),
        };
        inner.into_iter().for_each(|inner| close(inner, shared));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(schema: &Value) -> Value {
        let body = json!({"content": {"application/json": {"schema": schema}}});
        let reply = json!({"200": {"content": {"application/json": {"schema": {"properties": {}}}}}});
        json!({
            "paths": {"/a": {"post": {"requestBody": body, "responses": reply}}},
            "components": {"schemas": {"Shared": {"properties": {"a": {}}}}},
        })
    }

    fn closed_request(schema: &Value) -> Value {
        let closed: Value = serde_json::from_str(&closed(&request(schema).to_string()).unwrap()).unwrap();
        let reply = &closed["paths"]["/a"]["post"]["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(reply, &json!({"properties": {}}), "replies stay as they are");
        assert_eq!(closed["components"]["schemas"]["Shared"], json!({"properties": {"a": {}}}));
        closed["paths"]["/a"]["post"]["requestBody"]["content"]["application/json"]["schema"].clone()
    }

    #[test]
    fn objects_with_named_fields_are_closed_wherever_they_stand() {
        let open = json!({"properties": {}});
        let shut = json!({"properties": {}, "additionalProperties": false});
        for around in [
            |inner: &Value| inner.clone(),
            |inner: &Value| json!({"anyOf": [inner, {"type": "null"}]}),
            |inner: &Value| json!({"type": "array", "items": inner}),
            |inner: &Value| json!({"type": "object", "additionalProperties": inner}),
            |inner: &Value| json!({"properties": {"a": inner}, "additionalProperties": false}),
        ] {
            assert_eq!(closed_request(&around(&open)), around(&shut));
        }
        let shared = json!({"properties": {"a": {}}, "additionalProperties": false});
        assert_eq!(closed_request(&json!({"$ref": "#/components/schemas/Shared"})), shared);
    }

    #[test]
    fn what_is_open_on_purpose_stays_open() {
        for open in [
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": true}),
            json!({"properties": {"a": {}}, "additionalProperties": true}),
            json!({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}),
            json!({"type": "string"}),
        ] {
            assert_eq!(closed_request(&open), open);
        }
    }
}
