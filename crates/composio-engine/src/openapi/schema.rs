//! Schemas of OpenAPI 3.0 and 3.1 as plain JSON Schema 2020-12, for models (input) and for readers of replies (output).

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::document::Document;
use super::{dialect, object, text};

/// The most subschemas in one tool's input, before references are nested less deeply.
pub const INPUT_NODES: usize = 600;

/// The most bytes of one tool's output schema, before definitions are cut.
pub const OUTPUT_BYTES: usize = 96 * 1_024;

/// The longest description within a schema, in characters.
const MAX_DESCRIPTION: usize = 512;

/// What a schema describes; it decides what becomes of references, and of properties that only go the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Input { depth: usize },
    Output,
}

/// Rewrites schemas of one document and keeps count of what it had to cut.
#[derive(Debug)]
pub(super) struct Converter<'d> {
    document: &'d Document,
    purpose: Purpose,
    /// The references being replaced right now, the outermost first.
    within: Vec<String>,
    /// The definitions that output schemas share, by reference.
    names: IndexMap<String, String>,
    nodes: usize,
    pub(super) cut: usize,
    pub(super) dangling: BTreeSet<String>,
}

impl<'d> Converter<'d> {
    /// For arguments: references are replaced by what they name, nested at most `depth` deep.
    pub(super) fn input(document: &'d Document, depth: usize) -> Self {
        Self::new(document, Purpose::Input { depth })
    }

    /// For replies: references become definitions, see [`Converter::definitions`].
    pub(super) fn output(document: &'d Document) -> Self {
        Self::new(document, Purpose::Output)
    }

    fn new(document: &'d Document, purpose: Purpose) -> Self {
        let (within, names, dangling) = (Vec::new(), IndexMap::new(), BTreeSet::new());
        Self { document, purpose, within, names, nodes: 0, cut: 0, dangling }
    }

    /// Whether the input has become too large to be of use.
    pub(super) fn is_too_large(&self) -> bool {
        self.nodes > INPUT_NODES && self.purpose != Purpose::Output
    }

    /// The schema in plain JSON Schema.
    pub(super) fn schema(&mut self, schema: &Value) -> Value {
        self.nodes += 1;
        let Some(schema) = schema.as_object() else {
            return if schema.is_boolean() { schema.clone() } else { json!({}) };
        };
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.reference(reference, schema),
            None => dialect::modern(self.keywords(schema), schema),
        }
    }

    fn reference(&mut self, reference: &str, siblings: &Map<String, Value>) -> Value {
        let mut target = self.target(reference);
        if let Some(target) = target.as_object_mut()
            && let Some(description) = siblings.get("description").and_then(Value::as_str)
        {
            target.remove("title");
            target.insert("description".to_owned(), text::clean(description, MAX_DESCRIPTION).into());
        }
        match target {
            Value::Object(target) => dialect::nullable(target, siblings),
            other => other,
        }
    }

    fn target(&mut self, reference: &str) -> Value {
        let Some(target) = self.document.lookup(reference) else {
            self.dangling.insert(reference.to_owned());
            return json!({ "description": "The service does not describe this value." });
        };
        let Purpose::Input { depth } = self.purpose else {
            return json!({ "$ref": format!("#/$defs/{}", self.definition(reference)) });
        };
        let recursive = self.within.iter().any(|outer| outer == reference);
        if recursive || self.within.len() >= depth || self.is_too_large() {
            self.cut += 1;
            return stub(reference, target, recursive);
        }
        self.within.push(reference.to_owned());
        let converted = self.schema(target);
        self.within.pop();
        converted
    }

    /// The name of a definition: the last segment of the reference, numbered where two have the same.
    fn definition(&mut self, reference: &str) -> String {
        if let Some(name) = self.names.get(reference) {
            return name.clone();
        }
        let plain = short_name(reference);
        let taken = |name: &String| self.names.values().any(|other| other == name);
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let name = std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain);
        self.names.insert(reference.to_owned(), name.clone());
        name
    }

    /// Everything that output schemas converted so far refer to, directly or not, the nearest first.
    pub(super) fn definitions(&mut self) -> Map<String, Value> {
        let mut definitions = Map::new();
        let mut bytes = 0;
        while let Some((reference, name)) = self.names.get_index(definitions.len()) {
            let (reference, name) = (reference.clone(), name.clone());
            let target = self.document.lookup(&reference).unwrap_or(&Value::Null);
            let definition = if bytes < OUTPUT_BYTES {
                self.schema(target)
            } else {
                self.cut += 1;
                stub(&reference, target, false)
            };
            bytes += definition.to_string().len();
            definitions.insert(name, definition);
        }
        definitions
    }

    fn keywords(&mut self, schema: &Map<String, Value>) -> Map<String, Value> {
        let mut out = Map::new();
        for (key, value) in schema {
            let converted = match key.as_str() {
                "properties" => Some(self.properties(value)),
                "patternProperties" | "dependentSchemas" => Some(self.map(value)),
                "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.list(value),
                "items" if value.is_array() => self.list(value),
                "items"
                | "additionalProperties"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties" => Some(self.schema(value)),
                "description" => value.as_str().map(|text| text::clean(text, MAX_DESCRIPTION).into()),
                _ => dialect::plain_keyword(key, value),
            };
            if let Some(converted) = converted {
                let key = if key == "items" && value.is_array() { "prefixItems" } else { key };
                out.insert(key.to_owned(), converted);
            }
        }
        if let (Some(required), Some(properties)) = (schema.get("required"), schema.get("properties")) {
            let one_way = |name: &str| properties.get(name).is_some_and(|property| self.goes_the_other_way(property));
            let kept = dialect::names(required).filter(|name| !one_way(name)).collect::<Vec<_>>();
            out.insert("required".to_owned(), kept.into());
        }
        out
    }

    fn properties(&mut self, properties: &Value) -> Value {
        let mut out = Map::new();
        for (name, property) in object(Some(properties)) {
            if !self.goes_the_other_way(property) {
                out.insert(name.clone(), self.schema(property));
            }
        }
        out.into()
    }

    /// Whether only the service writes this property (and the schema is an argument), or only the caller does.
    fn goes_the_other_way(&self, property: &Value) -> bool {
        let mark = if self.purpose == Purpose::Output { "writeOnly" } else { "readOnly" };
        self.document.resolve(property).and_then(|property| property.get(mark)) == Some(&Value::Bool(true))
    }

    fn map(&mut self, schemas: &Value) -> Value {
        let converted: Map<_, _> =
            object(Some(schemas)).map(|(name, schema)| (name.clone(), self.schema(schema))).collect();
        converted.into()
    }

    fn list(&mut self, schemas: &Value) -> Option<Value> {
        let schemas = schemas.as_array().filter(|schemas| !schemas.is_empty())?;
        Some(schemas.iter().map(|schema| self.schema(schema)).collect::<Vec<_>>().into())
    }
}

/// What stands where a reference is not replaced: the type, if there is one, and a sentence.
fn stub(reference: &str, target: &Value, recursive: bool) -> Value {
    let name = short_name(reference);
    let sentence = if recursive {
        format!("The same shape as the `{name}` around it.")
    } else {
        format!("A `{name}`. Its details are left out here.")
    };
    let mut out = Map::new();
    if let Some(kind) = target.get("type").and_then(|kind| dialect::plain_keyword("type", kind)) {
        if kind == "array" {
            out.insert("items".to_owned(), json!({}));
        }
        out.insert("type".to_owned(), kind);
    }
    out.insert("description".to_owned(), sentence.into());
    dialect::nullable(out, target.as_object().unwrap_or(&Map::new()))
}

/// The last segment of a reference, in characters that need no escaping anywhere.
fn short_name(reference: &str) -> String {
    let last = reference.rsplit(['/', '#']).find(|segment| !segment.is_empty()).unwrap_or("schema");
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    last.replace("~1", "_").replace("~0", "_").chars().map(plain).collect()
}
