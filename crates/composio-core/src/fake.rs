//! A backend in memory that does what it was told: for documentation, adapter tests and the tests of applications.

mod approvals;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use url::Url;

use self::approvals::Approvals;
use crate::account::{ConnectedAccount, ConnectionEvent, ConnectionStatus};
use crate::approval::ApprovalRule;
use crate::backend::{
    Backend, Capabilities, HistoryQuery, Link, LinkRequest, LinkTarget, Management, McpToken, Page, SessionRecord,
    SessionVersion, ToolQuery, ToolkitQuery, ToolkitState,
};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Events;
use crate::id::{AuthConfigId, ConnectedAccountId, McpTokenId, SessionId, Timestamp, ToolSlug, ToolkitSlug, UserId};
use crate::policy::ToolExplanation;
use crate::precedence::Explanation;
use crate::session::{SessionConfig, SessionUpdate};
use crate::tool::{ToolCall, ToolDefinition, ToolHints, ToolOutput};

type Answer = Arc<dyn Fn(&ToolCall) -> Result<Value> + Send + Sync>;
/// Under which key a call happens once: of this session, for this tool.
type OnceKey = (SessionId, ToolSlug, String);

/// A backend with the tools and answers that a test gives it. It reaches nothing, keeps everything in memory, and
/// remembers the calls. Cheap to clone; clones share everything.
///
/// Every tool runs without an account and echoes its arguments, unless [`answer`](Self::answer) says otherwise. Under an
/// idempotency key a call happens once, and its outcome is given again, a success as well as a failure.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use composio_core::{Composio, ScriptedBackend};
/// use serde_json::json;
///
/// let backend = ScriptedBackend::new()
///     .tool("GITHUB_STAR_REPO", "github", json!({"type": "object"}))
///     .answer("GITHUB_STAR_REPO", |_| Ok(json!({"starred": true})));
/// let session = Composio::with_backend(backend.clone()).create("user_123").await?;
///
/// let output = session.execute("GITHUB_STAR_REPO", json!({"repo": "tokio"})).await?;
/// assert_eq!(output.value()["starred"], true);
/// assert_eq!(backend.calls()[0].arguments["repo"], "tokio");
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Default)]
pub struct ScriptedBackend {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    tools: Vec<ToolDefinition>,
    toolkits: Vec<ToolkitSlug>,
    answers: HashMap<ToolSlug, Answer>,
    links_connect: bool,
    sessions: HashMap<SessionId, SessionRecord>,
    history: HashMap<SessionId, Vec<SessionVersion>>,
    approvals: Approvals,
    accounts: HashMap<ConnectedAccountId, ConnectedAccount>,
    calls: Vec<ToolCall>,
    once: HashMap<OnceKey, Once>,
    ticks: i64,
    mistake: Option<Error>,
}

/// A call under a key, and what came of it.
#[derive(Clone)]
struct Once {
    call: ToolCall,
    outcome: Arc<OnceLock<Result<ToolOutput>>>,
}

impl ScriptedBackend {
    /// A backend without tools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a toolkit without tools. A malformed slug surfaces when a session is created.
    #[must_use]
    pub fn toolkit(self, toolkit: &str) -> Self {
        self.script(|state| {
            let slug = ToolkitSlug::new(toolkit)?;
            if !state.toolkits.contains(&slug) {
                state.toolkits.push(slug);
            }
            Ok(())
        })
    }

    /// Adds a tool, and its toolkit where it is new. A malformed slug surfaces when a session is created.
    #[must_use]
    pub fn tool(self, slug: &str, toolkit: &str, input_schema: Value) -> Self {
        let this = self.toolkit(toolkit);
        this.script(|state| {
            let definition =
                ToolDefinition::new(ToolSlug::new(slug)?, format!("Scripted {slug}."), input_schema.into());
            state.tools.push(definition.toolkit(ToolkitSlug::new(toolkit)?));
            Ok(())
        })
    }

    /// Sets what a tool answers, in place of its arguments.
    #[must_use]
    pub fn answer(self, slug: &str, answer: impl Fn(&ToolCall) -> Result<Value> + Send + Sync + 'static) -> Self {
        self.script(|state| {
            state.answers.insert(ToolSlug::new(slug)?, Arc::new(answer));
            Ok(())
        })
    }

    /// Tags a tool that was added before, with names such as `destructiveHint`. An unknown tool surfaces when a session is
    /// created.
    #[must_use]
    pub fn tags(self, slug: &str, tags: &[&str]) -> Self {
        self.script(|state| {
            let tool = state.tools.iter_mut().find(|tool| tool.slug == *slug).ok_or_else(|| not_found("tool", slug))?;
            tool.hints = ToolHints::from_tags(tags.iter().copied());
            Ok(())
        })
    }

    /// Makes links connect their account at once, as if the user had been quick.
    #[must_use]
    pub fn links_connect(self) -> Self {
        self.script(|state| {
            state.links_connect = true;
            Ok(())
        })
    }

    /// The calls so far, in order.
    pub fn calls(&self) -> Vec<ToolCall> {
        self.lock().calls.clone()
    }

    /// Lets something happen to an account, as a service or a user would.
    ///
    /// # Errors
    /// `NotFound` for an unknown account, `Conflict` for a step that its life does not have.
    pub fn account_event(&self, account: &ConnectedAccountId, event: ConnectionEvent, reason: &str) -> Result<()> {
        let mut state = self.lock();
        let now = state.tick();
        let account = state.accounts.get_mut(account).ok_or_else(|| not_found("account", account.as_str()))?;
        account.status =
            account.status.on(event).map_err(|error| Error::new(ErrorKind::Conflict, error.to_string()))?;
        account.status_reason = Some(reason.to_owned());
        account.updated_at = now;
        if event == ConnectionEvent::Connected {
            account.connected_at = Some(now);
            account.ready_at = Some(now);
        }
        Ok(())
    }

    /// Deletes an account, as its application would.
    ///
    /// # Errors
    /// `NotFound` for an unknown account.
    pub fn delete_account(&self, account: &ConnectedAccountId) -> Result<()> {
        let removed = self.lock().accounts.remove(account);
        removed.map(drop).ok_or_else(|| not_found("account", account.as_str()))
    }

    /// Makes a call. The answer is made without the lock, so that it may look at the backend.
    fn answered(&self, mut state: MutexGuard<'_, State>, call: &ToolCall) -> Result<ToolOutput> {
        state.calls.push(call.clone());
        let log_id = format!("log_{}", state.calls.len());
        let answer = state.answers.get(&call.tool).map(Arc::clone);
        drop(state);
        let data = answer.map_or_else(|| Ok(Value::Object(call.arguments.clone())), |answer| answer(call));
        data.map(|data| ToolOutput::new(data).log_id(log_id))
    }

    fn script(self, change: impl FnOnce(&mut State) -> Result<()>) -> Self {
        let mut state = self.lock();
        if let Err(error) = change(&mut state) {
            state.mistake.get_or_insert(error);
        }
        drop(state);
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Time that only moves when something happens.
    fn tick(&mut self) -> Timestamp {
        self.ticks += 1;
        Timestamp::from_micros(self.ticks)
    }

    fn session(&self, id: &SessionId) -> Result<&SessionRecord> {
        self.sessions.get(id).ok_or_else(|| Error::unknown_session(id))
    }

    fn known(&self, toolkit: &ToolkitSlug) -> Result<()> {
        let known = self.toolkits.contains(toolkit);
        known.then_some(()).ok_or_else(|| Error::invalid_input("toolkit", toolkit.as_str(), "there is no such toolkit"))
    }

    /// The call that happens, or happened, under this key. None without a key.
    fn once(&mut self, session: &SessionId, call: &ToolCall) -> Result<Option<Once>> {
        let Some(key) = &call.idempotency_key else { return Ok(None) };
        if key.is_empty() {
            return Err(Error::invalid_input("idempotency_key", key, "one that is not empty"));
        }
        let of = (session.clone(), call.tool.clone(), key.clone());
        let once = self
            .once
            .entry(of)
            .or_insert_with(|| Once { call: ToolCall { approval: None, ..call.clone() }, outcome: Arc::default() });
        // An answer to a question is no part of what is done.
        if once.call == (ToolCall { approval: None, ..call.clone() }) {
            return Ok(Some(once.clone()));
        }
        let message = format!("idempotency key {key:?} was used with other arguments; use a new key");
        Err(Error::new(ErrorKind::Conflict, message))
    }

    fn preloaded(&self, config: &SessionConfig) -> Vec<ToolDefinition> {
        let wanted =
            |tool: &&ToolDefinition| tool.toolkit.as_ref().is_some_and(|toolkit| config.preloads(toolkit, tool));
        self.tools.iter().filter(wanted).cloned().collect()
    }

    /// A tool that the session may use.
    fn permitted(&self, config: &SessionConfig, slug: &ToolSlug) -> Result<ToolDefinition> {
        let tool = self.tools.iter().find(|tool| &tool.slug == slug);
        let tool = tool.ok_or_else(|| not_found("tool", slug.as_str()))?;
        let Some(toolkit) = &tool.toolkit else { return Err(not_found("tool", slug.as_str())) };
        let decision = config.decide(toolkit, tool);
        if decision.allowed {
            return Ok(tool.clone());
        }
        let message = format!("this session may not use {slug}: {decision}; change that where the session is created");
        Err(Error::new(ErrorKind::PermissionDenied, message))
    }

    fn toolkit_state(&self, slug: &ToolkitSlug, user: &UserId) -> ToolkitState {
        let mut toolkit = ToolkitState::new(slug.clone(), slug.as_str());
        let own = self.accounts.values().filter(|account| &account.toolkit == slug && &account.user == user);
        toolkit.account = own.max_by_key(|account| (account.connected_at, account.created_at)).cloned();
        toolkit
    }

    /// Begins an account, or finds the one that is to be connected again.
    fn linked(&mut self, record: &SessionRecord, request: &LinkRequest, now: Timestamp) -> Result<ConnectedAccountId> {
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
        self.accounts.insert(id.clone(), account);
        Ok(id)
    }
}

#[async_trait]
impl Backend for ScriptedBackend {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
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

    async fn create_session(&self, user: &UserId, config: &SessionConfig) -> Result<SessionRecord> {
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
        let removed = self.lock().sessions.remove(session);
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
        let tool = state.permitted(&record.config, &call.tool)?;
        if let Some(rule) = record.config.needs_approval(tool.toolkit.as_ref(), &tool.slug, tool.hints) {
            let now = state.tick();
            state.approvals.pass(session, &call, rule, now)?;
        }
        match state.once(session, &call)? {
            None => self.answered(state, &call),
            Some(once) => {
                drop(state);
                let outcome = once.outcome.get_or_init(|| self.answered(self.lock(), &call));
                if outcome.as_ref().is_err_and(|error| !happened(error)) {
                    self.lock().once.retain(|_, kept| !Arc::ptr_eq(&kept.outcome, &once.outcome));
                }
                again(outcome)
            }
        }
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

impl fmt::Debug for ScriptedBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let tools: Vec<_> = state.tools.iter().map(|tool| &tool.slug).collect();
        write!(f, "ScriptedBackend {}", json!({"tools": tools.len(), "sessions": state.sessions.len()}))
    }
}

fn allowed(config: &SessionConfig, toolkit: &ToolkitSlug) -> Result<()> {
    let message = || format!("the session does not allow {toolkit}; add it where the session is created");
    config.toolkits.allows(toolkit).then_some(()).ok_or_else(|| Error::new(ErrorKind::PermissionDenied, message()))
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
fn page<T>(items: Vec<T>, cursor: Option<&str>, limit: usize) -> Result<Page<T>> {
    let total = items.len();
    let start = match cursor.map(str::parse::<usize>) {
        None => 0,
        Some(Ok(start)) => start,
        Some(Err(_)) => return Err(Error::invalid_input("cursor", cursor.unwrap_or_default(), "one that a page gave")),
    };
    let next = Some(start.saturating_add(limit)).filter(|next| *next < total).map(|next| next.to_string());
    Ok(Page::new(items.into_iter().skip(start).take(limit).collect(), next, Some(total)))
}

fn not_found(what: &str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {id:?}"))
}
