//! Values made from the published description: its examples, and the smallest and the fullest that its schemas allow.

use serde_json::{Map, Value, json};

use super::spec::document;

/// What stands where a credential, a link or somebody's data would.
pub(crate) const SECRET: &str = "very-secret";

/// One operation of the description.
#[derive(Clone, Copy)]
pub(crate) struct Described {
    pub(crate) id: &'static str,
    pub(crate) path: &'static str,
    description: &'static Value,
}

/// Every operation, in the order of the description.
pub(crate) fn operations() -> Vec<Described> {
    let paths = document()["paths"].as_object().unwrap();
    let of_path = |(path, methods): (&'static String, &'static Value)| {
        let methods = methods.as_object().unwrap().values();
        methods.map(|description| {
            let id = description["operationId"].as_str().unwrap();
            Described { id, path, description }
        })
    };
    paths.iter().flat_map(of_path).collect()
}

/// The operation of this id.
pub(crate) fn operation(id: &str) -> Described {
    operations().into_iter().find(|operation| operation.id == id).unwrap()
}

impl Described {
    /// The schema of its body, where it has one.
    pub(crate) fn request(self) -> Option<&'static Value> {
        self.description["requestBody"]["content"]["application/json"].get("schema")
    }

    /// The schema of its reply.
    pub(crate) fn reply(self) -> &'static Value {
        &self.success()["schema"]
    }

    /// The examples of its body.
    pub(crate) fn request_examples(self) -> Vec<&'static Value> {
        examples(&self.description["requestBody"]["content"]["application/json"])
    }

    /// The examples of its reply.
    pub(crate) fn reply_examples(self) -> Vec<&'static Value> {
        examples(self.success())
    }

    fn success(self) -> &'static Value {
        let replies = self.description["responses"].as_object().unwrap();
        let (_, reply) = replies.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        &reply["content"]["application/json"]
    }
}

fn examples(content: &'static Value) -> Vec<&'static Value> {
    let examples = content["examples"].as_object();
    examples.into_iter().flat_map(Map::values).map(|example| &example["value"]).collect()
}

/// How to make a value from a schema.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// With everything that is optional.
    pub(crate) full: bool,
    /// Which alternative, where there are several.
    pub(crate) choice: usize,
    /// With null for everything that is optional or may be null.
    pub(crate) nulls: bool,
    /// With a field more in every object that has a form.
    pub(crate) unknown_fields: bool,
    /// With names of values that are in no list.
    pub(crate) unknown_names: bool,
    /// The fields in which secrets stand.
    pub(crate) secrets: &'static [&'static str],
}

impl Shape {
    /// A value of this schema.
    pub(crate) fn value(self, schema: &Value) -> Value {
        self.make("", schema, false)
    }

    fn make(self, name: &str, schema: &Value, secret: bool) -> Value {
        let secret = secret || self.secrets.contains(&name);
        if let Some(reference) = schema.get("$ref") {
            let pointer = reference.as_str().unwrap().trim_start_matches('#');
            return self.make(name, document().pointer(pointer).unwrap(), secret);
        }
        if let Some(branches) = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)) {
            return self.branch(name, branches.as_array().unwrap(), secret);
        }
        if let Some(only) = schema.get("const") {
            return only.clone();
        }
        if let Some(names) = schema.get("enum").and_then(Value::as_array) {
            return match &names[self.choice % names.len()] {
                Value::String(_) if self.unknown_names => json!("LATER"),
                known => known.clone(),
            };
        }
        let kinds = match schema.get("type") {
            None => return json!({"any": [text(name, secret)]}),
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            Some(kind) => vec![kind.as_str().unwrap()],
        };
        if self.nulls && kinds.contains(&"null") {
            return Value::Null;
        }
        match kinds[0] {
            "object" => self.object(name, schema, secret),
            "array" => self.array(name, schema, secret),
            "string" => json!(text(name, secret)),
            "number" | "integer" => json!(3),
            "boolean" => json!(true),
            other => unreachable!("{name} is a {other}"),
        }
    }

    fn branch(self, name: &str, branches: &[Value], secret: bool) -> Value {
        let is_null = |branch: &&Value| branch.get("type") == Some(&json!("null"));
        if self.nulls && branches.iter().any(|branch| is_null(&branch)) {
            return Value::Null;
        }
        let branches: Vec<&Value> = branches.iter().filter(|branch| !is_null(branch)).collect();
        self.make(name, branches[self.choice % branches.len()], secret)
    }

    fn object(self, name: &str, schema: &Value, secret: bool) -> Value {
        let mut object = Map::new();
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            let value = schema.get("additionalProperties").filter(|schema| schema.is_object());
            let value = value.map_or_else(|| json!(text(name, secret)), |schema| self.make("a key", schema, secret));
            object.insert("a key".to_owned(), value);
            return Value::Object(object);
        };
        let required = schema.get("required").and_then(Value::as_array);
        for (property, schema) in properties {
            let is_required = required.is_some_and(|required| required.contains(&json!(property)));
            if self.full || is_required {
                object.insert(property.clone(), self.make(property, schema, secret));
            } else if self.nulls {
                object.insert(property.clone(), Value::Null);
            }
        }
        if self.unknown_fields {
            object.insert("later".to_owned(), json!({"field": [1]}));
        }
        Value::Object(object)
    }

    fn array(self, name: &str, schema: &Value, secret: bool) -> Value {
        if self.full || schema.get("minItems").is_some() {
            json!([self.make(name, &schema["items"], secret)])
        } else {
            json!([])
        }
    }
}

fn text(name: &str, secret: bool) -> String {
    if secret { format!("{SECRET} {name}") } else { format!("some {name}") }
}
