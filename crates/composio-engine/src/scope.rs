//! A session at work: its policy, its candidates, and links in its name.

use std::time::Duration;

use composio_core::{
    AuthConfig, AuthScheme, ConfigChoice, ConnectedAccount, ConnectedAccountId, Error, ErrorKind, Result,
    SelectionError, SelectionInput, SessionId, SessionRecord, Url, select_auth_config,
};

use crate::catalog::Toolkit;
use crate::engine::Engine;
use crate::life;
use crate::link::LinkClaims;
use crate::store::{Candidates, ProjectId};

/// How long a link works.
pub(crate) const LINK_LIFE: Duration = Duration::from_secs(600);

/// A session, read for one call.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) project: &'a ProjectId,
    pub(crate) session: SessionRecord,
}

impl<'a> Scope<'a> {
    /// Reads the session.
    ///
    /// # Errors
    /// `NotFound` where it is unknown, deleted or another project's.
    pub(crate) async fn open(engine: &'a Engine, project: &'a ProjectId, id: &SessionId) -> Result<Self> {
        let session = engine.store().session(project, id).await?;
        let session = session.ok_or_else(|| Error::unknown_session(id))?;
        Ok(Self { engine, project, session })
    }

    /// What the choice for a toolkit is made from.
    pub(crate) async fn candidates(&self, toolkit: &Toolkit) -> Result<Candidates> {
        if toolkit.is_no_auth() {
            return Ok(Candidates::default());
        }
        let pins = self.session.config.pins(&toolkit.slug);
        self.engine.store().candidates(self.project, &self.session.user, &toolkit.slug, pins).await
    }

    pub(crate) fn input<'i>(
        &'i self,
        toolkit: &'i Toolkit,
        candidates: &'i Candidates,
        account: Option<&'i str>,
    ) -> SelectionInput<'i> {
        let config = &self.session.config;
        SelectionInput {
            no_auth: toolkit.is_no_auth(),
            pins: config.pins(&toolkit.slug),
            auth_config: config.auth_configs.get(&toolkit.slug),
            account,
            explicit: config.multi_account.is_some_and(|multi| multi.require_explicit_selection),
            max_accounts: config.multi_account.map(|multi| multi.max_per_toolkit),
            configs: &candidates.configs,
            accounts: &candidates.accounts,
            provision: toolkit.provision(),
            ..SelectionInput::new(&self.session.user, &toolkit.slug)
        }
    }

    /// A link under which the user connects a new account of this toolkit. Nothing is stored.
    pub(crate) fn connect_url(&self, toolkit: &Toolkit) -> Result<Url> {
        let account = ConnectedAccountId::from(self.engine.id("ca")?);
        self.link(&self.claims(toolkit, account))
    }

    /// A link under which the user connects this account again. Nothing is stored.
    fn reconnect_url(&self, toolkit: &Toolkit, account: &ConnectedAccountId) -> Result<Url> {
        self.link(&LinkClaims { reconnect: true, ..self.claims(toolkit, account.clone()) })
    }

    pub(crate) fn claims(&self, toolkit: &Toolkit, account: ConnectedAccountId) -> LinkClaims {
        let expires_at = self.engine.now().plus(LINK_LIFE);
        let claims = LinkClaims::new(self.project, self.session.id.clone(), toolkit.slug.clone(), account, expires_at);
        LinkClaims { callback_url: self.session.config.callback_url.as_deref().cloned(), ..claims }
    }

    pub(crate) fn link(&self, claims: &LinkClaims) -> Result<Url> {
        Ok(self.engine.page(&format!("link/{}", claims.seal(self.engine.sealer())?)))
    }

    /// The auth config for a new connection: rungs 2 to 4. Makes one where the rules say so, and tags it as managed so
    /// that the next link finds it.
    pub(crate) async fn config_for_link(&self, toolkit: &Toolkit) -> Result<AuthConfig> {
        let candidates = self.candidates(toolkit).await?;
        let choice = select_auth_config(&self.input(toolkit, &candidates, None));
        match choice.map_err(|error| self.refusal(toolkit, &candidates.accounts, error))? {
            ConfigChoice::Existing { auth_config, .. } => {
                let found = candidates.configs.into_iter().find(|config| config.id == auth_config);
                found.ok_or_else(|| Error::new(ErrorKind::Unexpected, "the chosen auth config is gone"))
            }
            ConfigChoice::Provision { scheme } => self.provision(toolkit, scheme).await,
            _ => Err(Error::new(ErrorKind::Unexpected, "the rules chose something that this engine does not know")),
        }
    }

    async fn provision(&self, toolkit: &Toolkit, scheme: AuthScheme) -> Result<AuthConfig> {
        let id = self.engine.id("ac")?.into();
        let name = format!("{} ({scheme}, made for sessions)", toolkit.manifest.name);
        let mut config = AuthConfig::new(id, toolkit.slug.clone(), name, scheme, self.engine.now());
        config.managed = true;
        self.engine.store().find_or_insert_managed(self.project, &config).await
    }

    /// Turns the rules' refusal into the session's error, with the link that mends it.
    pub(crate) fn refusal(&self, toolkit: &Toolkit, accounts: &[ConnectedAccount], error: SelectionError) -> Error {
        let ended = match &error {
            SelectionError::NotUsable { account, status, disabled_config: None } if status.can_reconnect() => {
                accounts.iter().find(|one| &one.id == account)
            }
            _ => None,
        };
        let refused = Error::from(error).with_context("toolkit", &toolkit.slug);
        match ended {
            Some(account) => self.with_reconnect(toolkit, account, refused),
            None => refused,
        }
    }

    /// Adds the link under which the user connects an account again that has ended. A shared one is its owner's to mend.
    pub(crate) fn with_reconnect(&self, toolkit: &Toolkit, account: &ConnectedAccount, error: Error) -> Error {
        if account.user != self.session.user {
            let name = &toolkit.manifest.name;
            return error.with_model_text(format!(
                "The connection to {name} is shared by somebody else, and it has ended. Tell the user that its owner has \
                 to connect it again."
            ));
        }
        match self.reconnect_url(toolkit, &account.id) {
            Ok(url) => error.with_connect_url(url),
            Err(_) => error,
        }
    }

    /// There is nothing to run with; here is the link that changes it: for the account that has ended, else for a new one.
    pub(crate) fn connection_required(&self, toolkit: &Toolkit, ended: Option<&ConnectedAccount>) -> Error {
        let (user, slug, name) = (&self.session.user, &toolkit.slug, &toolkit.manifest.name);
        let next = "send the user to the connect link";
        let (message, text, link) = match ended {
            Some(account) => (
                format!(
                    "{user} has no active connection for toolkit {slug}: {} is {}; {next}",
                    account.id, account.status
                ),
                format!(
                    "The user's connection to {name} has ended. Ask the user to connect it again, then call again."
                ),
                self.reconnect_url(toolkit, &account.id),
            ),
            None => (
                format!("{user} has no active connection for toolkit {slug}; {next}"),
                format!("The user has not connected {name}. Ask the user to connect it, then call again."),
                self.connect_url(toolkit),
            ),
        };
        let error = Error::new(ErrorKind::ConnectionRequired, message).with_model_text(text);
        match link {
            Ok(url) => error.with_connect_url(url),
            Err(_) => error,
        }
    }

    /// An account of this session, as its user may see it: the user's own, or a pinned one that lets the user in.
    pub(crate) async fn account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.expire_begun().await?;
        let account = self.engine.store().account(self.project, id).await?;
        let pinned = self.session.config.connected_accounts.values().flatten().any(|pin| pin == id);
        let user = &self.session.user;
        let visible = account.filter(|account| &account.user == user || (pinned && account.admits(user)));
        let visible = visible.map(|account| account.seen_by(user));
        visible.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("this session has no account {id}")))
    }

    /// Ends the flows whose links are over.
    pub(crate) async fn expire_begun(&self) -> Result<()> {
        life::expire_begun(self.engine, self.project).await.map(drop)
    }
}

/// [`Scope`] for a task that outlives its caller.
pub(crate) struct OwnedScope {
    engine: Engine,
    project: ProjectId,
    session: SessionRecord,
}

impl OwnedScope {
    pub(crate) fn new(scope: &Scope<'_>) -> Self {
        let Scope { engine, project, session } = scope;
        Self { engine: (*engine).clone(), project: (*project).clone(), session: session.clone() }
    }

    pub(crate) fn borrow(&self) -> Scope<'_> {
        Scope { engine: &self.engine, project: &self.project, session: self.session.clone() }
    }
}
