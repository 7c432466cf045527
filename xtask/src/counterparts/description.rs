//! The API's description, made fit for a mock: what a request may hold is what the description names, and lists end.

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::examples;

/// A copy in which the objects of requests are closed, a page that has no example is the last one, and examples belong
/// together.
///
/// The description closes them on sessions' paths and nowhere else, so that a field with a wrong name would pass there.
/// What it opens on purpose, by a word of its own, stays open. The schemas of replies mean what they meant.
pub(super) fn for_mock(description: &str) -> Result<String> {
    let mut description: Value = serde_json::from_str(description).context("reading the API's description")?;
    let shared = description["components"]["schemas"].clone();
    let operations = description["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        if let Some(schema) = operation.pointer_mut("/requestBody/content/application~1json/schema") {
            close(schema, &shared);
        }
        let replies = operation.get_mut("responses").and_then(Value::as_object_mut);
        replies.into_iter().flat_map(Map::values_mut).for_each(end);
    }
    examples::join(&mut description);
    serde_json::to_string(&description).context("writing the API's description")
}

/// Of several types Prism makes an example of the first: with a text for the next page no list would ever end.
fn end(reply: &mut Value) {
    let types = reply.pointer_mut("/content/application~1json/schema/properties/next_cursor/type");
    if let Some(types) = types.and_then(Value::as_array_mut) {
        types.sort_by_key(|name| name != "null");
    }
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
        let closed: Value = serde_json::from_str(&for_mock(&request(schema).to_string()).unwrap()).unwrap();
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
    #[test]
    fn a_page_that_has_no_example_is_the_last() {
        let page = |types: &Value| json!({"properties": {"next_cursor": {"type": types}}});
        let asked = |types: &Value| {
            let reply = json!({"content": {"application/json": {"schema": page(types)}}});
            json!({"paths": {"/a": {"get": {"responses": {"200": reply}}}}})
        };
        for (types, expected) in [
            (json!(["string", "null"]), json!(["null", "string"])),
            (json!(["null", "string"]), json!(["null", "string"])),
            (json!("string"), json!("string")),
        ] {
            let made: Value = serde_json::from_str(&for_mock(&asked(&types).to_string()).unwrap()).unwrap();
            assert_eq!(made, asked(&expected));
        }
    }
}
