//! The examples of the published description.

use std::sync::OnceLock;

use serde_json::Value;

/// An example of what an operation is sent or answers.
#[derive(Clone)]
pub(crate) struct Example {
    /// The operation's name.
    pub(crate) operation: String,
    pub(crate) side: Side,
    pub(crate) name: String,
    pub(crate) body: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    /// A reply that succeeded.
    Reply,
}

impl Example {
    /// For messages.
    pub(crate) fn title(&self) -> String {
        format!("{} {:?} {}", self.operation, self.side, self.name)
    }
}

pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(include_str!("../../spec/composio-v3.1.json")).unwrap())
}

/// Every example of every operation whose name begins so, read from the file: a new one there is a new case.
pub(crate) fn examples(prefix: &str) -> Vec<Example> {
    let paths = document()["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    operations
        .filter(|operation| operation["operationId"].as_str().unwrap().starts_with(prefix))
        .flat_map(of_operation)
        .collect()
}

fn of_operation(operation: &Value) -> Vec<Example> {
    let replies = operation["responses"].as_object().unwrap();
    let succeeded = replies.iter().filter(|(status, _)| status.starts_with('2'));
    let contents = std::iter::once((Side::Request, &operation["requestBody"]))
        .chain(succeeded.map(|(_, reply)| (Side::Reply, reply)));
    let mut found = Vec::new();
    for (side, content) in contents {
        let examples = content.pointer("/content/application~1json/examples").and_then(Value::as_object);
        for (name, example) in examples.into_iter().flatten() {
            found.push(Example {
                operation: operation["operationId"].as_str().unwrap().to_owned(),
                side,
                name: name.clone(),
                body: example["value"].clone(),
            });
        }
    }
    found
}

/// The examples of failures, which all operations share.
pub(crate) fn failures() -> Vec<(String, Value)> {
    let responses = document()["components"]["responses"].as_object().unwrap();
    let mut found = Vec::new();
    for (name, response) in responses {
        let examples = response.pointer("/content/application~1json/examples").and_then(Value::as_object);
        for (example, body) in examples.into_iter().flatten() {
            found.push((format!("{name} {example}"), body["value"].clone()));
        }
    }
    found
}
