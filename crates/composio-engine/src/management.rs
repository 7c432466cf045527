//! Auth configs and connected accounts of a project, and its catalogue.

use async_trait::async_trait;
use composio_core::secrecy::ExposeSecret;
use composio_core::{
    AccountEventKind, AccountQuery, AuthConfig, AuthConfigId, AuthConfigQuery, AuthConfigUpdate, AuthScheme,
    CatalogueQuery, CatalogueToolQuery, ConnectedAccount, ConnectedAccountId, ConnectionEvent, ConnectionStatus, Error,
    ErrorKind, Management, NewAuthConfig, NewConnectedAccount, Page, Result, SharingUpdate, Timestamp, ToolDefinition,
    ToolSlug, ToolkitInfo, ToolkitSlug,
};

use crate::access::{Access, seal_credential};
use crate::backend::EmbeddedBackend;
use crate::catalog::Toolkit;
use crate::connect::{check_fields, look_at_entered};
use crate::credential::Credential;
use crate::life;
use crate::seal::Binding;
use crate::store::{CredentialChange, Sealed, Transition};
use crate::upkeep;

/// Aliases never look like ids, so that a call's `account` is one or the other.
const ID_PREFIX: &str = "ca_";

#[async_trait]
impl Management for EmbeddedBackend {
    async fn create_auth_config(&self, new: NewAuthConfig) -> Result<AuthConfig> {
        let toolkit = self.engine().catalog().toolkit(&new.toolkit)?;
        check_scheme(toolkit, &new)?;
        let now = self.engine().now();
        let id = AuthConfigId::from(self.engine().id("ac")?);
        let name = new.name.unwrap_or_else(|| format!("{} ({})", toolkit.manifest.name, new.scheme));
        let mut config = AuthConfig::new(id, new.toolkit, name, new.scheme, now);
        config.managed = new.scheme.needs_app() && new.app.is_none();
        config.enabled_for_sessions = new.enabled_for_sessions;
        config.scopes = new.scopes;
        config.tools = new.tools;
        config.client_id = new.app.as_ref().map(|app| app.client_id.clone());
        let secret = match &new.app {
            Some(app) => Some(self.seal_app_secret(&config.id, app.client_secret.expose_secret())?),
            None => None,
        };
        self.engine().store().insert_auth_config(self.project(), &config, secret.as_ref()).await?;
        Ok(config)
    }

    async fn auth_configs(&self, query: &AuthConfigQuery) -> Result<Page<AuthConfig>> {
        self.engine().store().auth_configs(self.project(), query).await
    }

    async fn auth_config(&self, id: &AuthConfigId) -> Result<AuthConfig> {
        let found = self.engine().store().auth_config(self.project(), id).await?;
        found.ok_or_else(|| not_found("auth config", id.as_str()))
    }

    async fn update_auth_config(&self, id: &AuthConfigId, update: &AuthConfigUpdate) -> Result<AuthConfig> {
        let now = self.engine().now();
        let updated = self.engine().store().update_auth_config(self.project(), id, update, now).await?;
        updated.ok_or_else(|| not_found("auth config", id.as_str()))
    }

    async fn delete_auth_config(&self, id: &AuthConfigId) -> Result<()> {
        let found = self.engine().store().delete_auth_config(self.project(), id).await?;
        found.then_some(()).ok_or_else(|| not_found("auth config", id.as_str()))
    }

    async fn create_connected_account(&self, new: NewConnectedAccount) -> Result<ConnectedAccount> {
        if new.user.as_str().trim().is_empty() {
            return Err(Error::invalid_input("user", new.user.as_str(), "give the id of one of your users"));
        }
        if let Some(alias) = &new.alias {
            check_alias(alias)?;
        }
        new.sharing.validate()?;
        let config = self.auth_config(&new.auth_config).await?;
        if !config.enabled {
            return Err(Error::new(
                ErrorKind::Conflict,
                format!("auth config {} is disabled; enable it first", config.id),
            ));
        }
        if config.scheme != AuthScheme::ApiKey {
            let rule = format!("accounts of {} are connected by their users, through a link", config.scheme);
            return Err(Error::invalid_input("auth_config", config.id.as_str(), rule));
        }
        let toolkit = self.engine().catalog().toolkit(&config.toolkit)?;
        check_fields(toolkit.api_key()?, &new.fields)?;
        let credential = Credential::from_fields(&new.fields);
        let seen = look_at_entered(self.engine(), toolkit, config.scheme, &credential).await?;
        let now = self.engine().now();
        let id = ConnectedAccountId::from(self.engine().id("ca")?);
        let sealed = seal_credential(self.engine(), self.project(), &id, &credential)?;
        let mut account = ConnectedAccount::new(id, config.toolkit, new.user, config.id, now);
        account.status = ConnectionStatus::Active;
        account.alias = new.alias;
        account.identity = seen.identity;
        account.sharing = new.sharing;
        account.connected_at = Some(now);
        account.ready_at = seen.ready.then_some(now);
        life::insert_connected(self.engine(), self.project(), account, sealed).await
    }

    async fn connected_accounts(&self, query: &AccountQuery) -> Result<Page<ConnectedAccount>> {
        life::expire_begun(self.engine(), self.project()).await?;
        self.engine().store().accounts(self.project(), query).await
    }

    async fn get_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        life::expire_begun(self.engine(), self.project()).await?;
        let found = self.engine().store().account(self.project(), id).await?;
        found.ok_or_else(|| not_found("connected account", id.as_str()))
    }

    async fn rename_connected_account(&self, id: &ConnectedAccountId, alias: Option<&str>) -> Result<ConnectedAccount> {
        alias.map_or(Ok(()), check_alias)?;
        let renamed = self.engine().store().rename_account(self.project(), id, alias, self.engine().now()).await?;
        renamed.ok_or_else(|| not_found("connected account", id.as_str()))
    }

    async fn set_connected_account_enabled(&self, id: &ConnectedAccountId, enabled: bool) -> Result<ConnectedAccount> {
        let account = self.get_connected_account(id).await?;
        let (event, told, reason) = if enabled {
            (ConnectionEvent::Enabled, AccountEventKind::Enabled, None)
        } else {
            (ConnectionEvent::Disabled, AccountEventKind::Disabled, Some("the application switched it off"))
        };
        let step = step(&account, event, self.engine().now(), reason)?;
        life::transition(self.engine(), self.project(), id, step, told).await
    }

    async fn revoke_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let account = self.get_connected_account(id).await?;
        let reason = "the application gave the credential back to the service";
        let mut step = step(&account, ConnectionEvent::Revoked, self.engine().now(), Some(reason))?;
        step.credential = CredentialChange::Drop;
        let config = self.auth_config(&account.auth_config).await?;
        let toolkit = self.engine().catalog().toolkit(&account.toolkit)?;
        let (engine, project) = (self.engine(), self.project());
        Access { engine, project, toolkit, config: &config, account: &account }.give_back().await?;
        life::transition(engine, project, id, step, AccountEventKind::Revoked).await
    }

    async fn share_connected_account(
        &self,
        id: &ConnectedAccountId,
        update: &SharingUpdate,
    ) -> Result<ConnectedAccount> {
        let now = self.engine().now();
        let shared = self.engine().store().share_account(self.project(), id, update, now).await?;
        shared.ok_or_else(|| not_found("connected account", id.as_str()))
    }

    async fn probe_connected_account(&self, id: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let account = self.get_connected_account(id).await?;
        upkeep::probe(self.engine(), self.project(), &account).await
    }

    async fn delete_connected_account(&self, id: &ConnectedAccountId) -> Result<()> {
        let found = life::delete(self.engine(), self.project(), id).await?;
        found.then_some(()).ok_or_else(|| not_found("connected account", id.as_str()))
    }

    async fn catalogue_toolkits(&self, query: &CatalogueQuery) -> Result<Page<ToolkitInfo>> {
        self.engine().catalog().toolkit_page(query)
    }

    async fn catalogue_toolkit(&self, toolkit: &ToolkitSlug) -> Result<ToolkitInfo> {
        self.engine().catalog().toolkit(toolkit).map(Toolkit::info)
    }

    async fn catalogue_tools(&self, query: &CatalogueToolQuery) -> Result<Page<ToolDefinition>> {
        self.engine().catalog().tool_page(query)
    }

    async fn catalogue_tool(&self, tool: &ToolSlug) -> Result<ToolDefinition> {
        self.engine().catalog().tool(tool).map(|(_, tool)| tool.definition.clone())
    }
}

impl EmbeddedBackend {
    fn seal_app_secret(&self, id: &AuthConfigId, secret: &str) -> Result<Sealed> {
        let binding = Binding::new("app-secret", self.project().as_str(), id.as_str());
        self.engine().sealer().seal(&binding, secret.as_bytes())
    }
}

/// Aliases are labels of people; they may not be taken for ids.
pub(crate) fn check_alias(alias: &str) -> Result<()> {
    if alias.trim().is_empty()
        || alias.len() > 64
        || alias.starts_with(ID_PREFIX)
        || alias.chars().any(char::is_control)
    {
        let rule = "1 to 64 characters, on one line, that do not begin with `ca_`";
        return Err(Error::invalid_input("alias", alias, rule));
    }
    Ok(())
}

fn check_scheme(toolkit: &Toolkit, new: &NewAuthConfig) -> Result<()> {
    match new.scheme {
        AuthScheme::OAuth2 => {
            toolkit.oauth2()?;
            if new.app.is_none() && toolkit.managed_app.is_none() {
                let message =
                    format!("{} has no managed OAuth app; give your own with `.oauth_app(id, secret)`", toolkit.slug);
                return Err(Error::new(ErrorKind::NoManagedAuth, message));
            }
            Ok(())
        }
        AuthScheme::ApiKey => toolkit.api_key().map(drop),
        scheme => {
            Err(Error::invalid_input("scheme", scheme.as_str(), "toolkits without authentication need no auth config"))
        }
    }
}

fn step(account: &ConnectedAccount, event: ConnectionEvent, at: Timestamp, reason: Option<&str>) -> Result<Transition> {
    let to = account
        .status
        .on(event)
        .map_err(|error| Error::new(ErrorKind::Conflict, format!("{}: {error}", account.id)))?;
    Ok(Transition::new(account.status, to, at, reason.map(str::to_owned)))
}

fn not_found(what: &str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_labels_and_never_ids() {
        for (alias, good) in
            [("work", true), ("Arbeit & Büro", true), ("", false), ("  ", false), ("ca_1", false), ("a\nb", false)]
        {
            assert_eq!(check_alias(alias).is_ok(), good, "{alias:?}");
        }
        assert!(check_alias(&"x".repeat(65)).is_err());
    }
}
