//! Searching a session's tools by what they are for.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::id::{ToolSlug, ToolkitSlug};
use crate::tool::{NativeDefinitions, Schema};

/// One thing to find tools for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchQuery {
    /// What is to be done, in plain words: 1 to 1,024 characters.
    pub use_case: String,
    /// What is known already, such as `channel:general`: 500 characters at the most.
    pub known_fields: Option<String>,
}

impl SearchQuery {
    /// A query without known fields.
    #[must_use]
    pub fn new(use_case: impl Into<String>) -> Self {
        Self { use_case: use_case.into(), known_fields: None }
    }

    /// Says what is known already.
    #[must_use]
    pub fn known_fields(mut self, fields: impl Into<String>) -> Self {
        self.known_fields = Some(fields.into());
        self
    }
}

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchRequest {
    /// One to seven queries, answered in this order.
    pub queries: Vec<SearchQuery>,
    /// Only in these toolkits; in all that the session allows without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// The model that the plan is for, such as `gpt-4o`: a hint.
    pub model: Option<String>,
    /// The session's native tools, which are found too.
    pub native: NativeDefinitions,
}

impl SearchRequest {
    /// A search for these.
    #[must_use]
    pub fn new(queries: Vec<SearchQuery>) -> Self {
        Self { queries, ..Self::default() }
    }
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SearchResults {
    /// An answer for each query, in the order of the queries.
    pub answers: Vec<SearchAnswer>,
    /// Every tool that an answer names, once.
    pub tools: IndexMap<ToolSlug, FoundTool>,
    /// How the toolkits of these tools are connected.
    pub toolkits: Vec<ToolkitConnection>,
    /// What to do next, for a model.
    pub next_steps: Vec<String>,
}

/// The answer to one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchAnswer {
    /// What was to be done.
    pub use_case: String,
    /// The tools that do it, the best first.
    pub primary: Vec<ToolSlug>,
    /// Tools that may help.
    pub related: Vec<ToolSlug>,
    /// The toolkits of all of these.
    pub toolkits: Vec<ToolkitSlug>,
    /// How to go about it.
    pub guidance: Option<String>,
    /// How hard it is.
    pub difficulty: Option<String>,
    /// The steps of a plan, where there is one.
    pub plan: Vec<String>,
    /// What to look out for.
    pub pitfalls: Vec<String>,
    /// Why this query failed, where it did. The others are answered all the same.
    pub error: Option<String>,
}

/// A tool that was found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundTool {
    /// Its slug.
    pub slug: ToolSlug,
    /// Its toolkit, where it has one.
    pub toolkit: Option<ToolkitSlug>,
    /// What it does.
    pub description: String,
    /// The schema of its arguments. Lesser matches come without; [`Session::tool`](crate::Session::tool) has it.
    pub input_schema: Option<Arc<Schema>>,
    /// The schema of its result, where the backend says it.
    pub output_schema: Option<Arc<Schema>>,
}

impl FoundTool {
    /// A tool without schemas.
    #[must_use]
    pub fn new(slug: ToolSlug, description: impl Into<String>) -> Self {
        Self { slug, toolkit: None, description: description.into(), input_schema: None, output_schema: None }
    }
}

/// How a toolkit that a search named is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolkitConnection {
    /// The toolkit.
    pub toolkit: ToolkitSlug,
    /// What it is.
    pub description: String,
    /// Whether a tool of it could run now.
    pub is_connected: bool,
    /// Whether a call has to name its account, because there are several.
    pub needs_account: bool,
    /// How it stands and what to do, for a model.
    pub message: String,
}

impl ToolkitConnection {
    /// A toolkit, and whether it is connected.
    #[must_use]
    pub fn new(toolkit: ToolkitSlug, is_connected: bool) -> Self {
        Self { toolkit, description: String::new(), is_connected, needs_account: false, message: String::new() }
    }
}
