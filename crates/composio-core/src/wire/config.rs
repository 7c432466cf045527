//! The configuration of a session, as replies say it: `enabled` and `disabled`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Open;
use super::hook::StoredHook;
use super::instant::OffOr;
use super::lenient::or_default;
use super::settings::{PreloadTools, SandboxSize};
use crate::policy::Tag;

/// The configuration of a session as its server keeps it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Whose session it is.
    pub user_id: String,
    /// Which toolkits it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<StoredToolkits>,
    /// The auth configs that it names, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_configs: Option<IndexMap<String, String>>,
    /// The accounts that it pins, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_accounts: Option<IndexMap<String, Vec<String>>>,
    /// Which calls may run on accounts of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant: Option<OffOr<StoredInstant>>,
    /// The user's connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_connections: Option<StoredConnections>,
    /// Which tools it may use, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, StoredTools>>,
    /// Which tags tools have to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<StoredTags>,
    /// The sandbox in which models run code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workbench: Option<StoredWorkbench>,
    /// Several accounts of a toolkit side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_account: Option<StoredMultiAccount>,
    /// Authenticated requests of models outside the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_execute: Option<StoredSwitch>,
    /// The operator's rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Vec<StoredHook>>,
    /// Which app tools models get directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<StoredPreload>,
    /// The meta tool that searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<StoredSwitch>,
    /// The meta tool that executes several tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute: Option<StoredExecute>,
}

/// Which toolkits a session may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredToolkits {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Vec<String>>,
    /// Those whose calls a person has to allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Which tools of one toolkit a session may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredTools {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Vec<String>>,
    /// Those with these tags, in place of the tags of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<StoredTags>,
    /// Those whose calls a person has to allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Which tags tools have to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredTags {
    /// At least one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Vec<Open<Tag>>>,
    /// None of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Vec<Open<Tag>>>,
    /// Tools with one of these need a person's consent for each call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<Open<Tag>>>,
}

/// Which calls may run on accounts of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredInstant {
    /// Of which toolkits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<StoredList>,
    /// Of which tools, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, StoredList>>,
    /// Whether replies say what a call was charged.
    #[serde(default, deserialize_with = "or_default")]
    pub return_instant_charge: bool,
    /// Whether searches say what tools cost.
    #[serde(default, deserialize_with = "or_default")]
    pub return_prices_in_search: bool,
}

/// One of two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredList {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Vec<String>>,
}

/// The user's connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredConnections {
    /// Whether models get a tool that connects accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Where links end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Whether models get a tool that waits for a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_wait_for_connections: Option<bool>,
    /// Whether models may remove connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_connection_removal: Option<bool>,
}

/// The sandbox in which models run code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredWorkbench {
    /// Whether there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Whether code in it may execute tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_execution_enabled: Option<bool>,
    /// Whether code in it may make authenticated requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_execution_enabled: Option<bool>,
    /// From how many characters on a result is moved into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_offload_threshold: Option<serde_json::Number>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_size: Option<Open<SandboxSize>>,
}

/// Several accounts of a toolkit side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredMultiAccount {
    /// Whether they are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// How many a user may connect. 5 where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_accounts_per_toolkit: Option<u64>,
    /// Whether a call has to name its account where several fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_explicit_selection: Option<bool>,
}

/// A switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredSwitch {
    /// On or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}

/// The meta tool that executes several tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredExecute {
    /// Whether models get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_multi_execute: Option<bool>,
}

/// Which app tools models get directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredPreload {
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<PreloadTools>,
}
