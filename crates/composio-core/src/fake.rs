//! A backend in memory that does what it was told: for documentation, adapter tests and the tests of applications.

mod approvals;
mod backend;
mod services;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use self::state::State;
use crate::account::ConnectionEvent;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ConnectedAccountId, ToolSlug, ToolkitSlug};
use crate::tool::{ToolCall, ToolDefinition, ToolHints, ToolOutput};

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

    /// Lets time pass, which moves by itself only when something happens: approvals that wait for longer expire.
    pub fn pass_time(&self, time: Duration) {
        self.lock().pass(time);
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

impl fmt::Debug for ScriptedBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        let tools: Vec<_> = state.tools.iter().map(|tool| &tool.slug).collect();
        write!(f, "ScriptedBackend {}", json!({"tools": tools.len(), "sessions": state.sessions.len()}))
    }
}

fn not_found(what: &str, id: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no {what} {id:?}"))
}
