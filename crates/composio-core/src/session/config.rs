//! What a session is created with, as data.

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::settings::{HostedSettings, MetaTools};
use crate::approval::{ApprovalPolicy, ApprovalRule};
use crate::auth::ToolFilter;
use crate::error::{Error, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolSlug, ToolkitSlug};
use crate::policy::{PolicyDecision, PolicyInput, PolicyRule, TagFilter, ToolPolicy, ToolkitPolicy, decide_tool};
use crate::tool::{ToolDefinition, ToolHints};
use crate::toolkit_map::ToolkitMap;

/// Everything a session is created with, except the user, the native tools and the modifiers.
///
/// Usually made by [`SessionBuilder`](crate::SessionBuilder).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionConfig {
    /// Which toolkits may be used.
    pub toolkits: ToolkitPolicy,
    /// Which tools of a toolkit may be used: a list, or tags in place of [`tags`](Self::tags).
    pub tools: ToolkitMap<ToolPolicy>,
    /// Which tags tools have to have.
    pub tags: TagFilter,
    /// The auth config that connections of a toolkit are found or made on.
    pub auth_configs: ToolkitMap<AuthConfigId>,
    /// The accounts that a toolkit's tools run with. Several need [`multi_account`](Self::multi_account).
    pub connected_accounts: ToolkitMap<Vec<ConnectedAccountId>>,
    /// Which app tools a model gets directly.
    pub preload: Preload,
    /// Whether a user may have several accounts of a toolkit side by side; none for the plain rule of the newest.
    pub multi_account: Option<MultiAccount>,
    /// Which calls a person has to allow; none for no call.
    pub approvals: Option<Box<ApprovalPolicy>>,
    /// Where links of this session end, unless they say otherwise.
    pub callback_url: Option<Box<Url>>,
    /// Which helper tools a model gets.
    #[serde(skip_serializing_if = "MetaTools::is_default")]
    pub meta_tools: MetaTools,
    /// What only the hosted service can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted: Option<Box<HostedSettings>>,
}

/// Which app tools a model gets directly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preload {
    /// None: the model finds tools by searching.
    #[default]
    None,
    /// These.
    Tools(Vec<ToolSlug>),
    /// Every tool that the session names: of its enabled toolkits, in its lists of tools, or with its enabled tags. 1,000
    /// at the most.
    All,
}

/// How a user's several accounts of a toolkit are used side by side.
///
/// Rule: `session-semantics` 1.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MultiAccount {
    /// How many active accounts of a toolkit the user may connect: 2 to 10.
    pub max_per_toolkit: usize,
    /// Whether a call has to name its account where several fit.
    pub require_explicit_selection: bool,
}

impl MultiAccount {
    /// Up to five accounts, and a call has to name one where several fit.
    #[must_use]
    pub fn new() -> Self {
        Self { max_per_toolkit: 5, require_explicit_selection: true }
    }

    /// Sets how many active accounts of a toolkit the user may connect: 2 to 10.
    #[must_use]
    pub fn max_per_toolkit(mut self, max: usize) -> Self {
        self.max_per_toolkit = max;
        self
    }

    /// Says whether a call has to name its account; otherwise the most recently connected one is used.
    #[must_use]
    pub fn require_explicit_selection(mut self, required: bool) -> Self {
        self.require_explicit_selection = required;
        self
    }
}

impl Default for MultiAccount {
    fn default() -> Self {
        Self::new()
    }
}

impl SessionConfig {
    /// Everything at its default: all toolkits, no overrides, nothing preloaded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The accounts pinned for a toolkit; none as if nothing had been said.
    pub fn pins(&self, toolkit: &ToolkitSlug) -> &[ConnectedAccountId] {
        self.connected_accounts.get(toolkit).map_or(&[], Vec::as_slice)
    }

    /// What a decision about a tool is made from. `auth_config` is the tool list of the auth config on which it would run,
    /// where that is known.
    #[must_use]
    pub fn policy_input<'a>(
        &'a self,
        toolkit: &'a ToolkitSlug,
        tool: &'a ToolDefinition,
        auth_config: Option<&'a ToolFilter>,
    ) -> PolicyInput<'a> {
        PolicyInput {
            toolkits: &self.toolkits,
            tools: &self.tools,
            tags: &self.tags,
            toolkit,
            tool: &tool.slug,
            hints: tool.hints,
            auth_config,
        }
    }

    /// Whether a tool may be used in this session, and the rule that says so. Allocates nothing.
    #[must_use]
    pub fn decide(&self, toolkit: &ToolkitSlug, tool: &ToolDefinition) -> PolicyDecision {
        decide_tool(&self.policy_input(toolkit, tool, None))
    }

    /// Whether a model gets an app tool directly. Rule: `session-semantics` 4.1.
    ///
    /// "All" means the tools that the session names for, by toolkit, list or tag; what it merely does not refuse is not
    /// preloaded.
    pub fn preloads(&self, toolkit: &ToolkitSlug, tool: &ToolDefinition) -> bool {
        let decision = self.decide(toolkit, tool);
        decision.allowed
            && match &self.preload {
                Preload::None => false,
                Preload::Tools(tools) => tools.contains(&tool.slug),
                Preload::All => self.names(toolkit, decision.by),
            }
    }

    /// Whether what allowed a tool names what it allows.
    fn names(&self, toolkit: &ToolkitSlug, by: PolicyRule) -> bool {
        self.toolkits.is_positive()
            || match by {
                PolicyRule::Tools | PolicyRule::ToolkitTags => {
                    self.tools.get(toolkit).is_some_and(ToolPolicy::is_positive)
                }
                PolicyRule::Tags => self.tags.is_positive(),
                _ => false,
            }
    }

    /// Whether anything names what it allows, so that "all" means something.
    fn is_positive(&self) -> bool {
        self.toolkits.is_positive() || self.tags.is_positive() || self.tools.values().any(ToolPolicy::is_positive)
    }

    /// Whether a saved session config names it instead.
    fn is_saved(&self) -> bool {
        self.hosted.as_ref().is_some_and(|hosted| hosted.saved_config.is_some())
    }

    /// Why a call of a tool needs an approval, if it does. A native tool has no toolkit.
    pub fn needs_approval(
        &self,
        toolkit: Option<&ToolkitSlug>,
        tool: &ToolSlug,
        hints: ToolHints,
    ) -> Option<ApprovalRule> {
        self.approvals.as_ref()?.asks(toolkit, tool, hints)
    }

    /// Checks what can be checked without asking anyone. Backends call it before they store.
    ///
    /// Rules: `session-semantics` 1.1 (the cap on pins), 1.7 (limits, for pins too, and no preloading of everything), 4.1
    /// (preloading), 1.1 step 2 (an auth config for a toolkit outside the list).
    ///
    /// # Errors
    /// `InvalidInput` naming the field by its path ([`Error::field`]), the value and the rule.
    pub fn validate(&self) -> Result<()> {
        for (toolkit, accounts) in &self.connected_accounts {
            self.check_allowed("connected_accounts", toolkit)?;
            self.check_pins(toolkit, accounts)?;
        }
        for toolkit in self.auth_configs.keys() {
            self.check_allowed("auth_configs", toolkit)?;
        }
        self.check_preload()?;
        self.check_settings()?;
        match self.multi_account {
            Some(multi) if !(2..=10).contains(&multi.max_per_toolkit) => {
                let max = multi.max_per_toolkit.to_string();
                Err(Error::invalid_input("multi_account.max_per_toolkit", &max, "2 to 10 accounts"))
            }
            _ => Ok(()),
        }
    }

    fn check_pins(&self, toolkit: &ToolkitSlug, accounts: &[ConnectedAccountId]) -> Result<()> {
        let distinct = accounts.iter().collect::<IndexSet<_>>().len();
        let rule = match self.multi_account {
            None if accounts.len() > 1 => "several accounts of one toolkit need `.multi_account(..)`".to_owned(),
            Some(multi) if distinct > multi.max_per_toolkit => {
                format!("{distinct} accounts, and the session's limit is {}", multi.max_per_toolkit)
            }
            None | Some(_) => return Ok(()),
        };
        Err(Error::invalid_input(&format!("connected_accounts.{toolkit}"), toolkit.as_str(), rule))
    }

    fn check_preload(&self) -> Result<()> {
        let rule = match self.preload {
            Preload::All if !self.is_positive() && !self.is_saved() => {
                "preloading all tools needs something that names them: call `.toolkits([..])`, `.enable_tools(..)` or \
                 `.tags([..])`"
            }
            Preload::All if self.multi_account.is_some() => {
                "preloading all tools does not go with several accounts; name the tools with `.preload([..])`"
            }
            Preload::None | Preload::Tools(_) | Preload::All => return Ok(()),
        };
        Err(Error::invalid_input("preload.tools", "all", rule))
    }

    fn check_allowed(&self, field: &str, toolkit: &ToolkitSlug) -> Result<()> {
        if self.toolkits.allows(toolkit) {
            return Ok(());
        }
        let field = format!("{field}.{toolkit}");
        Err(Error::invalid_input(&field, toolkit.as_str(), "the session does not allow this toolkit"))
    }
}
