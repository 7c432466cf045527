//! Sessions: creating, changing and reading them.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::Open;
use super::config::SessionConfig;
use super::custom::{CustomTool, CustomToolkit, InlineTools, RegisteredTool, RegisteredToolkit};
use super::hook::Hook;
use super::instant::{InstantConfig, OffOr, PremiumUsage};
use super::lenient::or_default;
use super::names::names;
use super::policy::{TagsPolicy, ToolPolicy, ToolkitsPolicy};
use super::settings::{
    AssistivePromptConfig, DefaultSwitch, ExecuteConfig, ManageConnections, ManageConnectionsPatch, MultiAccountConfig,
    MultiAccountPatch, NoElicitation, PermissionsConfig, PreloadConfig, Switch, WorkbenchConfig,
};
use crate::session::Patch;

/// A new session: `POST /api/v3.1/tool_router/session`.
///
/// # Example
/// ```
/// use composio_core::wire::{CreateSession, ToolkitsPolicy};
///
/// let mut body = CreateSession::new("user_123");
/// body.toolkits = Some(ToolkitsPolicy { enable: Some(vec!["gmail".to_owned()]), ..Default::default() });
/// assert_eq!(serde_json::to_string(&body)?, r#"{"user_id":"user_123","toolkits":{"enable":["gmail"]}}"#);
/// assert!(serde_json::from_str::<CreateSession>(r#"{"user_id": "u", "toolkit": {}}"#).is_err(), "an unknown key");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// Whose session it is. Not empty.
    pub user_id: String,
    /// Which toolkits it may use. All where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<ToolkitsPolicy>,
    /// The auth configs to use, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_configs: Option<IndexMap<String, String>>,
    /// The accounts to use, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_accounts: Option<IndexMap<String, Vec<String>>>,
    /// Which calls may run on accounts of the service. All, with charges hidden, where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant: Option<OffOr<InstantConfig>>,
    /// The user's connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_connections: Option<ManageConnections>,
    /// Which tools it may use, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, ToolPolicy>>,
    /// Which tags tools have to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagsPolicy>,
    /// The sandbox in which models run code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workbench: Option<WorkbenchConfig>,
    /// Authenticated requests of models outside the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_execute: Option<Switch>,
    /// Several accounts of a toolkit side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi_account: Option<MultiAccountConfig>,
    /// What may change without notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<CreateExperimental>,
    /// Which app tools models get directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preload: Option<PreloadConfig>,
    /// The operator's rules: 20 at the most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<Vec<Hook>>,
    /// The meta tool that searches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<DefaultSwitch>,
    /// The meta tool that executes several tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute: Option<ExecuteConfig>,
    /// The older name of [`instant`](Self::instant).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub premium_usage: Option<OffOr<PremiumUsage>>,
}

impl CreateSession {
    /// A session of a user that may use everything.
    #[must_use]
    pub fn new(user_id: impl Into<String>) -> Self {
        Self { user_id: user_id.into(), ..Self::default() }
    }
}

/// What a new session may be told that may change without notice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateExperimental {
    /// What the assistive prompt knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistive_prompt_config: Option<AssistivePromptConfig>,
    /// Toolkits of native tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_toolkits: Option<Vec<CustomToolkit>>,
    /// Native tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_tools: Option<Vec<CustomTool>>,
    /// Which calls a person has to allow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionsConfig>,
    /// What links begin with, in place of the server's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_url_overwrite: Option<String>,
    /// Whether searches are quick rather than good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fast_mode: Option<bool>,
    /// Whether models get a tool that reports bad results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit_feedback: Option<DefaultSwitch>,
    /// Whether code in the sandbox reaches the service alone. Only when a session is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restrict_egress_to_composio: Option<bool>,
    /// What becomes of a call that needs an approval, where its MCP client cannot ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_elicitation_support_fallback: Option<NoElicitation>,
    /// The saved config that gives toolkits, tools and tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_config_id: Option<String>,
}

/// A change of a session: `PATCH /api/v3.1/tool_router/session/{session_id}`.
///
/// Rule: `session-api` 2, PATCH. `Reset` falls back to the default, which can allow more than before. `toolkits`, `tools`,
/// `tags`, `auth_configs`, `connected_accounts`, `preload`, `search`, `execute` and `hooks` are replaced whole; of the others
/// each named field is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchSession {
    /// Which toolkits it may use.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub toolkits: Patch<ToolkitsPolicy>,
    /// The auth configs to use: the whole map.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub auth_configs: Patch<IndexMap<String, String>>,
    /// The accounts to use: the whole map.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub connected_accounts: Patch<IndexMap<String, Vec<String>>>,
    /// Which calls may run on accounts of the service. It cannot be reset; an object switches it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant: Option<OffOr<InstantConfig>>,
    /// The user's connections.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub manage_connections: Patch<ManageConnectionsPatch>,
    /// Which tools it may use: the whole map.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub tools: Patch<IndexMap<String, ToolPolicy>>,
    /// Which tags tools have to have.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub tags: Patch<TagsPolicy>,
    /// The sandbox in which models run code.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub workbench: Patch<WorkbenchConfig>,
    /// Several accounts of a toolkit side by side.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub multi_account: Patch<MultiAccountPatch>,
    /// Authenticated requests of models outside the sandbox.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub proxy_execute: Patch<Switch>,
    /// Which app tools models get directly.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub preload: Patch<PreloadConfig>,
    /// The meta tool that searches.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub search: Patch<DefaultSwitch>,
    /// The meta tool that executes several tools.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub execute: Patch<ExecuteConfig>,
    /// The operator's rules: the whole list.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub hooks: Patch<Vec<Hook>>,
    /// What may change without notice.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub experimental: Patch<PatchExperimental>,
    /// The version that the session has to have, or nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_config_version: Option<u64>,
    /// The older name of [`instant`](Self::instant).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub premium_usage: Option<OffOr<PremiumUsage>>,
}

/// A change of what may change without notice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatchExperimental {
    /// Which calls a person has to allow: the whole block.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub permissions: Patch<PermissionsConfig>,
    /// What links begin with.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub link_url_overwrite: Patch<String>,
    /// Whether searches are quick rather than good.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub fast_mode: Patch<bool>,
    /// Whether models get a tool that reports bad results.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub submit_feedback: Patch<Switch>,
    /// What becomes of a call that needs an approval, where its MCP client cannot ask.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub no_elicitation_support_fallback: Patch<NoElicitation>,
    /// The saved config that gives toolkits, tools and tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_config_id: Option<String>,
}

/// Native tools for a session that is there: `POST .../attach`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachSession {
    /// The native tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Arc<InlineTools>>,
}

/// A session: what creating, reading, changing and attaching answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionReply {
    /// Its id.
    pub session_id: String,
    /// Its MCP endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp: Option<SessionMcp>,
    /// The slugs of the tools that models get directly.
    #[serde(default, deserialize_with = "or_default")]
    pub tool_router_tools: Vec<String>,
    /// Its configuration.
    pub config: SessionConfig,
    /// The version of that. Each change makes the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_version: Option<u64>,
    /// What may change without notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<SessionExperimental>,
    /// What may deserve attention. The session is usable all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warnings: Option<Vec<SessionWarning>>,
}

impl SessionReply {
    /// A session of an id and a configuration.
    #[must_use]
    pub fn new(session_id: impl Into<String>, config: SessionConfig) -> Self {
        Self {
            session_id: session_id.into(),
            mcp: None,
            tool_router_tools: Vec::new(),
            config,
            config_version: None,
            experimental: None,
            warnings: None,
        }
    }
}

/// The MCP endpoint of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionMcp {
    /// Always `http`.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// Its address. It may have another origin than the API, and then gets no credential.
    #[serde(default, deserialize_with = "or_default")]
    pub url: String,
}

/// Something that may deserve attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionWarning {
    /// What, for programs.
    pub code: Open<SessionWarningCode>,
    /// What, for people.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
}

names! {
    /// What may deserve attention.
    SessionWarningCode {
        /// Many tools are preloaded, which fills the model's context.
        PreloadIsLarge = "PRELOAD_TOOLS_HIGH_CONTEXT_USAGE",
    }
}

/// What replies say of a session that may change without notice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionExperimental {
    /// A system prompt that fits the session. Only when it was just created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistive_prompt: Option<String>,
    /// The toolkits of native tools that came with the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_toolkits: Option<Vec<RegisteredToolkit>>,
    /// The native tools that came with the request, under their final names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_tools: Option<Vec<RegisteredTool>>,
    /// What becomes of a call that needs an approval, where its MCP client cannot ask. Denied where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_elicitation_support_fallback: Option<Open<NoElicitation>>,
    /// The saved config that was applied last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_session_config: Option<SourceConfig>,
}

/// A saved config that was applied to a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SourceConfig {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
}

/// That a session was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedSession {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub session_id: String,
    /// True.
    #[serde(default, deserialize_with = "or_default")]
    pub deleted: bool,
}
