//! The tools of a session, callable.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{Answer, model_name};
use super::native::{Progress, ProgressSink};
use super::schema::drop_added_nulls;
use super::{Arguments, ToolDefinition, ToolOutput};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolSlug;
use crate::session::Session;
use crate::tool::ToolCall;

/// How long the description of a function may be at model providers, in characters.
const DESCRIPTION_MAX: usize = 1_024;

/// A tool and the session that runs it. Cheap to clone.
#[derive(Clone)]
pub struct SessionTool {
    definition: Arc<ToolDefinition>,
    /// Where it is not the slug.
    name: Option<Arc<str>>,
    session: Session,
    strict: bool,
    reveal_links: bool,
    progress: Option<ProgressSink>,
}

impl SessionTool {
    /// What it is.
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The session that runs it.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The name under which a model knows it: the slug, or where providers would refuse that (`[A-Za-z0-9_-]`, at most
    /// 64), one that is made of it and always the same.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.definition.slug.as_str())
    }

    /// What it does, for a model: the first 1,024 characters of what its author wrote. A request with a longer one is refused
    /// by OpenAI as a whole.
    pub fn description(&self) -> &str {
        let whole = &*self.definition.description;
        whole.char_indices().nth(DESCRIPTION_MAX).map_or(whole, |(end, _)| &whole[..end])
    }

    /// The schema of its arguments for a model: [`Schema::for_model`](crate::Schema::for_model), or the strict one
    /// where the set is [`strict`](ToolSet::strict) and the schema can be. Shared by everyone; clone it only where a
    /// framework wants its own.
    pub fn schema(&self) -> &Arc<Map<String, Value>> {
        let schema = &self.definition.input_schema;
        match schema.strict() {
            Ok(strict) if self.strict => strict,
            _ => schema.for_model(),
        }
    }

    /// Whether [`schema`](Self::schema) is one that providers may enforce.
    pub fn is_strict(&self) -> bool {
        self.strict && self.definition.input_schema.strict().is_ok()
    }

    /// Hears of progress while it runs, where the tool reports any; see [`ToolContext::report_progress`].
    ///
    /// [`ToolContext::report_progress`]: crate::ToolContext::report_progress
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(ProgressSink::new(hear));
        self
    }

    /// Runs it for a model: whatever happens is an [`Answer`] that it can read.
    pub fn answer<'a>(&'a self, arguments: impl Into<Arguments<'a>>) -> impl Future<Output = Answer> + Send + 'a {
        let arguments = self.meant(arguments.into());
        async move {
            let outcome = match arguments {
                Ok(arguments) => self.call(arguments).await,
                Err(error) => Err(error),
            };
            Answer::new(outcome, self.reveal_links)
        }
    }

    /// What a model meant with what it wrote.
    fn meant(&self, arguments: Arguments<'_>) -> Result<Map<String, Value>> {
        let mut arguments = arguments.into_object()?;
        if self.is_strict() {
            drop_added_nulls(&mut arguments, self.definition.input_schema.for_model());
        }
        Ok(arguments)
    }

    /// Runs it on these arguments, as they are.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn call(&self, arguments: Map<String, Value>) -> Result<ToolOutput> {
        let call = ToolCall::new(self.definition.slug.clone(), arguments);
        self.session.run(call, self.progress.clone()).await
    }

    /// Runs it on what a model sent as text, read as [`answer`](Self::answer) reads it.
    ///
    /// # Errors
    /// As [`Session::execute`]; text that holds no object never reaches the backend.
    pub async fn call_str(&self, arguments: &str) -> Result<ToolOutput> {
        self.call(self.meant(arguments.into())?).await
    }
}

impl fmt::Debug for SessionTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionTool").field(&self.definition.slug).finish()
    }
}

/// The tools of a session in the backend's order, which is deterministic, so that prompt caches hit. Cheap to clone.
///
/// An adapter turns it into its framework's own tools; see the crates `composio-openai`, `composio-rig`,
/// `composio-langchain`, `composio-genai` and `composio-mcp`.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// let session = composio.create("user_123").toolkits(["github"]).direct_tools().await?;
/// for tool in &session.tools().await? {
///     println!("{}: {}", tool.definition().slug, tool.definition().description);
/// }
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct ToolSet {
    tools: Arc<[SessionTool]>,
    by_name: Arc<HashMap<Arc<str>, usize>>,
}

impl ToolSet {
    /// Binds definitions to their session.
    ///
    /// # Errors
    /// `Conflict` where a model could not tell two of them apart.
    pub(crate) fn new(session: &Session, definitions: Vec<Arc<ToolDefinition>>) -> Result<Self> {
        let mut by_name = HashMap::with_capacity(definitions.len());
        let mut tools: Vec<SessionTool> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            let name = model_name(&definition.slug);
            let key = name.clone().unwrap_or_else(|| definition.slug.shared());
            if let Some(before) = by_name.insert(key, tools.len()) {
                return Err(clash(&tools[before], &definition));
            }
            let session = session.clone();
            tools.push(SessionTool { definition, name, session, strict: false, reveal_links: false, progress: None });
        }
        Ok(Self { tools: tools.into(), by_name: Arc::new(by_name) })
    }

    /// Hands out schemas that providers enforce on what a model writes, where the schema can be said in their subset; a
    /// tool whose schema cannot stays as it is, with a warning in the log. Parameters that were optional become
    /// required and open to `null`, and such a `null` is left out again before the tool runs.
    #[must_use]
    pub fn strict(self) -> Self {
        for tool in &self {
            if let Err(why) = tool.definition.input_schema.strict() {
                tracing::warn!(tool = %tool.definition.slug, %why, "this tool's schema has no strict form");
            }
        }
        self.with(|tool| tool.strict = true)
    }

    /// Lets the model read the link where a connection is missing, so that it can pass it on to the user it talks to.
    ///
    /// Whoever opens the link can connect an account in the user's name. Use this only where nobody but that user reads
    /// what the model writes; otherwise show [`Error::connect_url`] yourself.
    #[must_use]
    pub fn reveal_connect_links(self) -> Self {
        self.with(|tool| tool.reveal_links = true)
    }

    /// Hears of the progress of every tool that reports any, with its slug; see [`SessionTool::on_progress`].
    #[must_use]
    pub fn on_progress(self, hear: impl Fn(&ToolSlug, Progress) + Send + Sync + 'static) -> Self {
        let hear = Arc::new(hear);
        self.with(|tool| {
            let (hear, slug) = (Arc::clone(&hear), tool.definition.slug.clone());
            tool.progress = Some(ProgressSink::new(move |progress| hear(&slug, progress)));
        })
    }

    fn with(self, change: impl Fn(&mut SessionTool)) -> Self {
        let mut tools = self.tools.to_vec();
        tools.iter_mut().for_each(change);
        Self { tools: tools.into(), by_name: self.by_name }
    }

    /// The tool of this slug, compared exactly.
    pub fn get(&self, slug: &str) -> Option<&SessionTool> {
        // Most slugs are names, and are found at once.
        let named = self.named(slug).filter(|tool| tool.definition.slug == *slug);
        named.or_else(|| self.tools.iter().find(|tool| tool.definition.slug == *slug))
    }

    /// The tool that a model knows under this name; see [`SessionTool::name`].
    pub fn named(&self, name: &str) -> Option<&SessionTool> {
        self.by_name.get(name).map(|place| &self.tools[*place])
    }

    /// The tools in order.
    pub fn iter(&self) -> std::slice::Iter<'_, SessionTool> {
        self.tools.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

fn clash(one: &SessionTool, other: &ToolDefinition) -> Error {
    let message = if one.definition.slug == other.slug {
        format!("two tools of this session are called {}; rename the native one", other.slug)
    } else {
        let (one, other) = (&one.definition.slug, &other.slug);
        format!("a model cannot tell {one} and {other} apart, their names are too alike; leave one out")
    };
    Error::new(ErrorKind::Conflict, message)
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tools.iter().map(|tool| &tool.definition.slug)).finish()
    }
}

impl<'a> IntoIterator for &'a ToolSet {
    type Item = &'a SessionTool;
    type IntoIter = std::slice::Iter<'a, SessionTool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
