//! Auth configs.

use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target, Verb};
use crate::wire::{
    Acknowledged, AuthConfig, AuthConfigQuery, AuthConfigStatus, CreateAuthConfig, CreatedAuthConfig, Page,
    UpdateAuthConfig,
};

pub(super) const LIST: Operation = Operation::get("auth_configs_list");
pub(super) const CREATE: Operation = Operation::once(Verb::Post, "auth_configs_create");
pub(super) const RETRIEVE: Operation = Operation::get("auth_configs_retrieve");
pub(super) const UPDATE: Operation = Operation::once(Verb::Patch, "auth_configs_update");
pub(super) const DELETE: Operation = Operation::once(Verb::Delete, "auth_configs_delete");
pub(super) const UPDATE_STATUS: Operation = Operation::once(Verb::Patch, "auth_configs_update_status");

const PATH: &str = "auth_configs";

pub(super) fn list(query: &AuthConfigQuery) -> Result<Request> {
    let target = Target::new(&[PATH])
        .flag("is_composio_managed", query.is_composio_managed)
        .list("toolkit_slug", &query.toolkit_slugs)
        .text("deprecated_app_id", query.deprecated_app_id.as_deref())
        .text("deprecated_status", query.deprecated_status.as_deref())
        .flag("show_disabled", query.show_disabled)
        .text("search", query.search.as_deref())
        .page(&query.page);
    Ok(LIST.request(target.finish()?))
}

pub(super) fn create(body: &CreateAuthConfig) -> Result<Request> {
    CREATE.with_body(Target::new(&[PATH]).finish()?, body)
}

pub(super) fn retrieve(id: &str) -> Result<Request> {
    Ok(RETRIEVE.request(Target::new(&[PATH, id]).finish()?))
}

pub(super) fn update(id: &str, body: &UpdateAuthConfig) -> Result<Request> {
    UPDATE.with_body(Target::new(&[PATH, id]).finish()?, body)
}

pub(super) fn delete(id: &str, revoke: Option<bool>) -> Result<Request> {
    Ok(DELETE.request(Target::new(&[PATH, id]).flag("revoke_on_delete", revoke).finish()?))
}

pub(super) fn update_status(id: &str, status: AuthConfigStatus) -> Result<Request> {
    Ok(UPDATE_STATUS.request(Target::new(&[PATH, id, status.as_str()]).finish()?))
}

/// Auth configs: how a project lets its users connect.
impl HostedClient {
    /// Lists auth configs, a page at a time.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn list_auth_configs(&self, query: &AuthConfigQuery) -> Result<Page<AuthConfig>> {
        self.json(list(query)?).await
    }

    /// Makes an auth config.
    ///
    /// # Errors
    /// `InvalidInput` where the credentials are not what the scheme needs, and where the operator has no app for a managed
    /// one.
    pub async fn create_auth_config(&self, body: &CreateAuthConfig) -> Result<CreatedAuthConfig> {
        self.json(create(body)?).await
    }

    /// Reads an auth config.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn auth_config(&self, id: &str) -> Result<AuthConfig> {
        self.json(retrieve(id)?).await
    }

    /// Changes an auth config. What the body leaves out stays.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id, and `InvalidInput` where it is of the other kind.
    pub async fn update_auth_config(&self, id: &str, body: &UpdateAuthConfig) -> Result<Acknowledged> {
        self.json(update(id, body)?).await
    }

    /// Deletes an auth config, and every account that was made from it. With `revoke`, a job of the server gives their
    /// credentials back to the service.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn delete_auth_config(&self, id: &str, revoke: Option<bool>) -> Result<Acknowledged> {
        self.json(delete(id, revoke)?).await
    }

    /// Switches an auth config on or off.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id.
    pub async fn set_auth_config_enabled(&self, id: &str, enabled: bool) -> Result<Acknowledged> {
        let status = if enabled { AuthConfigStatus::Enabled } else { AuthConfigStatus::Disabled };
        self.json(update_status(id, status)?).await
    }
}
