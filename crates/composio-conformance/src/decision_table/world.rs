//! The words that the rows are written in.

use std::fmt::Debug;
use std::time::Duration;

use composio_core::{
    AuthConfig, AuthConfigId, AuthConfigUpdate, Backend as _, Composio, ConnectedAccount, ConnectedAccountId,
    ConnectionRequest, ConnectionStatus, Error, ErrorKind, Execute, NativeDefinitions, PassedOver, Result, Selection,
    Session, SessionBuilder, SessionVersion,
};

use crate::harness::{
    AccountSeed, ConfigSeed, Harness, USER, enter_key, keeps_its_link, pages, ran, refused, token, whoami,
};

/// The toolkit T, with managed auth.
pub(super) const T: &str = "managed";
/// Where a configuration says which accounts T runs with.
pub(super) const PINS_OF_T: &str = "connected_accounts.managed";
/// The toolkit X, another one like it.
pub(super) const X: &str = "other";

/// A new project, and the words to say what is in it and what comes of it.
pub struct World<'h> {
    pub(super) harness: &'h dyn Harness,
    pub(super) composio: Composio,
}

/// An account, and the label that tells which one a tool ran with.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: ConnectedAccountId,
    label: String,
}

impl AsRef<str> for Account {
    fn as_ref(&self) -> &str {
        self.id.as_str()
    }
}

impl<'h> World<'h> {
    /// On the harness's new project.
    pub fn new(harness: &'h dyn Harness) -> Self {
        Self { harness, composio: Composio::with_backend(harness.backend()) }
    }

    /// An auth config of T that is on.
    pub(super) async fn config_on(&self) -> AuthConfigId {
        self.config(T, ConfigSeed::on()).await
    }

    /// An auth config of T that is off for sessions.
    pub(super) async fn config_off(&self) -> AuthConfigId {
        self.config(T, ConfigSeed::off()).await
    }

    pub(super) async fn config(&self, toolkit: &str, seed: ConfigSeed) -> AuthConfigId {
        self.harness.auth_config(toolkit, seed).await
    }

    pub(super) async fn disable_config(&self, config: &AuthConfigId) {
        let mut update = AuthConfigUpdate::new();
        update.enabled = Some(false);
        self.composio.auth_configs().update(config, update).await.unwrap();
    }

    /// The auth configs of a toolkit, newest first.
    pub(super) async fn configs(&self, toolkit: &str) -> Vec<AuthConfig> {
        self.composio.auth_configs().list().toolkit(toolkit).show_disabled().await.unwrap().items
    }

    /// An ACTIVE account of U for T, newer than those before.
    pub(super) async fn account(&self, label: &str, config: &AuthConfigId) -> Account {
        self.seeded(AccountSeed::new(label, T, config)).await
    }

    /// Such an account in another status.
    pub(super) async fn account_in(&self, status: ConnectionStatus, label: &str, config: &AuthConfigId) -> Account {
        self.seeded(AccountSeed::new(label, T, config).status(status)).await
    }

    pub(super) async fn seeded(&self, seed: AccountSeed) -> Account {
        let label = seed.label.clone();
        Account { id: self.harness.account(seed).await, label }
    }

    pub(super) async fn set_status(&self, account: &Account, status: ConnectionStatus) {
        self.harness.set_status(&account.id, status).await;
    }

    /// A session of U in the making.
    pub(super) fn create(&self) -> SessionBuilder {
        self.composio.create(USER)
    }

    /// A session of U without overrides.
    pub(super) async fn session(&self) -> Session {
        self.create().await.unwrap()
    }

    /// The session is not created, because of this field of its configuration; the refusal names all of this.
    pub(super) async fn not_created(&self, builder: SessionBuilder, field: &str, names: &[&str]) -> Error {
        let error = refused(builder.await, ErrorKind::InvalidInput, names);
        assert_eq!(error.field(), Some(field), "{error}");
        error
    }

    /// The versions of a session's configuration, newest first.
    pub(super) async fn history(&self, session: &Session) -> Vec<SessionVersion> {
        session.history().limit(100).await.unwrap().items
    }

    /// T runs with this account.
    pub(super) async fn runs_with(&self, session: &Session, account: &Account) {
        self.toolkit_runs_with(session, T, account).await;
    }

    /// A toolkit runs with this account, and the session says so before.
    pub(super) async fn toolkit_runs_with(&self, session: &Session, toolkit: &str, account: &Account) {
        let explained = session.explain(toolkit).await.unwrap();
        assert_eq!(explained.account().map(|account| &account.id), Some(&account.id), "{explained}");
        assert!(explained.to_string().contains(account.id.as_str()), "{explained}");
        self.call_runs_with(whoami(session, toolkit), account).await;
    }

    /// A call of its own making runs with this account.
    pub(super) async fn call_runs_with(&self, call: Execute, account: &Account) {
        let before = self.harness.requests();
        assert_eq!(ran(call).await.unwrap().as_deref(), Some(&*account.label));
        assert_eq!(self.harness.requests() - before, 1, "one call is one request");
    }

    /// T has nothing to run with: the error says so, with a link, and nothing is sent. `names` are in its message.
    pub(super) async fn connection_required(&self, session: &Session, names: &[&str]) -> Error {
        let error = self.not_run(session, ErrorKind::ConnectionRequired, names).await;
        assert!(error.connect_url().is_some(), "there is a way to connect: {error}");
        error
    }

    /// T does not run, for this reason, and nothing is sent. `names` are in the message.
    pub(super) async fn not_run(&self, session: &Session, kind: ErrorKind, names: &[&str]) -> Error {
        let explained = session.explain(T).await.unwrap();
        match &explained.outcome {
            Ok(Selection::Connect { .. } | Selection::Provision { .. }) => {
                assert_eq!(kind, ErrorKind::ConnectionRequired, "{explained}");
            }
            Ok(_) => panic!("explained otherwise: {explained}"),
            Err(error) => assert_eq!(error.kind(), kind, "{explained}"),
        }
        self.call_not_run(whoami(session, T), kind, names).await
    }

    /// The session says of this account why T does not run with it.
    pub(super) async fn passed_over(&self, session: &Session, account: &Account, why: PassedOver) {
        let explained = session.explain(T).await.unwrap();
        let considered = explained.considered.iter().find(|considered| considered.account.id == account.id);
        assert_eq!(considered.and_then(|considered| considered.passed_over.as_ref()), Some(&why), "{explained}");
    }

    /// A call of its own making does not run, for this reason, and nothing is sent.
    pub(super) async fn call_not_run(&self, call: Execute, kind: ErrorKind, names: &[&str]) -> Error {
        let before = self.harness.requests();
        let error = refused(ran(call).await, kind, names);
        assert_eq!(self.harness.requests(), before, "nothing is sent");
        error
    }

    /// A link for a new account of T, and the auth config that the account is begun on.
    pub(super) async fn link(&self, session: &Session) -> (ConnectionRequest, AuthConfigId) {
        let request = session.authorize(T).await.unwrap();
        let account = self.read(session, request.account()).await;
        assert_eq!(account.status, ConnectionStatus::Initiated);
        (request, account.auth_config)
    }

    /// No link for T, for this reason.
    pub(super) async fn not_linked(&self, session: &Session, kind: ErrorKind, names: &[&str]) -> Error {
        refused(session.authorize(T).await, kind, names)
    }

    /// The user connects a new account of T through this session.
    pub(super) async fn connect(&self, session: &Session, label: &str) -> Account {
        let (request, _) = self.link(session).await;
        self.finish(&request, label).await
    }

    /// The user goes on at a link, to its end.
    pub(super) async fn finish(&self, request: &ConnectionRequest, label: &str) -> Account {
        self.harness.advance(Duration::from_secs(1)).await;
        let connected = enter_key(self.harness, request.redirect_url(), label).await;
        assert_eq!(&connected.account, request.account());
        assert!(request.wait().await.unwrap().is_active());
        Account { id: connected.account, label: label.to_owned() }
    }

    /// When an account was made, as errors say it.
    pub(super) async fn created_at(&self, account: &Account) -> String {
        self.composio.connected_accounts().get(&account.id).await.unwrap().created_at.to_string()
    }

    pub(super) async fn rename(&self, account: &Account, alias: &str) {
        self.composio.connected_accounts().rename(&account.id, alias).await.unwrap();
    }

    /// How many accounts of T there are.
    pub(super) async fn accounts_of_t(&self) -> usize {
        self.composio.connected_accounts().list().toolkit(T).await.unwrap().items.len()
    }

    /// The user goes on at the link of an error, to its end.
    pub(super) async fn finish_error(&self, error: &Error, label: &str) {
        let link = error.connect_url().expect("the error has a link");
        enter_key(self.harness, link, label).await;
    }

    pub(super) async fn read(&self, session: &Session, account: &ConnectedAccountId) -> ConnectedAccount {
        session.connected_account(account).await.unwrap()
    }

    /// The link of an error works: it is for this toolkit, and asks for nothing else.
    pub(super) async fn opens(&self, error: &Error, toolkit: &str) -> composio_core::LinkPage {
        keeps_its_link(error);
        let link = error.connect_url().expect("the error has a link");
        let page = pages(self.harness).open(token(link)).await.unwrap();
        assert_eq!(page.toolkit, *toolkit);
        page
    }

    /// A session of U from a configuration that the builder does not make.
    pub(super) async fn create_from(&self, config: &composio_core::SessionConfig) -> Result<Session> {
        let record = self.harness.backend().create_session(&USER.into(), config, &NativeDefinitions::none()).await?;
        self.composio.session(record.id).await
    }
}

impl Debug for World<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}
