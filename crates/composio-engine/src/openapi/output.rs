//! What an operation answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::document::{Document, Operation};
use super::object;
use super::schema::Converter;

/// The schema of a reply's body.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) schema: Value,
    pub(super) cut: usize,
    pub(super) dangling: BTreeSet<String>,
}

/// The schema of the first successful JSON reply, its shared parts in `$defs`.
pub(super) fn schema(document: &Document, operation: &Operation<'_>) -> Option<Output> {
    let written = successful(document, operation)?;
    let mut converter = Converter::output(document);
    let Value::Object(mut schema) = converter.schema(written) else { return None };
    let definitions = converter.definitions();
    if !definitions.is_empty() {
        schema = root(schema, definitions);
    }
    (!schema.is_empty()).then(|| Output { schema: schema.into(), cut: converter.cut, dangling: converter.dangling })
}

/// A root that is nothing but a reference becomes what it refers to, so that the shape of the reply stands at its top.
fn root(written: Map<String, Value>, mut definitions: Map<String, Value>) -> Map<String, Value> {
    let reference = written.get("$ref").and_then(Value::as_str).filter(|_| written.len() == 1);
    let name = reference.and_then(|reference| reference.rsplit('/').next()).unwrap_or_default().to_owned();
    let Some(Value::Object(referred)) = definitions.get(&name) else {
        return with_definitions(written, definitions);
    };
    let root = referred.clone();
    if !mentions(&definitions, &name) {
        definitions.shift_remove(&name);
    }
    with_definitions(root, definitions)
}

fn with_definitions(mut root: Map<String, Value>, definitions: Map<String, Value>) -> Map<String, Value> {
    if !definitions.is_empty() {
        root.insert("$defs".to_owned(), definitions.into());
    }
    root
}

/// Whether any definition refers to this one.
fn mentions(definitions: &Map<String, Value>, name: &str) -> bool {
    let reference = json!(format!("#/$defs/{name}"));
    fn within(value: &Value, reference: &Value) -> bool {
        match value {
            Value::Object(map) => {
                map.get("$ref") == Some(reference) || map.values().any(|value| within(value, reference))
            }
            Value::Array(list) => list.iter().any(|value| within(value, reference)),
            _ => false,
        }
    }
    definitions.values().any(|definition| within(definition, &reference))
}

/// The schema as it is written: of the lowest status of success that has a JSON body.
fn successful<'d>(document: &'d Document, operation: &Operation<'d>) -> Option<&'d Value> {
    let mut replies: Vec<_> =
        object(operation.get("responses")).filter(|(status, _)| status.starts_with('2')).collect();
    replies.sort_by_key(|(status, _)| *status);
    replies.into_iter().find_map(|(_, reply)| {
        let content = document.resolve(reply)?.get("content")?.as_object()?;
        let kind = |name: &str| name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let json = content.iter().find(|(name, _)| kind(name) == "application/json");
        let media = json.or_else(|| content.iter().find(|(name, _)| kind(name).ends_with("+json")))?.1;
        media.get("schema")
    })
}

#[cfg(test)]
mod tests {
    use super::super::schema::OUTPUT_BYTES;
    use super::*;

    fn of(responses: &Value, schemas: &Value) -> Option<Output> {
        let text = json!({"openapi": "3.1.0", "paths": {"/": {"get": {"responses": responses}}}, "components": {"schemas": schemas}});
        let document = Document::parse(&text.to_string()).unwrap();
        schema(&document, &document.operations()[0])
    }

    fn reply(schema: &Value) -> Value {
        json!({"content": {"application/json": {"schema": schema}}})
    }

    #[test]
    fn the_lowest_success_with_json_counts() {
        let (a, b) = (reply(&json!({"type": "string"})), reply(&json!({"type": "integer"})));
        let vendor = json!({"content": {"text/html": {}, "application/vnd.x+json": {"schema": {"type": "boolean"}}}});
        for (responses, kind) in [
            (json!({"404": b, "201": b, "200": a}), Some("string")),
            (json!({"204": {"description": "none"}, "2XX": b}), Some("integer")),
            (json!({"200": vendor}), Some("boolean")),
            (json!({"200": {"content": {"text/plain": {"schema": {"type": "string"}}}}}), None),
            (json!({"200": reply(&json!({}))}), None),
            (json!({"default": a}), None),
        ] {
            let found = of(&responses, &json!({})).map(|output| output.schema["type"].clone());
            assert_eq!(found, kind.map(Value::from), "{responses}");
        }
    }

    #[test]
    fn a_recursive_root_stays_among_the_definitions() {
        let tree = json!({"type": "object", "properties": {"child": {"$ref": "#/components/schemas/tree"}}});
        let output =
            of(&json!({"200": reply(&json!({"$ref": "#/components/schemas/tree"}))}), &json!({"tree": tree})).unwrap();
        assert_eq!(output.schema["properties"]["child"], json!({"$ref": "#/$defs/tree"}));
        assert_eq!(output.schema["$defs"]["tree"]["properties"]["child"], json!({"$ref": "#/$defs/tree"}));
    }

    #[test]
    fn definitions_of_the_same_name_are_told_apart() {
        let both = json!({"allOf": [{"$ref": "#/components/schemas/a~1b"}, {"$ref": "#/components/schemas/a/properties/a_b"}]});
        let schemas = json!({"a/b": {"type": "string"}, "a": {"properties": {"a_b": {"type": "integer"}}}});
        let output = of(&json!({"200": reply(&both)}), &schemas).unwrap();
        assert_eq!(output.schema["$defs"], json!({"a_b": {"type": "string"}, "a_b_2": {"type": "integer"}}));
    }

    #[test]
    fn what_is_too_large_loses_the_farthest_definitions() {
        let long = "x".repeat(OUTPUT_BYTES);
        let schemas = json!({"near": {"const": long, "allOf": [{"$ref": "#/components/schemas/far"}, {}]}, "far": {"type": "array", "items": {}}});
        let output =
            of(&json!({"200": reply(&json!({"items": {"$ref": "#/components/schemas/near"}}))}), &schemas).unwrap();
        assert_eq!(output.cut, 1);
        let far = json!({"items": {}, "type": "array", "description": "A `far`. Its details are left out here."});
        assert_eq!(output.schema["$defs"]["far"], far);
    }
}
