//! What a session lists: its versions, its tools and its toolkits.

use serde::de::DeserializeOwned;

use super::target;
use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request};
use crate::id::SessionId;
use crate::wire::{ConfigVersion, Page, PageQuery, SessionToolkit, SessionToolkitsQuery, Tool};

pub(super) const HISTORY: Operation = Operation::get("tool_router_session_config_history");
pub(super) const TOOLS: Operation = Operation::get("tool_router_session_tools");
pub(super) const TOOLKITS: Operation = Operation::get("tool_router_session_toolkits");

pub(super) fn history(session: &SessionId, page: &PageQuery) -> Result<Request> {
    Ok(HISTORY.request(target(session, &["config_history"]).page(page).finish()?))
}

pub(super) fn tools(session: &SessionId, page: &PageQuery) -> Result<Request> {
    Ok(TOOLS.request(target(session, &["tools"]).page(page).finish()?))
}

pub(super) fn toolkits(session: &SessionId, query: &SessionToolkitsQuery) -> Result<Request> {
    let target = target(session, &["toolkits"])
        .page(&query.page)
        .list("toolkits", &query.toolkits)
        .flag("is_connected", query.is_connected)
        .text("search", query.search.as_deref());
    Ok(TOOLKITS.request(target.finish()?))
}

/// # What a session lists
impl HostedClient {
    /// One page of the versions of a session's configuration, newest first. 100 versions at the most.
    ///
    /// # Errors
    /// `NotFound` for a session that is unknown or deleted.
    pub async fn session_history(&self, session: &SessionId, page: &PageQuery) -> Result<Page<ConfigVersion>> {
        self.json(history(session, page)?).await
    }

    /// One page of the tools that a session gives to models: its meta tools and those that are preloaded. 500 tools at the
    /// most.
    ///
    /// # Errors
    /// `NotFound` for a session that is unknown or deleted.
    pub async fn session_tools(&self, session: &SessionId, page: &PageQuery) -> Result<Page<Tool>> {
        self.session_tools_as(session, page).await
    }

    /// The same, for who does not read all that is said of a tool.
    pub(in crate::hosted) async fn session_tools_as<T: DeserializeOwned + Send>(
        &self,
        session: &SessionId,
        page: &PageQuery,
    ) -> Result<Page<T>> {
        self.json(tools(session, page)?).await
    }

    /// One page of the toolkits of a session and the accounts that it would use. 50 toolkits at the most.
    ///
    /// # Errors
    /// `NotFound` for a session that is unknown or deleted.
    pub async fn session_toolkits(
        &self,
        session: &SessionId,
        query: &SessionToolkitsQuery,
    ) -> Result<Page<SessionToolkit>> {
        self.json(toolkits(session, query)?).await
    }
}
