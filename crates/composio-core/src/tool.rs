//! Tools: the definition (data), the callable tool of a session, and the trait to write your own.

mod account;
mod answer;
mod arguments;
mod inline;
mod native;
mod schema;
mod set;

use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use self::account::META_TOOLKIT;
pub use self::answer::Answer;
pub use self::arguments::{Arguments, parse_arguments};
pub use self::inline::NativeDefinitions;
pub(crate) use self::native::{NativeTools, ProgressSink, not_given};
pub use self::native::{Progress, Tool, ToolContext};
pub use self::schema::{NotStrict, Schema};
pub(crate) use self::set::Approver;
pub use self::set::{SessionTool, ToolSet};
use crate::approval::{Approval, ApprovalAnswer};
use crate::error::Result;
use crate::id::{ToolSlug, ToolkitSlug};
use crate::json::JsonText;

/// What a tool is: its name, what it does, and the shape of its arguments.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// Its name, such as `GITHUB_CREATE_AN_ISSUE`.
    pub slug: ToolSlug,
    /// The toolkit it belongs to; none for tools written in Rust.
    pub toolkit: Option<ToolkitSlug>,
    /// What it does, for the model that chooses it.
    pub description: Arc<str>,
    /// The JSON Schema of its arguments: an object.
    pub input_schema: Arc<Schema>,
    /// The JSON Schema of its result, where it is known.
    pub output_schema: Option<Arc<Schema>>,
    /// What it does to the world.
    pub hints: ToolHints,
}

impl ToolDefinition {
    /// A tool without toolkit, output schema and hints.
    #[must_use]
    pub fn new(slug: ToolSlug, description: impl Into<Arc<str>>, input_schema: Schema) -> Self {
        Self {
            slug,
            toolkit: None,
            description: description.into(),
            input_schema: Arc::new(input_schema),
            output_schema: None,
            hints: ToolHints::default(),
        }
    }

    /// Sets the toolkit.
    #[must_use]
    pub fn toolkit(mut self, toolkit: ToolkitSlug) -> Self {
        self.toolkit = Some(toolkit);
        self
    }

    /// Sets the schema of the result.
    #[must_use]
    pub fn output_schema(mut self, schema: Schema) -> Self {
        self.output_schema = Some(Arc::new(schema));
        self
    }

    /// Sets what it does to the world.
    #[must_use]
    pub fn hints(mut self, hints: ToolHints) -> Self {
        self.hints = hints;
        self
    }
}

/// What a tool does to the world, as its author says. Hints inform people and models; no guarantee rests on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ToolHints {
    /// Changes nothing (`readOnlyHint`).
    pub read_only: bool,
    /// Makes something new (`createHint`).
    pub create: bool,
    /// Changes something that is there (`updateHint`).
    pub update: bool,
    /// May destroy something (`destructiveHint`).
    pub destructive: bool,
    /// Calling it twice is calling it once (`idempotentHint`).
    pub idempotent: bool,
    /// Reaches beyond this process (`openWorldHint`).
    pub open_world: bool,
}

impl ToolHints {
    /// Reads the tags that toolkits carry; tags that are no hints are passed over.
    #[must_use]
    pub fn from_tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hints = Self::default();
        tags.into_iter().for_each(|tag| hints.add(tag));
        hints
    }

    /// Reads one more tag.
    pub(crate) fn add(&mut self, tag: &str) {
        match tag {
            "readOnlyHint" => self.read_only = true,
            "createHint" => self.create = true,
            "updateHint" => self.update = true,
            "destructiveHint" => self.destructive = true,
            "idempotentHint" => self.idempotent = true,
            "openWorldHint" => self.open_world = true,
            _ => {}
        }
    }

    /// Hints of a tool that only reads.
    #[must_use]
    pub fn read_only() -> Self {
        Self { read_only: true, idempotent: true, ..Self::default() }
    }
}

/// One call of a tool. Its `Debug` tells the names of the arguments, and not what they say.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolCall {
    /// Which tool.
    pub tool: ToolSlug,
    /// Its arguments, as its schema wants them.
    pub arguments: Map<String, Value>,
    /// The account to run it with, by id or alias, exactly; none to let the session's rules choose.
    pub account: Option<String>,
    /// A key under which this call happens at most once.
    pub idempotency_key: Option<String>,
    /// What a person said to this very call, where it was put before one.
    pub approval: Option<ApprovalAnswer>,
    /// The session's native tools, for backends that keep none. The session sets it.
    pub native: NativeDefinitions,
    /// Whether a long result may be put into the session's sandbox, with a preview in its place. Calls that models make say
    /// yes; a backend without a sandbox does not care.
    pub offload: bool,
}

impl ToolCall {
    /// A call that leaves the account to the session's rules.
    #[must_use]
    pub fn new(tool: ToolSlug, arguments: Map<String, Value>) -> Self {
        Self {
            tool,
            arguments,
            account: None,
            idempotency_key: None,
            approval: None,
            native: NativeDefinitions::none(),
            offload: false,
        }
    }

    /// Names the account to run it with, by id or alias.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Sets the key under which this call happens at most once.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }
}

/// What a tool gave back. Its `Debug` tells how much it is, and not what it says.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ToolOutput {
    /// The result as JSON text, parsed on demand.
    pub data: JsonText,
    /// The id under which the operator finds the call again.
    pub log_id: Option<String>,
    /// The calls in it that wait for a person, where this is what came of a batch: the rest of the batch has happened.
    /// [`Session::approve`](crate::Session::approve) runs what waits, and gives what comes of that alone.
    pub waiting: Vec<Approval>,
}

impl ToolOutput {
    /// A result without a log id.
    #[must_use]
    pub fn new(data: impl Into<JsonText>) -> Self {
        Self { data: data.into(), log_id: None, waiting: Vec::new() }
    }

    /// Sets the log id.
    #[must_use]
    pub fn log_id(mut self, id: impl Into<String>) -> Self {
        self.log_id = Some(id.into());
        self
    }

    /// The result as a value.
    pub fn value(&self) -> &Value {
        self.data.value()
    }

    /// The result as a type of yours.
    ///
    /// # Errors
    /// `Unexpected` where it does not fit.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T> {
        self.data.deserialize()
    }
}

impl fmt::Debug for ToolCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall")
            .field("tool", &self.tool)
            .field("arguments", &self.arguments.keys())
            .field("account", &self.account)
            .field("idempotency_key", &self.idempotency_key)
            .field("approval", &self.approval)
            .finish()
    }
}

impl fmt::Debug for ToolOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolOutput").field("data", &self.data).field("log_id", &self.log_id).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_hints() {
        let hints = ToolHints::from_tags(["readOnlyHint", "idempotentHint", "important"]);
        assert_eq!(hints, ToolHints::read_only());
    }
}
