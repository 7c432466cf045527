//! What stands behind a session: the traits that a backend implements, and what goes in and out of them.
//!
//! [`Backend`] is all that a session does and is scoped by the session: an account of another user is not reachable
//! through it. [`Management`] is scoped by the project. [`ConnectFlow`] is what connect pages need, and only the
//! embedded engine has it: the hosted service brings its own pages. None of them has default bodies, so that a wrapper
//! cannot forget to forward; convenience lives on [`Session`](crate::Session) and [`Composio`](crate::Composio).

mod connect;
mod forward;
mod mcp;
mod query;
mod record;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

pub use self::connect::{
    Brand, CallbackParams, ConnectFlow, Connected, Field, FlowCookie, LinkPage, LinkStep, Refusal, Started,
};
pub use self::mcp::{McpAccess, McpEndpoint, McpToken};
pub use self::query::{AccountQuery, AuthConfigQuery, HistoryQuery, Page, SharingFilter, ToolQuery, ToolkitQuery};
pub use self::record::{SessionRecord, SessionVersion, SessionWarning, WarningCode};
use crate::account::{ConnectedAccount, Sharing, SharingUpdate};
use crate::approval::ApprovalRule;
use crate::auth::{AuthConfig, AuthConfigUpdate, AuthScheme, NewAuthConfig, NewConnectedAccount};
use crate::error::Result;
use crate::event::Events;
use crate::id::{AuthConfigId, ConnectedAccountId, McpTokenId, SessionId, Timestamp, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{ToolCall, ToolDefinition, ToolOutput};

/// What a session needs from its backend.
///
/// Every method after [`create_session`](Self::create_session) takes the session, so that one user's id never reads
/// another's account. Unknown sessions, and sessions of other projects, are `NotFound` everywhere.
#[async_trait]
pub trait Backend: fmt::Debug + Send + Sync + 'static {
    /// What this backend can do. The rest is `Unsupported`, never an empty answer.
    fn capabilities(&self) -> Capabilities;

    /// What belongs to the project instead of to one session, where the backend has it.
    fn management(&self) -> Option<&dyn Management>;

    /// Checks the configuration and keeps it under a new id. Nothing is stored where the check fails.
    ///
    /// # Errors
    /// `InvalidInput` naming the field and the value: an unknown toolkit, a pinned account or an auth config that this
    /// user cannot use.
    async fn create_session(&self, user: &UserId, config: &SessionConfig) -> Result<SessionRecord>;

    /// Reads a session.
    ///
    /// # Errors
    /// `NotFound`.
    async fn session(&self, session: &SessionId) -> Result<SessionRecord>;

    /// Changes a session's configuration, as [`SessionConfig::updated`] says, after the same checks as at its creation. The
    /// version grows by one, and the one before goes into the history. Of two changes that expect the same version one is
    /// made.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` as [`create_session`](Self::create_session); `Conflict` where the session has another
    /// version than the one that is expected. Nothing is written then.
    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord>;

    /// The versions of a session's configuration, newest first, the one that holds included.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for a cursor that is not this backend's.
    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>>;

    /// Deletes a session. Accounts and auth configs stay: they belong to the project and the user.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_session(&self, session: &SessionId) -> Result<()>;

    /// The session's tools that a model gets directly, in a deterministic order.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for a cursor that is not this backend's.
    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>>;

    /// One tool that the session may use, preloaded or not.
    ///
    /// # Errors
    /// `NotFound` with near slugs; `PermissionDenied` where a rule refuses it.
    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition>;

    /// The toolkits the session may use, each with the connection that a tool would run with now.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for a cursor that is not this backend's.
    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>>;

    /// Runs a tool with the account that the session's rules choose. The call is sent once.
    ///
    /// # Errors
    /// `NotFound` with near slugs; `PermissionDenied` outside the session's toolkits; `InvalidInput` listing each
    /// argument that does not fit, before anything is sent; `ConnectionRequired` with a connect link; `ToolFailed` with
    /// what the service answered; `OutcomeUnknown` where the answer was lost; `Conflict` for an idempotency key that was
    /// used with other arguments; `InputRequired` with the [question](crate::Error::approval) where a person has to allow
    /// the call; with an [answer](ToolCall::approval), `PermissionDenied` where that does not fit the call, was used before
    /// or has expired, and `Blocked` where the person said no.
    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput>;

    /// Makes a link through which the user connects a new account, or the same one again.
    ///
    /// # Errors
    /// `InvalidInput` where the session pins an account, the toolkit needs none, or the callback is not allowed;
    /// `Conflict` for an alias that is taken; `NoManagedAuth`; `NotFound` for an account that is not this session's.
    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link>;

    /// Reads an account of the session's user.
    ///
    /// # Errors
    /// `NotFound`, for accounts of other users too.
    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount>;

    /// Says which account a tool of this toolkit would run with now, and why.
    ///
    /// # Errors
    /// `NotFound` for an unknown toolkit, `PermissionDenied` for one outside the session.
    async fn explain(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation>;

    /// Says why a session may use a tool, or may not.
    ///
    /// # Errors
    /// `NotFound` for an unknown tool, with near slugs.
    async fn explain_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolExplanation>;

    /// Lets a call pass that runs in the caller's process and that `rule` puts before a person: where it carries an answer
    /// that fits, or was always approved.
    ///
    /// # Errors
    /// As [`execute`](Self::execute) about approvals: `InputRequired`, `PermissionDenied`, `Blocked`.
    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()>;

    /// Makes the cheap call by which an account of the session's user shows that it works, and gives the account as it is
    /// then: [ready](ConnectedAccount::is_ready), or not yet.
    ///
    /// # Errors
    /// `NotFound`, for accounts of other users too; `Conflict` unless it is ACTIVE.
    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount>;

    /// What happens to the project's accounts from now on.
    ///
    /// # Errors
    /// `Unsupported`.
    fn events(&self) -> Result<Events>;

    /// Makes a credential with which an MCP client reaches this session and nothing else.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` where the session has as many as it may have at a time.
    async fn create_mcp_token(&self, session: &SessionId, lifetime: Duration) -> Result<McpToken>;

    /// Ends one of the session's tokens, or all of them. One that is gone already is no error.
    ///
    /// # Errors
    /// `NotFound`, of the session.
    async fn revoke_mcp_tokens(&self, session: &SessionId, token: Option<&McpTokenId>) -> Result<()>;
}

/// What belongs to a project: auth configs and connected accounts, of all users.
#[async_trait]
pub trait Management: fmt::Debug + Send + Sync + 'static {
    /// Makes an auth config.
    ///
    /// # Errors
    /// `InvalidInput` for an unknown toolkit or a scheme that it does not have; `NoManagedAuth` without an OAuth app.
    async fn create_auth_config(&self, new: NewAuthConfig) -> Result<AuthConfig>;

    /// Lists auth configs, newest first.
    ///
    /// # Errors
    /// `InvalidInput` for a cursor that is not this backend's.
    async fn auth_configs(&self, query: &AuthConfigQuery) -> Result<Page<AuthConfig>>;

    /// Reads an auth config.
    ///
    /// # Errors
    /// `NotFound`.
    async fn auth_config(&self, id: &AuthConfigId) -> Result<AuthConfig>;

    /// Changes an auth config.
    ///
    /// # Errors
    /// `NotFound`.
    async fn update_auth_config(&self, id: &AuthConfigId, update: &AuthConfigUpdate) -> Result<AuthConfig>;

    /// Deletes an auth config. Accounts made from it stop running tools.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_auth_config(&self, id: &AuthConfigId) -> Result<()>;

    /// Makes an account from fields that the application gives, ACTIVE at once.
    ///
    /// # Errors
    /// `InvalidInput` for a config whose scheme takes no fields, or fields that are missing; `Conflict` for an alias
    /// that is taken; `NotFound`.
    async fn create_connected_account(&self, new: NewConnectedAccount) -> Result<ConnectedAccount>;

    /// Lists accounts, newest first.
    ///
    /// # Errors
    /// `InvalidInput` for a cursor that is not this backend's.
    async fn connected_accounts(&self, query: &AccountQuery) -> Result<Page<ConnectedAccount>>;

    /// Reads an account.
    ///
    /// # Errors
    /// `NotFound`.
    async fn get_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount>;

    /// Sets or, with none, clears the alias.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` for an alias that is taken; `InvalidInput` for one that looks like an id.
    async fn rename_connected_account(&self, id: &ConnectedAccountId, alias: Option<&str>) -> Result<ConnectedAccount>;

    /// Switches an account off (ACTIVE to INACTIVE) or on again.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` in any other status.
    async fn set_connected_account_enabled(&self, id: &ConnectedAccountId, enabled: bool) -> Result<ConnectedAccount>;

    /// Gives the credential back to the service and marks the account REVOKED.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is ACTIVE; `Unsupported` for schemes without revocation; `Unavailable` where the
    /// service could not be told, and then nothing has changed.
    async fn revoke_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount>;

    /// Changes who may use an account besides its owner.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` as [`Sharing::updated`].
    async fn share_connected_account(
        &self,
        id: &ConnectedAccountId,
        update: &SharingUpdate,
    ) -> Result<ConnectedAccount>;

    /// Makes the cheap call by which an account shows that it works, and gives the account as it is then.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` unless it is ACTIVE.
    async fn probe_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount>;

    /// Deletes an account and its credential.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_connected_account(&self, id: &ConnectedAccountId) -> Result<()>;
}

/// What a backend can do beyond running sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// It executes toolkits' tools, and not only native ones.
    pub execution: bool,
    /// It connects accounts through links.
    pub links: bool,
    /// It explains choices.
    pub explain: bool,
    /// It honours idempotency keys.
    pub idempotency: bool,
    /// It has [`Management`].
    pub management: bool,
    /// It makes tokens for the MCP endpoint of a session.
    pub mcp_tokens: bool,
    /// It changes sessions, and keeps their history.
    pub updates: bool,
    /// It puts calls before a person where the session says so.
    pub approvals: bool,
    /// It tells what happens to accounts.
    pub events: bool,
}

/// A toolkit as a session sees it, with the connection that its tools would run with now.
///
/// Where the session pins an account, that account is shown with its real status, whatever others there are.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolkitState {
    /// Its slug.
    pub slug: ToolkitSlug,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The URL of its logo.
    pub logo: Option<String>,
    /// Whether it needs no account at all.
    pub no_auth: bool,
    /// Whether the backend can make an auth config for it without the developer.
    pub managed_auth: bool,
    /// The account a tool would run with, or the latest of those that cannot run.
    pub account: Option<ConnectedAccount>,
    /// Every account that a call could name, the most recently connected first, whatever its status is.
    pub accounts: Vec<ConnectedAccount>,
    /// The auth config of that account, or the one that a link would use.
    pub auth_config: Option<AuthConfigId>,
    /// How it would be authenticated.
    pub scheme: Option<AuthScheme>,
}

impl ToolkitState {
    /// A toolkit without connection.
    #[must_use]
    pub fn new(slug: ToolkitSlug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
            description: String::new(),
            logo: None,
            no_auth: false,
            managed_auth: false,
            account: None,
            accounts: Vec::new(),
            auth_config: None,
            scheme: None,
        }
    }

    /// Whether its connection is ACTIVE. A toolkit without authentication has none and needs none.
    pub fn is_active(&self) -> bool {
        self.account.as_ref().is_some_and(ConnectedAccount::is_active)
    }

    /// Whether its tools can run now: it needs no account, or its account is ACTIVE and was seen to work.
    pub fn is_ready(&self) -> bool {
        self.no_auth || self.account.as_ref().is_some_and(ConnectedAccount::is_ready)
    }
}

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkTarget {
    /// A new account of this toolkit.
    Toolkit(ToolkitSlug),
    /// The same account again: it keeps its id, and the identity at the service has to be the same.
    Account(ConnectedAccountId),
}

/// What to make a link with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkRequest {
    /// What it is for.
    pub target: LinkTarget,
    /// Where the browser goes in the end; our own page without one.
    pub callback_url: Option<Url>,
    /// A label for the new account, unique per user and toolkit.
    pub alias: Option<String>,
    /// Who may use the new account besides its user.
    pub sharing: Sharing,
}

impl LinkRequest {
    /// A link without callback and alias.
    #[must_use]
    pub fn new(target: LinkTarget) -> Self {
        Self { target, callback_url: None, alias: None, sharing: Sharing::Private }
    }
}

/// A link that was made.
#[derive(Clone)]
#[non_exhaustive]
pub struct Link {
    /// The account that the link will make ACTIVE.
    pub account: ConnectedAccountId,
    /// Where the user goes. Whoever has it can connect an account in this user's name.
    pub redirect_url: Url,
    /// Until when the link works.
    pub expires_at: Timestamp,
}

impl Link {
    /// A link.
    #[must_use]
    pub fn new(account: ConnectedAccountId, redirect_url: Url, expires_at: Timestamp) -> Self {
        Self { account, redirect_url, expires_at }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("account", &self.account)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
