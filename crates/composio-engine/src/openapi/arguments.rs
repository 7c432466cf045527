//! The arguments of a tool: one flat object, from the parameters and the body of an operation.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::LeftOut;
use super::dialect::{self, has_type};
use super::document::{Document, Operation};
use super::schema::Converter;
use super::text;
use crate::manifest::{
    BodyBinding, BodyField, BodyShape, FORBIDDEN_HEADERS, ParameterBinding, ParameterLocation, ParameterStyle,
    placeholders,
};

/// How deep references may nest in an input schema. Each next depth is tried when the schema is too large with the one
/// before; the last replaces none.
const DEPTHS: [usize; 7] = [32, 6, 4, 3, 2, 1, 0];

/// Headers that follow from the body, the toolkit and the credential, so that no model chooses them.
const OWN_HEADERS: [&str; 3] = ["accept", "content-type", "user-agent"];

/// The longest name of an argument, in characters.
const MAX_NAME: usize = 64;

/// The longest description of an argument, in characters.
const MAX_DESCRIPTION: usize = 512;

/// What a tool takes, and where each argument goes.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) schema: Value,
    pub(super) parameters: Vec<ParameterBinding>,
    pub(super) body: Option<BodyBinding>,
    /// Names that had to change, from and to.
    pub(super) renamed: Vec<(String, String)>,
    /// Whether constraints between properties of the body were left to the service.
    pub(super) loosened: bool,
    pub(super) cut: usize,
    pub(super) dangling: BTreeSet<String>,
}

/// The arguments of an operation, as detailed as [`INPUT_NODES`](super::INPUT_NODES) permits.
pub(super) fn arguments(document: &Document, operation: &Operation<'_>) -> Result<Arguments, LeftOut> {
    let mut depths = DEPTHS.into_iter().peekable();
    loop {
        let depth = depths.next().unwrap_or(0);
        let mut builder = Builder::new(Converter::input(document, depth));
        builder.parameters(document, operation)?;
        builder.body(document, operation)?;
        if !builder.converter.is_too_large() || depths.peek().is_none() {
            return Ok(builder.finish());
        }
    }
}

#[derive(Debug)]
struct Builder<'d> {
    converter: Converter<'d>,
    properties: Map<String, Value>,
    required: Vec<String>,
    parameters: Vec<ParameterBinding>,
    body: Option<BodyBinding>,
    renamed: Vec<(String, String)>,
    loosened: bool,
}

impl<'d> Builder<'d> {
    fn new(converter: Converter<'d>) -> Self {
        Self {
            converter,
            properties: Map::new(),
            required: Vec::new(),
            parameters: Vec::new(),
            body: None,
            renamed: Vec::new(),
            loosened: false,
        }
    }

    fn finish(self) -> Arguments {
        let schema = json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        });
        Arguments {
            schema,
            parameters: self.parameters,
            body: self.body,
            renamed: self.renamed,
            loosened: self.loosened,
            cut: self.converter.cut,
            dangling: self.converter.dangling,
        }
    }

    /// Takes a name for an argument: the wanted one, or with its place in front, or with a number behind.
    fn claim(&mut self, wanted: &str, place: &str) -> String {
        let plain = argument_name(wanted);
        let placed = argument_name(&format!("{place}_{plain}"));
        let numbered = (2..).map(|number| format!("{placed}_{number}"));
        let free = |name: &String| !self.properties.contains_key(name);
        let name = [plain, placed.clone()].into_iter().chain(numbered).find(free).unwrap_or(placed);
        if name != wanted {
            self.renamed.push((wanted.to_owned(), name.clone()));
        }
        name
    }

    fn add(&mut self, argument: &str, schema: Value, required: bool) {
        self.properties.insert(argument.to_owned(), schema);
        if required {
            self.required.push(argument.to_owned());
        }
    }

    fn parameters(&mut self, document: &'d Document, operation: &Operation<'d>) -> Result<(), LeftOut> {
        let missing = |reference| LeftOut(format!("a parameter leads nowhere: {reference}"));
        let all = operation.parameters(document).map_err(missing)?;
        check_path(operation.path)?;
        let mut seen = HashSet::new();
        let undeclared = json!({ "type": "string" });
        for name in placeholders(operation.path).filter(|name| seen.insert(*name)) {
            match all.iter().find(|parameter| is(parameter, "path") && text_of(parameter, "name") == name) {
                Some(parameter) => self.parameter(ParameterLocation::Path, name, parameter),
                None => {
                    let parameter = Map::from_iter([("schema".to_owned(), undeclared.clone())]);
                    self.parameter(ParameterLocation::Path, name, &parameter);
                }
            }
        }
        for parameter in all.iter().filter(|parameter| is(parameter, "query")) {
            self.parameter(ParameterLocation::Query, text_of(parameter, "name"), parameter);
        }
        for parameter in
            all.iter().filter(|parameter| is(parameter, "header") && !is_own_header(text_of(parameter, "name")))
        {
            self.parameter(ParameterLocation::Header, text_of(parameter, "name"), parameter);
        }
        match all.iter().find(|parameter| is(parameter, "cookie") && flag(parameter, "required")) {
            Some(cookie) => Err(LeftOut(format!("it wants the cookie `{}`", text_of(cookie, "name")))),
            None => Ok(()),
        }
    }

    fn parameter(&mut self, location: ParameterLocation, name: &str, parameter: &Map<String, Value>) {
        if name.is_empty() {
            return;
        }
        let place = match location {
            ParameterLocation::Path => "path",
            ParameterLocation::Query => "query",
            ParameterLocation::Header => "header",
        };
        let argument = self.claim(name, place);
        let content = parameter.get("content").and_then(Value::as_object).and_then(|content| content.values().next());
        let schema = content.and_then(|content| content.get("schema")).or_else(|| parameter.get("schema"));
        let mut schema = schema.map_or_else(|| json!({}), |schema| self.converter.schema(schema));
        describe(&mut schema, text_of(parameter, "description"), true);
        if flag(parameter, "deprecated")
            && let Some(schema) = schema.as_object_mut()
        {
            schema.insert("deprecated".to_owned(), true.into());
        }
        self.add(&argument, schema, location == ParameterLocation::Path || flag(parameter, "required"));

        let style = if content.is_some() { Some(ParameterStyle::Json) } else { written_style(parameter) };
        let style = style.unwrap_or_else(|| location.default_style());
        let explode = parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == ParameterStyle::Form);
        let multi_segment = location == ParameterLocation::Path && flag(parameter, "x-multi-segment");
        self.parameters.push(ParameterBinding {
            argument,
            name: name.to_owned(),
            location,
            style,
            explode,
            multi_segment,
        });
    }

    fn body(&mut self, document: &'d Document, operation: &Operation<'d>) -> Result<(), LeftOut> {
        let Some(body) = operation.get("requestBody") else { return Ok(()) };
        let body = document.resolve(body).ok_or_else(|| LeftOut("its body leads nowhere".to_owned()))?;
        let Some(content) = body.get("content").and_then(Value::as_object).filter(|content| !content.is_empty()) else {
            return Ok(());
        };
        let (content_type, media) = readable(content)?;
        let required = body.get("required") == Some(&Value::Bool(true));
        let schema = media.get("schema").map_or_else(|| json!({}), |schema| self.converter.schema(schema));
        let shape = match plain_object(&schema) {
            Some(object) if !is_text(&content_type) => {
                self.loosened = object.loosened;
                BodyShape::Fields(self.fields(object, required))
            }
            _ if content_type == FORM => return Err(LeftOut("its form is no plain object".to_owned())),
            _ => {
                let schema = if is_text(&content_type) { json!({ "type": "string" }) } else { schema };
                BodyShape::Whole(self.whole(schema, body, required))
            }
        };
        self.body = Some(BodyBinding { content_type, required, shape });
        Ok(())
    }

    /// A body that may be left out makes none of its properties required.
    fn fields(&mut self, object: PlainObject, body_required: bool) -> Vec<BodyField> {
        let mut fields = Vec::with_capacity(object.properties.len());
        for (name, schema) in object.properties {
            let argument = self.claim(&name, "body");
            self.add(&argument, schema, body_required && object.required.contains(&name));
            fields.push(BodyField { argument, name });
        }
        fields
    }

    fn whole(&mut self, mut schema: Value, body: &Value, required: bool) -> String {
        describe(&mut schema, body.get("description").and_then(Value::as_str).unwrap_or_default(), false);
        let argument = self.claim("body", "body");
        self.add(&argument, schema, required);
        argument
    }
}

/// The properties of a body that can become arguments of their own.
#[derive(Debug, Default)]
struct PlainObject {
    properties: Map<String, Value>,
    required: Vec<String>,
    loosened: bool,
}

/// The body as properties, unless it is a list, a choice between shapes, or an object of any keys.
fn plain_object(schema: &Value) -> Option<PlainObject> {
    let schema = schema.as_object()?;
    if (schema.contains_key("type") && !has_type(schema, "object")) || schema.contains_key("patternProperties") {
        return None;
    }
    let mut object = PlainObject::default();
    for branch in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        let branch = plain_object(branch)?;
        object.properties.extend(branch.properties);
        object.required.extend(branch.required);
        object.loosened |= branch.loosened;
    }
    if let Some(own) = schema.get("properties").and_then(Value::as_object) {
        object.properties.extend(own.clone());
    }
    object.required.extend(schema.get("required").into_iter().flat_map(dialect::names).map(str::to_owned));
    for choice in ["oneOf", "anyOf"].iter().filter_map(|key| schema.get(*key).and_then(Value::as_array)) {
        if !choice.iter().all(|branch| only_constrains(branch, &object.properties)) {
            return None;
        }
        object.loosened = true;
    }
    object.loosened |= ["if", "not", "dependentRequired", "dependentSchemas", "minProperties", "maxProperties"]
        .iter()
        .any(|key| schema.contains_key(*key));
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    (closed || !object.properties.is_empty()).then_some(object)
}

/// Whether a branch says nothing but which of the known properties go together.
fn only_constrains(branch: &Value, known: &Map<String, Value>) -> bool {
    let Some(branch) = branch.as_object() else { return false };
    let harmless = ["required", "properties", "additionalProperties", "type", "title", "description", "not"];
    let named = branch.get("properties").and_then(Value::as_object);
    branch.keys().all(|key| harmless.contains(&key.as_str()))
        && (branch.contains_key("required") || named.is_some())
        && named.is_none_or(|named| named.keys().all(|name| known.contains_key(name)))
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The content type to send, and what the description says about it: JSON before forms before text.
fn readable(content: &Map<String, Value>) -> Result<(String, &Value), LeftOut> {
    let ranked = content.iter().filter_map(|(written, media)| {
        let plain = written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match plain.as_str() {
            JSON => Some((0, plain, media)),
            "*/*" | "application/*" => Some((2, JSON.to_owned(), media)),
            FORM => Some((3, plain, media)),
            "text/*" => Some((4, "text/plain".to_owned(), media)),
            _ if plain.ends_with("+json") => Some((1, plain, media)),
            _ if is_text(&plain) => Some((4, plain, media)),
            _ => None,
        }
    });
    let best = ranked.min_by_key(|(rank, ..)| *rank).map(|(_, content_type, media)| (content_type, media));
    best.ok_or_else(|| {
        let offered = content.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        LeftOut(format!("it takes only {offered}"))
    })
}

fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/")
}

/// Paths tell operations apart in some descriptions by what is no part of a path.
fn check_path(path: &str) -> Result<(), LeftOut> {
    let odd = path.contains(['?', '#', '\\']) || path.contains(char::is_whitespace);
    let braces = path.matches('{').count() == path.matches('}').count();
    if odd || !braces || placeholders(path).any(str::is_empty) {
        return Err(LeftOut("its path cannot be requested as it is written".to_owned()));
    }
    Ok(())
}

fn is_own_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OWN_HEADERS.contains(&name.as_str()) || FORBIDDEN_HEADERS.contains(&name.as_str())
}

fn is(parameter: &Map<String, Value>, location: &str) -> bool {
    text_of(parameter, "in") == location
}

fn text_of<'v>(parameter: &'v Map<String, Value>, key: &str) -> &'v str {
    parameter.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn flag(parameter: &Map<String, Value>, key: &str) -> bool {
    parameter.get(key) == Some(&Value::Bool(true))
}

fn written_style(parameter: &Map<String, Value>) -> Option<ParameterStyle> {
    serde_json::from_value(parameter.get("style")?.clone()).ok()
}

/// Puts a description on a schema. A parameter's own replaces the schema's, which is about a type and not about a use.
fn describe(schema: &mut Value, description: &str, replace: bool) {
    let description = text::clean(description, MAX_DESCRIPTION);
    let Some(schema) = schema.as_object_mut().filter(|_| !description.is_empty()) else { return };
    if replace || !schema.contains_key("description") {
        schema.remove("title");
        schema.insert("description".to_owned(), description.into());
    }
}

/// A name that every model provider accepts: ASCII letters, digits, `_`, `-` and `.`.
fn argument_name(name: &str) -> String {
    let accepted = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    let mut plain: String = name.chars().map(accepted).collect();
    if plain != name {
        plain = plain.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
    }
    plain.truncate(MAX_NAME);
    if plain.is_empty() { "argument".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::INPUT_NODES;

    fn of(operation: &Value, path: &str, components: &Value) -> Result<Arguments, LeftOut> {
        let text =
            json!({"openapi": "3.1.0", "paths": {path: {"post": operation}}, "components": {"schemas": components}});
        let document = Document::parse(&text.to_string()).unwrap();
        let operations = document.operations();
        arguments(&document, &operations[0])
    }

    fn body(schema: &Value) -> Value {
        json!({"requestBody": {"required": true, "content": {JSON: {"schema": schema}}}})
    }

    fn names(arguments: &Arguments) -> Vec<&str> {
        arguments.schema["properties"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn names_are_made_acceptable() {
        for (from, to) in [
            ("page", "page"),
            ("filter[name]", "filter_name"),
            ("$top", "top"),
            ("_private", "_private"),
            ("é", "argument"),
            ("a.b-c", "a.b-c"),
        ] {
            assert_eq!(argument_name(from), to);
        }
    }

    #[test]
    fn one_name_in_every_place_becomes_four_arguments() {
        let name = |place: &str| json!({"name": "name", "in": place, "schema": {"type": "string"}});
        let mut operation =
            body(&json!({"type": "object", "properties": {"name": {}, "body_name": {}}, "required": ["name"]}));
        operation["parameters"] = json!([name("header"), name("query"), name("path")]);
        let arguments = of(&operation, "/{name}", &json!({})).unwrap();
        assert_eq!(names(&arguments), ["name", "query_name", "header_name", "body_name", "body_body_name"]);
        assert_eq!(arguments.schema["required"], json!(["name", "body_name"]));
        assert_eq!(arguments.renamed.len(), 4);
    }

    #[test]
    fn bodies_are_flattened_only_where_nothing_is_lost() {
        let a = json!({"type": "object", "properties": {"a": {}}, "required": ["a"]});
        let b = json!({"properties": {"b": {}}});
        for (schema, flat, loosened) in [
            (a.clone(), vec!["a"], false),
            (b.clone(), vec!["b"], false),
            (json!({"allOf": [a, b]}), vec!["a", "b"], false),
            (
                json!({"properties": {"a": {}, "b": {}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
                vec!["a", "b"],
                true,
            ),
            (
                json!({"properties": {"a": {}}, "oneOf": [{"properties": {"a": {"enum": [1]}}}, {"properties": {"a": {}}}]}),
                vec!["a"],
                true,
            ),
            (json!({"type": "object", "additionalProperties": false}), vec![], false),
            (json!({"properties": {"a": {}}, "oneOf": [{"properties": {"c": {}}}]}), vec!["body"], false),
            (json!({"oneOf": [a, b]}), vec!["body"], false),
            (json!({"type": "array", "items": a}), vec!["body"], false),
            (json!({"type": "object"}), vec!["body"], false),
            (json!({"type": "object", "additionalProperties": {"type": "string"}}), vec!["body"], false),
            (json!({}), vec!["body"], false),
        ] {
            let arguments = of(&body(&schema), "/", &json!({})).unwrap();
            assert_eq!((names(&arguments), arguments.loosened), (flat, loosened), "{schema}");
        }
    }

    #[test]
    fn the_content_type_is_json_then_a_form_then_text() {
        let object = json!({"type": "object", "properties": {"a": {}}});
        for (offered, chosen, arguments) in [
            (vec!["multipart/form-data", FORM, "application/json; charset=utf-8"], JSON, vec!["a"]),
            (vec!["text/plain", "application/vnd.api+json"], "application/vnd.api+json", vec!["a"]),
            (vec!["multipart/form-data", FORM], FORM, vec!["a"]),
            (vec!["text/x-markdown"], "text/x-markdown", vec!["body"]),
            (vec!["*/*"], JSON, vec!["a"]),
        ] {
            let content: Map<_, _> =
                offered.iter().map(|name| ((*name).to_owned(), json!({"schema": object}))).collect();
            let found = of(&json!({"requestBody": {"content": content}}), "/", &json!({})).unwrap();
            assert_eq!(found.body.as_ref().unwrap().content_type, chosen);
            assert_eq!(names(&found), arguments);
        }
    }

    #[test]
    fn what_cannot_be_sent_is_left_out_with_the_reason() {
        let content = |kind: &str, schema: Value| json!({"requestBody": {"content": {kind: {"schema": schema}}}});
        for (operation, path, reason) in [
            (content("multipart/form-data", json!({})), "/", "it takes only multipart/form-data"),
            (content("application/octet-stream", json!({})), "/", "octet-stream"),
            (content(FORM, json!({"type": "array"})), "/", "no plain object"),
            (json!({"requestBody": {"$ref": "#/none"}}), "/", "leads nowhere"),
            (json!({"parameters": [{"$ref": "#/none"}]}), "/", "leads nowhere: #/none"),
            (json!({"parameters": [{"name": "s", "in": "cookie", "required": true}]}), "/", "cookie `s`"),
            (json!({}), "/a#b", "path"),
        ] {
            let LeftOut(text) = of(&operation, path, &json!({})).unwrap_err();
            assert!(text.contains(reason), "{text}");
        }
    }

    #[test]
    fn a_type_within_itself_is_cut_where_it_comes_up_again() {
        let tree = json!({"type": "object", "properties": {"name": {}, "children": {"type": "array", "items": {"$ref": "#/components/schemas/tree"}}}});
        let arguments = of(&body(&json!({"$ref": "#/components/schemas/tree"})), "/", &json!({"tree": tree})).unwrap();
        let item = &arguments.schema["properties"]["children"]["items"];
        assert_eq!(item, &json!({"type": "object", "description": "The same shape as the `tree` around it."}));
        assert_eq!(arguments.cut, 1);
    }

    #[test]
    fn schemas_that_would_explode_nest_less_deeply() {
        // Each level refers to the next one ten times: a million leaves when everything is replaced.
        let level = |next: &str| {
            let property =
                |index: usize| (format!("p{index}"), json!({"$ref": format!("#/components/schemas/{next}")}));
            json!({"type": "object", "properties": (0..10).map(property).collect::<Map<_, _>>()})
        };
        let components = json!({"a": level("b"), "b": level("c"), "c": level("d"), "d": level("e"), "e": level("f"), "f": {"type": "string"}});
        let arguments = of(&body(&json!({"$ref": "#/components/schemas/a"})), "/", &components).unwrap();
        let nodes = arguments.schema.to_string().matches("description").count();
        assert!(arguments.cut > 0 && nodes <= INPUT_NODES, "{} cuts, {nodes} nodes", arguments.cut);
        assert_eq!(names(&arguments).len(), 10);
    }
}
