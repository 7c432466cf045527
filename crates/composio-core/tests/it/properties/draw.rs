//! Schemas as they come from anywhere: well-formed, half right, and nonsense.

use proptest::collection::vec;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

/// Parameters' names, some of which mean something elsewhere in a schema.
pub(super) const NAMES: [&str; 10] =
    ["a", "b", "c/d", "e~f", "type", "properties", "required", "$ref", "nullable", "items"];

/// Any JSON.
pub(super) fn json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Fractions of two: serde_json reads the last digit of long ones as it likes.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
        select(&["", "{}", "null", "[1]", "{\"a\":null}"][..]).prop_map(Value::from),
    ];
    let name = prop_oneof![select(&NAMES[..]).prop_map(str::to_owned), any::<String>()];
    let grown = leaf.prop_recursive(4, 24, 4, move |below| {
        prop_oneof![
            vec(below.clone(), 0..4).prop_map(Value::from),
            vec((name.clone(), below), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    grown.boxed()
}

/// Any schema, and now and then something that is none.
pub(super) fn schema() -> BoxedStrategy<Value> {
    let leaf = select(vec![
        json!({"type": "string"}),
        json!({"type": "integer", "format": "int64", "default": 7}),
        json!({"type": ["number", "null"]}),
        json!({"type": "boolean", "nullable": true}),
        json!({"enum": ["x", null]}),
        json!({"const": 1, "nullable": true}),
        json!({"type": "string", "format": "email", "nullable": false}),
        json!({"$ref": "#/$defs/A"}),
        json!({"$ref": "#/$defs/A", "nullable": true}),
        json!({"type": "object", "properties": {}, "additionalProperties": false}),
        json!({"type": "object", "properties": {"x": {"$ref": "#"}}}),
        json!({}),
    ]);
    let nonsense =
        select(vec![json!(true), json!(7), json!("text"), json!(null), json!([]), json!({"type": "object"})]);
    let leaf = prop_oneof![30 => leaf, 1 => nonsense];
    let grown = leaf.prop_recursive(4, 40, 4, |below| {
        prop_oneof![
            8 => object(&below),
            2 => below.clone().prop_map(|items| json!({"type": "array", "items": items})),
            2 => vec(below.clone(), 1..3).prop_map(|branches| json!({"anyOf": branches})),
            1 => vec(below.clone(), 1..3).prop_map(|branches| json!({"oneOf": branches, "nullable": true})),
            1 => (object(&below), keyword(&below)).prop_map(|(mut schema, (keyword, value))| {
                schema[keyword] = value;
                schema
            }),
        ]
    });
    let named = grown.clone();
    let rooted = (object(&grown.boxed()), named).prop_map(|(mut root, named)| {
        root["$defs"] = json!({"A": named});
        root
    });
    prop_oneof![12 => rooted.clone(), 1 => rooted.prop_map(|root| root["$defs"]["A"].clone())].boxed()
}

/// An object with a few parameters, and a list of those it requires, which may name others, and some twice.
fn object(below: &(impl Strategy<Value = Value> + Clone + 'static)) -> BoxedStrategy<Value> {
    let properties = (subsequence(&NAMES[..], 1..4), vec(below.clone(), 4));
    let required = vec(select(&NAMES[..]), 0..5);
    let rest = select(vec![json!({}), json!({"additionalProperties": false}), json!({"nullable": true})]);
    let drawn = (properties, required, rest).prop_map(|((names, schemas), required, rest)| {
        let properties: Map<String, Value> = names.into_iter().map(str::to_owned).zip(schemas).collect();
        let mut object = json!({"type": "object", "properties": properties, "required": required});
        object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        object
    });
    drawn.boxed()
}

/// A keyword that is rare, or that stands where it should not.
fn keyword(below: &(impl Strategy<Value = Value> + Clone + 'static)) -> BoxedStrategy<(&'static str, Value)> {
    let names = [
        "items",
        "additionalProperties",
        "additionalItems",
        "unevaluatedProperties",
        "contains",
        "not",
        "if",
        "properties",
        "definitions",
        "dependentSchemas",
        "allOf",
        "anyOf",
        "prefixItems",
        "required",
        "type",
        "default",
        "$ref",
        "nullable",
        "format",
    ];
    let value = prop_oneof![
        below.clone(),
        vec(below.clone(), 0..3).prop_map(Value::from),
        below.clone().prop_map(|schema| json!({"A": schema})),
    ];
    (select(names.to_vec()), value).boxed()
}

/// Holds the objects of a strict schema to what strict means, wherever they stand, and counts them.
#[track_caller]
pub(super) fn count_closed(schema: &Map<String, Value>) -> usize {
    const LEFT_OUT: [&str; 17] = [
        "oneOf",
        "allOf",
        "not",
        "if",
        "then",
        "else",
        "contains",
        "prefixItems",
        "additionalItems",
        "propertyNames",
        "patternProperties",
        "dependentSchemas",
        "unevaluatedProperties",
        "unevaluatedItems",
        "nullable",
        "default",
        "$schema",
    ];
    for keyword in LEFT_OUT {
        assert!(!schema.contains_key(keyword), "`{keyword}` is not said strictly: {schema:?}");
    }
    let typed =
        |kind: &Value| kind == "object" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("object")));
    let is_object = schema.contains_key("properties") || schema.get("type").is_some_and(typed);
    if is_object {
        let names = schema["properties"].as_object().unwrap().keys().map(|name| json!(name));
        assert_eq!(schema["additionalProperties"], false, "{schema:?}");
        assert_eq!(schema["required"], Value::from_iter(names), "{schema:?}");
    }
    let named = ["properties", "$defs", "definitions"].iter().filter_map(|keyword| schema.get(*keyword)?.as_object());
    let listed = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let below = named.flat_map(Map::values).chain(listed).chain(schema.get("items"));
    usize::from(is_object) + below.map(|below| count_closed(below.as_object().unwrap())).sum::<usize>()
}
