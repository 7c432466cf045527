//! Links by which users connect accounts.

use futures::future::try_join;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::config::IntoText;
use super::tools::permit_toolkit;
use super::{HostedBackend, read};
use crate::account::{ConnectionStatus, Sharing};
use crate::backend::{Link, LinkRequest, LinkTarget};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ConnectedAccountId, SessionId, ToolkitSlug};
use crate::wire;

impl HostedBackend {
    pub(super) async fn linked(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        match &request.target {
            LinkTarget::Toolkit(toolkit) => self.new_account(session, toolkit, request).await,
            LinkTarget::Account(account) => self.same_account(session, account, request).await,
        }
    }

    async fn new_account(&self, session: &SessionId, toolkit: &ToolkitSlug, request: &LinkRequest) -> Result<Link> {
        request.sharing.validate()?;
        let body = wire::SessionLinkRequest {
            toolkit: toolkit.into_text(),
            alias: request.alias.clone(),
            callback_url: request.callback_url.as_ref().map(ToString::to_string),
            experimental: read::sharing_input(&request.sharing),
        };
        let link = self.client.link(session, &body).await?;
        Ok(Link::new(link.connected_account_id.into(), address(&link.redirect_url)?, None))
    }

    /// A link for an account that ended. Where the service renews it without a person there is nothing to open.
    async fn same_account(&self, session: &SessionId, id: &ConnectedAccountId, request: &LinkRequest) -> Result<Link> {
        if let Some(alias) = &request.alias {
            return Err(Error::invalid_input("alias", alias, "an account that is connected again keeps its own"));
        }
        if request.sharing != Sharing::Private {
            return Err(Error::invalid_input("sharing", "SHARED", "an account that is connected again keeps its own"));
        }
        let (account, record) = try_join(self.own_account(session, id), self.read(session)).await?;
        if account.user != record.user {
            return Err(Error::new(
                ErrorKind::PermissionDenied,
                format!("{id} is shared; its owner has to reconnect it"),
            ));
        }
        permit_toolkit(&record.config, &account.toolkit)?;
        if !account.status.can_reconnect() {
            let message = format!("account {id} is {}, so there is nothing to connect again", account.status);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let body =
            wire::RefreshConnectedAccount { redirect_url: request.callback_url.as_ref().map(ToString::to_string) };
        let renewed = self.client.refresh_connected_account(id.as_str(), &body).await?;
        match (&renewed.redirect_url, read::status(&renewed.status)) {
            (Some(url), _) => Ok(Link::new(id.clone(), address(url)?, None)),
            (None, ConnectionStatus::Active) => {
                let message = format!("account {id} is ACTIVE again without the user; there is no link to open");
                Err(Error::new(ErrorKind::Conflict, message))
            }
            (None, status) => {
                let message = format!(
                    "the service gives no link by which {id}, which is {status}, is connected again; make a new account \
                     with `Session::authorize`, or give it new credentials"
                );
                Err(Error::new(ErrorKind::Unsupported, message))
            }
        }
    }
}

/// Where to send the user. What cannot be read is not shown either: it may open something.
fn address(url: &SecretString) -> Result<Url> {
    Url::parse(url.expose_secret())
        .map_err(|_| Error::new(ErrorKind::Unexpected, "the service gives a connect link that is no URL"))
}
