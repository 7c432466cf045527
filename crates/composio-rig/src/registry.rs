//! A registry of rig's that is as the session is.

use std::collections::HashMap;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use composio_core::{Result, Session, ToolSet};
use rig_agent::agent::hook::{
    AgentHook, CompletionCallAction, CompletionCallEvent, HookContext, InvalidToolCallAction, InvalidToolCallContext,
    StepEventKind,
};
use rig_agent::tool::server::{ManagedToolSink as _, ManagedToolToken, ToolServer, ToolServerHandle};

use crate::{AnswerInvalidCalls, RigTools as _};

type Prepare = dyn Fn(ToolSet) -> ToolSet + Send + Sync;

/// A session's tools in a registry of rig's, which follows the session: what an update takes away is gone, what it brings is
/// there, and what it changes is replaced.
///
/// It is a registry for `AgentBuilder::tool_server_handle` and a hook for `AgentBuilder::add_hook`. The hook looks before
/// each request whether the session has changed, so that the request after an update shows the new tools, in the middle of
/// a run too. It also answers calls that rig cannot make, as [`AnswerInvalidCalls`] does for tools that stay as they are.
///
/// Nothing runs beside your agent. The tools are in the registry, and keep the session, for as long as this or a clone of it
/// lives: an agent that has the hook has one. Whoever runs agents without hooks calls [`refresh`](Self::refresh).
///
/// # Example
/// ```
/// # #[allow(dead_code)] mod model { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/model.rs")); }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let backend = backend.tool("GITHUB_STAR_REPO", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// # let script = model::ScriptedModel::start([model::says("Hello."), model::says("Starred.")]).await;
/// # let model = script.rig();
/// use composio_rig::RigRegistry;
/// use rig::AgentBuilder;
///
/// let session = composio.create("user_123").toolkits(["github"]).preload(["GITHUB_GET_A_USER"]).await?;
/// let registry = RigRegistry::of(&session).await?;
/// let agent = AgentBuilder::new(model)
///     .tool_server_handle(registry.handle())
///     .add_hook(registry)
///     .default_max_turns(8)
///     .build();
///
/// agent.prompt("Hello.").await?;
/// session.update().preload(["GITHUB_GET_A_USER", "GITHUB_STAR_REPO"]).await?;
/// agent.prompt("Star it.").await?; // has both tools
/// # let shown: Vec<_> = script.requests().iter().map(|request| request["tools"].as_array().map_or(0, Vec::len)).collect();
/// # assert_eq!(shown, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RigRegistry {
    filled: Arc<Filled>,
}

/// A registry with what was put into it. It is taken out again when this is dropped.
struct Filled {
    session: Session,
    handle: ToolServerHandle,
    prepare: Box<Prepare>,
    listed: Mutex<Listed>,
}

/// What was last put into the registry.
struct Listed {
    /// The version that the session had before it was read; it has at least what that version says.
    version: u64,
    tools: ToolSet,
    tokens: HashMap<String, ManagedToolToken>,
}

impl RigRegistry {
    /// Begins a registry with the tools of this session. Await it to read them.
    pub fn of(session: &Session) -> FillRegistry {
        FillRegistry { session: session.clone(), handle: None, prepare: Box::new(|tools| tools) }
    }

    /// rig's own registry, for `AgentBuilder::tool_server_handle`. Tools of your own can be added to it: the session's leave
    /// those alone that were added under one of their names later.
    pub fn handle(&self) -> ToolServerHandle {
        self.filled.handle.clone()
    }

    /// Reads the tools again where the session has changed since they were last read, as the hook does before each request.
    ///
    /// # Errors
    /// As [`Session::tools`]. What was there stays, and the backend refuses what the session may not use any more.
    pub async fn refresh(&self) -> Result<()> {
        let filled = &*self.filled;
        let version = filled.session.version();
        if filled.listed().version == version {
            return Ok(());
        }
        let tools = (filled.prepare)(filled.session.tools().await?);
        let mut listed = filled.listed();
        // Somebody was quicker, and may have read something newer.
        if listed.version < version {
            let tokens = std::mem::take(&mut listed.tokens);
            let tokens = filled.handle.reconcile_managed_tools(tokens, tools.to_rig());
            *listed = Listed { version, tools, tokens };
        }
        Ok(())
    }
}

impl Filled {
    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Filled {
    fn drop(&mut self) {
        let tokens = std::mem::take(&mut self.listed().tokens);
        self.handle.reconcile_managed_tools(tokens, Vec::new());
    }
}

impl AgentHook for RigRegistry {
    async fn on_completion_call(&self, _: &HookContext, _: CompletionCallEvent<'_>) -> CompletionCallAction {
        if let Err(error) = self.refresh().await {
            // The run goes on with the tools that it had; the next request tries again.
            tracing::warn!(kind = ?error.kind(), log_id = error.log_id(), "the session's tools could not be read: {error}");
        }
        CompletionCallAction::Continue
    }

    async fn on_invalid_tool_call(
        &self,
        context: &HookContext,
        event: &InvalidToolCallContext,
    ) -> Option<InvalidToolCallAction> {
        let tools = self.filled.listed().tools.clone();
        AnswerInvalidCalls::new(tools).on_invalid_tool_call(context, event).await
    }

    fn observes(&self, kind: StepEventKind) -> bool {
        matches!(kind, StepEventKind::CompletionCall | StepEventKind::InvalidToolCall)
    }
}

impl fmt::Debug for RigRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = self.filled.listed();
        f.debug_struct("RigRegistry")
            .field("session", &self.filled.session)
            .field("version", &listed.version)
            .field("tools", &listed.tools)
            .finish()
    }
}

/// A registry in the making. Await it to read the tools and to put them in.
#[must_use = "a registry is filled by awaiting this"]
pub struct FillRegistry {
    session: Session,
    handle: Option<ToolServerHandle>,
    prepare: Box<Prepare>,
}

impl FillRegistry {
    /// Puts the tools into this registry, beside what is there. Without it they get one of their own. A tool that is there
    /// under the same name is replaced: of two, rig takes the later.
    pub fn server(mut self, handle: ToolServerHandle) -> Self {
        self.handle = Some(handle);
        self
    }

    /// Makes of the tools what is handed to rig, each time that they are read: `|tools| tools.strict()`, for one, or
    /// `|tools| tools.on_approval(..)`.
    pub fn prepare(mut self, prepare: impl Fn(ToolSet) -> ToolSet + Send + Sync + 'static) -> Self {
        self.prepare = Box::new(prepare);
        self
    }
}

impl IntoFuture for FillRegistry {
    type Output = Result<RigRegistry>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let version = self.session.version();
            let tools = (self.prepare)(self.session.tools().await?);
            let handle = self.handle.unwrap_or_else(|| ToolServer::new().run());
            let tokens = handle.add_managed_tools(tools.to_rig());
            let listed = Mutex::new(Listed { version, tools, tokens });
            let filled = Filled { session: self.session, handle, prepare: self.prepare, listed };
            Ok(RigRegistry { filled: Arc::new(filled) })
        })
    }
}

impl fmt::Debug for FillRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FillRegistry").field("session", &self.session).finish_non_exhaustive()
    }
}
