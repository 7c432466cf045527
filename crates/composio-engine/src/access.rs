//! A credential that is good for one call: opened, and renewed where it is due.
//!
//! One refresh at a time and account, across processes: whoever has the lease asks the service, the others wait for
//! what comes of it.

mod renew;

use std::fmt;
use std::time::Duration;

use composio_core::secrecy::SecretString;
use composio_core::{
    AccountEventKind, AuthConfig, AuthScheme, ConnectedAccount, ConnectedAccountId, ConnectionEvent, Error, ErrorKind,
    Result, Retry,
};
use tokio::time::{Instant, sleep};

use self::renew::{Need, Renewal};
use crate::catalog::Toolkit;
use crate::credential::{Credential, Tokens};
use crate::engine::Engine;
use crate::life;
use crate::oauth::{Client, revoke_request};
use crate::seal::Binding;
use crate::store::{CredentialChange, ProjectId, RefreshLease, Sealed, Transition};

/// How often a waiting caller looks whether the refresh is done, and for how long.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const WAIT_AT_MOST: Duration = Duration::from_secs(30);

/// An account with everything that is needed to use it.
#[derive(Clone, Copy)]
pub(crate) struct Access<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) project: &'a ProjectId,
    pub(crate) toolkit: &'a Toolkit,
    pub(crate) config: &'a AuthConfig,
    pub(crate) account: &'a ConnectedAccount,
}

impl Access<'_> {
    /// The credential, renewed where it is due, or where `refused` is the secret that the service did not take.
    ///
    /// # Errors
    /// `ConnectionRequired` where the account has ended, `Unavailable` where the service cannot be asked now or has just
    /// refused to renew.
    pub(crate) async fn credential(&self, refused: Option<&SecretString>) -> Result<Credential> {
        let need = refused.map_or(Need::Call, |refused| Need::Refused(refused.clone()));
        let started = Instant::now();
        loop {
            let credential = self.stored().await?;
            let Some(tokens) = need.due(&credential, self.engine.now()) else { return Ok(credential) };
            if tokens.refresh_token.is_none() {
                return self.without_refresh(tokens, &credential).await;
            }
            if let Some(lease) = self.claim().await? {
                return match self.renew(lease, &need).await? {
                    Renewal::Good(credential) => Ok(credential),
                    Renewal::Stays(tokens, error) => self.make_do(tokens, &need, error),
                };
            }
            self.still_active().await?;
            if started.elapsed() >= WAIT_AT_MOST {
                let id = &self.account.id;
                let message = format!("account {id} is being refreshed elsewhere and that takes too long; call again");
                return Err(Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Renews the credential before a call has to wait for it, and says whether it did. Where it is not due so far, or
    /// somebody else is at it, nothing is asked.
    ///
    /// # Errors
    /// As [`credential`](Self::credential), and where a renewal did not come about although the token is good for a while.
    pub(crate) async fn renew_ahead(&self) -> Result<bool> {
        // What cannot be read would stand before everything else that is due, in every round.
        let stored = self.stored().await;
        if stored.is_err() {
            self.look_later().await;
        }
        let credential = stored?;
        let Some(tokens) = Need::Ahead.due(&credential, self.engine.now()) else {
            self.schedule(&credential).await;
            return Ok(false);
        };
        if tokens.refresh_token.is_none() {
            return self.without_refresh(tokens, &credential).await.map(|_| false);
        }
        let Some(lease) = self.claim().await? else { return Ok(false) };
        match self.renew(lease, &Need::Ahead).await? {
            Renewal::Good(_) => Ok(true),
            Renewal::Stays(_, error) => Err(error),
        }
    }

    /// The secret of the OAuth app behind the account's config, and its id.
    pub(crate) async fn app(&self) -> Result<(String, SecretString)> {
        app_of(self.engine, self.project, self.toolkit, self.config).await
    }

    /// Ends the account: the service does not take its credential any more. Under a lease only its holder does, so that a
    /// late refusal of an old token never costs a new one.
    pub(crate) async fn withdraw(&self, reason: &str, lease: Option<RefreshLease>) -> Result<Error> {
        let status = self.account.status;
        let to = status
            .on(ConnectionEvent::Withdrawn)
            .map_err(|error| Error::new(ErrorKind::Conflict, error.to_string()))?;
        let mut step = Transition::new(status, to, self.engine.now(), Some(reason.to_owned()));
        step.credential = CredentialChange::Drop;
        step.fence = lease.map(|lease| lease.fence);
        match life::transition(self.engine, self.project, &self.account.id, step, AccountEventKind::Expired).await {
            Ok(_) => Ok(ended(&self.account.id, reason)),
            // Somebody else was first. Either the account has ended, or it was renewed or connected in the meantime.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.still_active().await?;
                let message = format!("account {} was renewed in the meantime; call again", self.account.id);
                Ok(Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe))
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the stored credential back to the service.
    ///
    /// # Errors
    /// `Unsupported` where the scheme or the toolkit cannot; `Unavailable` where the service could not be told.
    pub(crate) async fn give_back(&self) -> Result<()> {
        if self.config.scheme != AuthScheme::OAuth2 {
            let message = format!("{} cannot be told to revoke; delete the account instead", self.config.scheme);
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        match self.stored().await? {
            Credential::OAuth2(tokens) => self.revoke(&tokens).await,
            Credential::Fields { .. } => Ok(()),
        }
    }

    /// Tells the service that tokens are not needed any more (RFC 7009). The refresh token goes first: it is what would
    /// bring the others back. Revoking twice is revoking once, so what was lost on the way may be sent again.
    ///
    /// # Errors
    /// As [`give_back`](Self::give_back).
    pub(crate) async fn revoke(&self, tokens: &Tokens) -> Result<()> {
        let Some(endpoint) = self.toolkit.endpoints()?.revoke_url else {
            let message = format!("{} has no revocation endpoint; delete the account instead", self.toolkit.slug);
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let (id, secret) = self.app().await?;
        let client = Client { id: &id, secret: &secret, auth: self.toolkit.oauth2()?.token_auth };
        let refresh = tokens.refresh_token.as_ref().map(|token| (token, "refresh_token"));
        for (token, hint) in refresh.into_iter().chain([(&tokens.access_token, "access_token")]) {
            let request = revoke_request(&endpoint, client, token, hint)?;
            let reply = self.engine.http().send(request).await.map_err(|error| not_told(error.into_error(true)))?;
            if !reply.status().is_success() {
                return Err(not_told(format!("it answered {}", reply.status())));
            }
        }
        Ok(())
    }

    async fn stored(&self) -> Result<Credential> {
        match self.engine.store().credential(self.project, &self.account.id).await? {
            Some(sealed) => open_credential(self.engine, self.project, self.account, &sealed),
            None => Err(ended(&self.account.id, "its credential is gone")),
        }
    }

    /// A token that cannot be renewed works until it is over, whatever one of the service's answers said.
    async fn without_refresh(&self, tokens: &Tokens, credential: &Credential) -> Result<Credential> {
        if !tokens.is_over(self.engine.now()) {
            return Ok(credential.clone());
        }
        let reason = "the access token is over, and the service gave no refresh token";
        Err(self.withdraw(reason, None).await?)
    }

    async fn still_active(&self) -> Result<()> {
        match self.engine.store().account(self.project, &self.account.id).await? {
            Some(account) if account.is_active() => Ok(()),
            Some(account) => {
                Err(ended(&account.id, account.status_reason.as_deref().unwrap_or("it is no longer ACTIVE")))
            }
            None => Err(ended(&self.account.id, "it was deleted")),
        }
    }

    /// A token that is due but not over still works where its renewal does not.
    fn make_do(&self, before: Tokens, need: &Need, error: Error) -> Result<Credential> {
        if !matches!(need, Need::Refused(_)) && !before.is_over(self.engine.now()) {
            tracing::warn!(account = %self.account.id, %error, "token not renewed; using it while it lasts");
            return Ok(Credential::OAuth2(before));
        }
        Err(error.with_context("account", &self.account.id))
    }
}

/// [`Access`] for a task that outlives its caller.
pub(crate) struct OwnedAccess {
    engine: Engine,
    project: ProjectId,
    config: AuthConfig,
    account: ConnectedAccount,
}

impl OwnedAccess {
    pub(crate) fn new(access: &Access<'_>) -> Self {
        Self {
            engine: access.engine.clone(),
            project: access.project.clone(),
            config: access.config.clone(),
            account: access.account.clone(),
        }
    }

    pub(crate) fn borrow(&self) -> Result<Access<'_>> {
        let Self { engine, project, config, account } = self;
        let toolkit = engine.catalog().toolkit(&account.toolkit)?;
        Ok(Access { engine, project, toolkit, config, account })
    }
}

/// The OAuth app of a config: its own, or the operator's managed one.
pub(crate) async fn app_of(
    engine: &Engine,
    project: &ProjectId,
    toolkit: &Toolkit,
    config: &AuthConfig,
) -> Result<(String, SecretString)> {
    if config.managed {
        let app = toolkit.managed_app.as_ref().ok_or_else(|| {
            let message = format!(
                "auth config {} is managed, and the operator has no OAuth app for {} any more",
                config.id, toolkit.slug
            );
            Error::new(ErrorKind::NoManagedAuth, message)
        })?;
        return Ok((app.client_id.clone(), app.client_secret.clone()));
    }
    let sealed = engine.store().auth_config_secret(project, &config.id).await?;
    let binding = Binding::new("app-secret", project.as_str(), config.id.as_str());
    let secret = sealed.and_then(|sealed| engine.sealer().open(&binding, &sealed));
    let secret = secret.and_then(|bytes| std::str::from_utf8(&bytes).map(SecretString::from).ok());
    match (&config.client_id, secret) {
        (Some(id), Some(secret)) => Ok((id.clone(), secret)),
        _ => Err(Error::new(
            ErrorKind::Unexpected,
            format!("the OAuth app of auth config {} is not readable", config.id),
        )),
    }
}

/// Seals a credential for its account.
pub(crate) fn seal_credential(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccountId,
    credential: &Credential,
) -> Result<Sealed> {
    let binding = Binding::new("credential", project.as_str(), account.as_str());
    engine.sealer().seal(&binding, &credential.to_bytes()?)
}

fn open_credential(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccount,
    sealed: &Sealed,
) -> Result<Credential> {
    let binding = Binding::new("credential", project.as_str(), account.id.as_str());
    match engine.sealer().open(&binding, sealed) {
        Some(bytes) => Credential::from_bytes(&bytes),
        None => Err(Error::new(ErrorKind::Unexpected, format!("the credential of {} does not open", account.id))),
    }
}

fn not_told(why: impl fmt::Display) -> Error {
    let message = format!("the service could not be told to revoke, so nothing was changed here: {why}");
    Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe)
}

/// The account has ended; whoever has a session at hand adds the link.
fn ended(account: &ConnectedAccountId, reason: &str) -> Error {
    Error::new(ErrorKind::ConnectionRequired, format!("account {account} has to be connected again: {reason}"))
        .with_context("account", account)
}
