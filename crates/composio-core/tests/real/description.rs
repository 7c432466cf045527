//! The API's description, as far as these tests ask it.

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
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let description: Value = serde_json::from_str(include_str!("../spec/composio-v3.1.json")).unwrap();
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, operation)| Operation::read(path, method, operation))
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
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let query = parameters.filter(|parameter| parameter["in"] == "query");
        let statuses = operation["responses"].as_object().unwrap().keys();
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.split('/').map(str::to_owned).collect(),
            query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
            statuses: statuses.map(|status| status.parse().unwrap()).collect(),
        }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let segments: Vec<_> = path.split('/').collect();
        self.method == method
            && self.path.len() == segments.len()
            && self.path.iter().zip(segments).all(|(own, asked)| is_open(own) || own == asked)
    }

    /// A name of a query that it does not describe; Prism lets those pass.
    pub(crate) fn stranger<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
        names.find(|name| !self.query.iter().any(|known| known == name))
    }
}

fn is_open(segment: &str) -> bool {
    segment.starts_with('{')
}
