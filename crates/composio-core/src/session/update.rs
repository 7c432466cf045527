//! Changing a session: what is replaced, what merges, and what becomes as if it had never been set.

mod builder;

use url::Url;

pub use self::builder::UpdateSession;
use super::settings::{HostedSettings, MetaTools};
use super::{MultiAccount, Preload, SessionConfig};
use crate::approval::ApprovalPolicy;
use crate::error::{Error, Result};
use crate::id::{AuthConfigId, ConnectedAccountId};
use crate::policy::{TagFilter, ToolPolicy, ToolkitPolicy};
use crate::toolkit_map::ToolkitMap;

/// What becomes of one field: absent, null, and a value are three things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It becomes as if it had never been set.
    Reset,
    /// It becomes this.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether it stays as it is.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Clone + Default> Patch<T> {
    fn apply(&self, value: &mut T) {
        match self {
            Self::Keep => {}
            Self::Reset => *value = T::default(),
            Self::Set(new) => value.clone_from(new),
        }
    }
}

/// A change of a session, as data.
///
/// Rule: `session-semantics` 3.3. Every field is replaced whole, maps and lists too, except `multi_account`, which merges.
/// `Reset` goes back to the default, which may allow more than before: toolkits that are reset are all of them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SessionUpdate {
    /// Which toolkits may be used.
    pub toolkits: Patch<ToolkitPolicy>,
    /// Which tools of each toolkit: the whole map.
    pub tools: Patch<ToolkitMap<ToolPolicy>>,
    /// Which tags tools have to have.
    pub tags: Patch<TagFilter>,
    /// The auth configs: the whole map.
    pub auth_configs: Patch<ToolkitMap<AuthConfigId>>,
    /// The pinned accounts: the whole map.
    pub connected_accounts: Patch<ToolkitMap<Vec<ConnectedAccountId>>>,
    /// Which app tools a model gets directly.
    pub preload: Patch<Preload>,
    /// Several accounts side by side. Merges.
    pub multi_account: Patch<MultiAccountUpdate>,
    /// Which calls a person has to allow.
    pub approvals: Patch<ApprovalPolicy>,
    /// Where links end.
    pub callback_url: Patch<Option<Box<Url>>>,
    /// Which helper tools a model gets.
    pub meta_tools: Patch<MetaTools>,
    /// What only the hosted service can be told.
    pub hosted: Patch<Option<Box<HostedSettings>>>,
    /// The version that the session has to have, or nothing is written.
    pub expected_version: Option<u64>,
}

impl SessionUpdate {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Settings for several accounts, each of which may be left as it is.
///
/// # Example
/// ```
/// use composio_core::{MultiAccount, MultiAccountUpdate};
///
/// let five = MultiAccount::new();
/// let three = MultiAccountUpdate::new().max_per_toolkit(3).apply(Some(five))?;
/// assert_eq!(three, Some(five.max_per_toolkit(3)));
///
/// let off = MultiAccountUpdate::new().enable(false);
/// assert_eq!(off.apply(three)?, None);
/// assert!(off.max_per_toolkit(3).apply(three).is_err(), "there is no limit where it is off");
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultiAccountUpdate {
    /// Switches it on or off. Off forgets the other two.
    pub enable: Option<bool>,
    /// How many active accounts of a toolkit the user may connect: 2 to 10.
    pub max_per_toolkit: Option<usize>,
    /// Whether a call has to name its account where several fit.
    pub require_explicit_selection: Option<bool>,
}

impl MultiAccountUpdate {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Switches it on or off.
    #[must_use]
    pub fn enable(mut self, enable: bool) -> Self {
        self.enable = Some(enable);
        self
    }

    /// Sets how many active accounts of a toolkit the user may connect: 2 to 10.
    #[must_use]
    pub fn max_per_toolkit(mut self, max: usize) -> Self {
        self.max_per_toolkit = Some(max);
        self
    }

    /// Says whether a call has to name its account.
    #[must_use]
    pub fn require_explicit_selection(mut self, required: bool) -> Self {
        self.require_explicit_selection = Some(required);
        self
    }

    /// The settings after this change of them. Rule: `session-semantics` 1.7 and row 46 of the decision table.
    ///
    /// # Errors
    /// `InvalidInput` where a limit or explicit selection is asked for while it is off.
    pub fn apply(self, before: Option<MultiAccount>) -> Result<Option<MultiAccount>> {
        let on = self.enable.unwrap_or(before.is_some());
        if on {
            let mut multi = before.unwrap_or_default();
            multi.max_per_toolkit = self.max_per_toolkit.unwrap_or(multi.max_per_toolkit);
            multi.require_explicit_selection =
                self.require_explicit_selection.unwrap_or(multi.require_explicit_selection);
            return Ok(Some(multi));
        }
        let rule = "several accounts are off in this session; enable them in the same call";
        match (self.max_per_toolkit, self.require_explicit_selection) {
            (Some(max), _) => Err(Error::invalid_input("multi_account.max_per_toolkit", &max.to_string(), rule)),
            (None, Some(true)) => Err(Error::invalid_input("multi_account.require_explicit_selection", "true", rule)),
            (None, Some(false) | None) => Ok(None),
        }
    }
}

impl From<MultiAccount> for MultiAccountUpdate {
    /// Switches it on with these settings.
    fn from(multi: MultiAccount) -> Self {
        Self {
            enable: Some(true),
            max_per_toolkit: Some(multi.max_per_toolkit),
            require_explicit_selection: Some(multi.require_explicit_selection),
        }
    }
}

impl SessionConfig {
    /// This configuration after a change. Pure; the expected version is the backend's to compare.
    ///
    /// # Errors
    /// `InvalidInput` as [`validate`](Self::validate), and where the change contradicts itself.
    pub fn updated(&self, update: &SessionUpdate) -> Result<Self> {
        let mut config = self.clone();
        update.toolkits.apply(&mut config.toolkits);
        update.tools.apply(&mut config.tools);
        update.tags.apply(&mut config.tags);
        update.auth_configs.apply(&mut config.auth_configs);
        update.connected_accounts.apply(&mut config.connected_accounts);
        update.preload.apply(&mut config.preload);
        match &update.approvals {
            Patch::Keep => {}
            Patch::Reset => config.approvals = None,
            Patch::Set(policy) => config.approvals = (*policy != ApprovalPolicy::new()).then(|| policy.clone().into()),
        }
        update.callback_url.apply(&mut config.callback_url);
        update.meta_tools.apply(&mut config.meta_tools);
        update.hosted.apply(&mut config.hosted);
        config.multi_account = match update.multi_account {
            Patch::Keep => config.multi_account,
            Patch::Reset => None,
            Patch::Set(multi) => multi.apply(config.multi_account)?,
        };
        config.validate()?;
        Ok(config)
    }
}
