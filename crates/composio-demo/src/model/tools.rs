//! The functions that a request offers, checked as providers check them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::refusal::Refusal;

/// How many tools a request may offer.
const MOST: usize = 128;

/// Keywords that the strict subset of JSON Schema does not have.
const NOT_STRICT: [&str; 8] = ["allOf", "default", "else", "if", "not", "oneOf", "patternProperties", "then"];

/// Where a wire form puts the parts of a function.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// Chat Completions: inside `function`.
    Nested,
    /// Responses: beside `type`.
    Flat,
}

/// The names of the functions that a request offers. Tools that the provider runs itself have none.
pub(super) fn offered(body: &Value, layout: Layout) -> Result<Vec<String>, Refusal> {
    let tools = match &body["tools"] {
        Value::Null => return Ok(Vec::new()),
        Value::Array(tools) if tools.is_empty() => {
            let says = "[] is too short - 'tools'; leave it out where there is no tool";
            return Err(Refusal::invalid("tools", says).code("empty_array"));
        }
        Value::Array(tools) => tools,
        _ => return Err(Refusal::invalid("tools", "'tools' has to be an array")),
    };
    if tools.len() > MOST {
        let says = format!("'tools' is too long: {} where {MOST} are allowed", tools.len());
        return Err(Refusal::invalid("tools", says).code("array_above_max_length"));
    }
    let mut names: Vec<String> = Vec::new();
    for (place, tool) in tools.iter().enumerate() {
        if tool["type"] != "function" {
            check_hosted(tool, place, layout)?;
            continue;
        }
        let (function, param) = match layout {
            Layout::Nested => (&tool["function"], format!("tools[{place}].function")),
            Layout::Flat => (tool, format!("tools[{place}]")),
        };
        let name = check_function(function, &param)?;
        if names.contains(&name) {
            return Err(Refusal::invalid("tools", format!("Tool names must be unique, and '{name}' is there twice")));
        }
        names.push(name);
    }
    Ok(names)
}

/// Responses knows many kinds of tools, Chat Completions two.
fn check_hosted(tool: &Value, place: usize, layout: Layout) -> Result<(), Refusal> {
    let known = match layout {
        Layout::Nested => tool["type"] == "custom",
        Layout::Flat => tool["type"].is_string(),
    };
    let says = || format!("Invalid value for the type of a tool: {}", tool["type"]);
    if known { Ok(()) } else { Err(Refusal::invalid(format!("tools[{place}].type"), says())) }
}

fn check_function(function: &Value, param: &str) -> Result<String, Refusal> {
    let name = check_name(&function["name"], &format!("{param}.name"))?;
    let schema = &function["parameters"];
    let invalid = |says: String| {
        let says = format!("Invalid schema for function '{name}': {says}");
        Refusal::invalid(format!("{param}.parameters"), says).code("invalid_function_parameters")
    };
    // Left out, they mean a function without parameters.
    if !schema.is_null() {
        if schema["type"] != "object" {
            let found = if schema.is_object() { &schema["type"] } else { schema };
            return Err(invalid(format!("schema must be of 'type: \"object\"', got 'type: {found}'")));
        }
        if !schema["properties"].is_object() {
            return Err(invalid("In context=(), object schema missing properties".to_owned()));
        }
        if function["strict"] == true {
            strict(schema, "()").map_err(invalid)?;
        }
    }
    Ok(name)
}

/// The rule that all names of functions follow, in `tools` and in the conversation.
pub(super) fn check_name(name: &Value, param: &str) -> Result<String, Refusal> {
    let Some(text) = name.as_str() else {
        return Err(Refusal::invalid(param, format!("Missing required parameter: '{param}'")));
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        let says = format!("Invalid '{param}': '{text}' does not match the pattern '^[a-zA-Z0-9_-]{{1,64}}$'");
        return Err(Refusal::invalid(param, says).code("invalid_value"));
    }
    Ok(text.to_owned())
}

/// What a schema has to keep to where the provider shall enforce it.
fn strict(schema: &Value, context: &str) -> Result<(), String> {
    let Value::Object(schema) = schema else {
        return Err(format!("In context={context}, a schema has to be an object"));
    };
    if let Some(keyword) = NOT_STRICT.iter().find(|keyword| schema.contains_key(**keyword)) {
        return Err(format!("In context={context}, '{keyword}' is not permitted"));
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        check_closed(schema, properties, context)?;
    } else if is_object(&schema.get("type").cloned().unwrap_or_default()) {
        return Err(format!("In context={context}, object schema missing properties"));
    }
    for (part, schema) in parts(schema) {
        strict(schema, &format!("{context}.{part}"))?;
    }
    Ok(())
}

fn is_object(kind: &Value) -> bool {
    kind == "object" || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
}

fn check_closed(schema: &Map<String, Value>, properties: &Map<String, Value>, context: &str) -> Result<(), String> {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(format!("In context={context}, 'additionalProperties' is required to be supplied and to be false"));
    }
    let required = schema.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let required: BTreeSet<_> = required.iter().filter_map(Value::as_str).collect();
    let known: BTreeSet<_> = properties.keys().map(String::as_str).collect();
    match known.symmetric_difference(&required).next() {
        Some(odd) => Err(format!(
            "In context={context}, 'required' has to list every key in properties and no other; see '{odd}'"
        )),
        None => Ok(()),
    }
}

/// The schemas inside a schema.
fn parts(schema: &Map<String, Value>) -> Vec<(String, &Value)> {
    let named = ["properties", "$defs", "definitions"].into_iter().filter_map(|key| schema.get(key)?.as_object());
    let mut parts: Vec<_> = named.flatten().map(|(name, part)| (name.clone(), part)).collect();
    parts.extend(schema.get("items").map(|items| ("items".to_owned(), items)));
    let any = schema.get("anyOf").and_then(Value::as_array);
    parts.extend(any.into_iter().flatten().enumerate().map(|(place, part)| (format!("anyOf[{place}]"), part)));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn function(name: &str, parameters: &Value) -> Value {
        json!({ "name": name, "parameters": parameters })
    }

    fn both(function: &Value) -> [(Value, Layout); 2] {
        let mut flat = function.clone();
        flat["type"] = json!("function");
        let nested = json!({ "type": "function", "function": function });
        [(json!({ "tools": [nested] }), Layout::Nested), (json!({ "tools": [flat] }), Layout::Flat)]
    }

    #[test]
    fn functions_are_checked_alike_in_both_forms() {
        let object = json!({ "type": "object", "properties": {} });
        for (function, says) in [
            (function("A_b-1", &object), None),
            (json!({ "name": "bare" }), None),
            (function(&"x".repeat(64), &object), None),
            (function(&"x".repeat(65), &object), Some("does not match")),
            (function("tool.with dots", &object), Some("does not match")),
            (function("", &object), Some("does not match")),
            (json!({ "parameters": object }), Some("Missing required parameter")),
            (function("f", &json!({})), Some("got 'type: null'")),
            (function("f", &json!([])), Some("got 'type: []'")),
            (function("f", &json!({ "type": "string" })), Some("got 'type: \"string\"'")),
            (function("f", &json!({ "type": "object" })), Some("object schema missing properties")),
        ] {
            for (body, layout) in both(&function) {
                let found = offered(&body, layout);
                match says {
                    None => assert_eq!(found.unwrap(), [function["name"].as_str().unwrap()]),
                    Some(says) => {
                        let refusal = format!("{:?}", found.unwrap_err()).replace('\\', "");
                        assert!(refusal.contains(says), "{function}: {refusal}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_promised_to_be_strict_has_to_be() {
        let closed = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
        let text = json!({ "type": "string" });
        for (schema, says) in [
            (closed(json!({}), json!([])), None),
            (closed(json!({ "a": text }), json!(["a"])), None),
            (closed(json!({ "a": { "anyOf": [text, { "type": "null" }] } }), json!(["a"])), None),
            (closed(json!({ "a": text }), json!([])), Some("see 'a'")),
            (closed(json!({}), json!(["b"])), Some("see 'b'")),
            (json!({ "type": "object", "properties": {} }), Some("'additionalProperties'")),
            (closed(json!({ "a": { "type": "string", "default": "x" } }), json!(["a"])), Some("().a, 'default'")),
            (closed(json!({ "a": { "oneOf": [text] } }), json!(["a"])), Some("'oneOf'")),
            (closed(json!({ "a": { "type": ["object", "null"] } }), json!(["a"])), Some("missing properties")),
            (
                closed(
                    json!({ "a": { "type": "array", "items": { "type": "object", "properties": {} } } }),
                    json!(["a"]),
                ),
                Some("().a.items"),
            ),
            (closed(json!({ "a": true }), json!(["a"])), Some("has to be an object")),
        ] {
            let mut function = function("f", &schema);
            for strict in [json!(true), json!(false), Value::Null] {
                function["strict"] = strict.clone();
                for (body, layout) in both(&function) {
                    let found = offered(&body, layout);
                    match says.filter(|_| strict == true) {
                        None => assert!(found.is_ok(), "{schema}: {found:?}"),
                        Some(says) => {
                            let refusal = format!("{:?}", found.unwrap_err());
                            assert!(refusal.contains(says), "{schema}: {refusal}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn lists_of_tools_are_neither_empty_nor_endless_nor_ambiguous() {
        let tool = |name: &str| json!({ "type": "function", "name": name });
        let many: Vec<_> = (0..129).map(|number| tool(&format!("t{number}"))).collect();
        for (tools, says) in [
            (json!([]), "too short"),
            (json!({}), "has to be an array"),
            (json!([tool("a"), tool("b"), tool("a")]), "'a' is there twice"),
            (json!(many), "129"),
            (json!([{ "name": "a" }]), "type of a tool"),
        ] {
            let refusal = format!("{:?}", offered(&json!({ "tools": tools }), Layout::Flat).unwrap_err());
            assert!(refusal.contains(says), "{refusal}");
        }
        let hosted = json!({ "tools": [{ "type": "web_search" }, tool("a")] });
        assert_eq!(offered(&hosted, Layout::Flat).unwrap(), ["a"]);
        assert!(offered(&json!({ "tools": [{ "type": "web_search" }] }), Layout::Nested).is_err());
        assert_eq!(offered(&json!({}), Layout::Nested).unwrap(), [""; 0]);
    }
}
