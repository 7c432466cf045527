//! Which tools a session may use, asked in one way by whoever lists, runs or explains them: the session's own rules first,
//! without looking anything up, then the tool list of the auth config on which a tool would run.

use std::collections::{HashMap, HashSet};

use composio_core::{
    AuthConfig, AuthConfigId, ConnectedAccountId, Error, ErrorKind, PolicyDecision, PolicyRule, Result, Selection,
    SelectionError, SelectionInput, ToolSlug, ToolkitSlug, decide_tool, select_account, select_reconnect,
};

use crate::catalog::{CatalogTool, Toolkit};
use crate::scope::Scope;
use crate::store::Candidates;

impl Scope<'_> {
    /// Whether the session may use a toolkit. Asked before anything is looked up (row 50 of the decision table).
    ///
    /// # Errors
    /// `PermissionDenied`.
    pub(crate) fn permit(&self, toolkit: &Toolkit) -> Result<()> {
        let slug = &toolkit.slug;
        if self.session.config.toolkits.allows(slug) {
            return Ok(());
        }
        let message = format!("this session may not use the toolkit {slug}: {}", remedy(PolicyRule::Toolkits, slug));
        let text = format!("The toolkit {slug} may not be used in this session. Do something else, or tell the user.");
        Err(Error::new(ErrorKind::PermissionDenied, message).with_model_text(text))
    }

    /// Whether the session's own rules allow a tool. Asked before anything is looked up.
    ///
    /// # Errors
    /// `PermissionDenied`, naming the rule.
    pub(crate) fn permit_tool(&self, toolkit: &Toolkit, tool: &CatalogTool) -> Result<()> {
        self.permit_on(toolkit, tool, None)
    }

    /// Whether a tool may run on an auth config. Rule: row 60 of the decision table.
    ///
    /// # Errors
    /// `PermissionDenied`, naming the rule.
    pub(crate) fn permit_on(&self, toolkit: &Toolkit, tool: &CatalogTool, on: Option<&AuthConfig>) -> Result<()> {
        let decision = self.decide(toolkit, tool, on);
        if decision.allowed {
            return Ok(());
        }
        Err(refused(&toolkit.slug, &tool.definition.slug, decision, on.map(|config| &config.id)))
    }

    /// Whether a tool may be used, on an auth config where one is known, and the rule that says so.
    pub(crate) fn decide(&self, toolkit: &Toolkit, tool: &CatalogTool, on: Option<&AuthConfig>) -> PolicyDecision {
        decide_tool(&self.session.config.policy_input(&toolkit.slug, &tool.definition, on.map(|config| &config.tools)))
    }
}

fn refused(
    toolkit: &ToolkitSlug,
    tool: &ToolSlug,
    decision: PolicyDecision,
    auth_config: Option<&AuthConfigId>,
) -> Error {
    let message = format!("this session may not use {tool}: {decision}; {}", remedy(decision.by, toolkit));
    let place = if decision.by == PolicyRule::AuthConfig { "on this connection" } else { "in this session" };
    let text = format!("{tool} may not be used {place}. Do something else, or tell the user.");
    let error = Error::new(ErrorKind::PermissionDenied, message).with_model_text(text).with_context("tool", tool);
    match auth_config {
        Some(id) if decision.by == PolicyRule::AuthConfig => error.with_context("auth_config", id),
        Some(_) | None => error,
    }
}

/// What an operator does about a refusal.
fn remedy(by: PolicyRule, toolkit: &ToolkitSlug) -> String {
    match by {
        PolicyRule::Toolkits => format!("allow {toolkit} in the session's toolkits"),
        PolicyRule::Tools => format!("change the session's list of tools of {toolkit}"),
        PolicyRule::ToolkitTags => format!("change the session's tags for {toolkit}"),
        PolicyRule::Tags => format!("change the session's tags, or list the tool among the tools of {toolkit}"),
        PolicyRule::AuthConfig => "change the auth config's tools, or connect on another auth config".to_owned(),
        _ => "change the session's configuration".to_owned(),
    }
}

/// What the auth configs of a session's toolkits say about tools. It reads nothing of toolkits whose configs say nothing,
/// so that asking costs one small query in the usual case.
#[derive(Debug)]
pub(crate) struct ConfigRules<'s, 'a> {
    scope: &'s Scope<'a>,
    with_lists: HashSet<ToolkitSlug>,
    read: HashMap<ToolkitSlug, Candidates>,
}

impl<'s, 'a> ConfigRules<'s, 'a> {
    pub(crate) async fn of(scope: &'s Scope<'a>) -> Result<Self> {
        let with_lists = scope.engine.store().toolkits_with_filters(scope.project).await?;
        Ok(Self { scope, with_lists: with_lists.into_iter().collect(), read: HashMap::new() })
    }

    /// Whether no auth config has a list of tools.
    pub(crate) fn are_silent(&self) -> bool {
        self.with_lists.is_empty()
    }

    /// Whether a tool may be used, everything that has a say asked.
    pub(crate) async fn allow(&mut self, toolkit: &Toolkit, tool: &CatalogTool) -> Result<bool> {
        let scope = self.scope;
        Ok(scope.decide(toolkit, tool, self.config(toolkit, tool).await?).allowed)
    }

    /// The auth config that has the last word on a tool; none where no config of the toolkit has a list.
    pub(crate) async fn config<'c>(
        &'c mut self,
        toolkit: &'c Toolkit,
        tool: &CatalogTool,
    ) -> Result<Option<&'c AuthConfig>> {
        if !self.with_lists.contains(&toolkit.slug) {
            return Ok(None);
        }
        if !self.read.contains_key(&toolkit.slug) {
            let candidates = self.scope.candidates(toolkit).await?;
            self.read.insert(toolkit.slug.clone(), candidates);
        }
        let Some(candidates) = self.read.get(&toolkit.slug) else { return Ok(None) };
        let input = self.scope.input(toolkit, candidates, None);
        Ok(last_word(&input, &select_account(&input), tool))
    }
}

/// The auth config that has the last word on a tool, once an account was chosen or was not: of the account that would run it,
/// else of the one that has to be mended first, else the one that a link would use. Where a call has to name its account,
/// one that lets the tool run is enough.
pub(crate) fn last_word<'a>(
    input: &SelectionInput<'a>,
    chosen: &Result<Selection, SelectionError>,
    tool: &CatalogTool,
) -> Option<&'a AuthConfig> {
    let config = |id: &AuthConfigId| input.configs.iter().find(|config| &config.id == id);
    let of = |id: &ConnectedAccountId| {
        let account = input.accounts.iter().find(|account| &account.id == id);
        account.and_then(|account| config(&account.auth_config))
    };
    match chosen {
        Ok(Selection::Use { account, .. }) | Err(SelectionError::NotUsable { account, .. }) => of(account),
        Err(SelectionError::AccountRequired { candidates }) => {
            let mut configs = candidates.iter().filter_map(|candidate| of(&candidate.account));
            let newest = configs.clone().next();
            configs.find(|config| config.tools.allows(&tool.definition.slug)).or(newest)
        }
        Ok(Selection::Connect { auth_config, .. }) => {
            let ended = select_reconnect(input).and_then(|account| config(&account.auth_config));
            ended.or_else(|| config(auth_config))
        }
        Ok(_) | Err(_) => None,
    }
}
