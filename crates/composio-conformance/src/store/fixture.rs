//! What the scenarios are played with. Times count seconds from one moment, so that they can be read.

use std::fmt::Debug;

use composio_core::{
    AuthConfig, AuthConfigId, AuthScheme, ConnectedAccount, ConnectedAccountId, ConnectionStatus, ErrorKind, Result,
    Timestamp, ToolSlug, ToolkitSlug, Url, UserId,
};
use composio_engine::store::{
    CredentialChange, Digest, ExecutionKey, PendingAuthorization, ProjectId, Sealed, Store, Transition,
};

pub(super) use ConnectionStatus::{Active, Expired, Inactive, Initiated};

/// How many callers are enough to make a race.
pub(super) const CALLERS: u8 = 8;

/// The project that the scenarios play in.
pub(super) fn here() -> ProjectId {
    ProjectId::new("project_here")
}

/// Another one.
pub(super) fn there() -> ProjectId {
    ProjectId::new("project_there")
}

/// A time, in seconds after the beginning.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000 + seconds * 1_000_000)
}

pub(super) fn toolkit(slug: &str) -> ToolkitSlug {
    ToolkitSlug::new(slug).expect("the scenario uses a well-formed slug")
}

pub(super) fn tool(slug: &str) -> ToolSlug {
    ToolSlug::new(slug).expect("the scenario uses a well-formed slug")
}

pub(super) fn url(text: &str) -> Url {
    Url::parse(text).expect("the scenario uses a well-formed URL")
}

pub(super) fn sealed(text: &str) -> Sealed {
    Sealed(text.as_bytes().to_vec())
}

pub(super) fn digest(seed: u8) -> Digest {
    [seed; 32]
}

/// An enabled config for `github` on OAuth 2.
pub(super) fn config(id: &str, created: i64) -> AuthConfig {
    AuthConfig::new(AuthConfigId::new(id), toolkit("github"), "GitHub", AuthScheme::OAuth2, at(created))
}

/// Such a config on managed auth.
pub(super) fn managed(id: &str, created: i64) -> AuthConfig {
    let mut config = config(id, created);
    config.managed = true;
    config
}

/// Ada's account for `github`, in a status.
pub(super) fn account(id: &str, status: ConnectionStatus, created: i64) -> ConnectedAccount {
    let (user, config) = (UserId::new("ada"), AuthConfigId::new("ac_1"));
    let mut account = ConnectedAccount::new(ConnectedAccountId::new(id), toolkit("github"), user, config, at(created));
    account.status = status;
    account
}

/// The same account with an alias.
pub(super) fn named(mut account: ConnectedAccount, alias: &str) -> ConnectedAccount {
    account.alias = Some(alias.to_owned());
    account
}

/// The same account of another user.
pub(super) fn owned(mut account: ConnectedAccount, user: &str) -> ConnectedAccount {
    account.user = UserId::new(user);
    account
}

/// The same account for another toolkit.
pub(super) fn of(mut account: ConnectedAccount, slug: &str) -> ConnectedAccount {
    account.toolkit = toolkit(slug);
    account
}

/// Keeps Ada's account `ca_1` in a status, with the credential "old".
pub(super) async fn keep_account(store: &dyn Store, status: ConnectionStatus) -> ConnectedAccountId {
    let account = account("ca_1", status, 0);
    store.insert_account(&here(), &account, Some(&sealed("old"))).await.unwrap();
    account.id
}

/// A step that also changes the credential.
pub(super) fn step(from: ConnectionStatus, to: ConnectionStatus, seconds: i64, change: CredentialChange) -> Transition {
    let mut step = Transition::new(from, to, at(seconds), None);
    step.credential = change;
    step
}

/// A flow of an account, for browser 1, until second 600.
pub(super) fn flow(account: &ConnectedAccountId) -> PendingAuthorization {
    PendingAuthorization {
        account: account.clone(),
        browser: digest(1),
        redirect_uri: url("http://127.0.0.1:8787/oauth/callback"),
        callback_url: None,
        expires_at: at(600),
    }
}

/// A key for `GITHUB_CREATE_AN_ISSUE` in session `trs_1`.
pub(super) fn key(text: &str) -> ExecutionKey {
    ExecutionKey { session: "trs_1".into(), tool: tool("GITHUB_CREATE_AN_ISSUE"), key: text.to_owned() }
}

/// Expects an error of this kind.
#[track_caller]
pub(super) fn refused<T: Debug>(result: Result<T>, kind: ErrorKind) -> composio_core::Error {
    match result {
        Err(error) if error.kind() == kind => error,
        other => panic!("expected {kind:?}, got {other:?}"),
    }
}

/// What an account's credential is.
pub(super) async fn credential(store: &dyn Store, id: &ConnectedAccountId) -> Option<Sealed> {
    store.credential(&here(), id).await.unwrap()
}

/// An account that has to be there.
pub(super) async fn read(store: &dyn Store, id: &ConnectedAccountId) -> ConnectedAccount {
    store.account(&here(), id).await.unwrap().expect("the account is there")
}

/// The ids of accounts or configs, sorted: a store may give them in any order where the caller ranks.
pub(super) fn sorted<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}
