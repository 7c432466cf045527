//! Modifiers: an application's own hand in what a model sees, what a call carries, and what comes back.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::tool::{ToolDefinition, ToolOutput};

type ChangeSchema = dyn Fn(&mut ToolDefinition) + Send + Sync;
type Before = dyn Fn(&ModifierContext<'_>, &mut Map<String, Value>) -> Result<()> + Send + Sync;
type After =
    dyn Fn(&ModifierContext<'_>, Result<ToolOutput, ToolFailure>) -> Result<ToolOutput, ToolFailure> + Send + Sync;

/// A closure that sees every tool of a session, or some, in whatever framework they are used.
///
/// Rule: `session-semantics` 5.1. Modifiers live in this process, with the session that was given them, and run in the
/// order in which they were given. A slug that the session does not have, or may not use, is refused before they see it;
/// one that only an auth config refuses they do see, because a call may name an account on another.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, Modifier, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_LIST_ISSUES", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// let session = composio
///     .create("user_123")
///     .modifier(Modifier::schema(|tool| tool.description = "Lists issues, ten at a time.".into()))
///     .modifier(
///         Modifier::before(|_, arguments| {
///             arguments.insert("per_page".to_owned(), 10.into());
///             Ok(())
///         })
///         .tools(["GITHUB_LIST_ISSUES"]),
///     )
///     .await?;
/// let output = session.execute("GITHUB_LIST_ISSUES", json!({})).await?;
/// assert_eq!(output.value()["per_page"], 10);
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[must_use = "a modifier does something once a session is given it"]
pub struct Modifier {
    what: What,
    only: Option<Only>,
    error: Option<Error>,
}

/// The tools that a modifier is for.
#[derive(Debug, Default)]
struct Only {
    tools: Vec<ToolSlug>,
    toolkits: Vec<ToolkitSlug>,
}

enum What {
    Schema(Box<ChangeSchema>),
    Before(Box<Before>),
    After(Box<After>),
}

/// Which call a modifier sees.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ModifierContext<'a> {
    /// The session.
    pub session: &'a SessionId,
    /// Whose it is.
    pub user: &'a UserId,
    /// The tool.
    pub tool: &'a ToolSlug,
    /// Its toolkit; none for a native tool.
    pub toolkit: Option<&'a ToolkitSlug>,
}

/// Why a call failed, as far as a modifier may know: what a model reads, without links, addresses and causes. Its `Debug`
/// tells how long the text is, and not what the service said.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolFailure {
    /// The condition.
    pub kind: ErrorKind,
    /// What the model reads.
    pub text: String,
    /// The id under which the operator finds the call again.
    pub log_id: Option<String>,
}

impl ToolFailure {
    /// A failure of this kind, with what the model reads about it.
    #[must_use]
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into(), log_id: None }
    }

    fn of(error: &Error) -> Self {
        let log_id = error.log_id().map(str::to_owned);
        Self { kind: error.kind(), text: error.for_model().into_owned(), log_id }
    }
}

impl Modifier {
    /// Changes what a model sees of a tool: its description and schemas. The slug, the toolkit and the hints stay, because
    /// rules are made of them.
    pub fn schema(change: impl Fn(&mut ToolDefinition) + Send + Sync + 'static) -> Self {
        Self::new(What::Schema(Box::new(change)))
    }

    /// Sees the arguments before the call is made, and may change them. An error ends the call; nothing was sent then.
    ///
    /// An approval is asked for what this makes of the arguments.
    pub fn before(
        change: impl Fn(&ModifierContext<'_>, &mut Map<String, Value>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::new(What::Before(Box::new(change)))
    }

    /// Sees what came of the call, and may change it. Of a failure that stays one only the text can be changed: its kind is
    /// what happened, and the application still finds the link and the rest.
    ///
    /// A call that waits for a person has come to nothing yet, and is not seen until it was answered.
    pub fn after(
        change: impl Fn(&ModifierContext<'_>, Result<ToolOutput, ToolFailure>) -> Result<ToolOutput, ToolFailure>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self::new(What::After(Box::new(change)))
    }

    /// Only for these tools. Together with [`toolkits`](Self::toolkits), for both. Called again, it adds; an empty list adds
    /// none.
    pub fn tools<T>(mut self, tools: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        for tool in tools {
            match tool.try_into() {
                Ok(slug) => self.only().tools.push(slug),
                Err(error) => self.note(error.into().in_field("modifier.tools")),
            }
        }
        self.only();
        self
    }

    /// Only for the tools of these toolkits. Called again, it adds; an empty list adds none.
    pub fn toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        for toolkit in toolkits {
            match toolkit.try_into() {
                Ok(slug) => self.only().toolkits.push(slug),
                Err(error) => self.note(error.into().in_field("modifier.toolkits")),
            }
        }
        self.only();
        self
    }

    fn new(what: What) -> Self {
        Self { what, only: None, error: None }
    }

    fn only(&mut self) -> &mut Only {
        self.only.get_or_insert_default()
    }

    fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }

    fn is_for(&self, tool: &ToolSlug, toolkit: Option<&ToolkitSlug>) -> bool {
        let Some(only) = &self.only else { return true };
        only.tools.contains(tool) || toolkit.is_some_and(|toolkit| only.toolkits.contains(toolkit))
    }
}

impl fmt::Debug for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match &self.what {
            What::Schema(_) => "schema",
            What::Before(_) => "before",
            What::After(_) => "after",
        };
        f.debug_struct("Modifier").field("what", &what).field("only", &self.only).finish_non_exhaustive()
    }
}

impl fmt::Debug for ToolFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToolFailure({:?}, {} bytes of text", self.kind, self.text.len())?;
        match &self.log_id {
            Some(id) => write!(f, ", log id {id})"),
            None => f.write_str(")"),
        }
    }
}

/// The modifiers of one session, in order.
#[derive(Debug, Default)]
pub(crate) struct Modifiers {
    all: Vec<Modifier>,
}

impl Modifiers {
    /// None at all.
    pub(crate) const fn none() -> Self {
        Self { all: Vec::new() }
    }

    /// Adds one.
    ///
    /// # Errors
    /// `InvalidInput` where it names a malformed slug.
    pub(crate) fn add(&mut self, mut modifier: Modifier) -> Result<()> {
        match modifier.error.take() {
            Some(error) => Err(error),
            None => {
                self.all.push(modifier);
                Ok(())
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether any of them has to know the toolkit of a call.
    pub(crate) fn see_calls(&self) -> bool {
        self.all.iter().any(|modifier| !matches!(modifier.what, What::Schema(_)))
    }

    /// The tool as models are to see it.
    pub(crate) fn shown(&self, mut definition: Arc<ToolDefinition>) -> Arc<ToolDefinition> {
        for modifier in &self.all {
            let What::Schema(change) = &modifier.what else { continue };
            if modifier.is_for(&definition.slug, definition.toolkit.as_ref()) {
                let kept = Arc::clone(&definition);
                let changed = Arc::make_mut(&mut definition);
                change(changed);
                changed.slug.clone_from(&kept.slug);
                changed.toolkit.clone_from(&kept.toolkit);
                changed.hints = kept.hints;
            }
        }
        definition
    }

    /// What is to be sent.
    ///
    /// # Errors
    /// What a modifier says.
    pub(crate) fn before(&self, context: &ModifierContext<'_>, arguments: &mut Map<String, Value>) -> Result<()> {
        for modifier in self.all.iter().filter(|modifier| modifier.is_for(context.tool, context.toolkit)) {
            if let What::Before(change) = &modifier.what {
                change(context, arguments)?;
            }
        }
        Ok(())
    }

    /// What is to be given back.
    pub(crate) fn after(&self, context: &ModifierContext<'_>, outcome: Result<ToolOutput>) -> Result<ToolOutput> {
        if outcome.as_ref().is_err_and(|error| error.approval().is_some()) {
            return outcome;
        }
        let fitting = self.all.iter().filter(|modifier| modifier.is_for(context.tool, context.toolkit));
        fitting.fold(outcome, |outcome, modifier| match &modifier.what {
            What::After(change) => match outcome {
                Ok(output) => change_output(change, context, output),
                Err(error) => change_failure(change, context, error),
            },
            What::Schema(_) | What::Before(_) => outcome,
        })
    }
}

/// What was given, or why a modifier would rather not have it. The call happened, so it keeps its log id; and what waits for a
/// person in a batch waits whatever a modifier makes of the rest.
fn change_output(change: &After, context: &ModifierContext<'_>, output: ToolOutput) -> Result<ToolOutput> {
    let (log_id, waiting) = (output.log_id.clone(), output.waiting.clone());
    let changed = change(context, Ok(output)).map(|output| ToolOutput { waiting, ..output });
    changed.map_err(|failure| {
        let message = format!("a modifier refused what {} gave", context.tool);
        let error = Error::new(failure.kind, message).with_model_text(failure.text);
        match failure.log_id.or(log_id) {
            Some(id) => error.with_log_id(id),
            None => error,
        }
    })
}

/// A modifier sees a failure as a model would; what the application needs of it stays.
fn change_failure(change: &After, context: &ModifierContext<'_>, error: Error) -> Result<ToolOutput> {
    let seen = ToolFailure::of(&error);
    match change(context, Err(seen.clone())) {
        Ok(output) => Ok(output),
        Err(failure) if failure.text == seen.text => Err(error),
        Err(failure) => Err(error.with_model_text(failure.text)),
    }
}
