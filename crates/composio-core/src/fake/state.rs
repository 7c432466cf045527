//! What the backend remembers.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;

use super::approvals::Approvals;
use super::not_found;
use super::services::Files;
use crate::account::ConnectedAccount;
use crate::approval::{ApprovalDecision, ApprovalRule};
use crate::backend::{
    LinkRequest, LinkTarget, ProxyRequest, ProxyResponse, SearchRequest, SearchResults, SessionRecord, SessionVersion,
    ToolkitState,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{AuthConfigId, ConnectedAccountId, SessionId, Timestamp, ToolSlug, ToolkitSlug, UserId};
use crate::session::{Preload, SessionConfig};
use crate::tool::{NativeDefinitions, ToolCall, ToolDefinition, ToolOutput};

type Answer = Arc<dyn Fn(&ToolCall) -> Result<Value> + Send + Sync>;
type ProxyAnswer = Arc<dyn Fn(&ProxyRequest) -> Result<ProxyResponse> + Send + Sync>;
/// Under which key a call happens once: of this session, for this tool.
type OnceKey = (SessionId, ToolSlug, String);

#[derive(Default)]
pub(super) struct State {
    pub(super) tools: Vec<ToolDefinition>,
    pub(super) toolkits: Vec<ToolkitSlug>,
    pub(super) answers: HashMap<ToolSlug, Answer>,
    pub(super) links_connect: bool,
    pub(super) sessions: HashMap<SessionId, SessionRecord>,
    pub(super) history: HashMap<SessionId, Vec<SessionVersion>>,
    pub(super) approvals: Approvals,
    pub(super) accounts: HashMap<ConnectedAccountId, ConnectedAccount>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) once: HashMap<OnceKey, Once>,
    pub(super) found: Option<SearchResults>,
    pub(super) searches: Vec<SearchRequest>,
    pub(super) proxy: Option<ProxyAnswer>,
    pub(super) proxied: Vec<ProxyRequest>,
    pub(super) files: Option<Files>,
    pub(super) ticks: i64,
    pub(super) mistake: Option<Error>,
}

/// A call under a key, and what came of it.
#[derive(Clone)]
pub(super) struct Once {
    pub(super) call: ToolCall,
    pub(super) outcome: Arc<OnceLock<Result<ToolOutput>>>,
}

impl State {
    /// Time that only moves when something happens.
    pub(super) fn tick(&mut self) -> Timestamp {
        self.ticks += 1;
        Timestamp::from_micros(self.ticks)
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.ticks = Timestamp::from_micros(self.ticks).plus(time).as_micros();
    }

    pub(super) fn session(&self, id: &SessionId) -> Result<&SessionRecord> {
        self.sessions.get(id).ok_or_else(|| Error::unknown_session(id))
    }

    pub(super) fn known(&self, toolkit: &ToolkitSlug) -> Result<()> {
        let known = self.toolkits.contains(toolkit);
        known.then_some(()).ok_or_else(|| Error::invalid_input("toolkit", toolkit.as_str(), "there is no such toolkit"))
    }

    /// The call that happens, or happened, under the key of this one.
    pub(super) fn known_under_key(&self, session: &SessionId, call: &ToolCall) -> Result<Option<Once>> {
        let Some(key) = &call.idempotency_key else { return Ok(None) };
        if key.is_empty() {
            return Err(Error::invalid_input("idempotency_key", key, "one that is not empty"));
        }
        let Some(once) = self.once.get(&(session.clone(), call.tool.clone(), key.clone())) else { return Ok(None) };
        if once.call == asked(call) {
            return Ok(Some(once.clone()));
        }
        let message = format!("idempotency key {key:?} was used with other arguments; use a new key");
        Err(Error::new(ErrorKind::Conflict, message))
    }

    /// Begins a call under its key, where it has one.
    pub(super) fn begin(&mut self, session: &SessionId, call: &ToolCall) -> Option<Once> {
        let of = (session.clone(), call.tool.clone(), call.idempotency_key.clone()?);
        let once = Once { call: asked(call), outcome: Arc::default() };
        self.once.insert(of, once.clone());
        Some(once)
    }

    /// Lets a call pass, or asks a person. An answer is held against its question even where nothing asks any more.
    pub(super) fn approved(&mut self, record: &SessionRecord, tool: &ToolDefinition, call: &ToolCall) -> Result<()> {
        let rule = record.config.needs_approval(tool.toolkit.as_ref(), &tool.slug, tool.hints);
        let answered = call.approval.is_some().then_some(ApprovalRule::Tool);
        let Some(rule) = rule.or(answered) else { return Ok(()) };
        let now = self.tick();
        self.approvals.pass(&record.id, call, rule, now)
    }

    /// Takes a denial, which needs nothing that lets the tool run.
    pub(super) fn settle_denial(&mut self, session: &SessionId, call: &ToolCall) -> Result<()> {
        match &call.approval {
            Some(answer) if answer.decision == ApprovalDecision::Deny => {
                let now = self.tick();
                self.approvals.pass(session, call, ApprovalRule::Tool, now)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// A list in its own order, each tool once; else the tools as they were added.
    pub(super) fn preloaded(&self, config: &SessionConfig) -> Vec<ToolDefinition> {
        let wanted =
            |tool: &&ToolDefinition| tool.toolkit.as_ref().is_some_and(|toolkit| config.preloads(toolkit, tool));
        let mut tools: Vec<_> = self.tools.iter().filter(wanted).cloned().collect();
        if let Preload::Tools(listed) = &config.preload {
            tools.sort_by_key(|tool| listed.iter().position(|slug| *slug == tool.slug));
        }
        tools
    }

    /// A tool that the session may use.
    pub(super) fn permitted(&self, config: &SessionConfig, slug: &ToolSlug) -> Result<ToolDefinition> {
        let tool = self.tools.iter().find(|tool| &tool.slug == slug);
        let tool = tool.ok_or_else(|| not_found("tool", slug.as_str()))?;
        let Some(toolkit) = &tool.toolkit else { return Err(not_found("tool", slug.as_str())) };
        let decision = config.decide(toolkit, tool);
        if decision.allowed {
            return Ok(tool.clone());
        }
        let message =
            format!("this session may not use {slug} of {toolkit}: {decision}; change that with `Session::update`");
        Err(Error::new(ErrorKind::PermissionDenied, message))
    }

    pub(super) fn toolkit_state(&self, slug: &ToolkitSlug, user: &UserId) -> ToolkitState {
        let mut toolkit = ToolkitState::new(slug.clone(), slug.as_str());
        let own = self.accounts.values().filter(|account| &account.toolkit == slug && &account.user == user);
        toolkit.accounts = own.cloned().collect();
        toolkit
            .accounts
            .sort_by_key(|account| Reverse((account.is_active(), account.connected_at, account.created_at)));
        toolkit.account = toolkit.accounts.first().cloned();
        toolkit
    }

    /// Begins an account, or finds the one that is to be connected again.
    pub(super) fn linked(
        &mut self,
        record: &SessionRecord,
        request: &LinkRequest,
        now: Timestamp,
    ) -> Result<ConnectedAccountId> {
        let user = &record.user;
        let toolkit = match &request.target {
            LinkTarget::Toolkit(toolkit) => toolkit,
            LinkTarget::Account(id) => {
                let found = self.accounts.get(id).filter(|found| &found.user == user);
                let account = found.ok_or_else(|| not_found("account", id.as_str()))?;
                if !account.status.can_reconnect() {
                    let message = format!("account {id} is {}, so it needs no reconnect", account.status);
                    return Err(Error::new(ErrorKind::Conflict, message));
                }
                return Ok(id.clone());
            }
        };
        self.known(toolkit)?;
        allowed(&record.config, toolkit)?;
        let mut own = self.accounts.values().filter(|account| &account.user == user && &account.toolkit == toolkit);
        if let Some(alias) = request.alias.as_deref().filter(|alias| own.any(|one| one.alias.as_deref() == Some(alias)))
        {
            return Err(Error::new(ErrorKind::Conflict, format!("an account is called {alias:?} already")));
        }
        let id = ConnectedAccountId::new(format!("ca_{}", now.as_micros()));
        let config = AuthConfigId::new(format!("ac_{toolkit}"));
        let mut account = ConnectedAccount::new(id.clone(), toolkit.clone(), user.clone(), config, now);
        account.alias.clone_from(&request.alias);
        account.sharing.clone_from(&request.sharing);
        self.accounts.insert(id.clone(), account);
        Ok(id)
    }
}

/// A call without what is no part of what is done: what a person said to it, what else the session has, and where a long
/// result goes.
pub(super) fn asked(call: &ToolCall) -> ToolCall {
    ToolCall { approval: None, native: NativeDefinitions::none(), offload: false, ..call.clone() }
}

pub(super) fn allowed(config: &SessionConfig, toolkit: &ToolkitSlug) -> Result<()> {
    let message = || format!("the session does not allow {toolkit}; add it where the session is created");
    config.toolkits.allows(toolkit).then_some(()).ok_or_else(|| Error::new(ErrorKind::PermissionDenied, message()))
}
