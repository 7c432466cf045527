//! The way back from a strict schema: a `null` that only means "left out" is left out.

use std::collections::{HashMap, HashSet};
use std::ptr;

use serde_json::{Map, Value};

use super::walk::resolve;

/// What is known of each schema already: schemas may refer to themselves.
type Known = HashMap<*const Map<String, Value>, bool>;

/// How many schemas are asked whether one parameter may be `null`. Each may refer to the next, and the stack ends.
const ASKED: usize = 256;

/// Takes out each `null` under a parameter that was optional and does not accept one.
pub(crate) fn drop_added_nulls(arguments: &mut Map<String, Value>, cleaned: &Map<String, Value>) {
    Original { root: cleaned }.object(arguments, &[cleaned]);
}

struct Original<'a> {
    root: &'a Map<String, Value>,
}

impl<'a> Original<'a> {
    /// `schemas` are those of which one describes the object.
    fn object(&self, object: &mut Map<String, Value>, schemas: &[&'a Map<String, Value>]) {
        let described = |name: &str| -> Vec<(&'a Map<String, Value>, &'a Value)> {
            let with = schemas.iter().filter_map(|schema| Some((*schema, schema.get("properties")?.get(name)?)));
            with.collect()
        };
        object.retain(|name, value| {
            if !value.is_null() {
                return true;
            }
            let places = described(name);
            let added = |(schema, below): &(&Map<String, Value>, &Value)| {
                !requires(schema, name) && !self.takes_null(below, &mut Known::new())
            };
            places.is_empty() || !places.iter().all(added)
        });
        for (name, value) in object {
            let below: Vec<_> = described(name).into_iter().map(|(_, schema)| schema).collect();
            self.value(value, &below);
        }
    }

    fn value(&self, value: &mut Value, schemas: &[&'a Value]) {
        match value {
            Value::Object(object) => self.object(object, &self.branches(schemas)),
            Value::Array(items) => {
                let below: Vec<_> =
                    self.branches(schemas).into_iter().filter_map(|schema| schema.get("items")).collect();
                items.iter_mut().for_each(|item| self.value(item, &below));
            }
            _ => {}
        }
    }

    /// The schemas themselves, those they refer to, and those they choose between.
    fn branches(&self, schemas: &[&'a Value]) -> Vec<&'a Map<String, Value>> {
        let mut found: Vec<&'a Map<String, Value>> = Vec::new();
        let mut known = HashSet::new();
        let mut waiting: Vec<_> = schemas.iter().filter_map(|schema| schema.as_object()).collect();
        while let Some(map) = waiting.pop() {
            if !known.insert(ptr::from_ref(map)) {
                continue;
            }
            found.push(map);
            waiting.extend(self.referred(map));
            let choices = ["anyOf", "oneOf"].iter().filter_map(|keyword| map.get(*keyword)?.as_array());
            waiting.extend(choices.flatten().filter_map(Value::as_object));
        }
        found
    }

    fn referred(&self, map: &Map<String, Value>) -> Option<&'a Map<String, Value>> {
        match map.get("$ref")?.as_str()? {
            "#" => Some(self.root),
            reference => resolve(self.root, reference)?.as_object(),
        }
    }

    fn takes_null(&self, schema: &Value, known: &mut Known) -> bool {
        match schema {
            Value::Object(map) => self.map_takes_null(map, known),
            other => *other != Value::Bool(false),
        }
    }

    /// In doubt it does: a `null` that was meant is not left out.
    fn map_takes_null(&self, map: &Map<String, Value>, known: &mut Known) -> bool {
        let here = ptr::from_ref(map);
        if let Some(takes) = known.get(&here) {
            return *takes;
        }
        if known.len() >= ASKED {
            return true;
        }
        known.insert(here, false);
        let takes = takes_null_here(map)
            && self.referred(map).is_none_or(|schema| self.map_takes_null(schema, known))
            && ["anyOf", "oneOf"].iter().all(|keyword| match map.get(*keyword) {
                Some(Value::Array(branches)) => branches.iter().any(|branch| self.takes_null(branch, known)),
                _ => true,
            });
        known.insert(here, takes);
        takes
    }
}

/// Whether nothing but references and choices can forbid `null`.
fn takes_null_here(map: &Map<String, Value>) -> bool {
    let typed = match map.get("type") {
        Some(Value::String(one)) => one == "null",
        Some(Value::Array(types)) => types.iter().any(|one| one == "null"),
        _ => true,
    };
    let listed = map.get("enum").and_then(Value::as_array).is_none_or(|values| values.contains(&Value::Null));
    typed && listed && map.get("const").is_none_or(Value::is_null)
}

fn requires(schema: &Map<String, Value>, name: &str) -> bool {
    schema.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|it| it == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out() {
        let node = json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "label": {"type": "string"},
            "note": {"type": ["string", "null"]}}, "required": ["label"]});
        let schema = json!({
            "type": "object",
            "properties": {
                "plain": {"type": "string"},
                "nullable": {"type": ["string", "null"]},
                "needed": {"type": "string"},
                "fixed": {"enum": ["x"]},
                "fixed_or_null": {"enum": ["x", null]},
                "constant": {"const": 1},
                "any": {},
                "choice": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
                "choice_or_null": {"oneOf": [{"type": "string"}, {"type": "null"}]},
                "node": {"$ref": "#/$defs/Node"},
                "nodes": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
                "maybe": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            },
            "required": ["needed"],
            "$defs": {"Node": node},
        });
        for (before, after) in [
            (json!({"plain": null}), json!({})),
            (json!({"nullable": null}), json!({"nullable": null})),
            (json!({"needed": null}), json!({"needed": null})),
            (json!({"fixed": null, "constant": null, "choice": null}), json!({})),
            (
                json!({"fixed_or_null": null, "any": null, "choice_or_null": null}),
                json!({"fixed_or_null": null, "any": null, "choice_or_null": null}),
            ),
            (json!({"node": null}), json!({})),
            (
                json!({"node": {"next": null, "label": null, "note": null}}),
                json!({"node": {"label": null, "note": null}}),
            ),
            (json!({"nodes": [{"next": {"next": null}}]}), json!({"nodes": [{"next": {}}]})),
            (json!({"maybe": {"next": null}}), json!({"maybe": {}})),
            (json!({"maybe": null}), json!({"maybe": null})),
            (json!({"unknown": null}), json!({"unknown": null})),
        ] {
            let mut arguments = before.as_object().unwrap().clone();
            drop_added_nulls(&mut arguments, schema.as_object().unwrap());
            assert_eq!(Value::Object(arguments), after, "{before}");
        }
    }

    #[test]
    fn a_schema_that_refers_to_its_own_root() {
        let schema = json!({"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}});
        let mut arguments = json!({"child": {"name": null, "child": null}, "name": "x"}).as_object().unwrap().clone();
        drop_added_nulls(&mut arguments, schema.as_object().unwrap());
        assert_eq!(Value::Object(arguments), json!({"child": {}, "name": "x"}));
    }

    /// What cannot be judged stays as the model wrote it.
    #[test]
    fn a_long_chain_of_references_ends() {
        let links = 20_000;
        let mut defs: Map<String, Value> =
            (0..links).map(|n| (n.to_string(), json!({"$ref": format!("#/$defs/{}", n + 1)}))).collect();
        defs.insert(links.to_string(), json!({"type": "string"}));
        let schema = json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/0"}}, "$defs": defs});
        for before in [json!({"a": null}), json!({"a": {"b": null}})] {
            let mut arguments = before.as_object().unwrap().clone();
            drop_added_nulls(&mut arguments, schema.as_object().unwrap());
            assert_eq!(Value::Object(arguments), before);
        }
    }
}
