//! Why a tool would run with one account and not with another: worked out here, from what the service lists, by the rules
//! that are published. The service decides, and may know more.

use futures::future::{try_join, try_join_all, try_join4};

use super::config::IntoText;
use super::tools::permit_toolkit;
use super::{HostedBackend, execute, read};
use crate::account::ConnectedAccount;
use crate::auth::{AuthConfig, AuthScheme};
use crate::backend::{SessionRecord, ToolkitState};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::{PolicyDecision, PolicyRule, PolicyStep, Said, ToolExplanation};
use crate::precedence::{
    Explanation, Selection, SelectionError, SelectionInput, explain_account, select_account, select_reconnect,
};
use crate::session::SessionConfig;
use crate::wire;

/// How many pages of a list are read before the list is taken to have no end.
const PAGES: usize = 200;
/// How many items are asked for at a time. The dialect's maximum for auth configs.
const PAGE: u32 = 200;

/// What a choice is made from.
struct Known {
    state: ToolkitState,
    /// The scheme on which the service would make an auth config by itself.
    provision: Option<AuthScheme>,
    configs: Vec<AuthConfig>,
    accounts: Vec<ConnectedAccount>,
}

impl Known {
    fn input<'a>(&'a self, record: &'a SessionRecord) -> SelectionInput<'a> {
        let config: &SessionConfig = &record.config;
        let toolkit = &self.state.slug;
        SelectionInput {
            no_auth: self.state.no_auth,
            pins: config.pins(toolkit),
            auth_config: config.auth_configs.get(toolkit),
            explicit: config.multi_account.is_some_and(|multi| multi.require_explicit_selection),
            max_accounts: config.multi_account.map(|multi| multi.max_per_toolkit),
            configs: &self.configs,
            accounts: &self.accounts,
            provision: self.provision,
            ..SelectionInput::new(&record.user, toolkit)
        }
    }

    /// The auth config that would have the last word about a tool: of the account that would run it, else of the one that has
    /// to be mended first, else the one that a link would use. Where a call has to name its account, one that lets the tool
    /// run is enough.
    fn last_word(&self, input: &SelectionInput<'_>, tool: &ToolSlug) -> Option<&AuthConfig> {
        let config = |id: &AuthConfigId| self.configs.iter().find(|config| &config.id == id);
        let of = |id: &ConnectedAccountId| {
            let account = self.accounts.iter().find(|account| &account.id == id);
            account.and_then(|account| config(&account.auth_config))
        };
        match select_account(input) {
            Ok(Selection::Use { account, .. }) | Err(SelectionError::NotUsable { account, .. }) => of(&account),
            Err(SelectionError::AccountRequired { candidates }) => {
                let mut configs = candidates.iter().filter_map(|candidate| of(&candidate.account));
                let newest = configs.clone().next();
                configs.find(|config| config.tools.allows(tool)).or(newest)
            }
            Ok(Selection::Connect { auth_config, .. }) => {
                let ended = select_reconnect(input).and_then(|account| config(&account.auth_config));
                ended.or_else(|| config(&auth_config))
            }
            Ok(Selection::NoAuthNeeded | Selection::Provision { .. }) | Err(_) => None,
        }
    }
}

impl HostedBackend {
    pub(super) async fn explained(&self, session: &SessionId, toolkit: &ToolkitSlug) -> Result<Explanation> {
        let record = self.read(session).await?;
        permit_toolkit(&record.config, toolkit)?;
        let known = self.known(&record, toolkit).await?;
        let mut explanation = explain_account(&known.input(&record)).as_prediction();
        explanation.considered.retain(|considered| considered.account.admits(&record.user));
        for considered in &mut explanation.considered {
            considered.account = considered.account.clone().seen_by(&record.user);
        }
        Ok(explanation)
    }

    pub(super) async fn tool_explained(&self, session: &SessionId, slug: &ToolSlug) -> Result<ToolExplanation> {
        if execute::is_meta(slug) {
            return self.meta_explained(session, slug).await;
        }
        let (record, tool) = try_join(self.read(session), self.known_tool(slug)).await?;
        let config: &SessionConfig = &record.config;
        let Some(toolkit) = &tool.toolkit else {
            let message = format!("the service does not say to which toolkit {slug} belongs");
            return Err(Error::new(ErrorKind::Unexpected, message));
        };
        let known = match config.decide(toolkit, &tool).allowed {
            true => Some(self.known(&record, toolkit).await?),
            false => None,
        };
        let on = known.as_ref().and_then(|known| known.last_word(&known.input(&record), slug));
        let input = config.policy_input(toolkit, &tool, on.map(|config| &config.tools));
        let mut explanation = ToolExplanation::of(&input).as_prediction();
        explanation.auth_config = on.map(|config| config.id.clone());
        explanation.approval = config.needs_approval(Some(toolkit), slug, tool.hints);
        explanation.preloaded = config.preloads(toolkit, &tool);
        Ok(explanation)
    }

    /// No rule speaks of helper tools: the session offers one, or does not.
    async fn meta_explained(&self, session: &SessionId, slug: &ToolSlug) -> Result<ToolExplanation> {
        let tool = self.meta_tool(session, slug).await?;
        let by = PolicyRule::Default;
        Ok(ToolExplanation {
            tool: tool.slug,
            toolkit: tool.toolkit,
            hints: tool.hints,
            decision: PolicyDecision { allowed: true, by },
            steps: vec![PolicyStep { rule: by, said: Said::Yes }],
            auth_config: None,
            approval: None,
            preloaded: true,
            predicted: true,
        })
    }

    async fn known(&self, record: &SessionRecord, toolkit: &ToolkitSlug) -> Result<Known> {
        let ((state, managed), configs, mut accounts, pinned) = try_join4(
            self.session_toolkit(&record.id, toolkit),
            self.all_configs(toolkit),
            self.all_accounts(&record.user, toolkit),
            self.pinned(record.config.pins(toolkit)),
        )
        .await?;
        for account in pinned {
            if accounts.iter().all(|known| known.id != account.id) {
                accounts.push(account);
            }
        }
        let usable = configs.iter().any(|config| config.enabled && config.enabled_for_sessions);
        let provision = match managed {
            None if !usable && !state.no_auth => self.scheme_without_app(toolkit).await?,
            managed => managed,
        };
        Ok(Known { state, provision, configs, accounts })
    }

    /// The first scheme of a toolkit for which the developer has to give nothing. Rule: `session-semantics` 1.1, step 4.
    async fn scheme_without_app(&self, toolkit: &ToolkitSlug) -> Result<Option<AuthScheme>> {
        let details = self.client.toolkit(toolkit.as_str(), None).await?;
        let mut schemes = details.auth_config_details.iter().flatten();
        let found = schemes.find_map(|details| match details.mode.known()? {
            AuthScheme::NoAuth | AuthScheme::Unknown => None,
            scheme if scheme.needs_app() => None,
            scheme => details.fields.auth_config_creation.required.is_empty().then_some(*scheme),
        });
        Ok(found)
    }

    /// A toolkit as the session lists it, and the scheme for which the service has an app of its own.
    async fn session_toolkit(
        &self,
        session: &SessionId,
        toolkit: &ToolkitSlug,
    ) -> Result<(ToolkitState, Option<AuthScheme>)> {
        let query =
            wire::SessionToolkitsQuery { toolkits: vec![toolkit.into_text()], ..wire::SessionToolkitsQuery::new() };
        let page = self.client.session_toolkits(session, &query).await?;
        let found = page.items.into_iter().find(|item| read::toolkit(&item.slug).is_ok_and(|slug| slug == *toolkit));
        let item = found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("the service knows no toolkit {toolkit}; check the slug"))
        })?;
        let managed = item.composio_managed_auth_schemes.first().map(|scheme| read::scheme(Some(scheme)));
        Ok((super::toolkits::state(item)?, managed))
    }

    async fn all_configs(&self, toolkit: &ToolkitSlug) -> Result<Vec<AuthConfig>> {
        let mut query = wire::AuthConfigQuery {
            toolkit_slugs: vec![toolkit.into_text()],
            show_disabled: Some(true),
            page: wire::PageQuery::new().limit(PAGE),
            ..wire::AuthConfigQuery::default()
        };
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let page = self.client.list_auth_configs(&query).await?;
            let page = read::page(page, super::auth_configs::auth_config);
            all.extend(page.items);
            match page.next_cursor {
                Some(next) => query.page.cursor = Some(next),
                None => return Ok(all),
            }
        }
        Err(endless("auth configs"))
    }

    async fn all_accounts(&self, user: &UserId, toolkit: &ToolkitSlug) -> Result<Vec<ConnectedAccount>> {
        let mut query = wire::ConnectedAccountQuery {
            user_ids: vec![user.into()],
            toolkit_slugs: vec![toolkit.into_text()],
            account_type: Some(wire::AccountTypeFilter::All),
            page: wire::PageQuery::new().limit(PAGE),
            ..wire::ConnectedAccountQuery::default()
        };
        let mut all = Vec::new();
        for _ in 0..PAGES {
            let page = self.client.list_connected_accounts(&query).await?;
            let page = read::page(page, |account| read::account(account, Some(user)));
            all.extend(page.items);
            match page.next_cursor {
                Some(next) => query.page.cursor = Some(next),
                None => return Ok(all),
            }
        }
        Err(endless("accounts"))
    }

    /// The accounts that the session pins, of other users too. One that is gone is passed over.
    async fn pinned(&self, pins: &[ConnectedAccountId]) -> Result<Vec<ConnectedAccount>> {
        let read = pins.iter().map(|id| async move {
            match self.client.connected_account(id.as_str()).await {
                // Of an account of nobody only its owner's list could say more, and that is read besides.
                Ok(account) => Ok(read::kept(read::account(account, None))),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        Ok(try_join_all(read).await?.into_iter().flatten().collect())
    }
}

fn endless(what: &str) -> Error {
    Error::new(ErrorKind::Unexpected, format!("the service's list of {what} does not end"))
}
