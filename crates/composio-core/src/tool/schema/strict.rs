//! The subset of JSON Schema that providers enforce on arguments. Rules: `rust-frameworks` 2.6.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::NotStrict;
use super::walk::{resolve, widen};

/// What the subset has no word for.
const INEXPRESSIBLE: [(&str, &str); 15] = [
    ("patternProperties", "parameters named by a pattern"),
    ("allOf", "`allOf`"),
    ("prefixItems", "a list with a schema for each position"),
    ("additionalItems", "`additionalItems`"),
    ("not", "`not`"),
    ("if", "`if`"),
    ("then", "`then`"),
    ("else", "`else`"),
    ("dependentSchemas", "schemas that depend on a parameter"),
    ("dependentRequired", "parameters that depend on another"),
    ("dependencies", "parameters that depend on another"),
    ("unevaluatedProperties", "`unevaluatedProperties`"),
    ("unevaluatedItems", "`unevaluatedItems`"),
    ("contains", "`contains`"),
    ("propertyNames", "`propertyNames`"),
];
/// What says nothing there and is refused.
const NOISE: [&str; 4] = ["default", "examples", "example", "$schema"];
/// What may stand beside a reference: words for people and models.
const WORDS: [&str; 2] = ["description", "title"];
/// One of these has to say what a value is.
const SAYS_WHAT: [&str; 5] = ["type", "enum", "const", "anyOf", "$ref"];
const FORMATS: [&str; 9] = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

type Outcome<T = ()> = Result<T, NotStrict>;

/// The strict form of a cleaned schema.
pub(super) fn strict(cleaned: &Map<String, Value>) -> Outcome<Map<String, Value>> {
    let mut walk = Walk { root: cleaned, pointer: String::new() };
    if ["anyOf", "oneOf"].iter().any(|keyword| cleaned.contains_key(*keyword)) {
        return walk.refuse("a choice at the root");
    }
    let mut root = cleaned.clone();
    walk.object(&mut root)?;
    Ok(root)
}

struct Walk<'a> {
    root: &'a Map<String, Value>,
    pointer: String,
}

impl Walk<'_> {
    fn refuse<T>(&self, reason: &'static str) -> Outcome<T> {
        Err(NotStrict { pointer: self.pointer.clone(), reason })
    }

    fn below(&mut self, step: &str, schema: &mut Value) -> Outcome {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        let outcome = match schema {
            Value::Object(map) => self.schema(map),
            _ => self.refuse("`true` or `false` in place of a schema"),
        };
        self.pointer.truncate(before);
        outcome
    }

    fn schema(&mut self, map: &mut Map<String, Value>) -> Outcome {
        if is_object(map) { self.object(map) } else { self.plain(map) }
    }

    /// Closes an object: every parameter is required, and those that were optional may be `null`.
    fn object(&mut self, map: &mut Map<String, Value>) -> Outcome {
        if map.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)) {
            return self.refuse("parameters that are not named");
        }
        // Each side is closed, and would forbid the parameters of the other.
        if ["anyOf", "oneOf", "$ref"].iter().any(|keyword| map.contains_key(*keyword)) {
            return self.refuse("a choice or a reference beside parameters");
        }
        let closed = map.contains_key("additionalProperties");
        let required = map.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let required: HashSet<_> = required.iter().filter_map(Value::as_str).collect();
        match map.get_mut("properties") {
            Some(Value::Object(properties)) if closed || !properties.is_empty() => {
                self.named("properties", properties)?;
                let optional = properties.iter_mut().filter(|(name, _)| !required.contains(name.as_str()));
                optional.for_each(|(_, schema)| widen(schema));
                let all = properties.keys().map(|name| Value::from(name.as_str())).collect();
                map.insert("required".to_owned(), Value::Array(all));
            }
            _ => return self.refuse("an object without parameters, which takes any"),
        }
        map.insert("additionalProperties".to_owned(), Value::Bool(false));
        map.entry("type").or_insert_with(|| "object".into());
        self.plain(map)
    }

    fn named(&mut self, keyword: &str, schemas: &mut Map<String, Value>) -> Outcome {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(keyword);
        let outcome = schemas.iter_mut().try_for_each(|(name, schema)| self.below(name, schema));
        self.pointer.truncate(before);
        outcome
    }

    /// Everything but the parameters of an object.
    fn plain(&mut self, map: &mut Map<String, Value>) -> Outcome {
        if let Some((_, reason)) = INEXPRESSIBLE.iter().find(|(keyword, _)| map.contains_key(*keyword)) {
            return self.refuse(reason);
        }
        match (map.contains_key("oneOf"), map.contains_key("anyOf")) {
            (true, true) => return self.refuse("`oneOf` beside `anyOf`"),
            (true, false) => rename(map, "oneOf", "anyOf"),
            (false, _) => {}
        }
        map.retain(|keyword, _| !NOISE.contains(&keyword.as_str()));
        self.reference(map)?;
        if !SAYS_WHAT.iter().any(|keyword| map.contains_key(*keyword)) {
            return self.refuse("a value of any type");
        }
        if map.get("format").is_some_and(|format| !format.as_str().is_some_and(|it| FORMATS.contains(&it))) {
            map.shift_remove("format");
        }
        for keyword in ["$defs", "definitions"] {
            if let Some(Value::Object(schemas)) = map.get_mut(keyword) {
                self.named(keyword, schemas)?;
            }
        }
        if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
            branches.iter_mut().try_for_each(|branch| self.below("anyOf", branch))?;
        }
        match map.get_mut("items") {
            Some(Value::Array(_)) => self.refuse("a list with a schema for each position"),
            Some(items) => self.below("items", items),
            None => Ok(()),
        }
    }

    /// Providers refuse words beside a reference; beside a choice of one they may stand.
    fn reference(&self, map: &mut Map<String, Value>) -> Outcome {
        let Some(Value::String(reference)) = map.get("$ref") else { return Ok(()) };
        if !self.stays(reference) {
            return self.refuse("a reference that leads to no definition");
        }
        if map.len() == 1 {
            return Ok(());
        }
        if map.keys().any(|keyword| keyword != "$ref" && !WORDS.contains(&keyword.as_str())) {
            return self.refuse("a reference beside other rules");
        }
        let reference = map.shift_remove("$ref");
        map.insert("anyOf".to_owned(), serde_json::json!([{ "$ref": reference }]));
        Ok(())
    }

    /// Whether a reference leads to a place that is the same in the strict form: a parameter comes to accept `null`, and
    /// a choice changes its name.
    fn stays(&self, reference: &str) -> bool {
        let definition = ["#/$defs/", "#/definitions/"].iter().find_map(|place| reference.strip_prefix(place));
        reference == "#"
            || definition.is_some_and(|name| !name.contains('/') && resolve(self.root, reference).is_some())
    }
}

fn is_object(map: &Map<String, Value>) -> bool {
    let typed = match map.get("type") {
        Some(Value::String(one)) => one == "object",
        Some(Value::Array(types)) => types.iter().any(|one| one == "object"),
        _ => false,
    };
    typed || map.contains_key("properties")
}

fn rename(map: &mut Map<String, Value>, from: &str, to: &str) {
    let renamed = std::mem::take(map).into_iter().map(|(keyword, below)| {
        let keyword = if keyword == from { to.to_owned() } else { keyword };
        (keyword, below)
    });
    *map = renamed.collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(schema: Value) -> Outcome<Value> {
        strict(&super::super::clean::cleaned(schema)).map(Value::Object)
    }

    #[test]
    fn what_can_be_said_strictly() {
        for (name, schema, expected) in [
            (
                "optional parameters may be null",
                json!({"properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}}, "required": ["a"]}),
                json!({"properties": {"a": {"type": "string"}, "b": {"type": ["string", "null"]}},
                    "required": ["a", "b"], "type": "object", "additionalProperties": false}),
            ),
            (
                "fixed values are wrapped",
                json!({"properties": {"a": {"type": "string", "enum": ["x"], "default": "x"}}}),
                json!({"properties": {"a": {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]}},
                    "type": "object", "required": ["a"], "additionalProperties": false}),
            ),
            (
                "at every depth",
                json!({"properties": {"a": {"type": "array", "items":
                    {"type": "object", "properties": {"b": {"type": "integer"}}}}}, "required": ["a"]}),
                json!({"properties": {"a": {"type": "array", "items": {"type": "object",
                    "properties": {"b": {"type": ["integer", "null"]}}, "required": ["b"],
                    "additionalProperties": false}}}, "required": ["a"], "type": "object",
                    "additionalProperties": false}),
            ),
            (
                "one of becomes any of",
                json!({"properties": {"a": {"oneOf": [{"const": 1}, {"const": 2}]}}, "required": ["a"]}),
                json!({"properties": {"a": {"anyOf": [{"const": 1}, {"const": 2}]}}, "required": ["a"],
                    "type": "object", "additionalProperties": false}),
            ),
            (
                "formats that nobody checks go",
                json!({"properties": {"a": {"type": "string", "format": "uri"},
                    "b": {"type": "string", "format": "email"}}, "required": ["a", "b"]}),
                json!({"properties": {"a": {"type": "string"}, "b": {"type": "string", "format": "email"}},
                    "required": ["a", "b"], "type": "object", "additionalProperties": false}),
            ),
            (
                "references are followed",
                json!({"properties": {"a": {"$ref": "#/$defs/A"}},
                    "$defs": {"A": {"properties": {"n": {"type": "null"}}, "required": ["n"]}}}),
                json!({"properties": {"a": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "null"}]}}, "type": "object",
                    "$defs": {"A": {"type": "object", "properties": {"n": {"type": "null"}}, "required": ["n"],
                    "additionalProperties": false}}, "required": ["a"], "additionalProperties": false}),
            ),
            (
                "words beside a reference stand beside the choice of it",
                json!({"properties": {"a": {"$ref": "#", "description": "More.", "default": null},
                    "b": {"$ref": "#", "description": "More."}}, "required": ["b"]}),
                json!({"properties": {"a": {"description": "More.", "anyOf": [{"$ref": "#"}, {"type": "null"}]},
                    "b": {"description": "More.", "anyOf": [{"$ref": "#"}]}},
                    "required": ["a", "b"], "type": "object", "additionalProperties": false}),
            ),
            (
                "a tool that takes nothing",
                json!({"properties": {}, "additionalProperties": false}),
                json!({"properties": {}, "required": [], "type": "object", "additionalProperties": false}),
            ),
        ] {
            assert_eq!(of(schema).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_said_strictly() {
        let below = |schema: Value| json!({"properties": {"a": schema}});
        for (schema, pointer) in [
            (json!({}), ""),
            (json!({"properties": {"a": {}}, "additionalProperties": true}), ""),
            (json!({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}]}), ""),
            (below(json!(true)), "/properties/a"),
            (below(json!({"type": "object"})), "/properties/a"),
            (below(json!({"type": "object", "additionalProperties": {"type": "string"}})), "/properties/a"),
            (below(json!({"patternProperties": {}})), "/properties/a"),
            (below(json!({"allOf": []})), "/properties/a"),
            (below(json!({"type": "array", "items": [{"type": "string"}]})), "/properties/a"),
            (below(json!({"type": "array", "prefixItems": []})), "/properties/a"),
            (below(json!({"type": "array", "items": {"not": {}}})), "/properties/a/items"),
            (below(json!({"anyOf": [{"if": {}}]})), "/properties/a/anyOf"),
            (below(json!({"oneOf": [], "anyOf": []})), "/properties/a"),
            (below(json!({"$ref": "#/$defs/None"})), "/properties/a"),
            (below(json!({"$ref": "https://example.com/schema"})), "/properties/a"),
            (json!({"properties": {"x/y": {"contains": {}}}}), "/properties/x~1y"),
            // Closed branches would forbid the parameters beside them, and the other way round.
            (below(json!({"properties": {"k": {"type": "string"}}, "anyOf": [{"type": "null"}]})), "/properties/a"),
            (
                json!({"properties": {"k": {"type": "string"}}, "$ref": "#/$defs/A",
                    "$defs": {"A": {"properties": {"b": {"type": "string"}}}}}),
                "",
            ),
            (below(json!({"$ref": "#", "type": "object"})), "/properties/a"),
            // Providers refuse the whole request for one of these.
            (below(json!({})), "/properties/a"),
            (below(json!({"description": "anything"})), "/properties/a"),
            (below(json!({"type": "array"})), "/properties/a/items"),
            // The place becomes another one, or comes to accept `null`.
            (below(json!({"oneOf": [{"type": "string"}, {"$ref": "#/properties/a/oneOf/0"}]})), "/properties/a/anyOf"),
        ] {
            let refused = of(schema.clone()).unwrap_err();
            assert_eq!(refused.pointer, pointer, "{schema}: {refused}");
        }
    }
}
