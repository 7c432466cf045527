//! Searching the tools of a session.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Open;
use super::account::AccountType;
use super::custom::InlineTools;
use super::lenient::or_default;
use super::names::names;
use super::said::said;
use super::tool::Price;
use crate::json::JsonText;

/// A search for tools: `POST .../search`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// What to look for: 1 to 7 queries, answered in their order.
    pub queries: Vec<SearchQuery>,
    /// The model that will use the tools. A hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How to search. `auto` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search_strategy: Option<SearchStrategy>,
    /// The native tools to search too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Arc<InlineTools>>,
    /// Only in these toolkits. Not in the published description; the hosted service takes it from its own SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<Vec<String>>,
}

impl SearchRequest {
    /// A search for one thing to do.
    #[must_use]
    pub fn new(use_case: impl Into<String>) -> Self {
        let query = SearchQuery { use_case: use_case.into(), known_fields: None };
        Self { queries: vec![query], ..Self::default() }
    }
}

/// One thing to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// What is to be done, in words: 1 to 1,024 characters.
    pub use_case: String,
    /// What is known already, as `name:value` pairs: 500 characters at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_fields: Option<String>,
}

names! {
    /// How to search.
    SearchStrategy {
        /// As the server likes, plans of earlier searches included.
        Auto = "auto",
        /// In the tools themselves.
        ToolSearch = "tool_search",
    }
}

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchReply {
    /// Whether every query was answered.
    #[serde(default, deserialize_with = "or_default")]
    pub success: bool,
    /// Which were not, and why.
    #[serde(default, deserialize_with = "said")]
    pub error: Option<String>,
    /// What was found, one for each query.
    pub results: Vec<SearchResult>,
    /// How the toolkits of these tools are connected.
    #[serde(default, deserialize_with = "or_default")]
    pub toolkit_connection_statuses: Vec<ToolkitConnection>,
    /// The tools by slug: those found first with their schemas, the others without.
    #[serde(default, deserialize_with = "or_default")]
    pub tool_schemas: IndexMap<String, FoundTool>,
    /// What time it is for the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_info: Option<TimeInfo>,
    /// The workflow that later calls of meta tools belong to. Not the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Workflow>,
    /// What to do next, for the model.
    #[serde(default, deserialize_with = "or_default")]
    pub next_steps_guidance: Vec<String>,
}

/// What one query found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SearchResult {
    /// The number of the query, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// What was looked for.
    #[serde(default, deserialize_with = "or_default")]
    pub use_case: String,
    /// The tools that fit best, best first.
    #[serde(default, deserialize_with = "or_default")]
    pub primary_tool_slugs: Vec<String>,
    /// Others that may help.
    #[serde(default, deserialize_with = "or_default")]
    pub related_tool_slugs: Vec<String>,
    /// The toolkits of these tools.
    #[serde(default, deserialize_with = "or_default")]
    pub toolkits: Vec<String>,
    /// How to go about it, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_guidance: Option<String>,
    /// How hard it is, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<String>,
    /// The steps of a plan that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_plan_steps: Option<Vec<String>>,
    /// What tends to go wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_pitfalls: Option<Vec<String>>,
    /// Code for the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference_workbench_snippets: Option<Vec<Snippet>>,
    /// The id of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_id: Option<String>,
    /// What the plan was made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_plan_usecase: Option<String>,
    /// Why nothing was found out.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the server remembers, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<JsonText>,
}

/// Code that handles a result in the sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Snippet {
    /// What it does.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// The code, in Python.
    #[serde(default, deserialize_with = "or_default")]
    pub code: String,
}

/// How a toolkit is connected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitConnection {
    /// The toolkit.
    #[serde(default, deserialize_with = "or_default")]
    pub toolkit: String,
    /// What it is for.
    #[serde(default, deserialize_with = "or_default")]
    pub description: String,
    /// Whether the user has an active account of it.
    #[serde(default, deserialize_with = "or_default")]
    pub has_active_connection: bool,
    /// The ids of that account and its auth config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_details: Option<JsonText>,
    /// Who the service says the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_user_info: Option<JsonText>,
    /// Whether that account is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_type: Option<Open<AccountType>>,
    /// The user's accounts, where the session uses several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<ToolkitAccount>>,
    /// `required` where a call has to name its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_selection: Option<String>,
    /// Present where calls run on an account of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant_account: Option<InstantAccount>,
    /// The older name of [`instant_account`](Self::instant_account).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted_account: Option<InstantAccount>,
    /// How it stands and what to do, for the model.
    #[serde(default, deserialize_with = "or_default")]
    pub status_message: String,
}

/// An account of a toolkit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolkitAccount {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Its label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Who the service says this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info: Option<JsonText>,
    /// Where it stands, such as `active`. In lower case, unlike elsewhere.
    #[serde(default, deserialize_with = "or_default")]
    pub status: String,
    /// When it was connected.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// Whether it is used where none is named.
    #[serde(default, deserialize_with = "or_default")]
    pub is_default: bool,
    /// Whether it is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_type: Option<Open<AccountType>>,
}

/// An account of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstantAccount {
    /// The tools that run on it.
    #[serde(default, deserialize_with = "or_default")]
    pub allowed_tool_slugs: Vec<String>,
    /// What they cost, by tool, where the session asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<IndexMap<String, Price>>,
}

/// A tool that was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FoundTool {
    /// Its toolkit.
    #[serde(default, deserialize_with = "or_default")]
    pub toolkit: String,
    /// Its slug.
    #[serde(default, deserialize_with = "or_default")]
    pub tool_slug: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The schema of its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<JsonText>,
    /// The schema of what it returns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<JsonText>,
    /// Whether the schema is here.
    #[serde(rename = "hasFullSchema", skip_serializing_if = "Option::is_none")]
    pub has_full_schema: Option<bool>,
    /// Where it is, where it is not here.
    #[serde(rename = "schemaRef", skip_serializing_if = "Option::is_none")]
    pub schema_ref: Option<SchemaRef>,
}

/// Which call gets a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemaRef {
    /// Which tool to call: `COMPOSIO_GET_TOOL_SCHEMAS`.
    #[serde(default, deserialize_with = "or_default")]
    pub tool: String,
    /// With which arguments.
    #[serde(default, deserialize_with = "or_default")]
    pub args: SchemaRefArgs,
    /// The same in words, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The arguments of the call that gets a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SchemaRefArgs {
    /// The tools whose schemas to get.
    #[serde(default, deserialize_with = "or_default")]
    pub tool_slugs: Vec<String>,
}

/// What time it is for the server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TimeInfo {
    /// As RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub current_time_utc: String,
    /// In seconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_time_utc_epoch_seconds: Option<serde_json::Number>,
    /// What to do with it, for the model.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
}

/// A workflow: a thread of calls of meta tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Workflow {
    /// Its id, which later calls of meta tools carry as `session_id`.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Whether it begins here.
    #[serde(default, deserialize_with = "or_default")]
    pub generate_id: bool,
    /// How to go on with it, for the model.
    #[serde(default, deserialize_with = "or_default")]
    pub instructions: String,
}
