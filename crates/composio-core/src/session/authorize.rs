//! Connecting a user: a link, and waiting for what becomes of it.

use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use url::Url;

use super::{BoxFuture, Session, builder::parse_callback};
use crate::account::{ConnectedAccount, ConnectionStatus, Sharing};
use crate::backend::{Link, LinkRequest, LinkTarget};
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::id::{ConnectedAccountId, Timestamp};

/// How often the account is looked at.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How long is waited unless said otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A link in the making. Await it for a [`ConnectionRequest`].
#[must_use = "a link is made by awaiting this"]
#[derive(Debug)]
pub struct Authorize {
    session: Session,
    target: Result<LinkTarget>,
    callback_url: Option<Result<Url>>,
    alias: Option<String>,
    sharing: Sharing,
}

impl Authorize {
    pub(super) fn new(session: Session, target: Result<LinkTarget>) -> Self {
        Self { session, target, callback_url: None, alias: None, sharing: Sharing::Private }
    }

    /// Where the browser goes in the end, with `status` and `connected_account_id` added to the query. Loopback
    /// addresses and the origins that the operator allows.
    pub fn callback_url(mut self, url: &str) -> Self {
        self.callback_url = Some(parse_callback(url));
        self
    }

    /// A label for the new account, unique per user and toolkit.
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.alias = Some(alias.into());
        self
    }

    /// Says who may use the new account besides this user. A shared account is used only where a session pins it.
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
        self
    }
}

impl IntoFuture for Authorize {
    type Output = Result<ConnectionRequest>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut request = LinkRequest::new(self.target?);
            request.callback_url = match self.callback_url {
                Some(url) => Some(url?),
                None => self.session.config().callback_url.as_deref().cloned(),
            };
            request.alias = self.alias;
            request.sharing = self.sharing;
            let link = self.session.backend().link(self.session.id(), &request).await?;
            let baseline = match request.target {
                LinkTarget::Toolkit(_) => None,
                LinkTarget::Account(account) => Some(self.session.connected_account(&account).await?.updated_at),
            };
            Ok(ConnectionRequest { session: self.session, link, baseline })
        })
    }
}

/// A link that was made, and the account it will make ACTIVE.
#[derive(Clone)]
pub struct ConnectionRequest {
    session: Session,
    link: Link,
    /// When an account that is connected again had last changed: until then its old status says nothing.
    baseline: Option<Timestamp>,
}

impl ConnectionRequest {
    /// The account. It exists already and is INITIATED, or has the status it is reconnected from.
    pub fn account(&self) -> &ConnectedAccountId {
        &self.link.account
    }

    /// Where to send this user and nobody else: whoever opens it can connect an account in their name.
    pub fn redirect_url(&self) -> &Url {
        &self.link.redirect_url
    }

    /// Until when the link works, where the backend says so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.link.expires_at
    }

    /// Waits until the account is [ready](ConnectedAccount::is_ready), which is ACTIVE and seen to work: 60 seconds, unless
    /// the returned value says otherwise. The account is looked at at once and then every second.
    ///
    /// # Errors
    /// The await gives `ConnectionRequired` with the reason as soon as the connection has FAILED, EXPIRED or been
    /// REVOKED, `Timeout` where nothing happened in time (waiting again is fine), `NotFound` where it was deleted.
    pub fn wait(&self) -> Wait {
        Wait { request: self.clone(), timeout: DEFAULT_TIMEOUT }
    }

    async fn look(&self) -> Result<Seen> {
        let account = self.session.connected_account(self.account()).await?;
        match account.status {
            ConnectionStatus::Active => tried(&self.session, account).await,
            ConnectionStatus::Failed | ConnectionStatus::Expired | ConnectionStatus::Revoked
                if self.baseline != Some(account.updated_at) =>
            {
                Err(ended(&account))
            }
            status => Ok(Seen::Waiting(status)),
        }
    }
}

/// What an account was seen to be.
pub(super) enum Seen {
    Ready(Box<ConnectedAccount>),
    /// Not ready, and it may still become so.
    Waiting(ConnectionStatus),
}

/// An ACTIVE account, tried where nobody has seen it work yet.
pub(super) async fn tried(session: &Session, account: ConnectedAccount) -> Result<Seen> {
    if account.is_ready() {
        return Ok(Seen::Ready(Box::new(account)));
    }
    match session.backend().probe(session.id(), &account.id).await {
        Ok(account) if account.is_ready() => Ok(Seen::Ready(Box::new(account))),
        Ok(account) => Ok(Seen::Waiting(account.status)),
        // It is not ACTIVE any more: the next look says what it is.
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(Seen::Waiting(ConnectionStatus::Inactive)),
        Err(error) => Err(error),
    }
}

impl fmt::Debug for ConnectionRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionRequest").field("link", &self.link).finish_non_exhaustive()
    }
}

/// Waiting for a connection. Await it for the account.
#[must_use = "waiting begins when this is awaited"]
#[derive(Clone, Debug)]
pub struct Wait {
    request: ConnectionRequest,
    timeout: Duration,
}

impl Wait {
    /// Waits this long instead of 60 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl IntoFuture for Wait {
    type Output = Result<ConnectedAccount>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (started, mut last) = (Instant::now(), None);
            loop {
                match self.request.look().await {
                    Ok(Seen::Ready(account)) => return Ok(*account),
                    Ok(Seen::Waiting(status)) => last = Some(status),
                    // A backend in passing trouble says nothing about the connection.
                    Err(error) if error.retry() != Retry::Never => {}
                    Err(error) => return Err(error),
                }
                let left = self.timeout.saturating_sub(started.elapsed());
                if left.is_zero() {
                    return Err(timed_out(&self.request, self.timeout, last));
                }
                sleep(POLL_EVERY.min(left)).await;
            }
        })
    }
}

fn ended(account: &ConnectedAccount) -> Error {
    let reason = account.status_reason.as_deref().unwrap_or("no reason was given");
    let message = format!("{} was not connected: {reason}; make a new link to try again", account.toolkit);
    Error::new(ErrorKind::ConnectionRequired, message)
        .with_context("account", &account.id)
        .with_context("status", account.status)
}

fn timed_out(request: &ConnectionRequest, timeout: Duration, last: Option<ConnectionStatus>) -> Error {
    let account = request.account();
    let message = match last {
        Some(ConnectionStatus::Active) => {
            format!("{account} is connected, and its service has not answered within {timeout:?}; wait again")
        }
        _ => format!("the user has not connected {account} within {timeout:?}; wait again"),
    };
    Error::new(ErrorKind::Timeout, message).with_retry(Retry::Safe)
}
