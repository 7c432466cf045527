//! Connected accounts.

use crate::account::ConnectionStatus;
use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target, Verb};
use crate::wire::{
    AccountLink, Acknowledged, CompleteAuth, CompletedAuth, ConnectedAccount, ConnectedAccountQuery, CreateAccountLink,
    CreateConnectedAccount, CreatedConnectedAccount, Open, Page, PatchConnectedAccount, PatchedConnectedAccount,
    RefreshConnectedAccount, RefreshedConnectedAccount, RevokedConnectedAccount, SetEnabled,
};

pub(super) const LIST: Operation = Operation::get("connected_accounts_list");
pub(super) const CREATE: Operation = Operation::once(Verb::Post, "connected_accounts_create");
pub(super) const LINK: Operation = Operation::once(Verb::Post, "link_create");
pub(super) const RETRIEVE: Operation = Operation::get("connected_accounts_retrieve");
pub(super) const PATCH: Operation = Operation::once(Verb::Patch, "connected_accounts_patch");
pub(super) const UPDATE_STATUS: Operation = Operation::once(Verb::Patch, "connected_accounts_update_status");
pub(super) const REFRESH: Operation = Operation::once(Verb::Post, "connected_accounts_refresh");
pub(super) const REVOKE: Operation = Operation::once(Verb::Post, "connected_accounts_revoke");
pub(super) const COMPLETE_AUTH: Operation = Operation::once(Verb::Post, "connected_accounts_complete_auth");
pub(super) const DELETE: Operation = Operation::once(Verb::Delete, "connected_accounts_delete");

const PATH: &str = "connected_accounts";

pub(super) fn list(query: &ConnectedAccountQuery) -> Result<Request> {
    let statuses: Vec<&str> = query.statuses.iter().map(status_name).collect();
    let target = Target::new(&[PATH])
        .list("toolkit_slugs", &query.toolkit_slugs)
        .list("statuses", &statuses)
        .list("user_ids", &query.user_ids)
        .list("auth_config_ids", &query.auth_config_ids)
        .list("connected_account_ids", &query.connected_account_ids)
        .text("order_by", query.order_by.map(|order| order.as_str()))
        .text("order_direction", query.order_direction.map(|direction| direction.as_str()))
        .text("account_type", query.account_type.map(|kind| kind.as_str()))
        .page(&query.page);
    Ok(LIST.request(target.finish()?))
}

fn status_name(status: &Open<ConnectionStatus>) -> &str {
    match status {
        Open::Known(status) => status.as_str(),
        Open::Unknown(name) => name,
    }
}

pub(super) fn create(body: &CreateConnectedAccount) -> Result<Request> {
    CREATE.with_body(Target::new(&[PATH]).finish()?, body)
}

pub(super) fn link(body: &CreateAccountLink) -> Result<Request> {
    LINK.with_body(Target::new(&[PATH, "link"]).finish()?, body)
}

pub(super) fn retrieve(id: &str) -> Result<Request> {
    Ok(RETRIEVE.request(Target::new(&[PATH, id]).finish()?))
}

pub(super) fn patch(id: &str, body: &PatchConnectedAccount) -> Result<Request> {
    PATCH.with_body(Target::new(&[PATH, id]).finish()?, body)
}

pub(super) fn update_status(id: &str, body: SetEnabled) -> Result<Request> {
    UPDATE_STATUS.with_body(Target::new(&[PATH, id, "status"]).finish()?, &body)
}

/// The address stands in the query and in the body: servers read it from either.
pub(super) fn refresh(id: &str, body: &RefreshConnectedAccount) -> Result<Request> {
    let target = Target::new(&[PATH, id, "refresh"]).text("redirect_url", body.redirect_url.as_deref());
    REFRESH.with_body(target.finish()?, body)
}

pub(super) fn revoke(id: &str) -> Result<Request> {
    Ok(REVOKE.request(Target::new(&[PATH, id, "revoke"]).finish()?))
}

pub(super) fn complete_auth(body: &CompleteAuth) -> Result<Request> {
    COMPLETE_AUTH.with_body(Target::new(&[PATH, "complete_auth"]).finish()?, body)
}

pub(super) fn delete(id: &str, revoke: Option<bool>) -> Result<Request> {
    Ok(DELETE.request(Target::new(&[PATH, id]).flag("revoke_on_delete", revoke).finish()?))
}

/// Connected accounts: one user's connection to one toolkit.
impl HostedClient {
    /// Lists accounts, a page at a time. Without an `account_type` the list has private ones only.
    ///
    /// # Example
    /// ```no_run
    /// use composio_core::hosted::{HostedClient, HostedOptions};
    /// use composio_core::wire::ConnectedAccountQuery;
    ///
    /// # async fn list() -> composio_core::Result<()> {
    /// let client = HostedClient::new(HostedOptions::from_env()?)?;
    /// let mut query = ConnectedAccountQuery { user_ids: vec!["user_123".to_owned()], ..Default::default() };
    /// loop {
    ///     let page = client.list_connected_accounts(&query).await?;
    ///     for account in &page.items {
    ///         println!("{}: {}", account.toolkit.slug, account.id);
    ///     }
    ///     let Some(cursor) = page.next() else { break };
    ///     query.page.cursor = Some(cursor.to_owned());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for a user id with a comma: a list of ids cannot say it.
    pub async fn list_connected_accounts(&self, query: &ConnectedAccountQuery) -> Result<Page<ConnectedAccount>> {
        self.json(list(query)?).await
    }

    /// Makes an account from credentials, or begins one in the older way. Where users consent on a page,
    /// [`link_connected_account`](Self::link_connected_account) is the way.
    ///
    /// # Errors
    /// `InvalidInput` where the credentials are not what the scheme needs, and where the server takes managed apps through
    /// links only.
    pub async fn create_connected_account(&self, body: &CreateConnectedAccount) -> Result<CreatedConnectedAccount> {
        self.json(create(body)?).await
    }

    /// Makes a link by which a user connects an account.
    ///
    /// # Errors
    /// `InvalidInput` where the auth config cannot be connected this way, and `NotFound` where there is none of this id.
    pub async fn link_connected_account(&self, body: &CreateAccountLink) -> Result<AccountLink> {
        self.json(link(body)?).await
    }

    /// Reads an account.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn connected_account(&self, id: &str) -> Result<ConnectedAccount> {
        self.json(retrieve(id)?).await
    }

    /// Changes an account's label, credentials or access list. What the body leaves out stays.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id, and `InvalidInput` for an access list of a private account or for
    /// another scheme than the account's.
    pub async fn update_connected_account(
        &self,
        id: &str,
        body: &PatchConnectedAccount,
    ) -> Result<PatchedConnectedAccount> {
        self.json(patch(id, body)?).await
    }

    /// Switches an account on or off.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn set_connected_account_enabled(&self, id: &str, enabled: bool) -> Result<Acknowledged> {
        self.json(update_status(id, SetEnabled { enabled })?).await
    }

    /// Renews an account's credentials. Where the user has to consent again, the reply says where.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn refresh_connected_account(
        &self,
        id: &str,
        body: &RefreshConnectedAccount,
    ) -> Result<RefreshedConnectedAccount> {
        self.json(refresh(id, body)?).await
    }

    /// Gives an account's credentials back to the service. The account stays, as REVOKED.
    ///
    /// # Errors
    /// `Conflict` where it is not ACTIVE, and `InvalidInput` where its service knows no such thing.
    pub async fn revoke_connected_account(&self, id: &str) -> Result<RevokedConnectedAccount> {
        self.json(revoke(id)?).await
    }

    /// Ends a flow that is bound to the user's browser. Only some projects have such flows.
    ///
    /// # Errors
    /// `InvalidInput` or `PermissionDenied` where the flow is not this user's, or over.
    pub async fn complete_auth(&self, body: &CompleteAuth) -> Result<CompletedAuth> {
        self.json(complete_auth(body)?).await
    }

    /// Deletes an account. With `revoke`, a job of the server gives its credentials back to the service.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn delete_connected_account(&self, id: &str, revoke: Option<bool>) -> Result<Acknowledged> {
        self.json(delete(id, revoke)?).await
    }
}
