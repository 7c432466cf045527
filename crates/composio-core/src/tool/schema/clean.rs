//! What every model gets, strict or not. Rules: `rust-frameworks` 2.5.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::walk::{children_mut, is_array, widen};

/// Keywords that can bring parameters which `properties` does not name.
const BRINGS_PARAMETERS: [&str; 6] = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties", "additionalProperties"];
/// Keywords whose schemas say more about the object that they stand in, and may require what its `properties` name.
const SAME_OBJECT: [&str; 8] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"];

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
    tidy_required(&mut root, true);
    children_mut(&mut root, clean);
    root
}

fn clean(keyword: &str, schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    let nullable = map.shift_remove("nullable") == Some(Value::Bool(true));
    tidy_required(map, !SAME_OBJECT.contains(&keyword));
    // It says nothing, and providers refuse the whole request without it.
    if is_array(map) && !["items", "prefixItems", "$ref"].iter().any(|keyword| map.contains_key(*keyword)) {
        map.insert("items".to_owned(), Value::Object(Map::new()));
    }
    children_mut(map, clean);
    if nullable {
        widen(schema);
    }
}

/// Each name once, and none that no parameter has, unless others may name the parameters. `required: true`, as drafts 3
/// and OpenAPI parameters write it, says nothing here.
fn tidy_required(map: &mut Map<String, Value>, alone: bool) {
    let names = match map.get_mut("required") {
        Some(Value::Array(names)) => std::mem::take(names),
        Some(_) => {
            map.shift_remove("required");
            return;
        }
        None => return,
    };
    let brought =
        || BRINGS_PARAMETERS.iter().any(|keyword| map.get(*keyword).is_some_and(|it| *it != Value::Bool(false)));
    let properties = map.get("properties").and_then(Value::as_object).filter(|_| alone && !brought());
    let mut seen = HashSet::with_capacity(names.len());
    let kept = names.into_iter().filter(|name| {
        name.as_str().is_some_and(|name| {
            properties.is_none_or(|properties| properties.contains_key(name)) && seen.insert(name.to_owned())
        })
    });
    let kept = kept.collect();
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
                "required in a choice, of a parameter that stands outside of it",
                json!({"type": "object", "properties": {"k": {}, "b": {}}, "oneOf": [
                    {"properties": {"k": {"const": 1}}, "required": ["k", "b"]}]}),
                object(json!({"properties": {"k": {}, "b": {}}, "oneOf": [
                    {"properties": {"k": {"const": 1}}, "required": ["k", "b"]}]})),
            ),
            (
                "required in a condition",
                json!({"type": "object", "properties": {"a": {"properties": {"k": {}, "b": {}},
                    "not": {"properties": {"k": {}}, "required": ["b"]}, "if": {"required": ["k"]},
                    "then": {"properties": {"k": {}}, "required": ["b", "b"]}}}}),
                object(json!({"properties": {"a": {"properties": {"k": {}, "b": {}},
                    "not": {"properties": {"k": {}}, "required": ["b"]}, "if": {"required": ["k"]},
                    "then": {"properties": {"k": {}}, "required": ["b"]}}}})),
            ),
            (
                "lists of anything",
                json!({"type": "object", "properties": {"a": {"type": "array"}, "b": {"type": ["array", "null"]},
                    "c": {"type": "array", "prefixItems": []}}}),
                object(json!({"properties": {"a": {"type": "array", "items": {}},
                    "b": {"type": ["array", "null"], "items": {}}, "c": {"type": "array", "prefixItems": []}}})),
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

    #[test]
    fn many_names_are_tidied_in_one_go() {
        let names: Vec<Value> = (0..100_000).map(|n| Value::from(format!("parameter_{n}"))).collect();
        let root = cleaned(json!({"required": names, "additionalProperties": true}));
        assert_eq!(root["required"].as_array().unwrap().len(), 100_000);
    }
}
