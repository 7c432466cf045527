//! Making a session, and taking one up again.

mod preset;
mod rules;

use std::fmt;
use std::future::IntoFuture;

use url::Url;

use self::preset::Said;
use super::live::Local;
use super::{BoxFuture, Modifier, MultiAccountUpdate, Preload, Session, SessionConfig};
use crate::composio::Composio;
use crate::error::{Error, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolkitPolicy;
use crate::tool::{NativeTools, Tool};

/// A session in the making. Await it to create the session.
///
/// Text is accepted wherever a slug is meant; the first thing that is wrong surfaces at the await, before anything is
/// stored.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ErrorKind, ScriptedBackend};
/// # let composio = Composio::with_backend(ScriptedBackend::new());
/// let session = composio
///     .create("user_123")
///     .toolkits(["github", "gmail"])
///     .connected_account("gmail", "ca_work")
///     .await?;
/// assert_eq!(session.user().as_str(), "user_123");
///
/// let refused = composio.create("user_123").toolkits(["Git Hub"]).await;
/// assert!(refused.is_err_and(|error| error.kind() == ErrorKind::InvalidInput));
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[must_use = "a session is created by awaiting its builder"]
pub struct SessionBuilder {
    door: Composio,
    user: UserId,
    config: SessionConfig,
    local: Local,
    policy_set_by: Option<&'static str>,
    said: Said,
    error: Option<Error>,
}

impl SessionBuilder {
    pub(crate) fn new(door: Composio, user: UserId) -> Self {
        let error = user.as_str().trim().is_empty().then(|| {
            Error::invalid_input("user", user.as_str(), "give the id that your application has for this user")
        });
        let (config, local) = (SessionConfig::new(), Local::default());
        Self { door, user, config, local, policy_set_by: None, said: Said::default(), error }
    }

    /// Allows these toolkits and no others. Called again, it adds.
    pub fn toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let mut slugs = self.parse_all("toolkits", toolkits);
        match &mut self.config.toolkits {
            ToolkitPolicy::Enable(before) if self.policy_set_by == Some("toolkits") => before.append(&mut slugs),
            _ => return self.set_policy("toolkits", ToolkitPolicy::Enable(slugs)),
        }
        self
    }

    /// Allows all toolkits but these. Called again, it adds.
    pub fn disable_toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let mut slugs = self.parse_all("toolkits", toolkits);
        if let ToolkitPolicy::Disable(before) = &mut self.config.toolkits {
            before.append(&mut slugs);
            return self;
        }
        self.set_policy("disable_toolkits", ToolkitPolicy::Disable(slugs))
    }

    /// Allows no toolkit at all: native tools only.
    pub fn no_toolkits(self) -> Self {
        self.set_policy("no_toolkits", ToolkitPolicy::Enable(Vec::new()))
    }

    /// Finds or makes this toolkit's connections on this auth config.
    pub fn auth_config<T>(mut self, toolkit: T, auth_config: impl Into<AuthConfigId>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        if let Some(toolkit) = self.parse("auth_configs", toolkit) {
            self.config.auth_configs.insert(toolkit, auth_config.into());
        }
        self
    }

    /// As [`auth_config`](Self::auth_config), for several toolkits.
    pub fn auth_configs<T, A>(self, auth_configs: impl IntoIterator<Item = (T, A)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        A: Into<AuthConfigId>,
    {
        auth_configs.into_iter().fold(self, |builder, (toolkit, config)| builder.auth_config(toolkit, config))
    }

    /// Runs this toolkit's tools with this account and no other. A second one for the same toolkit is added, which
    /// needs [`multi_account`](Self::multi_account).
    pub fn connected_account<T>(mut self, toolkit: T, account: impl Into<ConnectedAccountId>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        if let Some(toolkit) = self.parse("connected_accounts", toolkit) {
            self.config.connected_accounts.or_default(toolkit).push(account.into());
        }
        self
    }

    /// As [`connected_account`](Self::connected_account), for several toolkits.
    pub fn connected_accounts<T, A>(self, accounts: impl IntoIterator<Item = (T, A)>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        A: Into<ConnectedAccountId>,
    {
        accounts.into_iter().fold(self, |builder, (toolkit, account)| builder.connected_account(toolkit, account))
    }

    /// Lets the user have several accounts of a toolkit side by side, with [`MultiAccount`](crate::MultiAccount). Unless it says
    /// otherwise, a call has to name its account where several fit. Single settings, as [`MultiAccountUpdate`], count once
    /// it is [switched on](MultiAccountUpdate::enable).
    pub fn multi_account(mut self, multi: impl Into<MultiAccountUpdate>) -> Self {
        match multi.into().apply(self.config.multi_account) {
            Ok(multi) => self.config.multi_account = multi,
            Err(error) => self.note(error),
        }
        self
    }

    /// Gives the model these app tools directly. Fewer than 20 are good for most models. Called again, it adds. A list, even
    /// an empty one, stands above [`direct_tools`](Self::direct_tools), whichever is called first.
    pub fn preload<T>(mut self, tools: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        self.said.preload = true;
        for tool in tools {
            match (tool.try_into(), &mut self.config.preload) {
                (Ok(slug), Preload::Tools(slugs)) => slugs.push(slug),
                (Ok(slug), Preload::None | Preload::All) => self.config.preload = Preload::Tools(vec![slug]),
                (Err(error), _) => self.note(error.into().in_field("preload.tools")),
            }
        }
        self
    }

    /// Where links of this session end, unless they say otherwise.
    pub fn callback_url(mut self, url: &str) -> Self {
        match parse_callback(url) {
            Ok(url) => self.config.callback_url = Some(url.into()),
            Err(error) => self.note(error),
        }
        self
    }

    /// Adds a tool written in Rust. Its slug in the session is `LOCAL_` and its own.
    pub fn tool(mut self, tool: impl Tool) -> Self {
        if let Err(error) = self.local.native.add(tool) {
            self.note(error);
        }
        self
    }

    /// Adds a closure that sees tools and calls; see [`Modifier`]. They run in the order in which they are given.
    pub fn modifier(mut self, modifier: Modifier) -> Self {
        if let Err(error) = self.local.modifiers.add(modifier) {
            self.note(error);
        }
        self
    }

    /// A rule about a native tool that has no effect because its name is misspelt would let calls pass unasked. Where no
    /// native tool is given here, another process gives them, and knows their names.
    fn check_native_approvals(&self) -> Result<()> {
        let native = &self.local.native;
        let missing = |slug: &&ToolSlug| NativeTools::claims(slug) && native.definition(slug).is_none();
        match self
            .config
            .approvals
            .iter()
            .flat_map(|approvals| &approvals.tools)
            .find(missing)
            .filter(|_| !native.is_empty())
        {
            None => Ok(()),
            Some(slug) => {
                let given: Vec<_> = native.definitions().map(|tool| tool.slug.as_str()).collect();
                let rule = format!("no native tool of this session is called so; there is {}", given.join(", "));
                Err(Error::invalid_input("approvals.tools", slug.as_str(), rule))
            }
        }
    }

    fn set_policy(mut self, by: &'static str, policy: ToolkitPolicy) -> Self {
        if let Some(before) = self.policy_set_by {
            let rule = format!("`{before}` was called already, and only one of the two can hold");
            self.note(Error::invalid_input("toolkits", by, rule));
        }
        self.policy_set_by = Some(by);
        self.config.toolkits = policy;
        self
    }

    /// Reads a slug or a tag. What is none is noted as a mistake in `field`.
    fn parse<P, T>(&mut self, field: &str, given: T) -> Option<P>
    where
        T: TryInto<P, Error: Into<Error>>,
    {
        given.try_into().map_err(|error| self.note(error.into().in_field(field))).ok()
    }

    fn parse_all<P, T>(&mut self, field: &str, given: impl IntoIterator<Item = T>) -> Vec<P>
    where
        T: TryInto<P, Error: Into<Error>>,
    {
        given.into_iter().filter_map(|one| self.parse(field, one)).collect()
    }

    /// Keeps the first error; the await reports it.
    fn note(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

impl IntoFuture for SessionBuilder {
    type Output = Result<Session>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(mut self) -> Self::IntoFuture {
        Box::pin(async move {
            if let Some(error) = self.error {
                return Err(error);
            }
            self.said.settle(&mut self.config);
            self.config.validate()?;
            self.check_native_approvals()?;
            let native = self.local.native.shared();
            self.config.check_saved(&native)?;
            let record = self.door.backend.create_session(&self.user, &self.config, &native).await?;
            Ok(Session::new(self.door, record, self.local))
        })
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBuilder").field("user", &self.user).field("config", &self.config).finish_non_exhaustive()
    }
}

/// A session being taken up again. Await it to read the session.
#[must_use = "a session is read by awaiting this"]
#[derive(Debug)]
pub struct OpenSession {
    door: Composio,
    id: SessionId,
    local: Local,
    live: bool,
    error: Option<Error>,
}

impl OpenSession {
    pub(crate) fn new(door: Composio, id: SessionId) -> Self {
        Self { door, id, local: Local::default(), live: false, error: None }
    }

    /// Gives a native tool again: they live in this process, not with the session.
    pub fn tool(mut self, tool: impl Tool) -> Self {
        if let Err(error) = self.local.native.add(tool) {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Gives a modifier again: they live in this process too.
    pub fn modifier(mut self, modifier: Modifier) -> Self {
        if let Err(error) = self.local.modifiers.add(modifier) {
            self.error.get_or_insert(error);
        }
        self
    }

    /// Takes the native tools and the modifiers of a [`Session`] of this id that lives in this process, made by the same
    /// [`Composio`] or a clone of it. Where there is one, they stand in place of those given here. What is found is kept,
    /// and not found again through this session: it stays with the one that was given it.
    pub fn live_tools(mut self) -> Self {
        self.live = true;
        self
    }
}

impl IntoFuture for OpenSession {
    type Output = Result<Session>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            if let Some(error) = self.error {
                return Err(error);
            }
            let native = self.local.native.shared();
            let record = match native.is_empty() {
                true => self.door.backend.session(&self.id).await?,
                false => self.door.backend.attach(&self.id, &native).await?,
            };
            Ok(match self.live {
                true => Session::of_found(self.door, record, self.local),
                false => Session::new(self.door, record, self.local),
            })
        })
    }
}

/// Reads a callback URL. Whether its origin is allowed is the backend's business.
pub(super) fn parse_callback(url: &str) -> Result<Url> {
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(parsed),
        Ok(_) | Err(_) => Err(Error::invalid_input("callback_url", url, "an absolute http or https URL")),
    }
}
