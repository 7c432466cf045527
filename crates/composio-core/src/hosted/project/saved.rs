//! Saved session configurations.

use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target};
use crate::wire::{Page, SavedConfig, SavedConfigQuery, SavedConfigSummary};

pub(super) const LIST: Operation = Operation::get("session_configs_list");
pub(super) const RETRIEVE: Operation = Operation::get("session_configs_retrieve");

const PATH: &str = "session_configs";

pub(super) fn list(query: &SavedConfigQuery) -> Result<Request> {
    let target =
        Target::new(&[PATH]).text("search", query.search.as_deref()).flag("archived", query.archived).page(&query.page);
    Ok(LIST.request(target.finish()?))
}

pub(super) fn retrieve(id: &str) -> Result<Request> {
    Ok(RETRIEVE.request(Target::new(&[PATH, id]).finish()?))
}

/// Session configurations that were saved in the dashboard. They can be read only.
impl HostedClient {
    /// Lists saved configurations, a page at a time.
    ///
    /// # Errors
    /// `PermissionDenied` where the project does not have the feature.
    pub async fn list_saved_configs(&self, query: &SavedConfigQuery) -> Result<Page<SavedConfigSummary>> {
        self.json(list(query)?).await
    }

    /// Reads a saved configuration.
    ///
    /// # Errors
    /// `NotFound` where the project has none of this id, and `PermissionDenied` where it does not have the feature.
    pub async fn saved_config(&self, id: &str) -> Result<SavedConfig> {
        self.json(retrieve(id)?).await
    }
}
