//! The API's description, as far as these tests ask it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

/// An operation of the API.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    method: String,
    /// The segments of its path; one in braces stands for any.
    path: Vec<String>,
    /// The names that may stand in its query.
    query: Vec<String>,
    /// The statuses that it describes.
    pub(crate) statuses: Vec<u16>,
    /// Where its body may have fields: `/tools/*/enable/-` is an item of a list that stands under any name in `tools`.
    pub(crate) fields: BTreeSet<String>,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let description: Value = serde_json::from_str(include_str!("../spec/composio-v3.1.json")).unwrap();
    let shared = &description["components"]["schemas"];
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| Operation::read(path, method, operation, shared))
    });
    operations.collect()
});

/// All of them.
pub(crate) fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// The one that a request is for: of several that fit, the one that names most of the path.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let fitting = operations().iter().filter(|operation| operation.fits(method, path));
    fitting.min_by_key(|operation| operation.path.iter().filter(|segment| is_open(segment)).count())
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value, shared: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let statuses = operation["responses"].as_object().unwrap().keys();
        let mut found = BTreeSet::new();
        fields(&operation["requestBody"]["content"]["application/json"]["schema"], shared, "", &mut found);
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.split('/').map(str::to_owned).collect(),
            query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
            statuses: statuses.map(|status| status.parse().unwrap()).collect(),
            fields: found,
        }
    }

    /// Whether it changes nothing.
    pub(crate) fn reads(&self) -> bool {
        self.method == "GET"
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let segments: Vec<_> = path.split('/').collect();
        self.method == method
            && self.path.len() == segments.len()
            && self.path.iter().zip(segments).all(|(own, asked)| is_open(own) || own == asked)
    }

    /// A name of a query that it does not describe; Prism lets those pass. What is in brackets is a key of an object.
    pub(crate) fn stranger<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        let whole = |name: &'a str| name.split_once('[').map_or(name, |(whole, _)| whole);
        names.find(|name| !self.query.iter().any(|known| known == whole(name)))
    }
}

/// The fields below a place, for each variant of a schema.
fn fields(schema: &Value, shared: &Value, place: &str, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|target| target.rsplit('/').next()) {
        return fields(&shared[name], shared, place, found);
    }
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}/{name}");
        fields(inner, shared, &place, found);
        found.insert(place);
    }
    let variants = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|word| schema[word].as_array()).flatten();
    variants.for_each(|variant| fields(variant, shared, place, found));
    fields_in(&schema["items"], shared, &format!("{place}/-"), found);
    fields_in(&schema["additionalProperties"], shared, &format!("{place}/*"), found);
}

fn fields_in(schema: &Value, shared: &Value, place: &str, found: &mut BTreeSet<String>) {
    if schema.is_object() {
        fields(schema, shared, place, found);
    }
}

fn is_open(segment: &str) -> bool {
    segment.starts_with('{')
}
