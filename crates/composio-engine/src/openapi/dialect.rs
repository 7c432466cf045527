//! Where OpenAPI's schemas deviate from JSON Schema 2020-12, and where their authors deviate from OpenAPI.

use serde_json::{Map, Value, json};

const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];

/// The keyword's value if plain JSON Schema knows both; what only OpenAPI knows (`example`, `xml`, `x-…`) goes.
/// Keywords that hold schemas are not decided here.
pub(super) fn plain_keyword(key: &str, value: &Value) -> Option<Value> {
    let fits = match key {
        "type" => return types(value),
        "enum" => value.as_array().is_some_and(|values| !values.is_empty()),
        "required" => value.is_array(),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" | "minContains"
        | "maxContains" => value.is_u64(),
        "minimum" | "maximum" => value.is_number(),
        // In 3.0 a boolean that changes `minimum`: see `exclusive`.
        "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
        "multipleOf" => value.as_f64().is_some_and(|number| number > 0.0),
        "uniqueItems" | "deprecated" => value.is_boolean(),
        "pattern" | "format" | "title" | "contentEncoding" | "contentMediaType" => value.is_string(),
        "const" | "default" => true,
        "dependentRequired" => value.is_object(),
        _ => false,
    };
    if key == "required" {
        return fits.then(|| names(value).collect::<Vec<_>>().into());
    }
    fits.then(|| value.clone())
}

/// The types that exist; authors also write `any`, `file` and `date`.
fn types(value: &Value) -> Option<Value> {
    let known = |value: &&Value| value.as_str().is_some_and(|name| TYPES.contains(&name));
    match value {
        Value::String(_) => Some(value).filter(known).cloned(),
        Value::Array(all) => {
            let kept: Vec<Value> = all.iter().filter(known).cloned().collect();
            (!kept.is_empty()).then(|| kept.into())
        }
        _ => None,
    }
}

/// The names in a list, each once.
pub(super) fn names(list: &Value) -> impl Iterator<Item = &str> {
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let first = |index: usize, name: &Value| !all[..index].contains(name);
    all.iter().enumerate().filter(move |(index, name)| first(*index, name)).filter_map(|(_, name)| name.as_str())
}

/// Brings converted keywords into the modern dialect, with the schema as it was written at hand.
pub(super) fn modern(mut out: Map<String, Value>, written: &Map<String, Value>) -> Value {
    exclusive(&mut out, written, "exclusiveMinimum", "minimum");
    exclusive(&mut out, written, "exclusiveMaximum", "maximum");
    if has_type(&out, "array") && !out.contains_key("items") && !out.contains_key("prefixItems") {
        out.insert("items".to_owned(), json!({}));
    }
    known_names_only(&mut out);
    merge_single_all_of(&mut out);
    if out.contains_key("description") {
        out.remove("title");
    }
    nullable(out, written)
}

/// 3.0: `exclusiveMinimum: true` makes `minimum` exclusive.
fn exclusive(out: &mut Map<String, Value>, written: &Map<String, Value>, flag: &str, bound: &str) {
    if written.get(flag) == Some(&Value::Bool(true))
        && let Some(value) = out.remove(bound)
    {
        out.insert(flag.to_owned(), value);
    }
}

/// `required` may name what another branch defines, but not what nothing defines.
fn known_names_only(out: &mut Map<String, Value>) {
    let branches = ["allOf", "anyOf", "oneOf", "patternProperties"].iter().any(|key| out.contains_key(*key));
    let open = !matches!(out.get("additionalProperties"), None | Some(Value::Bool(_)));
    let known = out.get("properties").and_then(Value::as_object).cloned();
    if let (false, false, Some(known), Some(Value::Array(required))) = (branches, open, known, out.get_mut("required"))
    {
        required.retain(|name| name.as_str().is_some_and(|name| known.contains_key(name)));
    }
    if out.get("required").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        out.remove("required");
    }
}

/// `allOf` with one branch is how 3.0 puts a description beside a reference.
fn merge_single_all_of(out: &mut Map<String, Value>) {
    let Some([Value::Object(branch)]) = out.get("allOf").and_then(Value::as_array).map(Vec::as_slice) else { return };
    let annotation = |key: &str| matches!(key, "description" | "title" | "default" | "deprecated");
    let same = |key: &str, value: &Value| out.get(key).is_none_or(|own| own == value || annotation(key));
    if branch.iter().all(|(key, value)| same(key, value)) {
        let branch = branch.clone();
        out.remove("allOf");
        for (key, value) in branch {
            out.entry(key).or_insert(value);
        }
    }
}

/// 3.0: `nullable: true` lets null in, however the rest of the schema is written.
pub(super) fn nullable(mut out: Map<String, Value>, written: &Map<String, Value>) -> Value {
    if written.get("nullable") != Some(&Value::Bool(true)) || accepts_null(&out) {
        return out.into();
    }
    let null = json!({ "type": "null" });
    let combined = ["$ref", "allOf", "not", "if", "const"].iter().any(|key| out.contains_key(*key));
    let choice = ["anyOf", "oneOf"].into_iter().find(|key| out.contains_key(*key));
    let constrained = out.contains_key("type") || out.contains_key("enum");
    match choice {
        Some(key) if !combined && !constrained && out.len() - annotations(&out) == 1 => {
            if let Some(Value::Array(branches)) = out.get_mut(key) {
                branches.push(null);
            }
        }
        None if !combined => {
            if let Some(Value::Array(values)) = out.get_mut("enum")
                && !values.contains(&Value::Null)
            {
                values.push(Value::Null);
            }
            let kinds = match out.get("type") {
                Some(Value::String(kind)) => Some(json!([kind, "null"])),
                Some(Value::Array(kinds)) => {
                    Some(kinds.iter().cloned().chain(["null".into()]).collect::<Vec<_>>().into())
                }
                _ => None,
            };
            kinds.and_then(|kinds| out.insert("type".to_owned(), kinds));
        }
        _ => return wrapped(out, null),
    }
    out.into()
}

/// `anyOf` the schema and null, with what is said about the value outside.
fn wrapped(mut out: Map<String, Value>, null: Value) -> Value {
    let mut outer = Map::new();
    for key in ["title", "description", "default", "deprecated"] {
        if let Some(value) = out.remove(key) {
            outer.insert(key.to_owned(), value);
        }
    }
    outer.insert("anyOf".to_owned(), Value::Array(vec![out.into(), null]));
    outer.into()
}

fn annotations(schema: &Map<String, Value>) -> usize {
    ["title", "description", "default", "deprecated"].iter().filter(|key| schema.contains_key(**key)).count()
}

/// Whether null is let in already. Only what is plain to see counts.
fn accepts_null(schema: &Map<String, Value>) -> bool {
    let enumerated = schema.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(&Value::Null));
    let branch = |branch: &Value| branch.as_object().is_some_and(accepts_null);
    if let Some(kind) = schema.get("type") {
        let typed = kind == "null" || kind.as_array().is_some_and(|kinds| kinds.contains(&"null".into()));
        return typed && enumerated;
    }
    ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(*key).and_then(Value::as_array))
        .any(|branches| branches.iter().any(branch))
        || (schema.contains_key("enum") && enumerated)
}

/// Whether a schema says that values are of this type, perhaps among others.
pub(super) fn has_type(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(own)) => own == kind,
        Some(Value::Array(own)) => own.iter().any(|own| own == kind),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::super::schema::Converter;
    use super::*;

    fn converted(schema: &Value) -> Value {
        let named = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let text = json!({"openapi": "3.0.3", "components": {"schemas": {"thing": named}}}).to_string();
        let document = Document::parse(&text).unwrap();
        Converter::input(&document, 8).schema(schema)
    }

    #[test]
    fn nullable_lets_null_in_however_it_is_written() {
        let thing = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let nothing = json!({"type": "null"});
        for (from, to) in [
            (json!({"type": "string", "nullable": true}), json!({"type": ["string", "null"]})),
            (json!({"type": "string", "nullable": false}), json!({"type": "string"})),
            (
                json!({"type": "string", "enum": ["a"], "nullable": true}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (
                json!({"type": "string", "enum": ["a", null], "nullable": true}),
                json!({"type": ["string", "null"], "enum": ["a", null]}),
            ),
            (json!({"enum": ["a"], "nullable": true}), json!({"enum": ["a", null]})),
            (json!({"nullable": true}), json!({})),
            (
                json!({"allOf": [{"$ref": "#/components/schemas/thing"}], "nullable": true, "description": "D"}),
                json!({"description": "D", "type": ["object", "null"], "properties": {"a": {"type": "string"}}}),
            ),
            (
                json!({"allOf": [{"$ref": "#/components/schemas/thing"}, {"minProperties": 1}], "nullable": true}),
                json!({"anyOf": [{"allOf": [thing, {"minProperties": 1}]}, nothing]}),
            ),
            (
                json!({"$ref": "#/components/schemas/thing", "nullable": true}),
                json!({"type": ["object", "null"], "properties": {"a": {"type": "string"}}}),
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
                json!({"oneOf": [{"type": "string"}, {"type": "integer"}, nothing]}),
            ),
            (
                json!({"oneOf": [{"type": "string", "nullable": true}, {"type": "integer"}], "nullable": true}),
                json!({"oneOf": [{"type": ["string", "null"]}, {"type": "integer"}]}),
            ),
            (
                json!({"type": "object", "anyOf": [{"required": ["a"]}], "nullable": true, "description": "D"}),
                json!({"description": "D", "anyOf": [{"type": "object", "anyOf": [{"required": ["a"]}]}, nothing]}),
            ),
        ] {
            assert_eq!(converted(&from), to, "{from}");
        }
    }

    #[test]
    fn what_only_openapi_knows_or_nobody_knows_goes() {
        for (from, to) in [
            (
                json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
                json!({"type": "integer", "exclusiveMinimum": 1}),
            ),
            (
                json!({"type": "integer", "maximum": 1, "exclusiveMaximum": false}),
                json!({"type": "integer", "maximum": 1}),
            ),
            (json!({"type": "number", "exclusiveMaximum": 3}), json!({"type": "number", "exclusiveMaximum": 3})),
            (json!({"type": "file", "example": 1, "xml": {}, "x-go-type": "T", "externalDocs": {}}), json!({})),
            (json!({"type": "string", "maxLength": "9", "required": true, "enum": []}), json!({"type": "string"})),
            (json!({"type": "array"}), json!({"type": "array", "items": {}})),
            (
                json!({"items": [{"type": "string"}, {"nullable": true}]}),
                json!({"prefixItems": [{"type": "string"}, {}]}),
            ),
            (json!({"title": "T", "description": "D"}), json!({"description": "D"})),
            (json!({"title": "T"}), json!({"title": "T"})),
            (
                json!({"required": ["a", "a", "gone"], "properties": {"a": {}, "example": {"type": "string"}, "x-y": {}}}),
                json!({"required": ["a"], "properties": {"a": {}, "example": {"type": "string"}, "x-y": {}}}),
            ),
            (
                json!({"required": ["id", "a"], "properties": {"a": {}, "id": {"type": "string", "readOnly": true}}}),
                json!({"required": ["a"], "properties": {"a": {}}}),
            ),
            (
                json!({"$ref": "#/components/schemas/none"}),
                json!({"description": "The service does not describe this value."}),
            ),
            (json!(true), json!(true)),
            (json!("nonsense"), json!({})),
        ] {
            assert_eq!(converted(&from), to, "{from}");
        }
    }
}
