//! Your users' authenticated tools for AI agents: the vocabulary, and the rules that choose an account.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! # use composio_core::ScriptedBackend;
//! use composio_core::Composio;
//! use serde_json::json;
//!
//! # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
//! let composio = Composio::with_backend(backend);
//! let session = composio.create("user_123").toolkits(["github"]).await?;
//!
//! for toolkit in session.toolkits().await?.items {
//!     println!("{}: connected {}", toolkit.name, toolkit.is_active());
//! }
//! let output = session.execute("GITHUB_GET_A_USER", json!({"username": "octocat"})).await?;
//! println!("{}", output.data.as_str());
//! # Ok::<(), composio_core::Error>(()) }).unwrap();
//! ```
//!
//! # Vocabulary
//!
//! - A **user** is your name for one of your users.
//! - A **toolkit** is a service, such as `github`; a **tool** is one thing that it does, such as
//!   `GITHUB_CREATE_AN_ISSUE`.
//! - An **auth config** is a blueprint for connections to one toolkit: the scheme, the OAuth app, the scopes.
//! - A **connected account** is one user's connection, made from one auth config.
//! - A **session** ties them together: the user, what they may use, and which account runs it.
//! - A **policy** says which toolkits and tools a session may use: by lists, and by **tags**, which say what a tool does to
//!   the world, such as `readOnlyHint` and `destructiveHint`.
//! - An **approval** is a person's word on one call, given to the host and never to the model.
//! - A **modifier** is a closure of yours that sees what a model is shown, what a call carries, and what comes back.
//! - An **update** changes a session's configuration; each makes a **version**, and the history keeps them.
//! - An **event** tells what happened to a connected account.
//! - A **catalogue** is what a project has: every toolkit and tool, whoever may use it.
//! - **Helper tools**, `COMPOSIO_…`, are a backend's own: a model finds tools with them, runs several at once, and connects
//!   accounts. A tool written in Rust is a **native tool**, `LOCAL_…`, and runs in your process, in such a batch too.
//! - A **backend** stands behind it: the hosted service, or an engine in your own process.
//!
//! # Which account runs a tool
//!
//! The first of these that applies, at each call: the session's connected account; the session's auth config; an auth
//! config that exists for the toolkit; a new one on managed auth; an error. With several accounts the most recently
//! connected one wins. [`Session::explain`] says what was chosen and why each other account was not; the rule itself is
//! [`select_account`], a pure function.
//!
//! # Tasks
//!
//! - Open the hosted service, or a server of its dialect: `Composio::hosted`, `Composio::from_env`.
//! - Make a session: [`Composio::create`]; take one up again: [`Composio::session`].
//! - Give a model tools: [`Session::tools`], and an adapter crate for its framework. Which ones it gets directly:
//!   [`SessionBuilder::preload`] and [`SessionBuilder::direct_tools`]; which helpers: [`SessionBuilder::meta_tools`].
//! - Find tools by what they are for: [`Session::search`]; look at what there is: [`Composio::toolkits`],
//!   [`Composio::tools`].
//! - Say which tools may be used: [`SessionBuilder::enable_tools`], [`SessionBuilder::tags`]; see why one may:
//!   [`Session::explain_tool`]. The rule itself is [`decide_tool`], a pure function.
//! - Connect an account: [`Session::authorize`] and [`ConnectionRequest::wait`], or [`Session::ensure_connected`] for both.
//! - Let a user have several accounts of a toolkit: [`SessionBuilder::multi_account`].
//! - Run a tool yourself: [`Session::execute`]; several at once: [`Session::execute_many`].
//! - Do what no tool does: [`Session::proxy_execute`]; reach the files of a sandbox: [`Session::files`].
//! - Put calls before a person first: [`SessionBuilder::require_approval_for_destructive`], then [`Session::approve`] or
//!   [`Session::deny`], or [`ToolSet::on_approval`] in the middle of a run.
//! - Change what tools look like, what is sent and what comes back: [`Modifier`].
//! - Change a session: [`Session::update`]; hear of it: [`Session::changes`]; look back: [`Session::history`].
//! - Hear what happens to accounts: [`Composio::events`].
//! - Read a list to its end: `stream()` of whatever lists, such as [`ListToolkits::stream`].
//! - Write a tool in Rust: [`Tool`].
//! - Bring your own OAuth app or keys: [`Composio::auth_configs`], [`Composio::connected_accounts`].
//! - Decide what to do about a failure: [`ErrorKind`], [`Error::retry`], [`Error::connect_url`].
//!
//! # Features
//!
//! - `hosted` (default): the backend that speaks to the hosted service, or to any server of the same dialect.
//! - `wire`: the types of that dialect, for clients and servers; part of `hosted`.
//! - `fake`: `ScriptedBackend`, a backend in memory for tests.
//!
//! # What this crate does not do
//!
//! Outside of `hosted` it opens no connection, keeps no credential and reads no clock: that is a backend's work. It names
//! no agent framework: that is an adapter's.

mod account;
mod approval;
mod auth;
mod backend;
mod composio;
mod error;
mod event;
#[cfg(feature = "fake")]
mod fake;
#[cfg(feature = "hosted")]
pub mod hosted;
mod id;
mod json;
mod policy;
mod precedence;
mod session;
mod tool;
mod toolkit_map;
#[cfg(feature = "wire")]
pub mod wire;

pub use account::{
    AccessList, ConnectedAccount, ConnectionEvent, ConnectionStatus, Identity, InvalidTransition, Sharing,
    SharingUpdate,
};
pub use approval::{
    Approval, ApprovalAnswer, ApprovalDecision, ApprovalFallback, ApprovalPolicy, ApprovalRule, ApprovalState,
};
pub use auth::{
    AuthConfig, AuthConfigUpdate, AuthScheme, FormFields, NewAuthConfig, NewConnectedAccount, OAuthApp, ToolFilter,
};
pub use backend::{
    AccountQuery, AuthConfigQuery, Backend, BinaryData, Brand, CallbackParams, Capabilities, CatalogueQuery,
    CatalogueToolQuery, ConnectFlow, Connected, Field, FileContent, FileEntry, FilePath, FileQuery, FlowCookie,
    FoundTool, HistoryQuery, HttpMethod, Items, Link, LinkPage, LinkRequest, LinkStep, LinkTarget, Management,
    McpAccess, McpEndpoint, McpToken, Page, ProxyBody, ProxyRequest, ProxyResponse, Refusal, SearchAnswer, SearchQuery,
    SearchRequest, SearchResults, SessionFiles, SessionRecord, SessionVersion, SessionWarning, SharingFilter, Started,
    ToolQuery, ToolkitConnection, ToolkitInfo, ToolkitQuery, ToolkitState, WarningCode,
};
pub use composio::{
    AuthConfigs, CatalogueToolkits, CatalogueTools, Composio, ConnectedAccounts, CreateAuthConfig,
    CreateConnectedAccount, ListAuthConfigs, ListCatalogueToolkits, ListCatalogueTools, ListConnectedAccounts,
};
pub use error::{Error, ErrorKind, Result, Retry};
pub use event::{AccountEvent, AccountEventKind, Event, Events};
#[cfg(feature = "fake")]
pub use fake::ScriptedBackend;
pub use id::{AuthConfigId, ConnectedAccountId, McpTokenId, SessionId, Timestamp, ToolSlug, ToolkitSlug, UserId};
pub use json::JsonText;
pub use policy::{
    PolicyDecision, PolicyInput, PolicyRule, PolicyStep, Said, Tag, TagFilter, ToolExplanation, ToolPolicy,
    ToolkitPolicy, decide_tool,
};
pub use precedence::{
    Candidate, ConfigChoice, Considered, Explanation, PassedOver, Rung, Selection, SelectionError, SelectionInput,
    explain_account, nameable_accounts, select_account, select_auth_config, select_reconnect,
};
pub use session::{
    AnswerApproval, Authorize, BoxFuture, Changes, ConnectionRequest, CreateMcpToken, EnsureConnected, Ensured,
    Execute, Files, Hook, HookCheck, HostedSettings, InstantUsage, ListFiles, ListHistory, ListToolkits, MetaTools,
    Modifier, ModifierContext, MultiAccount, MultiAccountUpdate, OpenSession, Patch, PermissionDefault,
    PermissionOverride, Permissions, Preload, ProxyExecute, SandboxSize, SearchTools, Session, SessionBuilder,
    SessionConfig, SessionUpdate, ToolFailure, UpdateSession, Wait, Workbench,
};
pub use tool::{
    Answer, Arguments, NativeDefinitions, NotStrict, Progress, Schema, SessionTool, Tool, ToolCall, ToolContext,
    ToolDefinition, ToolHints, ToolOutput, ToolSet, parse_arguments,
};
pub use toolkit_map::ToolkitMap;
pub use url::Url;
pub use {indexmap, schemars, secrecy};
