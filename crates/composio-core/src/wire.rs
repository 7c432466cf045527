//! The types of the REST dialect v3.1, as both ends of a connection write and read them.
//!
//! Requests say exactly what was set: absent, null and empty are three things, which [`Patch`](crate::Patch) keeps apart.
//! Replies are read leniently: fields that this version does not know are passed over, values of an enum that it does not
//! know are kept as text ([`Open`]), and what may be absent may be null. What nobody may want to read, such as a tool's
//! schemas and results, stays JSON text.
//!
//! The names are those of the dialect. Turning them into the crate's own types is the business of the backend on the one
//! end and of a server on the other.

mod account;
mod auth_config;
mod catalogue;
mod config;
mod connected;
mod custom;
mod error;
mod execute;
mod file;
mod history;
mod hook;
mod instant;
mod json;
mod lenient;
mod link;
mod mount;
mod names;
mod open;
mod page;
mod patch;
mod policy;
mod proxy;
mod said;
mod saved;
mod search;
mod secret;
mod session;
mod settings;
mod tool;
mod toolkit;

pub use self::account::{
    AccountAcl, AccountAclInput, AccountAuthConfig, AccountLink, AccountOrder, AccountSharing, AccountSharingInput,
    AccountStanding, AccountType, AccountTypeFilter, AuthConfigRef, CompleteAuth, CompletedAuth, ConnectedAccount,
    ConnectedAccountQuery, ConnectionPatch, ConnectionState, ConnectionStateInput, CreateAccountLink,
    CreateConnectedAccount, CreatedConnectedAccount, CustomConnectionData, NewConnection, OrderDirection,
    PatchConnectedAccount, PatchedConnectedAccount, RefreshConnectedAccount, RefreshedConnectedAccount,
    RevokedConnectedAccount, RevokedToken, SetEnabled,
};
pub use self::auth_config::{
    Acknowledged, AuthConfig, AuthConfigKind, AuthConfigQuery, AuthConfigSource, AuthConfigStatus, AuthConfigToolkit,
    CreateAuthConfig, CreatedAuthConfig, CreatedAuthConfigDetails, InputField, NewAuthConfig, ProxyConfig, Scopes,
    ToolAccess, ToolkitRef, UpdateAuthConfig,
};
pub use self::catalogue::{
    BinaryBody, BinaryData, CustomAuthParam, CustomAuthParams, ExecuteTool, ExecutedTool, GenerateToolInput,
    GeneratedToolInput, ParameterPlace, ProxiedTool, ProxyMethod, ProxyParameter, ProxyTool, RequiredScopes,
    RequiredScopesQuery, ToolQuery, ToolScopes, ToolVersionQuery, ToolkitVersions,
};
pub use self::config::{
    SessionConfig, StoredConnections, StoredExecute, StoredInstant, StoredList, StoredMultiAccount, StoredPreload,
    StoredSwitch, StoredTags, StoredToolkits, StoredTools, StoredWorkbench,
};
pub use self::connected::{
    SessionToolkit, SessionToolkitAccount, SessionToolkitAuthConfig, SessionToolkitMeta, SessionToolkitsQuery,
};
pub use self::custom::{CustomTool, CustomToolkit, CustomToolkitTool, InlineTools, RegisteredTool, RegisteredToolkit};
pub use self::error::{ApiError, ErrorEnvelope};
pub use self::execute::{
    BlockKind, BlockReason, ExecuteMetaRequest, ExecuteReply, ExecuteRequest, HookOutcome, HookResult, HookStatus,
    InputRequest, InstantCharge, ResultType, UserAction, UserInputResponse,
};
pub use self::file::{
    FileQuery, FileUpload, RequestFileUpload, StorageBackend, StoredFile, UploadKind, UploadMetadata,
};
pub use self::history::ConfigVersion;
pub use self::hook::{Hook, HookAction, HookCheck, HookHandler, HookKind, HookScope, StoredHandler, StoredHook};
pub use self::instant::{InstantConfig, ListPolicy, OffOr, PremiumUsage};
pub use self::link::{SessionLink, SessionLinkRequest};
pub use self::mount::{
    DeletedFile, MountDownload, MountFile, MountFiles, MountPath, MountUpload, MountUploadRequest, SessionFilesQuery,
};
pub use self::open::Open;
pub use self::page::{Page, PageQuery};
pub use self::policy::{TagsPolicy, ToolPolicy, ToolkitsPolicy};
pub use self::proxy::{ProxyHeaders, SessionProxyReply, SessionProxyRequest};
pub use self::saved::{
    SavedConfig, SavedConfigQuery, SavedConfigSummary, SavedPolicy, SavedTags, SavedToolkits, SavedTools,
};
pub use self::search::{
    FoundTool, InstantAccount, SchemaRef, SchemaRefArgs, SearchQuery, SearchReply, SearchRequest, SearchResult,
    SearchStrategy, Snippet, TimeInfo, ToolkitAccount, ToolkitConnection, Workflow,
};
pub use self::secret::{SecretFields, SecretJson};
pub use self::session::{
    AttachSession, CreateExperimental, CreateSession, DeletedSession, PatchExperimental, PatchSession,
    SessionExperimental, SessionMcp, SessionReply, SessionWarning, SessionWarningCode, SourceConfig,
};
pub use self::settings::{
    AssistivePromptConfig, DefaultSwitch, ExecuteConfig, ManageConnections, ManageConnectionsPatch, MultiAccountConfig,
    MultiAccountPatch, NoElicitation, PermissionDefault, PermissionOverride, PermissionsConfig, PreloadConfig,
    PreloadSet, PreloadTools, SandboxSize, Switch, WorkbenchConfig,
};
pub use self::tool::{Price, Tool, ToolInstant, ToolToolkit};
pub use self::toolkit::{
    AuthProviderUrls, AuthSchemeDetails, AvailableScopes, DeprecatedToolkit, FieldGroup, InstantSupport, ManagedAuth,
    ManagedBy, SchemeFields, SchemeProxy, Toolkit, ToolkitAccess, ToolkitCategory, ToolkitChangelog, ToolkitChanges,
    ToolkitDetails, ToolkitKind, ToolkitKindFilter, ToolkitMeta, ToolkitOrder, ToolkitQuery, ToolkitsBySlug,
    VersionChanges,
};
