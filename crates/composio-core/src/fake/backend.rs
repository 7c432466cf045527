//! What a session asks of it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use url::Url;

use super::{ScriptedBackend, not_found};
use crate::account::{ConnectedAccount, ConnectionStatus};
use crate::approval::ApprovalRule;
use crate::backend::{
    Backend, Capabilities, HistoryQuery, Link, LinkRequest, Management, McpToken, Page, ProxyRequest, ProxyResponse,
    SearchRequest, SearchResults, SessionFiles, SessionRecord, SessionVersion, ToolQuery, ToolkitQuery, ToolkitState,
};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::id::{ConnectedAccountId, McpTokenId, SessionId, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{NativeDefinitions, ToolCall, ToolDefinition, ToolOutput};

#[async_trait]
impl Backend for ScriptedBackend {
    fn capabilities(&self) -> Capabilities {
        let state = self.lock();
        Capabilities {
            search: state.found.is_some(),
            proxy: state.proxy.is_some(),
            files: state.files.is_some(),
            execution: true,
            links: true,
            idempotency: true,
            updates: true,
            approvals: true,
            ..Capabilities::default()
        }
    }

    fn management(&self) -> Option<&dyn Management> {
        None
    }

    fn files(&self) -> Option<&dyn SessionFiles> {
        self.lock().files.is_some().then_some(self as &dyn SessionFiles)
    }

    async fn create_session(
        &self,
        user: &UserId,
        config: &SessionConfig,
        _native: &NativeDefinitions,
    ) -> Result<SessionRecord> {
        let mut state = self.lock();
        if let Some(mistake) = &state.mistake {
            return Err(Error::new(mistake.kind(), mistake.to_string()));
        }
        config.validate()?;
        let now = state.tick();
        let id = SessionId::new(format!("trs_{}", now.as_micros()));
        let record = SessionRecord::new(id.clone(), user.clone(), config.clone(), now);
        state.sessions.insert(id, record.clone());
        Ok(record)
    }

    async fn session(&self, session: &SessionId) -> Result<SessionRecord> {
        self.lock().session(session).cloned()
    }

    async fn attach(&self, session: &SessionId, _native: &NativeDefinitions) -> Result<SessionRecord> {
        self.session(session).await
    }

    async fn search(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        self.searched(session, request)
    }

    async fn proxy_execute(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        self.called(session, request)
    }

    async fn update_session(&self, session: &SessionId, update: &SessionUpdate) -> Result<SessionRecord> {
        let mut state = self.lock();
        let record = state.session(session)?.clone();
        if let Some(expected) = update.expected_version.filter(|expected| *expected != record.version) {
            let message =
                format!("session {session} has version {}, and not {expected} any more; read it again", record.version);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let config = record.config.updated(update)?;
        let now = state.tick();
        let before = SessionVersion::new(record.version, Arc::clone(&record.config), now, false);
        let next = record.next(config, now);
        state.history.entry(session.clone()).or_default().push(before);
        state.sessions.insert(session.clone(), next.clone());
        Ok(next)
    }

    async fn session_history(&self, session: &SessionId, query: &HistoryQuery) -> Result<Page<SessionVersion>> {
        let state = self.lock();
        let record = state.session(session)?;
        let live = SessionVersion::new(record.version, Arc::clone(&record.config), record.updated_at, true);
        let before = state.history.get(session).into_iter().flatten().rev().cloned();
        let versions = std::iter::once(live).chain(before).collect();
        page(versions, query.cursor.as_deref(), query.limit.unwrap_or(20).clamp(1, 100))
    }

    async fn delete_session(&self, session: &SessionId) -> Result<()> {
        let mut state = self.lock();
        state.history.remove(session);
        let removed = state.sessions.remove(session);
        removed.map(drop).ok_or_else(|| Error::unknown_session(session))
    }

    async fn list_tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        let state = self.lock();
        let tools = state.preloaded(&state.session(session)?.config);
        page(tools, query.cursor.as_deref(), query.limit.unwrap_or(500).clamp(1, 500))
    }

    async fn get_tool(&self, session: &SessionId, tool: &ToolSlug) -> Result<ToolDefinition> {
        let state = self.lock();
        state.permitted(&state.session(session)?.config, tool)
    }

    async fn list_toolkits(&self, session: &SessionId, query: &ToolkitQuery) -> Result<Page<ToolkitState>> {
        let state = self.lock();
        let record = state.session(session)?;
        let search = query.search.as_deref().unwrap_or_default().to_lowercase();
        let listed = state.toolkits.iter().filter(|slug| record.config.toolkits.allows(slug));
        let listed = listed
            .filter(|slug| query.toolkits.is_empty() || query.toolkits.contains(slug))
            .filter(|slug| slug.as_str().contains(&search))
            .map(|slug| state.toolkit_state(slug, &record.user))
            .filter(|toolkit| query.connected.is_none_or(|connected| toolkit.is_active() == connected));
        page(listed.collect(), query.cursor.as_deref(), query.limit.unwrap_or(20).clamp(1, 50))
    }

    async fn execute(&self, session: &SessionId, call: ToolCall) -> Result<ToolOutput> {
        let mut state = self.lock();
        let record = state.session(session)?.clone();
        state.settle_denial(session, &call)?;
        let tool = state.permitted(&record.config, &call.tool)?;
        // What happened under the key is given again without asking anybody again.
        let once = match state.known_under_key(session, &call)? {
            Some(known) => Some(known),
            None => {
                state.approved(&record, &tool, &call)?;
                state.begin(session, &call)
            }
        };
        let Some(once) = once else { return self.answered(state, &call) };
        drop(state);
        let outcome = once.outcome.get_or_init(|| self.answered(self.lock(), &call));
        if outcome.as_ref().is_err_and(|error| !happened(error)) {
            self.lock().once.retain(|_, kept| !Arc::ptr_eq(&kept.outcome, &once.outcome));
        }
        again(outcome)
    }

    async fn link(&self, session: &SessionId, request: &LinkRequest) -> Result<Link> {
        let mut state = self.lock();
        let record = state.session(session)?.clone();
        let now = state.tick();
        let id = state.linked(&record, request, now)?;
        if state.links_connect
            && let Some(account) = state.accounts.get_mut(&id)
        {
            account.status = ConnectionStatus::Active;
            account.connected_at = Some(now);
            account.ready_at = Some(now);
            account.updated_at = now;
        }
        let url = Url::parse(&format!("https://connect.invalid/link/token-of-{id}"))
            .map_err(|error| Error::new(ErrorKind::Unexpected, "the link is no URL").with_source(error))?;
        Ok(Link::new(id, url, now.plus(Duration::from_secs(600))))
    }

    async fn connected_account(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let state = self.lock();
        let user = &state.session(session)?.user;
        let found = state.accounts.get(account).filter(|found| &found.user == user);
        found.cloned().ok_or_else(|| not_found("account", account.as_str()))
    }

    async fn create_mcp_token(&self, _: &SessionId, _: Duration) -> Result<McpToken> {
        Err(Error::new(ErrorKind::Unsupported, "the scripted backend serves no MCP"))
    }

    async fn revoke_mcp_tokens(&self, _: &SessionId, _: Option<&McpTokenId>) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "the scripted backend serves no MCP"))
    }

    async fn explain_tool(&self, _: &SessionId, _: &ToolSlug) -> Result<ToolExplanation> {
        Err(Error::new(ErrorKind::Unsupported, "the scripted backend explains nothing"))
    }

    async fn confirm(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        let mut state = self.lock();
        state.session(session)?;
        let now = state.tick();
        state.approvals.pass(session, call, rule, now)
    }

    async fn probe(&self, session: &SessionId, account: &ConnectedAccountId) -> Result<ConnectedAccount> {
        let mut state = self.lock();
        let (now, user) = (state.tick(), state.session(session)?.user.clone());
        let found = state.accounts.get_mut(account).filter(|found| found.user == user);
        let account = found.ok_or_else(|| not_found("account", account.as_str()))?;
        if !account.is_active() {
            let message = format!("account {} is {}, so there is nothing to try", account.id, account.status);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        account.ready_at.get_or_insert(now);
        Ok(account.clone())
    }

    fn events(&self) -> Result<Events> {
        Err(Error::new(ErrorKind::Unsupported, "the scripted backend tells nothing of what happens to accounts"))
    }

    async fn explain(&self, _: &SessionId, _: &ToolkitSlug) -> Result<Explanation> {
        Err(Error::new(ErrorKind::Unsupported, "the scripted backend chooses no accounts, so it explains none"))
    }
}

/// Whether a call that failed so may have had an effect. Otherwise its key is free again.
fn happened(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ToolFailed | ErrorKind::OutcomeUnknown | ErrorKind::Unexpected)
}

/// An outcome, once more. What an error holds for programs stays: its kind, its texts, its link, and whether to try again.
fn again(outcome: &Result<ToolOutput>) -> Result<ToolOutput> {
    let error = match outcome {
        Ok(output) => return Ok(output.clone()),
        Err(error) => error,
    };
    let copy = Error::new(error.kind(), error.to_string()).with_retry(error.retry());
    let copy = copy.with_model_text(error.for_model());
    Err(match error.connect_url() {
        Some(url) => copy.with_connect_url(url.clone()),
        None => copy,
    })
}

/// One page of a list that is here as a whole. A cursor is the number of items before it.
pub(super) fn page<T>(items: Vec<T>, cursor: Option<&str>, limit: usize) -> Result<Page<T>> {
    let total = items.len();
    let start = match cursor.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return Err(Error::invalid_input("cursor", cursor.unwrap_or_default(), "one that a page gave")),
    };
    let next = Some(start.saturating_add(limit)).filter(|next| *next < total).map(|next| next.to_string());
    Ok(Page::new(items.into_iter().skip(start).take(limit).collect(), next, Some(total)))
}
