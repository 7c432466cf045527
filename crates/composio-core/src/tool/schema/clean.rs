//! What every model gets, strict or not. Rules: `rust-frameworks` 2.5.

use serde_json::{Map, Value};

use super::walk::{children_mut, widen};

/// Keywords that can bring parameters which `properties` does not name.
const BRINGS_PARAMETERS: [&str; 6] = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties", "additionalProperties"];

/// The schema with an object at its root, whatever it was.
pub(super) fn cleaned(schema: Value) -> Map<String, Value> {
    let mut root = match schema {
        Value::Object(root) => root,
        _ => Map::new(),
    };
    // Arguments are an object, so `nullable` at the root says nothing.
    root.shift_remove("nullable");
    root.insert("type".to_owned(), Value::from("object"));
    if !root.get("properties").is_some_and(Value::is_object) {
        root.insert("properties".to_owned(), Value::Object(Map::new()));
    }
    tidy_required(&mut root);
    children_mut(&mut root, clean);
    root
}

fn clean(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    let nullable = map.shift_remove("nullable") == Some(Value::Bool(true));
    tidy_required(map);
    children_mut(map, clean);
    if nullable {
        widen(schema);
    }
}

/// Each name once, and none that no parameter has. `required: true`, as drafts 3 and OpenAPI parameters write it, says
/// nothing here.
fn tidy_required(map: &mut Map<String, Value>) {
    let names = match map.get_mut("required") {
        Some(Value::Array(names)) => std::mem::take(names),
        Some(_) => {
            map.shift_remove("required");
            return;
        }
        None => return,
    };
    let properties = map.get("properties").and_then(Value::as_object);
    let complete =
        !BRINGS_PARAMETERS.iter().any(|keyword| map.get(*keyword).is_some_and(|it| *it != Value::Bool(false)));
    let mut kept: Vec<Value> = Vec::with_capacity(names.len());
    for name in names {
        let there = match (name.as_str(), properties) {
            (Some(name), Some(properties)) if complete => properties.contains_key(name),
            (name, _) => name.is_some(),
        };
        if there && !kept.contains(&name) {
            kept.push(name);
        }
    }
    map.insert("required".to_owned(), Value::Array(kept));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_models_get() {
        let object = |rest: Value| {
            let mut map = json!({"type": "object"});
            map.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            map
        };
        for (name, schema, expected) in [
            ("nothing at all", json!({}), object(json!({"properties": {}}))),
            ("any value", json!(true), object(json!({"properties": {}}))),
            ("no properties", json!({"type": "object"}), object(json!({"properties": {}}))),
            (
                "a nullable root",
                json!({"type": ["object", "null"], "properties": {}}),
                object(json!({"properties": {}})),
            ),
            (
                "nullable type",
                json!({"type": "object", "properties": {"n": {"type": "integer", "nullable": true}}}),
                object(json!({"properties": {"n": {"type": ["integer", "null"]}}})),
            ),
            (
                "not nullable",
                json!({"type": "object", "properties": {"n": {"type": "integer", "nullable": false}}}),
                object(json!({"properties": {"n": {"type": "integer"}}})),
            ),
            (
                "nullable enum",
                json!({"type": "object", "properties": {"n": {"type": "string", "enum": ["a"], "nullable": true}}}),
                object(json!({"properties": {"n": {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}}})),
            ),
            (
                "nullable choice",
                json!({"type": "object", "properties": {"n": {"anyOf": [{"type": "string"}], "nullable": true}}}),
                object(json!({"properties": {"n": {"anyOf": [{"type": "string"}, {"type": "null"}]}}})),
            ),
            (
                "a parameter called nullable",
                json!({"type": "object", "properties": {"nullable": {"type": "boolean"}}}),
                object(json!({"properties": {"nullable": {"type": "boolean"}}})),
            ),
            (
                "data that looks like a schema",
                json!({"type": "object", "properties": {"n": {"default": {"nullable": true}}}}),
                object(json!({"properties": {"n": {"default": {"nullable": true}}}})),
            ),
            (
                "required twice, and what is not there",
                json!({"type": "object", "properties": {"a": {}}, "required": ["a", "a", "b"]}),
                object(json!({"properties": {"a": {}}, "required": ["a"]})),
            ),
            (
                "required elsewhere",
                json!({"type": "object", "properties": {"a": {}}, "required": ["b"], "allOf": [{"properties": {"b": {}}}]}),
                object(json!({"properties": {"a": {}}, "required": ["b"], "allOf": [{"properties": {"b": {}}}]})),
            ),
            (
                "references stay",
                json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}}),
                object(json!({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string"}}})),
            ),
        ] {
            let once = cleaned(schema);
            assert_eq!(Value::Object(once.clone()), expected, "{name}");
            assert_eq!(cleaned(Value::Object(once)), *expected.as_object().unwrap(), "{name}, again");
        }
    }
}
