//! The settings of a session, as requests say them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::names::names;
use crate::session::Patch;

/// The user's connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManageConnections {
    /// Whether models get a tool that connects accounts. True where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Where links end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Whether models get a tool that waits for a connection. False where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_wait_for_connections: Option<bool>,
    /// Whether models may remove connections. True where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_connection_removal: Option<bool>,
}

/// A change of [`ManageConnections`]: what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManageConnectionsPatch {
    /// Whether models get a tool that connects accounts.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub enable: Patch<bool>,
    /// Where links end. The empty text is refused; `Reset` removes it.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub callback_url: Patch<String>,
    /// Whether models get a tool that waits for a connection.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub enable_wait_for_connections: Patch<bool>,
    /// Whether models may remove connections.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub enable_connection_removal: Patch<bool>,
}

/// The sandbox in which models run code. In a change, what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkbenchConfig {
    /// Whether there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Whether code in it may execute tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_tool_execution: Option<bool>,
    /// Whether code in it may make authenticated requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_proxy_execution: Option<bool>,
    /// From how many characters on a result is moved into it. Above 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_offload_threshold: Option<serde_json::Number>,
    /// How large it is. A change of it loses what the sandbox has in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sandbox_size: Option<SandboxSize>,
}

names! {
    /// How large a sandbox is.
    SandboxSize {
        /// 1 processor, 1 GB.
        Standard = "standard",
        /// 2 processors, 2 GB.
        Medium = "medium",
        /// 4 processors, 4 GB.
        Large = "large",
        /// 8 processors, 8 GB.
        Xlarge = "xlarge",
    }
}

/// Several accounts of a toolkit side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiAccountConfig {
    /// Whether they are used. The project's setting where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// How many a user may connect: 2 to 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_accounts_per_toolkit: Option<u64>,
    /// Whether a call has to name its account where several fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_explicit_selection: Option<bool>,
}

/// A change of [`MultiAccountConfig`]: what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiAccountPatch {
    /// Whether they are used. Off forgets the other two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// How many a user may connect: 2 to 10.
    #[serde(default, skip_serializing_if = "Patch::is_keep")]
    pub max_accounts_per_toolkit: Patch<u64>,
    /// Whether a call has to name its account where several fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_explicit_selection: Option<bool>,
}

/// A switch that has to be said: `proxy_execute`, and `submit_feedback` in a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// On or off.
    pub enable: bool,
}

/// A switch with a default: `search`, and `submit_feedback` on creation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultSwitch {
    /// On or off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
}

/// The meta tool that executes several tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecuteConfig {
    /// Whether models get it. True where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_multi_execute: Option<bool>,
}

/// Which app tools models get directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreloadConfig {
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<PreloadTools>,
}

/// Which tools are preloaded: a list of slugs, or `"all"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum PreloadTools {
    /// These.
    Slugs(Vec<String>),
    /// All that the session's filters name: `All`. Another word is one that this version does not know.
    Named(super::Open<PreloadSet>),
}

impl PreloadTools {
    /// All tools that the session's filters name, 1,000 at the most.
    pub const ALL: Self = Self::Named(super::Open::Known(PreloadSet::All));
}

names! {
    /// A set of tools that has a name.
    PreloadSet {
        /// All that the session's filters name.
        All = "all",
    }
}

/// Which calls a person has to allow, tool by tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermissionsConfig {
    /// What holds where no override does.
    pub default: PermissionDefault,
    /// What holds for one tool and account, by `TOOL:account` or `*:account`; the account `__none__` where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<IndexMap<String, PermissionOverride>>,
}

names! {
    /// Whether calls are asked about.
    PermissionDefault {
        /// None is.
        AllowAll = "allow_all",
        /// Each is.
        AskEveryCall = "ask_every_call",
        /// The first of a session is.
        AskOncePerSession = "ask_once_per_session",
    }
}

names! {
    /// Whether calls of one tool are asked about.
    PermissionOverride {
        /// They are made.
        AlwaysAllow = "always_allow",
        /// They are refused.
        AlwaysDeny = "always_deny",
        /// The first is asked about.
        AskOnce = "ask_once",
        /// Each is asked about.
        AskAlways = "ask_always",
    }
}

names! {
    /// What becomes of a call that needs an approval, where its MCP client cannot ask anybody.
    NoElicitation {
        /// It is refused.
        Deny = "deny",
        /// It is made without asking.
        Allow = "allow",
    }
}

/// What the assistive prompt knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistivePromptConfig {
    /// The user's timezone, such as `Europe/London`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_timezone: Option<String>,
}
