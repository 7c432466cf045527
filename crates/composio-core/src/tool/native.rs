//! Tools written in Rust: typed outside, erased inside.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::schema::Schema;
use super::{NativeDefinitions, ToolCall, ToolDefinition, ToolHints, ToolOutput};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ToolSlug, UserId};
use crate::json::JsonText;
use crate::session::Session;

/// Native slugs carry this prefix on every backend.
const PREFIX: &str = "LOCAL_";

/// A tool written in Rust. It runs in this process and is sent nowhere.
///
/// Its slug in a session is `LOCAL_` and [`SLUG`](Self::SLUG). The schema that a model sees is made from
/// [`Input`](Self::Input), doc comments included.
///
/// # Example
/// ```
/// use composio_core::{Result, Tool, ToolContext};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// struct Shout;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Input {
///     /// What to say louder.
///     text: String,
/// }
///
/// #[derive(Serialize)]
/// struct Output {
///     text: String,
/// }
///
/// impl Tool for Shout {
///     const SLUG: &'static str = "SHOUT";
///     type Input = Input;
///     type Output = Output;
///
///     fn description(&self) -> std::borrow::Cow<'static, str> {
///         "Says it louder.".into()
///     }
///
///     async fn call(&self, _cx: ToolContext, input: Input) -> Result<Output> {
///         Ok(Output { text: input.text.to_uppercase() })
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// let composio = Composio::with_backend(ScriptedBackend::new());
/// let session = composio.create("user_123").tool(Shout).await?;
/// let output = session.execute("LOCAL_SHOUT", json!({"text": "hello"})).await?;
/// assert_eq!(output.value()["text"], "HELLO");
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
pub trait Tool: Send + Sync + 'static {
    /// The name, without the prefix that sessions add: letters, digits, `_` and `-`, at most 54 characters.
    const SLUG: &'static str;
    /// The arguments: a struct with named fields.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// The result.
    type Output: Serialize + Send;

    /// What it does, for the model that chooses it.
    fn description(&self) -> Cow<'static, str>;

    /// What it does to the world. Nothing is claimed by default.
    fn hints(&self) -> ToolHints {
        ToolHints::default()
    }

    /// The schema of its result, such as `Some(Schema::of::<Self::Output>())` where that implements `JsonSchema`. MCP
    /// clients are told it and may hold results against it. None by default.
    fn output_schema(&self) -> Option<Schema> {
        None
    }

    /// Runs it.
    ///
    /// # Errors
    /// Whatever kind fits. Use [`Error::with_model_text`] to say something that the model may read.
    fn call(&self, cx: ToolContext, input: Self::Input) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// What a native tool may use while it runs.
///
/// It carries the session of the call. Do not keep a session inside a tool: the session owns its tools, and the pair
/// would never be freed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ToolContext {
    session: Session,
    progress: Option<ProgressSink>,
}

impl ToolContext {
    pub(crate) fn new(session: Session, progress: Option<ProgressSink>) -> Self {
        Self { session, progress }
    }

    /// The session that runs the tool.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whose session it is.
    pub fn user(&self) -> &UserId {
        self.session.user()
    }

    /// Tells whoever waits how far the tool is, such as `report_progress(3.0, Some(10.0), "three of ten pages")`. An MCP
    /// client that asked for progress is told; elsewhere this does nothing.
    pub fn report_progress(&self, done: f64, total: Option<f64>, message: impl Into<String>) {
        if let Some(sink) = &self.progress {
            (sink.0)(Progress { done, total, message: message.into() });
        }
    }
}

/// How far a running tool is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How much is done; it only grows.
    pub done: f64,
    /// Of how much, where that is known.
    pub total: Option<f64>,
    /// What is being done, for people.
    pub message: String,
}

/// Who hears of progress.
#[derive(Clone)]
pub(crate) struct ProgressSink(Arc<dyn Fn(Progress) + Send + Sync>);

impl ProgressSink {
    pub(crate) fn new(hear: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }
}

impl fmt::Debug for ProgressSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressSink")
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<ToolOutput>> + Send + 'a>>;

/// The erased twin of [`Tool`].
trait Erased: Send + Sync {
    /// Whether a call can be made with these arguments.
    fn fits(&self, arguments: &Map<String, Value>) -> Result<()>;

    fn call<'a>(&'a self, cx: ToolContext, arguments: Map<String, Value>) -> Running<'a>;
}

struct Typed<T>(T);

impl<T: Tool> Erased for Typed<T> {
    fn fits(&self, arguments: &Map<String, Value>) -> Result<()> {
        let read: serde_json::Result<T::Input> = serde_json::from_value(Value::Object(arguments.clone()));
        read.map(drop).map_err(|error| unreadable::<T>(&error))
    }

    fn call<'a>(&'a self, cx: ToolContext, arguments: Map<String, Value>) -> Running<'a> {
        Box::pin(async move {
            let input = serde_json::from_value(Value::Object(arguments)).map_err(|error| unreadable::<T>(&error))?;
            let output = self.0.call(cx, input).await?;
            let data = serde_json::value::to_raw_value(&output).map_err(|error| {
                Error::new(ErrorKind::Unexpected, "the tool's result cannot be written as JSON").with_source(error)
            })?;
            Ok(ToolOutput::new(JsonText::from_raw(data)))
        })
    }
}

/// The native tools of one session, by slug.
#[derive(Clone, Default)]
pub(crate) struct NativeTools {
    tools: BTreeMap<ToolSlug, NativeTool>,
    shared: OnceLock<NativeDefinitions>,
}

#[derive(Clone)]
struct NativeTool {
    definition: Arc<ToolDefinition>,
    run: Arc<dyn Erased>,
}

impl NativeTools {
    /// None at all.
    pub(crate) const fn none() -> Self {
        Self { tools: BTreeMap::new(), shared: OnceLock::new() }
    }

    /// Adds a tool.
    ///
    /// # Errors
    /// `InvalidInput` for a slug of the wrong form, a reserved prefix, or an input that is no object.
    /// `Conflict` where the slug is taken.
    pub(crate) fn add<T: Tool>(&mut self, tool: T) -> Result<()> {
        let slug = native_slug(T::SLUG)?;
        let mut definition =
            ToolDefinition::new(slug.clone(), tool.description(), input_schema::<T::Input>(&slug)?).hints(tool.hints());
        definition.output_schema = tool.output_schema().map(Arc::new);
        let tool = NativeTool { definition: Arc::new(definition), run: Arc::new(Typed(tool)) };
        self.shared = OnceLock::new();
        match self.tools.insert(slug.clone(), tool) {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Conflict, format!("two native tools are called {slug}; rename one"))),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    pub(crate) fn definitions(&self) -> impl Iterator<Item = &Arc<ToolDefinition>> {
        self.tools.values().map(|tool| &tool.definition)
    }

    /// What they are, for a backend.
    pub(crate) fn shared(&self) -> NativeDefinitions {
        self.shared.get_or_init(|| self.definitions().map(Arc::clone).collect()).clone()
    }

    /// What a tool is, if this session was given it.
    pub(crate) fn definition(&self, slug: &ToolSlug) -> Option<&Arc<ToolDefinition>> {
        self.tools.get(slug).map(|tool| &tool.definition)
    }

    /// Whether a slug is a native one, known here or not.
    pub(crate) fn claims(slug: &ToolSlug) -> bool {
        Self::has_prefix(slug.as_str())
    }

    /// As [`claims`](Self::claims), of a text that may be no slug at all.
    pub(crate) fn has_prefix(slug: &str) -> bool {
        slug.starts_with(PREFIX)
    }

    /// Checks a call's arguments, so that nobody is asked to allow a call that cannot be made.
    pub(crate) fn check(&self, call: &ToolCall) -> Result<()> {
        let Some(tool) = self.tools.get(&call.tool) else { return Err(not_given(&call.tool)) };
        check_keys(tool.definition.input_schema.value(), &call.arguments)?;
        tool.run.fits(&call.arguments)
    }

    /// Runs a tool; `NotFound` where this session was not given it.
    pub(crate) async fn call(
        &self,
        slug: &ToolSlug,
        cx: ToolContext,
        arguments: Map<String, Value>,
    ) -> Result<ToolOutput> {
        let Some(tool) = self.tools.get(slug) else { return Err(not_given(slug)) };
        check_keys(tool.definition.input_schema.value(), &arguments)?;
        tool.run.call(cx, arguments).await
    }
}

impl fmt::Debug for NativeTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.tools.keys()).finish()
    }
}

/// A native slug that this session does not have.
pub(crate) fn not_given(slug: &ToolSlug) -> Error {
    let next = "native tools live in the process: add it with `.tool(..)`, also when a session is taken up again";
    Error::new(ErrorKind::NotFound, format!("no native tool is called {slug}; {next}"))
}

fn native_slug(slug: &str) -> Result<ToolSlug> {
    if slug.starts_with(PREFIX) || slug.starts_with("COMPOSIO_") {
        let rule = "the prefixes LOCAL_ and COMPOSIO_ are reserved; sessions add LOCAL_ themselves";
        return Err(Error::invalid_input("native tool", slug, rule));
    }
    if slug.len() > 60 - PREFIX.len() {
        return Err(Error::invalid_input(
            "native tool",
            slug,
            "at most 54 characters, so that 60 hold with the prefix",
        ));
    }
    if slug.contains('.') {
        return Err(Error::invalid_input("native tool", slug, "letters, digits, `_` and `-`, as models take them"));
    }
    ToolSlug::new(format!("{PREFIX}{slug}"))
}

/// The schema of a tool's arguments: an object's.
fn input_schema<T: JsonSchema>(slug: &ToolSlug) -> Result<Schema> {
    let mut schema = generated::<T>();
    let Some(root) = schema.as_object_mut().filter(|root| root.get("type").is_some_and(|kind| kind == "object")) else {
        return Err(Error::invalid_input(
            "native tool",
            slug.as_str(),
            "its Input has to be a struct with named fields",
        ));
    };
    root.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    Ok(schema.into())
}

/// The schema of a Rust type as models like it: self-contained, draft 7, without a title.
fn generated<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Some(root) = schema.as_object_mut() {
        root.remove("title");
    }
    schema
}

impl Schema {
    /// The schema of a Rust type, doc comments included. Types that refer to themselves are the one thing that stays
    /// a reference.
    ///
    /// # Example
    /// ```
    /// use composio_core::{Schema, schemars};
    ///
    /// #[derive(schemars::JsonSchema)]
    /// struct Found {
    ///     /// How many there are.
    ///     count: u32,
    /// }
    ///
    /// assert_eq!(Schema::of::<Found>().value()["properties"]["count"]["description"], "How many there are.");
    /// ```
    #[must_use]
    pub fn of<T: JsonSchema>() -> Self {
        generated::<T>().into()
    }
}

/// Checks the names of the arguments against the schema, so that a model learns of all of them at once.
fn check_keys(schema: &Value, arguments: &Map<String, Value>) -> Result<()> {
    let properties = schema["properties"].as_object();
    let extras = schema.get("additionalProperties").is_some_and(|extra| extra != &Value::Bool(false));
    // A flattened enum has parameters outside of `properties`; serde judges those.
    let open = extras || ["allOf", "anyOf", "oneOf", "patternProperties"].iter().any(|key| schema.get(key).is_some());
    let mut problems = Vec::new();
    if let Some(required) = schema["required"].as_array() {
        let missing = required.iter().filter_map(Value::as_str).filter(|name| !arguments.contains_key(*name));
        problems.extend(missing.map(|name| format!("/{name} is missing")));
    }
    if let Some(properties) = properties.filter(|properties| !open && !properties.is_empty()) {
        let unknown = arguments.keys().filter(|name| !properties.contains_key(*name));
        problems.extend(unknown.map(|name| format!("/{name} is not a parameter")));
    }
    if problems.is_empty() {
        return Ok(());
    }
    let problems = problems.join("; ");
    Err(unfit(format!("arguments do not fit the schema: {problems}"), &problems))
}

/// What serde says quotes the argument, which is the user's: the model, who wrote it, reads it, and no log does.
fn unreadable<T: Tool>(problem: &serde_json::Error) -> Error {
    unfit(format!("arguments do not fit the input type of {PREFIX}{}", T::SLUG), problem)
}

fn unfit(message: String, problem: &impl fmt::Display) -> Error {
    let text = format!("The arguments do not fit the tool's schema: {problem}. Correct them and call again.");
    Error::new(ErrorKind::InvalidInput, message).with_model_text(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slugs_get_the_prefix_and_keep_to_their_form() {
        assert_eq!(native_slug("SHOUT").unwrap(), "LOCAL_SHOUT");
        for bad in ["LOCAL_SHOUT", "COMPOSIO_SHOUT", "a.b", "a b", &"A".repeat(55)] {
            assert_eq!(native_slug(bad).unwrap_err().kind(), ErrorKind::InvalidInput, "{bad}");
        }
    }

    #[test]
    fn every_wrong_name_is_listed_at_once() {
        let schema = json!({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]});
        let arguments = json!({"c": 1, "a": 2});
        let error = check_keys(&schema, arguments.as_object().unwrap()).unwrap_err();
        assert!(error.for_model().contains("/b is missing; /c is not a parameter"), "{}", error.for_model());
    }

    #[test]
    fn open_schemas_take_any_name() {
        let arguments = json!({"c": 1});
        for schema in [json!({"properties": {}}), json!({"properties": {"a": {}}, "additionalProperties": true})] {
            assert!(check_keys(&schema, arguments.as_object().unwrap()).is_ok(), "{schema}");
        }
    }

    #[test]
    fn an_input_has_to_be_a_struct() {
        let slug = native_slug("X").unwrap();
        assert!(input_schema::<String>(&slug).is_err());
        #[derive(JsonSchema)]
        struct Nothing {}
        assert_eq!(input_schema::<Nothing>(&slug).unwrap().value(), &json!({"type": "object", "properties": {}}));
    }
}
