//! Which helper tools a session offers a model, and what only the hosted service can be told.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::id::ToolkitSlug;
use crate::policy::{ToolPolicy, ToolkitPolicy};
use crate::toolkit_map::ToolkitMap;

/// Which helper tools a model gets, beside the tools of toolkits. The defaults are the service's own.
///
/// Rules: `session-api` 2 (create), `session-semantics` 4.1 and 4.5. A backend without a helper has nothing to switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MetaTools {
    /// Finding tools. On unless said.
    pub search: bool,
    /// Running several calls at once. On unless said.
    pub multi_execute: bool,
    /// Seeing and making connections. On unless said.
    pub manage_connections: bool,
    /// Waiting for a connection that was begun. Off unless said.
    pub wait_for_connections: bool,
    /// Removing connections. On unless said, where connections are managed at all.
    pub connection_removal: bool,
    /// Calling services' own APIs; none for what the backend holds right.
    pub proxy_execute: Option<bool>,
    /// Reporting bad results to the service. Off unless said.
    pub submit_feedback: bool,
}

impl MetaTools {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            search: true,
            multi_execute: true,
            manage_connections: true,
            wait_for_connections: false,
            connection_removal: true,
            proxy_execute: None,
            submit_feedback: false,
        }
    }

    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::new()
    }

    /// None of them.
    #[must_use]
    pub const fn none() -> Self {
        Self { search: false, multi_execute: false, manage_connections: false, ..Self::new() }
    }

    /// Says whether a model may find tools.
    #[must_use]
    pub const fn search(self, on: bool) -> Self {
        Self { search: on, ..self }
    }

    /// Says whether a model may run several calls at once.
    #[must_use]
    pub const fn multi_execute(self, on: bool) -> Self {
        Self { multi_execute: on, ..self }
    }

    /// Says whether a model may see and make connections.
    #[must_use]
    pub const fn manage_connections(self, on: bool) -> Self {
        Self { manage_connections: on, ..self }
    }

    /// Says whether a model may wait for a connection that was begun.
    #[must_use]
    pub const fn wait_for_connections(self, on: bool) -> Self {
        Self { wait_for_connections: on, ..self }
    }

    /// Says whether a model may remove connections.
    #[must_use]
    pub const fn connection_removal(self, on: bool) -> Self {
        Self { connection_removal: on, ..self }
    }

    /// Says whether a model may call services' own APIs.
    #[must_use]
    pub const fn proxy_execute(self, on: bool) -> Self {
        Self { proxy_execute: Some(on), ..self }
    }

    /// Says whether a model may report bad results to the service.
    #[must_use]
    pub const fn submit_feedback(self, on: bool) -> Self {
        Self { submit_feedback: on, ..self }
    }
}

impl Default for MetaTools {
    fn default() -> Self {
        Self::new()
    }
}

/// What only the hosted service can be told. The embedded engine refuses a session that has any of it.
///
/// Rule: `session-api` 2 (create).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HostedSettings {
    /// The sandbox.
    pub workbench: Option<Workbench>,
    /// What is checked before or after calls: 20 at the most.
    pub hooks: Vec<Hook>,
    /// Whether calls may run on accounts of the service, which are billed; none for what the service holds right.
    pub instant: Option<InstantUsage>,
    /// What a user is asked before calls, in the service's older way.
    pub permissions: Option<Permissions>,
    /// The address under which connect links of this session are shown, in place of the service's own.
    pub link_url_overwrite: Option<String>,
    /// Faster search that may find less.
    pub fast_mode: Option<bool>,
    /// Keeps the sandbox from every network but the service's. Only when a session is created.
    pub restrict_egress: bool,
    /// A saved session config to take toolkits, tools and tags from, in place of the session's own.
    pub saved_config: Option<String>,
    /// The user's time zone by its IANA name, for the prompt that the service makes. Only when a session is created.
    pub user_timezone: Option<String>,
}

impl HostedSettings {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets up the sandbox.
    #[must_use]
    pub fn workbench(mut self, workbench: Workbench) -> Self {
        self.workbench = Some(workbench);
        self
    }

    /// Adds a hook.
    #[must_use]
    pub fn hook(mut self, hook: Hook) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Says whether calls may run on accounts of the service.
    #[must_use]
    pub fn instant(mut self, instant: InstantUsage) -> Self {
        self.instant = Some(instant);
        self
    }

    /// Sets what a user is asked before calls.
    #[must_use]
    pub fn permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = Some(permissions);
        self
    }

    /// Shows connect links under this address.
    #[must_use]
    pub fn link_url_overwrite(mut self, url: impl Into<String>) -> Self {
        self.link_url_overwrite = Some(url.into());
        self
    }

    /// Searches faster, and may find less.
    #[must_use]
    pub fn fast_mode(mut self, on: bool) -> Self {
        self.fast_mode = Some(on);
        self
    }

    /// Keeps the sandbox from every network but the service's.
    #[must_use]
    pub fn restrict_egress(mut self) -> Self {
        self.restrict_egress = true;
        self
    }

    /// Takes toolkits, tools and tags from a saved session config.
    #[must_use]
    pub fn saved_config(mut self, id: impl Into<String>) -> Self {
        self.saved_config = Some(id.into());
        self
    }

    /// Says in which time zone the user is, such as `Europe/London`.
    #[must_use]
    pub fn user_timezone(mut self, zone: impl Into<String>) -> Self {
        self.user_timezone = Some(zone.into());
        self
    }
}

/// The sandbox of a session. What is not said is what the service holds right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Workbench {
    /// Whether there is one.
    pub enable: Option<bool>,
    /// Whether code in it may run tools.
    pub tool_execution: Option<bool>,
    /// Whether code in it may call services' own APIs.
    pub proxy_execution: Option<bool>,
    /// From how many characters on a result is put into a file there.
    pub offload_from: Option<u32>,
    /// How large it is.
    pub size: Option<SandboxSize>,
}

impl Workbench {
    /// What the service holds right.
    #[must_use]
    pub const fn new() -> Self {
        Self { enable: None, tool_execution: None, proxy_execution: None, offload_from: None, size: None }
    }

    /// Says whether there is one.
    #[must_use]
    pub const fn enable(self, on: bool) -> Self {
        Self { enable: Some(on), ..self }
    }

    /// Says whether code in it may run tools.
    #[must_use]
    pub const fn tool_execution(self, on: bool) -> Self {
        Self { tool_execution: Some(on), ..self }
    }

    /// Says whether code in it may call services' own APIs.
    #[must_use]
    pub const fn proxy_execution(self, on: bool) -> Self {
        Self { proxy_execution: Some(on), ..self }
    }

    /// Puts results of this many characters and more into a file there.
    #[must_use]
    pub const fn offload_from(self, characters: u32) -> Self {
        Self { offload_from: Some(characters), ..self }
    }

    /// Says how large it is.
    #[must_use]
    pub const fn size(self, size: SandboxSize) -> Self {
        Self { size: Some(size), ..self }
    }
}

/// How large a sandbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SandboxSize {
    /// 1 processor, 1 GB.
    Standard,
    /// 2 processors, 2 GB.
    Medium,
    /// 4 processors, 4 GB.
    Large,
    /// 8 processors, 8 GB.
    XLarge,
}

/// Something that the service checks at each call, and that may stop it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hook {
    /// Its id, unique in the session: 1 to 64 of `a-z`, `0-9`, `_`, `-`.
    pub id: String,
    /// A name that a model is told where the hook stops a call.
    pub name: Option<String>,
    /// The toolkits whose calls are checked; all without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// What is checked.
    pub check: HookCheck,
}

impl Hook {
    /// A hook for the calls of every toolkit.
    #[must_use]
    pub fn new(id: impl Into<String>, check: HookCheck) -> Self {
        Self { id: id.into(), name: None, toolkits: Vec::new(), check }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Checks the calls of these toolkits only.
    #[must_use]
    pub fn toolkits(mut self, toolkits: impl IntoIterator<Item = ToolkitSlug>) -> Self {
        self.toolkits = toolkits.into_iter().collect();
        self
    }
}

/// What a hook checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookCheck {
    /// Stops a call before it runs where this plain sentence is true of it.
    Before(String),
    /// Withholds a result where this plain sentence is true of it.
    After(String),
    /// Withholds a result that tries to give a model orders.
    PromptInjection,
}

/// Whether calls may run on accounts of the service, which are billed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InstantUsage {
    /// Never.
    Off,
    /// Where these allow it.
    On {
        /// In which toolkits.
        toolkits: ToolkitPolicy,
        /// Which tools of a toolkit, by list: tags are refused.
        tools: ToolkitMap<ToolPolicy>,
        /// Whether replies tell what was charged.
        return_charge: bool,
        /// Whether searches tell prices.
        return_prices: bool,
    },
}

/// What a user is asked before calls, in the service's older way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Permissions {
    /// What holds where nothing else is said.
    pub default: PermissionDefault,
    /// What holds for a tool and an account, keyed `TOOL:account` or `*:account`.
    pub overrides: IndexMap<String, PermissionOverride>,
}

impl Permissions {
    /// A default without exceptions.
    #[must_use]
    pub fn new(default: PermissionDefault) -> Self {
        Self { default, overrides: IndexMap::new() }
    }
}

/// What a user is asked where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PermissionDefault {
    /// Nothing.
    AllowAll,
    /// Each call.
    AskEveryCall,
    /// The first call of a tool.
    AskOncePerSession,
}

/// What a user is asked about one tool or account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PermissionOverride {
    /// Nothing: it runs.
    AlwaysAllow,
    /// Nothing: it does not run.
    AlwaysDeny,
    /// The first call.
    AskOnce,
    /// Each call.
    AskAlways,
}
