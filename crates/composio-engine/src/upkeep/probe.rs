//! Whether an account works: the cheap call that its toolkit names.
//!
//! A service takes a moment, now and then, until a new credential works. So an account that nobody has seen work is not
//! ready yet, whatever the service says, and nothing ends it. One that has worked and is not known any more is treated as a
//! call would treat it: its token is renewed, and where that is impossible and the service does not know the token, it has ended.

use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AccountEventKind, AuthScheme, ConnectedAccount, ConnectionStatus, Error, ErrorKind, Result, Retry,
};

use crate::access::Access;
use crate::connect::{Answer, Seen, is_refused, look, try_out};
use crate::credential::Credential;
use crate::engine::Engine;
use crate::life;
use crate::store::{ProjectId, Transition};

/// Tries an account, and gives it as it is then: ready, not yet, or ended. An account without identity gets the one that
/// the service says on this occasion.
///
/// # Errors
/// `Conflict` unless it is ACTIVE and its auth config is enabled.
pub(crate) async fn probe(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccount,
) -> Result<ConnectedAccount> {
    let id = &account.id;
    if !account.is_active() {
        let message = format!("account {id} is {}; only an ACTIVE one can be tried", account.status);
        return Err(Error::new(ErrorKind::Conflict, message));
    }
    let config = engine.store().auth_config(project, &account.auth_config).await?;
    let config = config.filter(|config| config.enabled).ok_or_else(|| {
        let message = format!("auth config {} of account {id} is disabled or gone", account.auth_config);
        Error::new(ErrorKind::Conflict, message)
    })?;
    let toolkit = engine.catalog().toolkit(&account.toolkit)?;
    let access = Access { engine, project, toolkit, config: &config, account };
    match ask(&access).await {
        Ok(seen) if seen.ready => note(engine, project, account, seen).await,
        Ok(_) => Ok(account.clone()),
        Err(error) if error.kind() == ErrorKind::ConnectionRequired || error.retry() != Retry::Never => {
            tracing::debug!(account = %id, %error, "an account could not be tried");
            current(engine, project, account).await
        }
        Err(error) => Err(error),
    }
}

async fn ask(access: &Access<'_>) -> Result<Seen> {
    let credential = access.credential(None).await?;
    let Access { engine, toolkit, config, account, .. } = access;
    let seen = match (&account.identity, &toolkit.manifest.probe) {
        (Some(_), Some(_)) => try_out(engine, toolkit, config.scheme, &credential).await?,
        _ => look(engine, toolkit, config.scheme, &credential).await?,
    };
    if seen.answer != Answer::Unknown || !account.is_ready() || config.scheme != AuthScheme::OAuth2 {
        return Ok(seen);
    }
    let renewed = access.credential(credential.secret(None).as_ref()).await?;
    if is_same(&credential, &renewed) && is_refused(engine, toolkit, config.scheme, &renewed).await == Some(true) {
        return Err(access.withdraw("the service does not accept the access token any more", None).await?);
    }
    try_out(engine, toolkit, config.scheme, &renewed).await
}

fn is_same(one: &Credential, other: &Credential) -> bool {
    let secret = |credential: &Credential| credential.secret(None);
    match (secret(one), secret(other)) {
        (Some(one), Some(other)) => one.expose_secret() == other.expose_secret(),
        _ => false,
    }
}

/// Writes down what was seen.
async fn note(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccount,
    seen: Seen,
) -> Result<ConnectedAccount> {
    let id = &account.id;
    if let (None, Some(identity), None) = (&account.identity, seen.identity, account.ready_at) {
        let status = ConnectionStatus::Active;
        let mut step = Transition::new(status, status, engine.now(), None);
        (step.identity, step.ready) = (Some(identity), true);
        return match life::transition(engine, project, id, step, AccountEventKind::Ready).await {
            Err(error) if error.kind() == ErrorKind::Conflict => current(engine, project, account).await,
            noted => noted,
        };
    }
    match life::mark_ready(engine, project, id).await? {
        Some(ready) => Ok(ready),
        // Somebody else has seen it, or it has left ACTIVE.
        None => current(engine, project, account).await,
    }
}

async fn current(engine: &Engine, project: &ProjectId, account: &ConnectedAccount) -> Result<ConnectedAccount> {
    let found = engine.store().account(project, &account.id).await?;
    found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("account {} was deleted", account.id)))
}
