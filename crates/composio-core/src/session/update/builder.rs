//! A change in the making.

use std::fmt;
use std::future::IntoFuture;

use super::{MultiAccountUpdate, Patch, SessionUpdate};
use crate::approval::ApprovalPolicy;
use crate::error::{Error, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolSlug, ToolkitSlug};
use crate::policy::{TagFilter, ToolPolicy, ToolkitPolicy};
use crate::session::builder::parse_callback;
use crate::session::{BoxFuture, HostedSettings, MetaTools, Preload, Session};
use crate::toolkit_map::ToolkitMap;

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
    pub(in crate::session) fn new(session: Session) -> Self {
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
        let toolkits = self.slugs(toolkits);
        self.update.toolkits = Patch::Set(ToolkitPolicy::Enable(toolkits));
        self
    }

    /// Allows all toolkits but these.
    pub fn disable_toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let toolkits = self.slugs(toolkits);
        self.update.toolkits = Patch::Set(ToolkitPolicy::Disable(toolkits));
        self
    }

    /// Allows no toolkit at all: native tools only.
    pub fn no_toolkits(mut self) -> Self {
        self.update.toolkits = Patch::Set(ToolkitPolicy::Enable(Vec::new()));
        self
    }

    /// Allows every toolkit again.
    pub fn reset_toolkits(mut self) -> Self {
        self.update.toolkits = Patch::Reset;
        self
    }

    /// Replaces what is said about the tools of toolkits, for all of them: [`ToolPolicy::enable`], [`ToolPolicy::disable`] or
    /// [`ToolPolicy::Tags`] for each.
    pub fn tools<T>(mut self, tools: impl IntoIterator<Item = (T, ToolPolicy)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let tools = self.pairs("tools", tools);
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
        let configs = self.pairs("auth_configs", auth_configs);
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
        let mut pins: ToolkitMap<Vec<ConnectedAccountId>> = ToolkitMap::new();
        for (toolkit, account) in self.pairs("connected_accounts", accounts) {
            pins.or_default(toolkit).push(account.into());
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
                Err(error) => self.note(error.into().in_field("preload.tools")),
            }
        }
        self.update.preload = Patch::Set(Preload::Tools(slugs));
        self
    }

    /// Gives the model every tool that the session names directly, 1,000 at the most. Helper tools stay as they are:
    /// [`meta_tools`](Self::meta_tools) changes them.
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
            Ok(url) => self.update.callback_url = Patch::Set(Some(url.into())),
            Err(error) => self.note(error),
        }
        self
    }

    /// Lets links end at our own page again.
    pub fn reset_callback_url(mut self) -> Self {
        self.update.callback_url = Patch::Reset;
        self
    }

    /// Replaces which helper tools a model gets.
    pub fn meta_tools(mut self, meta_tools: MetaTools) -> Self {
        self.update.meta_tools = Patch::Set(meta_tools);
        self
    }

    /// Gives a model the helper tools that it gets unless something is said.
    pub fn reset_meta_tools(mut self) -> Self {
        self.update.meta_tools = Patch::Reset;
        self
    }

    /// Replaces what only the hosted service can be told, all of it, with three exceptions: what is not said of the sandbox
    /// stays, instant usage of which nothing is said stays, and a saved config that is named is applied again, in place of
    /// toolkits, tools and tags.
    pub fn hosted(mut self, hosted: HostedSettings) -> Self {
        self.update.hosted = Patch::Set(Some(Box::new(hosted)));
        self
    }

    /// Says nothing to the hosted service again that no other backend could be told. Instant usage stays as it is: say it with
    /// [`hosted`](Self::hosted).
    pub fn reset_hosted(mut self) -> Self {
        self.update.hosted = Patch::Reset;
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

    fn slugs<T>(&mut self, toolkits: impl IntoIterator<Item = T>) -> Vec<ToolkitSlug>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let pairs = self.pairs("toolkits", toolkits.into_iter().map(|toolkit| (toolkit, ())));
        pairs.into_iter().map(|(slug, ())| slug).collect()
    }

    /// The values by toolkit. A toolkit that is none is noted as a mistake in `field`.
    fn pairs<T, V>(&mut self, field: &str, pairs: impl IntoIterator<Item = (T, V)>) -> Vec<(ToolkitSlug, V)>
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let mut found = Vec::new();
        for (toolkit, value) in pairs {
            match toolkit.try_into() {
                Ok(slug) => found.push((slug, value)),
                Err(error) => self.note(error.into().in_field(field)),
            }
        }
        found
    }

    /// Keeps the first error; the await reports it.
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
                None => {
                    self.update.check_settings()?;
                    self.session.change(&self.update).await
                }
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
