//! What a session lists: its tools, and its toolkits with their connections.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::{
    AuthConfigId, ConfigChoice, ConnectedAccount, ConnectedAccountId, Error, Page, Preload, Result, Selection,
    SelectionInput, ToolDefinition, ToolExplanation, ToolQuery, ToolSlug, ToolkitQuery, ToolkitState, select_account,
    select_auth_config, select_reconnect,
};
use indexmap::IndexSet;

use crate::catalog::Toolkit;
use crate::scope::Scope;

/// Pages of tools: the dialect's maximum, which is also what is given to those who do not ask.
const TOOLS_PAGE: usize = 500;
/// "Every tool of the enabled toolkits" ends here.
const PRELOAD_MAX: usize = 1000;
/// Pages of toolkits, unless asked otherwise, and at the most.
const TOOLKITS_PAGE: (usize, usize) = (20, 50);

/// The tools that the session preloads: in the order they were named, or in the catalogue's.
pub(crate) async fn list_tools(scope: &Scope<'_>, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
    let config = &scope.session.config;
    let catalog = scope.engine.catalog();
    let tools: Vec<&ToolDefinition> = match &config.preload {
        Preload::Tools(slugs) => {
            let named: IndexSet<_> = slugs.iter().collect();
            let found = named.into_iter().filter_map(|slug| catalog.tool(slug).ok());
            found.map(|(_, tool)| &tool.definition).collect()
        }
        Preload::All => {
            let tools = allowed(scope).into_iter().flat_map(|toolkit| &toolkit.tools).map(|tool| &tool.definition);
            tools.take(PRELOAD_MAX).collect()
        }
        _ => Vec::new(),
    };
    let limit = query.limit.unwrap_or(TOOLS_PAGE).clamp(1, TOOLS_PAGE);
    let page = page(tools, query.cursor.as_deref(), limit)?;
    Ok(Page::new(page.items.into_iter().cloned().collect(), page.next_cursor, page.total))
}

/// A page of the toolkits that the session allows.
pub(crate) async fn list_toolkits(scope: &Scope<'_>, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
    let (default, max) = TOOLKITS_PAGE;
    let limit = query.limit.unwrap_or(default).clamp(1, max);
    let wanted: Vec<&Toolkit> = allowed(scope).into_iter().filter(|toolkit| matches(toolkit, query)).collect();
    if let Some(connected) = query.connected {
        let mut states = Vec::new();
        for toolkit in wanted {
            let state = state(scope, toolkit).await?;
            if state.is_active() == connected {
                states.push(state);
            }
        }
        return page(states, query.cursor.as_deref(), limit);
    }
    let page = page(wanted, query.cursor.as_deref(), limit)?;
    let mut items = Vec::with_capacity(page.items.len());
    for toolkit in page.items {
        items.push(state(scope, toolkit).await?);
    }
    Ok(Page::new(items, page.next_cursor, page.total))
}

/// One tool, where the session may use it.
pub(crate) async fn tool(scope: &Scope<'_>, slug: &ToolSlug) -> Result<ToolDefinition> {
    let (toolkit, tool) = scope.engine.catalog().tool(slug)?;
    scope.permit(toolkit)?;
    Ok(tool.definition.clone())
}

/// Why the session may use a tool, or may not.
pub(crate) async fn explain_tool(scope: &Scope<'_>, slug: &ToolSlug) -> Result<ToolExplanation> {
    let (toolkit, tool) = scope.engine.catalog().tool(slug)?;
    Ok(ToolExplanation::of(&scope.session.config.policy_input(&toolkit.slug, &tool.definition, None)))
}

/// The toolkits that the session allows, each once: in the order it names them, else in the catalogue's.
fn allowed<'a>(scope: &Scope<'a>) -> Vec<&'a Toolkit> {
    let (catalog, policy) = (scope.engine.catalog(), &scope.session.config.toolkits);
    if !policy.is_positive() {
        return catalog.toolkits().filter(|toolkit| policy.allows(&toolkit.slug)).collect();
    }
    let named: IndexSet<_> = policy.named().iter().collect();
    named.into_iter().filter_map(|slug| catalog.toolkit(slug).ok()).collect()
}

fn matches(toolkit: &Toolkit, query: &ToolkitQuery) -> bool {
    let text = query.search.as_deref().unwrap_or_default().to_lowercase();
    let manifest = &toolkit.manifest;
    let found = [&manifest.slug, &manifest.name, &manifest.description]
        .iter()
        .any(|place| place.to_lowercase().contains(&text));
    found && (query.toolkits.is_empty() || query.toolkits.contains(&toolkit.slug))
}

async fn state(scope: &Scope<'_>, toolkit: &Toolkit) -> Result<ToolkitState> {
    let manifest = &toolkit.manifest;
    let mut state = ToolkitState::new(toolkit.slug.clone(), &manifest.name);
    state.description.clone_from(&manifest.description);
    state.logo = manifest.logo.as_ref().map(ToString::to_string);
    state.no_auth = toolkit.is_no_auth();
    state.managed_auth = toolkit.managed_app.is_some();
    let candidates = scope.candidates(toolkit).await?;
    let input = scope.input(toolkit, &candidates, None);
    state.account = shown_account(&input).cloned();
    state.auth_config = match &state.account {
        Some(account) => Some(account.auth_config.clone()),
        None => would_connect_on(&input),
    };
    let config = candidates.configs.iter().find(|config| Some(&config.id) == state.auth_config.as_ref());
    state.scheme = config.map(|config| config.scheme).or_else(|| toolkit.provision());
    Ok(state)
}

/// The account that a tool would run with; else the pinned one, else the one that a failed call would have connected
/// again, else whichever changed last, to show its status.
fn shown_account<'a>(input: &SelectionInput<'a>) -> Option<&'a ConnectedAccount> {
    let find = |id: &ConnectedAccountId| input.accounts.iter().find(|account| &account.id == id);
    if let Ok(Selection::Use { account, .. }) = select_account(input) {
        return find(&account);
    }
    if let Some(pin) = input.pins.first() {
        return find(pin).filter(|account| account.admits(input.user));
    }
    if let Some(ended) = select_reconnect(input) {
        return Some(ended);
    }
    let own = input.accounts.iter().filter(|account| &account.user == input.user);
    own.max_by_key(|account| (account.updated_at, &account.id))
}

fn would_connect_on(input: &SelectionInput<'_>) -> Option<AuthConfigId> {
    match select_auth_config(input) {
        Ok(ConfigChoice::Existing { auth_config, .. }) => Some(auth_config),
        Ok(_) | Err(_) => None,
    }
}

/// One page of a list that is whole in memory. The cursor is the place where it goes on.
fn page<T>(items: Vec<T>, cursor: Option<&str>, limit: usize) -> Result<Page<T>> {
    let start = cursor.map_or(Ok(0), read_cursor)?;
    let total = items.len();
    let end = start.saturating_add(limit).min(total);
    let next = (end < total).then(|| BASE64_URL_SAFE_NO_PAD.encode(format!("at:{end}")));
    let items = items.into_iter().skip(start).take(limit).collect();
    Ok(Page::new(items, next, Some(total)))
}

fn read_cursor(cursor: &str) -> Result<usize> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let place = text.as_deref().and_then(|text| text.strip_prefix("at:")).and_then(|place| place.parse().ok());
    place.ok_or_else(|| Error::invalid_input("cursor", cursor, "give the cursor of the page before, unchanged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_to_the_end_without_gaps() {
        let mut seen = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = page((0..45).collect(), cursor.as_deref(), 20).unwrap();
            assert_eq!(page.total, Some(45));
            seen.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..45).collect::<Vec<_>>());
    }

    #[test]
    fn a_foreign_cursor_is_refused() {
        for cursor in ["", "x", "%%%", "YXQ6eA"] {
            assert!(page(vec![1], Some(cursor), 20).is_err(), "{cursor:?}");
        }
    }
}
