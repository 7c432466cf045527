//! Where schemas hold schemas. Under every other keyword stands data, which is nobody's business here.

use serde_json::{Map, Value};

/// Keywords that hold schemas by name.
const NAMED: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];
/// Keywords that hold a list of schemas.
const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords that hold one schema; `items` held a list before 2020-12.
const SINGLE: [&str; 11] = [
    "items",
    "additionalProperties",
    "additionalItems",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
];

/// Visits the schemas directly below this one, with the keyword under which each stands.
pub(super) fn children_mut(schema: &mut Map<String, Value>, mut visit: impl FnMut(&str, &mut Value)) {
    for (keyword, below) in schema {
        match below {
            Value::Object(named) if NAMED.contains(&keyword.as_str()) => {
                named.values_mut().for_each(|below| visit(keyword, below));
            }
            Value::Array(listed) if LISTED.contains(&keyword.as_str()) || keyword == "items" => {
                listed.iter_mut().for_each(|below| visit(keyword, below));
            }
            Value::Object(_) if SINGLE.contains(&keyword.as_str()) => visit(keyword, below),
            _ => {}
        }
    }
}

/// Whether a schema may be an array, and says so.
pub(super) fn is_array(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == "array",
        Some(Value::Array(types)) => types.iter().any(|one| one == "array"),
        _ => false,
    }
}

/// The schema that a reference within the document leads to; nothing where it dangles or leads outside.
pub(super) fn resolve<'a>(root: &'a Map<String, Value>, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?.strip_prefix('/')?;
    let mut steps = pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~"));
    let mut place = root.get(&steps.next()?)?;
    for step in steps {
        place = match place {
            Value::Object(map) => map.get(&step)?,
            Value::Array(list) => list.get(step.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(place)
}

/// Lets a schema accept `null` too.
pub(super) fn widen(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    let fixed = ["enum", "const", "$ref", "allOf", "not"].iter().any(|keyword| map.contains_key(*keyword));
    let choice = ["anyOf", "oneOf"].into_iter().find(|keyword| map.contains_key(*keyword));
    match (fixed, choice) {
        (false, None) => widen_type(map),
        (false, Some(keyword)) if !map.contains_key("type") => widen_choice(map, keyword),
        _ => {
            let whole = std::mem::take(schema);
            *schema = serde_json::json!({"anyOf": [whole, {"type": "null"}]});
        }
    }
}

/// A schema without a type accepts `null` already.
fn widen_type(map: &mut Map<String, Value>) {
    let null = Value::from("null");
    match map.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&null) => types.push(null),
        Some(Value::String(one)) if one != "null" => {
            let one = std::mem::take(one);
            map.insert("type".to_owned(), Value::from(vec![one, "null".to_owned()]));
        }
        _ => {}
    }
}

fn widen_choice(map: &mut Map<String, Value>, keyword: &str) {
    if let Some(Value::Array(branches)) = map.get_mut(keyword) {
        let null = serde_json::json!({"type": "null"});
        if !branches.contains(&null) {
            branches.push(null);
        }
    }
}
