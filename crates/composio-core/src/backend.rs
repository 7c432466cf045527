//! What stands behind a session: the traits that a backend implements, and what goes in and out of them.
//!
//! [`Backend`] is all that a session does and is scoped by the session: an account of another user is not reachable
//! through it. [`Management`] is scoped by the project. [`ConnectFlow`] is what connect pages need, and only the
//! embedded engine has it: the hosted service brings its own pages. None of them has default bodies, so that a wrapper
//! cannot forget to forward; convenience lives on [`Session`](crate::Session) and [`Composio`](crate::Composio).

mod catalogue;
mod connect;
mod files;
mod forward;
mod link;
mod mcp;
mod pages;
mod proxy;
mod query;
mod record;
mod search;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

pub use self::catalogue::{CatalogueQuery, CatalogueToolQuery, ToolkitInfo};
pub use self::connect::{
    Brand, CallbackParams, ConnectFlow, Connected, Field, FlowCookie, LinkPage, LinkStep, Refusal, Started,
};
pub use self::files::{FileContent, FileEntry, FilePath, FileQuery, SessionFiles};
pub use self::link::{Link, LinkRequest, LinkTarget, ToolkitState};
pub use self::mcp::{McpAccess, McpEndpoint, McpToken};
pub use self::pages::Items;
pub(crate) use self::pages::{listing, pages};
pub use self::proxy::{BinaryData, HttpMethod, ProxyBody, ProxyRequest, ProxyResponse};
pub use self::query::{AccountQuery, AuthConfigQuery, HistoryQuery, Page, SharingFilter, ToolQuery, ToolkitQuery};
pub use self::record::{SessionRecord, SessionVersion, SessionWarning, WarningCode};
pub use self::search::{FoundTool, SearchAnswer, SearchQuery, SearchRequest, SearchResults, ToolkitConnection};
use crate::account::{ConnectedAccount, SharingUpdate};
use crate::approval::ApprovalRule;
use crate::auth::{AuthConfig, AuthConfigUpdate, NewAuthConfig, NewConnectedAccount};
use crate::error::Result;
use crate::event::Events;
use crate::id::{AuthConfigId, ConnectedAccountId, McpTokenId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{NativeDefinitions, ToolCall, ToolDefinition, ToolOutput};

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

    /// The files of sessions, where the backend has sandboxes.
    fn files(&self) -> Option<&dyn SessionFiles>;

    /// Checks the configuration and keeps it under a new id. Nothing is stored where the check fails. The native tools stay
    /// in the caller's process; a backend may check what they are called.
    ///
    /// # Errors
    /// `InvalidInput` naming the field and the value: an unknown toolkit, a pinned account or an auth config that this
    /// user cannot use.
    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        native: &NativeDefinitions,
    ) -> Result<SessionRecord>;

    /// Reads a session.
    ///
    /// # Errors
    /// `NotFound`.
    async fn session(&self, session: &SessionId) -> Result<SessionRecord>;

    /// Reads a session for a process that brings these native tools. The configuration stays as it is; a backend may check
    /// what the tools are called.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for native tools that the backend refuses.
    async fn attach(&self, session: &SessionId, native: &NativeDefinitions) -> Result<SessionRecord>;

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

    /// Finds tools of the session by what they are for.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` for no queries or more than seven; `ToolFailed` where every query failed; `Unsupported`.
    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults>;

    /// Calls the API of a toolkit's service with the account that a tool would run with. The call is sent once.
    ///
    /// # Errors
    /// As [`execute`](Self::execute), except `ToolFailed`: what the service answers is the result, whatever its status;
    /// `InvalidInput` for an endpoint on another site or a private address; `Unsupported`.
    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse>;

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
    /// `NotFound`; `InvalidInput` as [`Sharing::updated`](crate::Sharing::updated).
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

    /// Lists the toolkits of the catalogue.
    ///
    /// # Errors
    /// `InvalidInput` for a cursor that is not this backend's.
    async fn catalogue_toolkits(&self, query: &CatalogueQuery) -> Result<Page<ToolkitInfo>>;

    /// Reads a toolkit of the catalogue.
    ///
    /// # Errors
    /// `NotFound`, with near slugs.
    async fn catalogue_toolkit(&self, toolkit: &ToolkitSlug) -> Result<ToolkitInfo>;

    /// Lists the tools of the catalogue, by toolkit and slug.
    ///
    /// # Errors
    /// `InvalidInput` for a cursor that is not this backend's.
    async fn catalogue_tools(&self, query: &CatalogueToolQuery) -> Result<Page<ToolDefinition>>;

    /// Reads a tool of the catalogue, whether a session may use it or not.
    ///
    /// # Errors
    /// `NotFound`, with near slugs.
    async fn catalogue_tool(&self, tool: &ToolSlug) -> Result<ToolDefinition>;
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
    /// It finds tools by what they are for.
    pub search: bool,
    /// It calls services' own APIs.
    pub proxy: bool,
    /// It keeps [files](SessionFiles) of sessions.
    pub files: bool,
}
