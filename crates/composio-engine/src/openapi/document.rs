//! A description as its author structured it: references, operations, servers.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::error::ImportError;
use super::{object, text};
use crate::manifest::HttpMethod;

/// References to references are followed this far; a longer chain goes in circles.
const CHAIN: usize = 16;

/// The keys of a path item that are operations, in the order in which they are read.
const METHODS: [(&str, Option<HttpMethod>); 8] = [
    ("get", Some(HttpMethod::Get)),
    ("head", Some(HttpMethod::Head)),
    ("post", Some(HttpMethod::Post)),
    ("put", Some(HttpMethod::Put)),
    ("patch", Some(HttpMethod::Patch)),
    ("delete", Some(HttpMethod::Delete)),
    ("options", None),
    ("trace", None),
];

/// An OpenAPI 3.0 or 3.1 document.
#[derive(Debug)]
pub(super) struct Document {
    root: Value,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, ImportError> {
        let root: Value = serde_json::from_str(text).map_err(ImportError::Document)?;
        let version = |key: &str| root.get(key).and_then(Value::as_str);
        match (version("openapi"), version("swagger")) {
            (Some(openapi), _) if openapi.starts_with("3.0") || openapi.starts_with("3.1") => Ok(Self { root }),
            (Some(openapi), _) => Err(ImportError::Version(format!("openapi: {openapi}"))),
            (None, Some(swagger)) => Err(ImportError::Version(format!("swagger: {swagger}"))),
            (None, None) => Err(ImportError::Version("neither `openapi` nor `swagger`".to_owned())),
        }
    }

    pub(super) fn title(&self) -> &str {
        self.info("title")
    }

    pub(super) fn version(&self) -> &str {
        self.info("version")
    }

    fn info(&self, key: &str) -> &str {
        self.root.pointer(&format!("/info/{key}")).and_then(Value::as_str).unwrap_or("unknown")
    }

    /// The URL of the first server, if its variables have defaults.
    pub(super) fn server(&self) -> Option<String> {
        server_url(self.root.get("servers")?.get(0)?)
    }

    /// What a reference within the document names.
    pub(super) fn lookup(&self, reference: &str) -> Option<&Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(pointer).or_else(|| self.root.pointer(&percent_decoded(pointer)?))
    }

    /// The value itself, or what it refers to, through references to references.
    pub(super) fn resolve<'d>(&'d self, value: &'d Value) -> Option<&'d Value> {
        let mut value = value;
        for _ in 0..CHAIN {
            match value.get("$ref").and_then(Value::as_str) {
                Some(reference) => value = self.lookup(reference)?,
                None => return Some(value),
            }
        }
        None
    }

    /// Every operation: paths in the document's order, methods in ours.
    pub(super) fn operations(&self) -> Vec<Operation<'_>> {
        let mut operations = Vec::new();
        for (path, item) in object(self.root.get("paths")).filter(|(path, _)| path.starts_with('/')) {
            let Some(item) = self.resolve(item) else { continue };
            for (key, method) in METHODS {
                if let Some(operation) = item.get(key).and_then(Value::as_object) {
                    let key = format!("{} {path}", key.to_ascii_uppercase());
                    operations.push(Operation { key, method, path, item, operation });
                }
            }
        }
        operations
    }
}

/// An operation, with the path item it stands in.
#[derive(Debug)]
pub(super) struct Operation<'d> {
    /// `METHOD /path`.
    pub(super) key: String,
    /// The method, if a tool can have it.
    pub(super) method: Option<HttpMethod>,
    /// The path, with its placeholders.
    pub(super) path: &'d str,
    item: &'d Value,
    operation: &'d Map<String, Value>,
}

impl<'d> Operation<'d> {
    pub(super) fn get(&self, key: &str) -> Option<&'d Value> {
        self.operation.get(key)
    }

    fn text(&self, key: &str) -> &'d str {
        self.get(key).and_then(Value::as_str).unwrap_or_default().trim()
    }

    pub(super) fn summary(&self) -> &'d str {
        self.text("summary")
    }

    pub(super) fn operation_id(&self) -> &'d str {
        self.text("operationId")
    }

    pub(super) fn description(&self) -> &'d str {
        self.text("description")
    }

    pub(super) fn first_tag(&self) -> Option<&'d str> {
        self.get("tags")?.get(0)?.as_str()
    }

    pub(super) fn deprecated(&self) -> bool {
        self.get("deprecated") == Some(&Value::Bool(true))
    }

    /// What people call the operation: its summary, else its id, else its method and path.
    pub(super) fn name(&self) -> String {
        let name = [self.summary(), self.operation_id()].into_iter().find(|name| !name.is_empty());
        text::line(name.unwrap_or(&self.key))
    }

    /// The parameters of the path item and the operation, without references; the operation's replace the path item's.
    /// A reference to nowhere comes back as the error.
    pub(super) fn parameters(&self, document: &'d Document) -> Result<Vec<&'d Map<String, Value>>, String> {
        let mut merged: Vec<&Map<String, Value>> = Vec::new();
        let identity = |parameter: &Map<String, Value>| (parameter.get("name").cloned(), parameter.get("in").cloned());
        for list in [self.item.get("parameters"), self.get("parameters")] {
            for parameter in list.and_then(Value::as_array).into_iter().flatten() {
                let resolved = document.resolve(parameter).and_then(Value::as_object);
                let resolved =
                    resolved.ok_or_else(|| parameter["$ref"].as_str().unwrap_or("a parameter").to_owned())?;
                match merged.iter_mut().find(|known| identity(known) == identity(resolved)) {
                    Some(known) => *known = resolved,
                    None => merged.push(resolved),
                }
            }
        }
        Ok(merged)
    }

    /// The URL of the operation's or path item's own server. `Some(None)` is a server that cannot be written as a URL.
    pub(super) fn server(&self) -> Option<Option<String>> {
        let servers = self.get("servers").or_else(|| self.item.get("servers"))?;
        Some(server_url(servers.get(0)?))
    }
}

/// The URL of a server, with the defaults of its variables.
fn server_url(server: &Value) -> Option<String> {
    let mut url = server.get("url")?.as_str()?.to_owned();
    for (name, variable) in object(server.get("variables")) {
        if let Some(default) = variable.get("default").and_then(Value::as_str) {
            url = url.replace(&format!("{{{name}}}"), default);
        }
    }
    (!url.contains('{')).then_some(url)
}

/// References are URIs, so some writers escape braces and slashes in them.
fn percent_decoded(pointer: &str) -> Option<Cow<'_, str>> {
    let query = format!("p={}", pointer.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, value)| Cow::Owned(value.into_owned()))
}
