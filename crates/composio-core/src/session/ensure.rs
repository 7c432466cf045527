//! Making sure that a toolkit is connected before its tools are used.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use url::Url;

use super::{Authorize, BoxFuture, Session};
use crate::account::{ConnectedAccount, ConnectionStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolkitSlug;

/// How long is waited for the user unless said otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

type ShowLink = Box<dyn FnOnce(&Url) + Send>;

/// A connection to be made sure of. Await it.
#[must_use = "nothing is looked at until this is awaited"]
pub struct EnsureConnected {
    session: Session,
    toolkit: Result<ToolkitSlug>,
    show: ShowLink,
    alias: Option<String>,
    callback_url: Option<String>,
    timeout: Duration,
}

/// What making sure came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ensured {
    /// The account; none where the toolkit needs none.
    pub account: Option<ConnectedAccount>,
    /// Whether there was nothing to do.
    pub was_connected: bool,
}

impl EnsureConnected {
    pub(super) fn new(session: Session, toolkit: Result<ToolkitSlug>, show: ShowLink) -> Self {
        Self { session, toolkit, show, alias: None, callback_url: None, timeout: DEFAULT_TIMEOUT }
    }

    /// A label for a new account, unique per user and toolkit.
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Where the browser goes in the end.
    pub fn callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_url = Some(url.into());
        self
    }

    /// Waits this long for the user, instead of 60 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    async fn ensure(self) -> Result<Ensured> {
        let toolkit = self.toolkit?;
        let listed = self.session.toolkits().slugs([toolkit.clone()]).await?.items;
        let Some(state) = listed.into_iter().find(|state| state.slug == toolkit) else {
            let message = format!("this session has no toolkit {toolkit}");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        if state.is_ready() {
            return Ok(Ensured { account: state.account, was_connected: true });
        }
        let account = match state.account {
            // Connected, and nobody has seen it work yet.
            Some(account) if account.is_active() => {
                let account = self.session.backend().probe(self.session.id(), &account.id).await?;
                if account.is_ready() {
                    return Ok(Ensured { account: Some(account), was_connected: true });
                }
                let message = format!("{toolkit} is connected with {}, and does not answer yet; try again", account.id);
                return Err(Error::new(ErrorKind::Unavailable, message).with_retry(crate::Retry::Safe));
            }
            Some(account) if account.status == ConnectionStatus::Inactive => {
                let message =
                    format!("account {} is switched off; enable it, or delete it and connect anew", account.id);
                return Err(Error::new(ErrorKind::Conflict, message));
            }
            account => account,
        };
        let ended = account.filter(|account| account.status.can_reconnect() && account.connected_at.is_some());
        let request = match ended {
            Some(account) => labelled(self.session.reconnect(account.id), None, self.callback_url).await?,
            None => labelled(self.session.authorize(toolkit), self.alias, self.callback_url).await?,
        };
        (self.show)(request.redirect_url());
        let account = request.wait().timeout(self.timeout).await?;
        Ok(Ensured { account: Some(account), was_connected: false })
    }
}

fn labelled(mut authorize: Authorize, alias: Option<String>, callback_url: Option<String>) -> Authorize {
    if let Some(alias) = alias {
        authorize = authorize.alias(alias);
    }
    match callback_url {
        Some(url) => authorize.callback_url(&url),
        None => authorize,
    }
}

impl IntoFuture for EnsureConnected {
    type Output = Result<Ensured>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.ensure())
    }
}

impl fmt::Debug for EnsureConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnsureConnected").field("toolkit", &self.toolkit).finish_non_exhaustive()
    }
}
