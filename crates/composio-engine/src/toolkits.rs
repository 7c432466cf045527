//! What a session lists: its tools, and its toolkits with their connections.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::{
    AuthConfigId, ConfigChoice, ConnectedAccount, ConnectedAccountId, Error, Explanation, Page, Preload, Result,
    Selection, SelectionError, SelectionInput, SessionConfig, ToolDefinition, ToolExplanation, ToolQuery, ToolSlug,
    ToolkitQuery, ToolkitSlug, ToolkitState, explain_account, nameable_accounts, select_account, select_auth_config,
    select_reconnect,
};
use indexmap::IndexSet;

use crate::catalog::{Catalog, CatalogTool, Toolkit};
use crate::policy::{ConfigRules, last_word};
use crate::scope::Scope;
use crate::store::Candidates;

/// Pages of tools: the dialect's maximum, which is also what is given to those who do not ask.
const TOOLS_PAGE: usize = 500;
/// Preloading ends here, whatever the session names.
pub(crate) const PRELOAD_MAX: usize = 1000;
/// Pages of toolkits, unless asked otherwise, and at the most.
const TOOLKITS_PAGE: (usize, usize) = (20, 50);

/// The tools that a model gets directly. Rule: `session-semantics` 4.1.
pub(crate) async fn list_tools(scope: &Scope<'_>, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
    let limit = query.limit.unwrap_or(TOOLS_PAGE).clamp(1, TOOLS_PAGE);
    let page = page(listed(scope).await?, query.cursor.as_deref(), limit)?;
    let definitions = page.items.into_iter().map(|(_, tool)| tool.definition.clone());
    Ok(Page::new(definitions.collect(), page.next_cursor, page.total))
}

/// The tools that the session preloads, without those that the auth config's own list refuses.
async fn listed<'a>(scope: &Scope<'a>) -> Result<Vec<(&'a Toolkit, &'a CatalogTool)>> {
    let mut tools = preloaded(scope.engine.catalog(), &scope.session.config);
    if !tools.is_empty() {
        let mut rules = ConfigRules::of(scope).await?;
        if !rules.are_silent() {
            let mut allowed = Vec::with_capacity(tools.len());
            for (toolkit, tool) in tools {
                if rules.allow(toolkit, tool).await? {
                    allowed.push((toolkit, tool));
                }
            }
            tools = allowed;
        }
    }
    tools.truncate(PRELOAD_MAX);
    Ok(tools)
}

/// The tools that a session preloads by its own rules: in the order in which it names them, or in the catalogue's.
pub(crate) fn preloaded<'a>(catalog: &'a Catalog, config: &SessionConfig) -> Vec<(&'a Toolkit, &'a CatalogTool)> {
    match &config.preload {
        Preload::Tools(slugs) => {
            let named: IndexSet<_> = slugs.iter().collect();
            let found = named.into_iter().filter_map(|slug| catalog.tool(slug).ok());
            // They are in the list, so it is not searched for each of them again.
            found.filter(|(toolkit, tool)| config.decide(&toolkit.slug, &tool.definition).allowed).collect()
        }
        Preload::All => {
            let tools = allowed(catalog, config).into_iter();
            let tools = tools.flat_map(|toolkit| toolkit.tools.iter().map(move |tool| (toolkit, tool)));
            tools.filter(|(toolkit, tool)| config.preloads(&toolkit.slug, &tool.definition)).collect()
        }
        _ => Vec::new(),
    }
}

/// A page of the toolkits that the session allows.
pub(crate) async fn list_toolkits(scope: &Scope<'_>, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
    let (default, max) = TOOLKITS_PAGE;
    let limit = query.limit.unwrap_or(default).clamp(1, max);
    let allowed = allowed(scope.engine.catalog(), &scope.session.config).into_iter();
    let wanted: Vec<&Toolkit> = allowed.filter(|toolkit| matches(toolkit, query)).collect();
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
    scope.permit_tool(toolkit, tool)?;
    let mut rules = ConfigRules::of(scope).await?;
    scope.permit_on(toolkit, tool, rules.config(toolkit, tool).await?)?;
    Ok(tool.definition.clone())
}

/// Why the session may use a tool, or may not.
pub(crate) async fn explain_tool(scope: &Scope<'_>, slug: &ToolSlug) -> Result<ToolExplanation> {
    let (toolkit, tool) = scope.engine.catalog().tool(slug)?;
    let config = &scope.session.config;
    let candidates = match scope.decide(toolkit, tool, None).allowed {
        true => scope.candidates(toolkit).await?,
        false => Candidates::default(),
    };
    let input = scope.input(toolkit, &candidates, None);
    let on = last_word(&input, &select_account(&input), tool);
    let input = config.policy_input(&toolkit.slug, &tool.definition, on.map(|config| &config.tools));
    let mut explanation = ToolExplanation::of(&input);
    explanation.auth_config = on.map(|config| config.id.clone());
    explanation.approval = config.needs_approval(Some(&toolkit.slug), slug, tool.definition.hints);
    explanation.preloaded = listed(scope).await?.iter().any(|(_, listed)| &listed.definition.slug == slug);
    Ok(explanation)
}

/// Why a tool of this toolkit would run with one account and not with another. Only accounts that are the user's to use are
/// shown.
pub(crate) async fn explain(scope: &Scope<'_>, slug: &ToolkitSlug) -> Result<Explanation> {
    let toolkit = scope.engine.catalog().toolkit(slug)?;
    scope.permit(toolkit)?;
    let (candidates, user) = (scope.candidates(toolkit).await?, &scope.session.user);
    let mut explanation = explain_account(&scope.input(toolkit, &candidates, None));
    explanation.considered.retain(|considered| considered.account.admits(user));
    for considered in &mut explanation.considered {
        considered.account = considered.account.clone().seen_by(user);
    }
    Ok(explanation)
}

/// The toolkits that the session allows, each once: in the order it names them, else in the catalogue's.
fn allowed<'a>(catalog: &'a Catalog, config: &SessionConfig) -> Vec<&'a Toolkit> {
    let policy = &config.toolkits;
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
    let seen = |account: &ConnectedAccount| account.clone().seen_by(&scope.session.user);
    state.account = shown_account(&input).map(seen);
    state.accounts = nameable_accounts(&input).into_iter().map(seen).collect();
    state.auth_config = match &state.account {
        Some(account) => Some(account.auth_config.clone()),
        None => would_connect_on(&input),
    };
    let config = candidates.configs.iter().find(|config| Some(&config.id) == state.auth_config.as_ref());
    state.scheme = config.map(|config| config.scheme).or_else(|| toolkit.provision());
    Ok(state)
}

/// The account that a tool would run with; else the pinned one, else the one that a failed call would have connected
/// again, else whichever of those that a call could name changed last, to show its status.
fn shown_account<'a>(input: &SelectionInput<'a>) -> Option<&'a ConnectedAccount> {
    let find = |id: &ConnectedAccountId| input.accounts.iter().find(|account| &account.id == id);
    match select_account(input) {
        Ok(Selection::Use { account, .. }) => return find(&account),
        // Any of them will do, and the call says which.
        Err(SelectionError::AccountRequired { candidates }) => return find(&candidates.first()?.account),
        Ok(_) | Err(_) => {}
    }
    if let Some(pin) = input.pins.first() {
        return find(pin).filter(|account| account.admits(input.user));
    }
    if let Some(ended) = select_reconnect(input) {
        return Some(ended);
    }
    // What is ACTIVE and was not chosen cannot run here, and would look like a connection.
    let nameable = nameable_accounts(input).into_iter();
    nameable.filter(|account| !account.is_active()).max_by_key(|account| (account.updated_at, &account.id))
}

fn would_connect_on(input: &SelectionInput<'_>) -> Option<AuthConfigId> {
    match select_auth_config(input) {
        Ok(ConfigChoice::Existing { auth_config, .. }) => Some(auth_config),
        Ok(_) | Err(_) => None,
    }
}

/// One page of a list that is whole in memory. The cursor is the place where it goes on.
pub(crate) fn page<T>(items: Vec<T>, cursor: Option<&str>, limit: usize) -> Result<Page<T>> {
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
