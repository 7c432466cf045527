//! Making sure that a toolkit is connected before its tools are used.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use url::Url;

use super::authorize::{Seen, tried};
use super::{Authorize, BoxFuture, Session};
use crate::account::{ConnectedAccount, ConnectionStatus};
use crate::backend::ToolkitState;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::id::{ConnectedAccountId, ToolkitSlug};

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
        // A toolkit that is not listed is refused where the link is made, with the reason.
        let state = listed.into_iter().find(|state| state.slug == toolkit);
        if state.as_ref().is_some_and(|state| state.no_auth) {
            return Ok(Ensured { account: None, was_connected: true });
        }
        let account = state.and_then(|state| connected(&self.session, state));
        let ended = match account {
            Some(account) => match seen(&self.session, account).await? {
                Found::Ready(account) => return Ok(Ensured { account: Some(*account), was_connected: true }),
                Found::Ended(account) => Some(account),
                Found::Nothing => None,
            },
            None => None,
        };
        let request = match ended {
            Some(account) => labelled(self.session.reconnect(account), None, self.callback_url).await?,
            None => labelled(self.session.authorize(toolkit), self.alias, self.callback_url).await?,
        };
        (self.show)(request.redirect_url());
        let account = request.wait().timeout(self.timeout).await?;
        Ok(Ensured { account: Some(account), was_connected: false })
    }
}

/// The account by which a toolkit is connected. Where a call has to choose between several, any that is ready will do.
fn connected(session: &Session, state: ToolkitState) -> Option<ConnectedAccount> {
    let several = session.config().multi_account.is_some();
    let ready = state.accounts.into_iter().find(|account| several && account.is_ready());
    state.account.filter(|account| ready.is_none() || account.is_ready()).or(ready)
}

/// What there is to go by.
enum Found {
    Ready(Box<ConnectedAccount>),
    /// It was connected once, and can be again.
    Ended(ConnectedAccountId),
    /// Nothing that ever worked.
    Nothing,
}

/// Looks at the account that is there, and tries it where nobody has seen it work yet.
async fn seen(session: &Session, mut account: ConnectedAccount) -> Result<Found> {
    if account.is_active() {
        match tried(session, account.clone()).await? {
            Seen::Ready(account) => return Ok(Found::Ready(account)),
            Seen::Waiting(ConnectionStatus::Active) => {}
            // Trying it showed that it has ended.
            Seen::Waiting(_) => account = session.connected_account(&account.id).await?,
        }
    }
    match account.status {
        ConnectionStatus::Active => {
            let message = format!("{} is connected, and its service does not answer yet; try again soon", account.id);
            Err(Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe))
        }
        ConnectionStatus::Inactive => {
            let message = format!("account {} is switched off; enable it, or delete it and connect anew", account.id);
            Err(Error::new(ErrorKind::Conflict, message))
        }
        status if status.can_reconnect() && account.connected_at.is_some() => Ok(Found::Ended(account.id)),
        _ => Ok(Found::Nothing),
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
