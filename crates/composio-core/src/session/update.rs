//! Changing a session: what is replaced, what merges, and what becomes as if it had never been set.

use std::fmt;
use std::future::IntoFuture;

use indexmap::IndexMap;
use url::Url;

use super::builder::parse_callback;
use super::{BoxFuture, MultiAccount, Preload, Session, SessionConfig};
use crate::approval::ApprovalPolicy;
use crate::error::{Error, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolSlug, ToolkitSlug};
use crate::policy::{TagFilter, ToolPolicy, ToolkitPolicy};

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
    pub tools: Patch<IndexMap<ToolkitSlug, ToolPolicy>>,
    /// Which tags tools have to have.
    pub tags: Patch<TagFilter>,
    /// The auth configs: the whole map.
    pub auth_configs: Patch<IndexMap<ToolkitSlug, AuthConfigId>>,
    /// The pinned accounts: the whole map.
    pub connected_accounts: Patch<IndexMap<ToolkitSlug, Vec<ConnectedAccountId>>>,
    /// Which app tools a model gets directly.
    pub preload: Patch<Preload>,
    /// Several accounts side by side. Merges.
    pub multi_account: Patch<MultiAccountUpdate>,
    /// Which calls a person has to allow.
    pub approvals: Patch<ApprovalPolicy>,
    /// Where links end.
    pub callback_url: Patch<Option<Url>>,
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
        update.approvals.apply(&mut config.approvals);
        update.callback_url.apply(&mut config.callback_url);
        config.multi_account = match update.multi_account {
            Patch::Keep => config.multi_account,
            Patch::Reset => None,
            Patch::Set(multi) => multi.apply(config.multi_account)?,
        };
        config.validate()?;
        Ok(config)
    }
}

/// A change of a session in the making. Await it to make the change.
///
/// What is not named stays. Lists and maps are replaced whole; only [`multi_account`](Self::multi_account) merges. Each
/// `reset_…` goes back to what holds when nothing was ever said.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
/// # let backend = ScriptedBackend::new().toolkit("github").toolkit("gmail");
/// # let composio = Composio::with_backend(backend);
/// let session = composio.create("user_123").toolkits(["github"]).await?;
/// session.update().toolkits(["github", "gmail"]).if_unchanged().await?;
/// assert_eq!((session.version(), session.config().toolkits.named().len()), (2, 2));
///
/// let stale = session.update().reset_toolkits().expected_version(1).await;
/// assert!(stale.is_err_and(|error| error.kind() == ErrorKind::Conflict), "and nothing was written");
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[must_use = "a session changes when this is awaited"]
pub struct UpdateSession {
    session: Session,
    update: SessionUpdate,
    error: Option<Error>,
}

impl UpdateSession {
    pub(super) fn new(session: Session) -> Self {
        Self { session, update: SessionUpdate::new(), error: None }
    }

    /// Makes a change that you have as data, in place of what was named before.
    pub fn with(mut self, update: SessionUpdate) -> Self {
        self.update = update;
        self
    }

    /// Allows these toolkits and no others. An empty list allows none.
    pub fn toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let toolkits = self.collect(toolkits);
        self.update.toolkits = Patch::Set(ToolkitPolicy::Enable(toolkits));
        self
    }

    /// Allows all toolkits but these.
    pub fn disable_toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let toolkits = self.collect(toolkits);
        self.update.toolkits = Patch::Set(ToolkitPolicy::Disable(toolkits));
        self
    }

    /// Allows every toolkit again.
    pub fn reset_toolkits(mut self) -> Self {
        self.update.toolkits = Patch::Reset;
        self
    }

    /// Replaces what is said about the tools of toolkits, for all of them.
    pub fn tools<T>(mut self, tools: impl IntoIterator<Item = (T, ToolPolicy)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let tools = self.pairs(tools);
        self.update.tools = Patch::Set(tools.into_iter().collect());
        self
    }

    /// Says nothing about the tools of any toolkit again.
    pub fn reset_tools(mut self) -> Self {
        self.update.tools = Patch::Reset;
        self
    }

    /// Replaces the session's tags.
    pub fn tags(mut self, tags: TagFilter) -> Self {
        self.update.tags = Patch::Set(tags);
        self
    }

    /// Says nothing about tags again.
    pub fn reset_tags(mut self) -> Self {
        self.update.tags = Patch::Reset;
        self
    }

    /// Replaces the auth configs, of all toolkits.
    pub fn auth_configs<T, A>(mut self, auth_configs: impl IntoIterator<Item = (T, A)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        A: Into<AuthConfigId>,
    {
        let configs = self.pairs(auth_configs);
        self.update.auth_configs =
            Patch::Set(configs.into_iter().map(|(toolkit, config)| (toolkit, config.into())).collect());
        self
    }

    /// Names no auth config again.
    pub fn reset_auth_configs(mut self) -> Self {
        self.update.auth_configs = Patch::Reset;
        self
    }

    /// Replaces the pinned accounts, of all toolkits. A toolkit that is named twice has two.
    pub fn connected_accounts<T, A>(mut self, accounts: impl IntoIterator<Item = (T, A)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        A: Into<ConnectedAccountId>,
    {
        let mut pins: IndexMap<ToolkitSlug, Vec<ConnectedAccountId>> = IndexMap::new();
        for (toolkit, account) in self.pairs(accounts) {
            pins.entry(toolkit).or_default().push(account.into());
        }
        self.update.connected_accounts = Patch::Set(pins);
        self
    }

    /// Pins no account again: the newest runs.
    pub fn reset_connected_accounts(mut self) -> Self {
        self.update.connected_accounts = Patch::Reset;
        self
    }

    /// Gives the model these app tools directly.
    pub fn preload<T>(mut self, tools: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        let mut slugs = Vec::new();
        for tool in tools {
            match tool.try_into() {
                Ok(slug) => slugs.push(slug),
                Err(error) => self.note(error.into()),
            }
        }
        self.update.preload = Patch::Set(Preload::Tools(slugs));
        self
    }

    /// Gives the model every tool that the session names directly, 1,000 at the most.
    pub fn direct_tools(mut self) -> Self {
        self.update.preload = Patch::Set(Preload::All);
        self
    }

    /// Gives the model no app tool directly again.
    pub fn reset_preload(mut self) -> Self {
        self.update.preload = Patch::Reset;
        self
    }

    /// Changes how several accounts are used; what is not named in it stays.
    pub fn multi_account(mut self, multi: impl Into<MultiAccountUpdate>) -> Self {
        self.update.multi_account = Patch::Set(multi.into());
        self
    }

    /// Switches several accounts off again.
    pub fn reset_multi_account(mut self) -> Self {
        self.update.multi_account = Patch::Reset;
        self
    }

    /// Replaces which calls a person has to allow.
    pub fn approvals(mut self, approvals: ApprovalPolicy) -> Self {
        self.update.approvals = Patch::Set(approvals);
        self
    }

    /// Lets every call run without asking again.
    pub fn reset_approvals(mut self) -> Self {
        self.update.approvals = Patch::Reset;
        self
    }

    /// Sets where links end.
    pub fn callback_url(mut self, url: &str) -> Self {
        match parse_callback(url) {
            Ok(url) => self.update.callback_url = Patch::Set(Some(url)),
            Err(error) => self.note(error),
        }
        self
    }

    /// Lets links end at our own page again.
    pub fn reset_callback_url(mut self) -> Self {
        self.update.callback_url = Patch::Reset;
        self
    }

    /// Makes the change only where the session has this version; otherwise nothing is written and the error is `Conflict`.
    /// Without it the last writer wins.
    pub fn expected_version(mut self, version: u64) -> Self {
        self.update.expected_version = Some(version);
        self
    }

    /// Makes the change only where nobody else has changed the session since this process last read it.
    pub fn if_unchanged(self) -> Self {
        let version = self.session.version();
        self.expected_version(version)
    }

    fn collect<T>(&mut self, toolkits: impl IntoIterator<Item = T>) -> Vec<ToolkitSlug>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        self.pairs(toolkits.into_iter().map(|toolkit| (toolkit, ()))).into_iter().map(|(slug, ())| slug).collect()
    }

    fn pairs<T, V>(&mut self, pairs: impl IntoIterator<Item = (T, V)>) -> Vec<(ToolkitSlug, V)>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let mut found = Vec::new();
        for (toolkit, value) in pairs {
            match toolkit.try_into() {
                Ok(slug) => found.push((slug, value)),
                Err(error) => self.note(error.into()),
            }
        }
        found
    }

    fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

impl IntoFuture for UpdateSession {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match self.error {
                Some(error) => Err(error),
                None => self.session.change(&self.update).await,
            }
        })
    }
}

impl fmt::Debug for UpdateSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateSession")
            .field("session", &self.session)
            .field("update", &self.update)
            .finish_non_exhaustive()
    }
}
