//! The way back from a strict schema: a `null` that only means "left out" is left out.

use serde_json::{Map, Value};

use super::walk::resolve;

/// What is known of each schema already: schemas may refer to themselves.
type Known = Vec<(*const Map<String, Value>, bool)>;

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
            let places = described(name);
            let added = !places.is_empty()
                && places
                    .iter()
                    .all(|(schema, below)| !requires(schema, name) && !self.takes_null(below, &mut Vec::new()));
            !(value.is_null() && added)
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
        let mut waiting = schemas.to_vec();
        while let Some(schema) = waiting.pop() {
            let Value::Object(map) = schema else { continue };
            if found.iter().any(|known| std::ptr::eq(*known, map)) {
                continue;
            }
            found.push(map);
            waiting.extend(self.referred(map));
            let choices = ["anyOf", "oneOf"].iter().filter_map(|keyword| map.get(*keyword)?.as_array());
            waiting.extend(choices.flatten());
        }
        found
    }

    fn referred(&self, map: &Map<String, Value>) -> Option<&'a Value> {
        resolve(self.root, map.get("$ref")?.as_str()?)
    }

    fn takes_null(&self, schema: &Value, known: &mut Known) -> bool {
        let Value::Object(map) = schema else { return schema != &Value::Bool(false) };
        let here = std::ptr::from_ref(map);
        if let Some((_, takes)) = known.iter().find(|(schema, _)| *schema == here) {
            return *takes;
        }
        let place = known.len();
        known.push((here, false));
        let takes = takes_null_here(map)
            && self.referred(map).is_none_or(|schema| self.takes_null(schema, known))
            && ["anyOf", "oneOf"].iter().all(|keyword| match map.get(*keyword) {
                Some(Value::Array(branches)) => branches.iter().any(|branch| self.takes_null(branch, known)),
                _ => true,
            });
        known[place].1 = takes;
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
}
