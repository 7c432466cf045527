//! What the scenarios share.

use std::fmt::Debug;
use std::ops::Deref;

use composio_core::{
    AccessList, AccountQuery, AuthConfigId, AuthConfigQuery, Composio, ConnectedAccount, ConnectedAccountId,
    ConnectionRequest, ErrorKind, Link, LinkRequest, LinkTarget, Session, SessionBuilder, Sharing, SharingFilter,
    ToolkitSlug, UserId,
};

use crate::harness::{ALICE, AccountSeed, ConfigSeed, Harness, OTHER_USER, USER, consent};

/// A toolkit with managed auth, whose accounts are made from keys.
pub(super) const T: &str = "managed";
/// The toolkit that is connected by consent.
pub(super) const BY_CONSENT: &str = "tracker";
/// A tool of it.
pub(super) const PROFILE: &str = "TRACKER_GET_PROFILE";

/// A harness, and words for what scenarios do with it. Dereferences to the project.
pub(super) struct Stage<'h> {
    pub(super) harness: &'h dyn Harness,
    pub(super) composio: Composio,
}

impl Deref for Stage<'_> {
    type Target = Composio;

    fn deref(&self) -> &Composio {
        &self.composio
    }
}

impl<'h> Stage<'h> {
    pub(super) fn new(harness: &'h dyn Harness) -> Self {
        Self { harness, composio: Composio::with_backend(harness.backend()) }
    }

    pub(super) fn create(&self) -> SessionBuilder {
        self.composio.create(USER)
    }

    /// A session of the user without overrides.
    pub(super) async fn session(&self) -> Session {
        self.create().await.unwrap()
    }

    pub(super) async fn config(&self, toolkit: &str) -> AuthConfigId {
        self.harness.auth_config(toolkit, ConfigSeed::on()).await
    }

    pub(super) async fn account(&self, seed: AccountSeed) -> ConnectedAccountId {
        self.harness.account(seed).await
    }

    /// An account of T that the user has, on a config of its own.
    pub(super) async fn some_account(&self, label: &str) -> ConnectedAccountId {
        let config = self.config(T).await;
        self.account(AccountSeed::new(label, T, &config)).await
    }

    pub(super) async fn read(&self, account: &ConnectedAccountId) -> ConnectedAccount {
        self.composio.connected_accounts().get(account).await.unwrap()
    }

    /// Connects an account of the toolkit that is connected by consent, all the way.
    pub(super) async fn connect(&self, session: &Session) -> ConnectionRequest {
        let request = session.authorize(BY_CONSENT).await.unwrap();
        let connected = consent(self.harness, request.redirect_url(), Some(ALICE)).await;
        assert_eq!((&connected.account, connected.refusal), (request.account(), None));
        request
    }

    /// An account that somebody else shares with these.
    pub(super) async fn shared(&self, label: &str, config: &AuthConfigId, with: AccessList) -> ConnectedAccountId {
        let seed = AccountSeed::new(label, T, config).user(OTHER_USER).sharing(Sharing::Shared(with));
        self.account(seed).await
    }

    /// How many auth configs and accounts the project has.
    pub(super) async fn kept(&self) -> (usize, usize) {
        let backend = self.harness.backend();
        let management = backend.management().expect("the scenario needs management");
        let mut configs = AuthConfigQuery::new();
        configs.show_disabled = true;
        let configs = management.auth_configs(&configs).await.unwrap().items.len();
        let mut accounts = AccountQuery::new();
        accounts.sharing = SharingFilter::All;
        let accounts = management.connected_accounts(&accounts).await.unwrap().items.len();
        (configs, accounts)
    }

    /// A link as the backend gives it.
    pub(super) async fn raw_link(&self, session: &Session, toolkit: &str) -> Link {
        let request = LinkRequest::new(LinkTarget::Toolkit(slug(toolkit)));
        self.harness.backend().link(session.id(), &request).await.unwrap()
    }
}

/// Everybody in the project.
pub(super) fn everyone() -> AccessList {
    AccessList { allow_all: true, ..AccessList::default() }
}

/// These users.
pub(super) fn only(users: &[&str]) -> AccessList {
    AccessList { allowed: users.iter().map(UserId::new).collect(), ..AccessList::default() }
}

pub(super) fn slug(toolkit: &str) -> ToolkitSlug {
    ToolkitSlug::new(toolkit).expect("the scenario uses a well-formed slug")
}

/// Expects an error of this kind.
#[track_caller]
pub(super) fn refused<T: Debug>(result: composio_core::Result<T>, kind: ErrorKind) -> composio_core::Error {
    crate::harness::refused(result, kind, &[])
}

/// The slugs of the app tools that a session gives directly, in order.
pub(super) async fn listed(session: &Session) -> Vec<String> {
    let tools = session.tools().await.unwrap();
    let slugs = tools.iter().map(|tool| tool.definition().slug.to_string());
    slugs.filter(|slug| !slug.starts_with("COMPOSIO_") && !slug.starts_with("LOCAL_")).collect()
}

/// The error is about this field.
#[track_caller]
pub(super) fn path(error: &composio_core::Error, field: &str) {
    assert_eq!(error.field(), Some(field), "{error}");
}
