//! What belongs to the project: auth configs, accounts of all users, the catalogue.

use async_trait::async_trait;
use tracing::Instrument as _;

use super::config::texts;
use super::{HostedBackend, auth_configs, catalogue, read, span, tools};
use crate::account::{ConnectedAccount, SharingUpdate};
use crate::auth::{AuthConfig, AuthConfigUpdate, AuthScheme, NewAuthConfig, NewConnectedAccount};
use crate::backend::{
    AccountQuery, AuthConfigQuery, CatalogueQuery, CatalogueToolQuery, Management, Page, SharingFilter, ToolkitInfo,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolSlug, ToolkitSlug, UserId};
use crate::tool::ToolDefinition;
use crate::wire::{self, Open, SecretFields};

/// The dialect's maximum for lists of auth configs and accounts.
const PAGE: u32 = 200;

#[async_trait]
impl Management for HostedBackend {
    async fn create_auth_config(&self, new: NewAuthConfig) -> Result<AuthConfig> {
        let made = async {
            let made = self.client.create_auth_config(&auth_configs::create(&new)?).await?.auth_config;
            // The reply says less than there is.
            let config = self.client.auth_config(&made.id).await;
            auth_configs::auth_config(config.map_err(|error| error.with_context("created", &made.id))?)
        };
        made.instrument(span!("composio.create_auth_config", toolkit = %new.toolkit)).await
    }

    async fn auth_configs(&self, query: &AuthConfigQuery) -> Result<Page<AuthConfig>> {
        let wanted = wire::AuthConfigQuery {
            toolkit_slugs: texts(&query.toolkits),
            show_disabled: query.show_disabled.then_some(true),
            page: read::page_query(query.cursor.as_ref(), query.limit, PAGE),
            ..wire::AuthConfigQuery::default()
        };
        let page = self.client.list_auth_configs(&wanted).instrument(span!("composio.auth_configs")).await?;
        Ok(read::page(page, auth_configs::auth_config))
    }

    async fn auth_config(&self, id: &AuthConfigId) -> Result<AuthConfig> {
        let config = self.client.auth_config(id.as_str()).instrument(span!("composio.auth_config")).await?;
        auth_configs::auth_config(config)
    }

    async fn update_auth_config(&self, id: &AuthConfigId, update: &AuthConfigUpdate) -> Result<AuthConfig> {
        self.change_auth_config(id, update).instrument(span!("composio.update_auth_config")).await
    }

    async fn delete_auth_config(&self, id: &AuthConfigId) -> Result<()> {
        let deleted = self.client.delete_auth_config(id.as_str(), None);
        done(deleted.instrument(span!("composio.delete_auth_config")).await?.success, "deleted", id.as_str())
    }

    async fn create_connected_account(&self, new: NewConnectedAccount) -> Result<ConnectedAccount> {
        self.make_account(new).instrument(span!("composio.create_connected_account")).await
    }

    async fn connected_accounts(&self, query: &AccountQuery) -> Result<Page<ConnectedAccount>> {
        let wanted = wire::ConnectedAccountQuery {
            user_ids: texts(&query.users),
            toolkit_slugs: texts(&query.toolkits),
            statuses: query.statuses.iter().copied().map(Open::Known).collect(),
            account_type: match query.sharing {
                SharingFilter::Private => None,
                SharingFilter::Shared => Some(wire::AccountTypeFilter::Shared),
                SharingFilter::All => Some(wire::AccountTypeFilter::All),
            },
            order_by: Some(wire::AccountOrder::CreatedAt),
            order_direction: Some(wire::OrderDirection::Descending),
            page: read::page_query(query.cursor.as_ref(), query.limit, PAGE),
            ..wire::ConnectedAccountQuery::default()
        };
        // An empty filter is none, and the list would be of all users.
        if let Some(user) = query.users.iter().find(|user| user.as_str().trim().is_empty()) {
            return Err(Error::invalid_input("user", user.as_str(), "the id that your application has for the user"));
        }
        // Whose they are is known where one user is asked for, even where the service does not say it.
        let user = <&[UserId; 1]>::try_from(query.users.as_slice()).ok().map(|[user]| user);
        let page =
            self.client.list_connected_accounts(&wanted).instrument(span!("composio.connected_accounts")).await?;
        if user.is_none() && page.items.iter().any(|account| account.user_id.is_none()) {
            return Err(nobodys());
        }
        Ok(read::page(page, |account| read::account(account, user)))
    }

    async fn get_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.account(id).instrument(span!("composio.get_connected_account")).await
    }

    async fn rename_connected_account(&self, id: &ConnectedAccountId, alias: Option<&str>) -> Result<ConnectedAccount> {
        let body = wire::PatchConnectedAccount {
            // The empty text clears it.
            alias: Some(alias.unwrap_or_default().to_owned()),
            ..wire::PatchConnectedAccount::default()
        };
        self.patch_account(id, &body).instrument(span!("composio.rename_connected_account")).await
    }

    async fn set_connected_account_enabled(&self, id: &ConnectedAccountId, enabled: bool) -> Result<ConnectedAccount> {
        let changed = async {
            self.client.set_connected_account_enabled(id.as_str(), enabled).await?;
            self.changed(id).await
        };
        changed.instrument(span!("composio.set_connected_account_enabled")).await
    }

    async fn revoke_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let revoked = async {
            self.client.revoke_connected_account(id.as_str()).await.map_err(|error| not_revocable(id, error))?;
            self.changed(id).await
        };
        revoked.instrument(span!("composio.revoke_connected_account")).await
    }

    async fn share_connected_account(
        &self,
        id: &ConnectedAccountId,
        update: &SharingUpdate,
    ) -> Result<ConnectedAccount> {
        self.share(id, update).instrument(span!("composio.share_connected_account")).await
    }

    async fn probe_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        probed(self.account(id).instrument(span!("composio.probe_connected_account")).await?)
    }

    async fn delete_connected_account(&self, id: &ConnectedAccountId) -> Result<()> {
        let deleted = self.client.delete_connected_account(id.as_str(), None);
        done(deleted.instrument(span!("composio.delete_connected_account")).await?.success, "deleted", id.as_str())
    }

    async fn catalogue_toolkits(&self, query: &CatalogueQuery) -> Result<Page<ToolkitInfo>> {
        let wanted = wire::ToolkitQuery {
            search: query.search.clone(),
            category: query.category.clone(),
            page: read::page_query(query.cursor.as_ref(), query.limit, 1_000),
            ..wire::ToolkitQuery::default()
        };
        let page = self.client.list_toolkits(&wanted).instrument(span!("composio.catalogue_toolkits")).await?;
        Ok(read::page(page, catalogue::listed))
    }

    async fn catalogue_toolkit(&self, toolkit: &ToolkitSlug) -> Result<ToolkitInfo> {
        let read = self.client.toolkit(toolkit.as_str(), None);
        let read = read.instrument(span!("composio.catalogue_toolkit", toolkit = %toolkit)).await;
        catalogue::details(read.map_err(|error| catalogue::no_toolkit(toolkit, error))?)
    }

    async fn catalogue_tools(&self, query: &CatalogueToolQuery) -> Result<Page<ToolDefinition>> {
        let wanted = wire::ToolQuery {
            toolkit_slugs: texts(&query.toolkits),
            tool_slugs: texts(&query.tools),
            query: query.search.clone(),
            page: read::page_query(query.cursor.as_ref(), query.limit, 1_000),
            ..wire::ToolQuery::default()
        };
        let page = self.client.list_tools(&wanted).instrument(span!("composio.catalogue_tools")).await?;
        Ok(tools::definitions(page))
    }

    async fn catalogue_tool(&self, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.known_tool(tool).instrument(span!("composio.catalogue_tool", tool = %tool)).await
    }
}

impl HostedBackend {
    async fn account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        read::account(self.client.connected_account(id.as_str()).await?, None)
    }

    async fn patch_account(
        &self,
        id: &ConnectedAccountId,
        body: &wire::PatchConnectedAccount,
    ) -> Result<ConnectedAccount> {
        self.client.update_connected_account(id.as_str(), body).await?;
        self.changed(id).await
    }

    /// An account after a change. Where it cannot be read, it is changed all the same, and the error says so.
    async fn changed(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        self.account(id).await.map_err(|error| error.with_context("changed", id))
    }

    /// Two requests where the status changes together with the rest. Where the second fails, the first holds.
    async fn change_auth_config(&self, id: &AuthConfigId, change: &AuthConfigUpdate) -> Result<AuthConfig> {
        let before = self.client.auth_config(id.as_str()).await?;
        let Open::Known(kind) = before.kind else {
            let message =
                format!("{id} is an auth config of a kind that this version does not know; update this crate");
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let body = auth_configs::update(kind, change)?;
        if body.is_none() && change.enabled.is_none() {
            return auth_configs::auth_config(before);
        }
        if let Some(body) = body {
            done(self.client.update_auth_config(id.as_str(), &body).await?.success, "changed", id.as_str())?;
        }
        if let Some(enabled) = change.enabled {
            self.client.set_auth_config_enabled(id.as_str(), enabled).await?;
        }
        auth_configs::auth_config(self.client.auth_config(id.as_str()).await?)
    }

    async fn make_account(&self, new: NewConnectedAccount) -> Result<ConnectedAccount> {
        new.sharing.validate()?;
        let config = self.client.auth_config(new.auth_config.as_str()).await?;
        let state = state(&config, &new)?;
        let connection = wire::NewConnection {
            state: Some(state),
            user_id: Some((&new.user).into()),
            alias: new.alias,
            experimental: read::sharing_input(&new.sharing),
            ..wire::NewConnection::default()
        };
        let body = wire::CreateConnectedAccount::new(&new.auth_config, connection);
        let made = self.client.create_connected_account(&body).await?.id;
        let account = self.client.connected_account(&made).await;
        let account = account.and_then(|account| read::account(account, Some(&new.user)));
        account.map_err(|error| error.with_context("created", &made))
    }

    /// What is shared and what is private is decided when an account is made.
    async fn share(&self, id: &ConnectedAccountId, update: &SharingUpdate) -> Result<ConnectedAccount> {
        let account = self.account(id).await?;
        let after = account.sharing.updated(update)?;
        if after.is_shared() != account.sharing.is_shared() {
            let message = format!(
                "the service cannot make {id} {}; connect a new account that is, with `Authorize::sharing`",
                if after.is_shared() { "shared" } else { "private again" }
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        if after == account.sharing {
            return Ok(account);
        }
        let users = |users: &Option<Vec<UserId>>| users.as_ref().map(texts);
        let acl = wire::AccountAclInput {
            allow_all_users: update.allow_all,
            allowed_user_ids: users(&update.allowed),
            not_allowed_user_ids: users(&update.denied),
        };
        let sharing =
            wire::AccountSharingInput { acl_config_for_shared: Some(acl), ..wire::AccountSharingInput::default() };
        let body =
            wire::PatchConnectedAccount { experimental: Some(sharing), ..wire::PatchConnectedAccount::default() };
        self.patch_account(id, &body).await
    }
}

/// The connection that the fields make, in the auth config's own scheme.
fn state(config: &wire::AuthConfig, new: &NewConnectedAccount) -> Result<wire::ConnectionStateInput> {
    use AuthScheme::{CimdOAuth, DcrOAuth, NoAuth, OAuth1, OAuth2, Saml};
    let scheme = config.auth_scheme.clone().ok_or_else(|| {
        Error::new(ErrorKind::Unexpected, format!("the service does not say the scheme of {}", new.auth_config))
    })?;
    if let Open::Known(OAuth2 | OAuth1 | DcrOAuth | CimdOAuth | Saml | NoAuth) = scheme {
        let rule = "its scheme takes no fields; the user connects on a page, through `Session::authorize`";
        return Err(Error::invalid_input("auth_config", new.auth_config.as_str(), rule));
    }
    let mut val = SecretFields::new();
    if new.fields.get("status").is_none() {
        val = val.text("status", "ACTIVE");
    }
    for name in new.fields.names() {
        if let Some(value) = new.fields.get(name) {
            val = val.text(name, value.clone());
        }
    }
    Ok(wire::ConnectionStateInput::new(scheme, val))
}

/// An account as a probe finds it. The API makes no such call, so an ACTIVE one counts as seen to work.
///
/// # Errors
/// `Conflict` unless it is ACTIVE.
pub(super) fn probed(account: ConnectedAccount) -> Result<ConnectedAccount> {
    if account.is_active() {
        return Ok(account);
    }
    let message = format!("account {} is {}, so there is nothing to try", account.id, account.status);
    Err(Error::new(ErrorKind::Conflict, message))
}

/// Rule: `session-api` 4, revoke. 400 says that this kind of credential cannot be given back.
fn not_revocable(id: &ConnectedAccountId, error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput => {
            let message =
                format!("{id} has a credential that cannot be given back by a program; delete the account instead");
            Error::new(ErrorKind::Unsupported, message).with_source(error)
        }
        _ => error,
    }
}

/// Left out of the list they would seem not to be there.
fn nobodys() -> Error {
    let message = "the service does not say whose its accounts are; list those of one user at a time, with `.user(..)`";
    Error::new(ErrorKind::Unsupported, message)
}

fn done(success: bool, what: &str, id: &str) -> Result<()> {
    match success {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Unexpected, format!("the service does not say that {id} was {what}"))),
    }
}
