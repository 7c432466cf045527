//! The toolkits of a session, and how each is connected.

use super::{HostedBackend, read};
use crate::account::ConnectedAccount;
use crate::backend::{Page, ToolkitQuery, ToolkitState};
use crate::error::Result;
use crate::id::{SessionId, UserId};
use crate::wire;

impl HostedBackend {
    pub(super) async fn toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        let wanted = wire::SessionToolkitsQuery {
            page: read::page_query(query.cursor.as_ref(), query.limit, 50),
            toolkits: super::config::texts(&query.toolkits),
            // The service has no filter for those that are not connected.
            is_connected: query.connected.filter(|connected| *connected),
            search: query.search.clone(),
        };
        let page = self.client.session_toolkits(session, &wanted);
        // Named toolkits are shown whatever the session allows, so that is asked for too.
        let (page, allowed) = match query.toolkits.is_empty() {
            true => (page.await?, None),
            false => {
                let (page, record) = futures::future::try_join(page, self.read(session)).await?;
                (page, Some(record.config))
            }
        };
        let mut page = read::page(page, state);
        let before = page.items.len();
        page.items.retain(|toolkit| {
            allowed.as_ref().is_none_or(|config| config.toolkits.allows(&toolkit.slug))
                && query.connected.is_none_or(|connected| toolkit.is_active() == connected)
        });
        // What was left out here is counted there.
        page.total = page.total.filter(|_| page.items.len() == before && query.connected != Some(false));
        Ok(page)
    }
}

/// A toolkit of a session. Of accounts the listing names only the one that a tool would run with.
///
/// # Errors
/// `InvalidInput` for a slug that no toolkit can have here.
pub(super) fn state(toolkit: wire::SessionToolkit) -> Result<ToolkitState> {
    let slug = read::toolkit(&toolkit.slug)?;
    let mut state = ToolkitState::new(slug, toolkit.name);
    state.description = toolkit.meta.description;
    state.logo = Some(toolkit.meta.logo).filter(|logo| !logo.is_empty());
    state.no_auth = toolkit.is_no_auth;
    state.managed_auth = !toolkit.composio_managed_auth_schemes.is_empty();
    state.scheme = match &toolkit.connected_account {
        Some(account) => account.auth_config.as_ref().map(|config| read::scheme(config.auth_scheme.as_ref())),
        None => toolkit.composio_managed_auth_schemes.first().map(|scheme| read::scheme(Some(scheme))),
    };
    state.account = toolkit.connected_account.map(|account| connected(&state, account));
    state.accounts = state.account.iter().cloned().collect();
    let config = state.account.as_ref().map(|account| account.auth_config.clone());
    state.auth_config = config.filter(|config| !config.as_str().is_empty());
    Ok(state)
}

fn connected(state: &ToolkitState, account: wire::SessionToolkitAccount) -> ConnectedAccount {
    let config = account.auth_config.map(|config| config.id).unwrap_or_default();
    let created_at = read::time_or_none(Some(&account.created_at));
    let user = UserId::from(account.user_id);
    let mut read = ConnectedAccount::new(account.id.into(), state.slug.clone(), user, config.into(), created_at);
    read.status = read::status(&account.status);
    read::lived(&mut read);
    read
}
