//! Renewing a token, under a lease.
//!
//! A service that refuses to renew is asked three times before an account ends: services have had hours in which they
//! refused everybody. In between nobody asks, and a token that is not over is used all the same. A lease that ran out
//! without a word is another matter: its holder may have spent the refresh token, so the next one tries once, and where the
//! service refuses, the account ends EXPIRED as `refresh_interrupted`.

use std::time::Duration;

use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Error, ErrorKind, Result, Retry, Timestamp};

use super::{Access, OwnedAccess, seal_credential};
use crate::credential::{Credential, Tokens};
use crate::execute::redact;
use crate::oauth::{Client, Grant, TokenError, read_tokens, token_request};
use crate::random;
use crate::store::RefreshLease;
use crate::upkeep::plan;

/// How long a refresh has besides the longest request, before another may try.
const MARGIN: Duration = Duration::from_secs(25);

/// What a credential is looked at for, which decides whether it has to be renewed.
#[derive(Clone)]
pub(super) enum Need {
    /// A call: it must not run out on the way.
    Call,
    /// A call, and the service did not take this secret.
    Refused(SecretString),
    /// Calls to come, which are to find it renewed.
    Ahead,
}

impl Need {
    /// The tokens, where they have to be renewed first.
    pub(super) fn due<'c>(&self, credential: &'c Credential, now: Timestamp) -> Option<&'c Tokens> {
        let Credential::OAuth2(tokens) = credential else { return None };
        let due = match self {
            Self::Call => tokens.is_due(now),
            Self::Refused(secret) => {
                tokens.is_due(now) || secret.expose_secret() == tokens.access_token.expose_secret()
            }
            // What cannot be renewed is due when it is over, so that its account ends then.
            Self::Ahead if tokens.refresh_token.is_none() => tokens.is_over(now),
            Self::Ahead => tokens.is_due(now) || plan::opens(tokens).is_some_and(|opens| opens <= now),
        };
        due.then_some(tokens)
    }
}

/// What came of a renewal.
pub(super) enum Renewal {
    /// This is good, from now or from whoever had the lease before.
    Good(Credential),
    /// It is as it was, for this reason.
    Stays(Tokens, Error),
}

impl Access<'_> {
    /// Takes the right to renew, for longer than the sender lets its request take; none where somebody has it.
    pub(super) async fn claim(&self) -> Result<Option<RefreshLease>> {
        let (now, life) = (self.engine.now(), self.engine.http().longest().saturating_add(MARGIN));
        self.engine.store().claim_refresh(self.project, &self.account.id, now, now.plus(life)).await
    }

    /// Renews under a lease, in a task of the engine: a caller who goes away does not cost the new refresh token.
    pub(super) async fn renew(&self, lease: RefreshLease, need: &Need) -> Result<Renewal> {
        let (owned, need) = (OwnedAccess::new(self), need.clone());
        self.engine.own(async move { owned.borrow()?.renew_now(lease, &need).await }).await
    }

    /// Says when a credential that was just stored is to be looked at again. Only calls would renew it otherwise, so that a
    /// store which does not write this down costs a moment and not the credential.
    pub(crate) async fn schedule(&self, credential: &Credential) {
        self.look_at(plan::next_look(credential, random::share())).await;
    }

    /// Says that it is to be looked at again in a while, because nothing came of it now.
    pub(super) async fn look_later(&self) {
        self.look_at(Some(plan::after_trouble(self.engine.now(), random::share()))).await;
    }

    async fn look_at(&self, at: Option<Timestamp>) {
        if let Err(error) = self.engine.store().schedule_refresh(self.project, &self.account.id, at).await {
            tracing::warn!(account = %self.account.id, %error, "it was not written down when to renew");
        }
    }

    async fn renew_now(&self, lease: RefreshLease, need: &Need) -> Result<Renewal> {
        let now = self.engine.now();
        // Whoever had the lease before may have renewed it in the meantime.
        let credential = self.stored().await?;
        let Some(before) = need.due(&credential, now) else {
            self.end_lease(lease).await?;
            return Ok(Renewal::Good(credential));
        };
        let Some(refresh_token) = &before.refresh_token else {
            self.end_lease(lease).await?;
            return self.without_refresh(before, &credential).await.map(Renewal::Good);
        };
        if let Some(at) = lease.retry_at.filter(|at| now < *at) {
            self.end_lease(lease).await?;
            return Ok(Renewal::Stays(before.clone(), self.refused(lease.refusals, None, at)));
        }
        match self.ask(refresh_token, before).await {
            Ok(Ok(tokens)) => self.renewed(lease, Credential::OAuth2(tokens)).await.map(Renewal::Good),
            Ok(Err(error @ TokenError::InvalidGrant { .. })) => {
                let said = redact::secrets(&error.to_string(), &[refresh_token, &before.access_token]);
                let error = self.refusal(lease, &said).await?;
                Ok(Renewal::Stays(before.clone(), error))
            }
            Ok(Err(error)) => {
                let said = redact::secrets(&error.to_string(), &[refresh_token, &before.access_token]);
                let error = Error::new(ErrorKind::Unavailable, format!("the token cannot be renewed: {said}"));
                self.trouble(Some(lease), before, error).await
            }
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                // The lease is left to run out: the next one knows that this refresh may have happened.
                let message = "the token may have been renewed, and the answer was lost; call again in a minute";
                self.trouble(None, before, Error::new(ErrorKind::Unavailable, message).with_source(error)).await
            }
            Err(error) => self.trouble(Some(lease), before, error).await,
        }
    }

    async fn renewed(&self, lease: RefreshLease, credential: Credential) -> Result<Credential> {
        let sealed = seal_credential(self.engine, self.project, &self.account.id, &credential)?;
        self.engine.store().end_refresh(self.project, &self.account.id, lease.fence, Some(&sealed)).await?;
        self.schedule(&credential).await;
        Ok(credential)
    }

    /// The service does not take the refresh token. It is asked again in a while, unless it has said so often enough, or
    /// the token may be spent: then the account has ended, which is the error.
    async fn refusal(&self, lease: RefreshLease, said: &str) -> Result<Error> {
        if lease.interrupted {
            return Err(self.withdraw("refresh_interrupted", Some(lease)).await?);
        }
        let Some(pause) = plan::pause(lease.refusals.saturating_add(1)) else {
            let times = plan::REFUSALS;
            let reason = format!("the service refused {times} times in a row to renew the token: {said}");
            return Err(self.withdraw(&reason, Some(lease)).await?);
        };
        let retry_at = self.engine.now().plus(pause);
        let store = self.engine.store();
        let refusals = store.refuse_refresh(self.project, &self.account.id, lease.fence, retry_at).await?;
        self.look_at(Some(retry_at)).await;
        Ok(self.refused(refusals, Some(said), retry_at))
    }

    fn refused(&self, refusals: u32, said: Option<&str>, retry_at: Timestamp) -> Error {
        let now = self.engine.now();
        let micros = retry_at.as_micros().saturating_sub(now.as_micros());
        let wait = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        let seconds = wait.as_secs_f64().ceil();
        let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
        let (id, most) = (&self.account.id, plan::REFUSALS);
        let message = format!(
            "the service refused to renew the token of account {id}, {refusals} of {most} times in a row{said}; \
             it is asked again in {seconds} s, and the account has ended if it refuses {most} times"
        );
        let name = &self.toolkit.manifest.name;
        let text = format!("The connection to {name} does not work at the moment. Try again in {seconds} seconds.");
        Error::new(ErrorKind::Unavailable, message).with_model_text(text).with_retry(Retry::After(wait))
    }

    /// It could not be renewed for now. It is tried again later, and by the next call.
    async fn trouble(&self, lease: Option<RefreshLease>, before: &Tokens, error: Error) -> Result<Renewal> {
        if let Some(lease) = lease {
            self.end_lease(lease).await?;
        }
        self.look_later().await;
        Ok(Renewal::Stays(before.clone(), error.with_retry(Retry::Safe)))
    }

    async fn ask(&self, token: &SecretString, before: &Tokens) -> Result<Result<Tokens, TokenError>> {
        let (id, secret) = self.app().await?;
        let client = Client { id: &id, secret: &secret, auth: self.toolkit.oauth2()?.token_auth };
        let request = token_request(&self.toolkit.endpoints()?.token_url, client, Grant::Refresh { token })?;
        let reply = self.engine.http().send(request).await.map_err(|error| error.into_error(false))?;
        Ok(read_tokens(&reply, Some(before), self.engine.now()))
    }

    async fn end_lease(&self, lease: RefreshLease) -> Result<()> {
        self.engine.store().end_refresh(self.project, &self.account.id, lease.fence, None).await
    }
}
