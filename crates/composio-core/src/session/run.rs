//! Calls on their way: modifiers around the one router, which runs native tools here and sends the rest to the backend.

use std::sync::Arc;

use futures::future::join_all;

use super::Session;
use super::batch::{BATCH, Split};
use super::modifier::ModifierContext;
use crate::approval::ApprovalRule;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ToolSlug, ToolkitSlug};
use crate::policy::PolicyRule;
use crate::tool::{
    Approver, META_TOOLKIT, NativeTools, ProgressSink, ToolCall, ToolContext, ToolDefinition, ToolOutput, ToolSet,
    not_given,
};

/// How many calls one batch may have. Rule: `session-semantics` 5.6.
pub(super) const BATCH_MAX: usize = 50;

/// Who makes a call, as far as it matters on the way.
#[derive(Clone, Default)]
pub(crate) struct Caller {
    /// Who hears of progress.
    pub(crate) progress: Option<ProgressSink>,
    /// Who is asked where a call waits for a person.
    pub(crate) ask: Option<Approver>,
}

impl Caller {
    /// The call with what a person says to it, where it waits for one and somebody can be asked.
    pub(super) async fn answered(&self, outcome: &Result<ToolOutput>) -> Option<ToolCall> {
        let (approval, ask) = (outcome.as_ref().err()?.approval()?, self.ask.as_ref()?);
        let decision = ask(approval.clone()).await;
        Some(approval.answered(decision))
    }
}

impl Session {
    /// Runs several calls at once, native ones and others side by side, and gives what came of each, in the order of the
    /// calls. One that fails takes nothing from the others. Each may name its own account.
    ///
    /// Rule: `session-semantics` 4.5.
    ///
    /// # Errors
    /// `InvalidInput` for no calls, and for more than 50; nothing is run then.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
    /// # let session = Composio::with_backend(backend).create("user_123").await?;
    /// use composio_core::{ToolCall, ToolSlug};
    /// use serde_json::Map;
    ///
    /// let call = |slug: &str| Ok::<_, composio_core::Error>(ToolCall::new(ToolSlug::new(slug)?, Map::new()));
    /// let results = session.execute_many([call("GITHUB_GET_A_USER")?, call("GITHUB_NO_SUCH_TOOL")?]).await?;
    /// assert!(results[0].is_ok() && results[1].is_err());
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub async fn execute_many(
        &self,
        calls: impl IntoIterator<Item = ToolCall> + Send,
    ) -> Result<Vec<Result<ToolOutput>>> {
        let calls: Vec<_> = calls.into_iter().collect();
        if calls.is_empty() || calls.len() > BATCH_MAX {
            return Err(Error::invalid_input("calls", &calls.len().to_string(), "1 to 50 calls"));
        }
        let caller = &Caller::default();
        Ok(join_all(calls.into_iter().map(|call| self.run(call, None, caller))).await)
    }

    pub(super) fn native(&self) -> &NativeTools {
        &self.inner.held.local().native
    }

    /// What a tool is, without what modifiers make of it.
    pub(super) async fn definition(&self, slug: &ToolSlug) -> Result<Arc<ToolDefinition>> {
        match self.native().definition(slug) {
            Some(native) => Ok(Arc::clone(native)),
            None if NativeTools::claims(slug) => Err(not_given(slug)),
            None => self.backend().get_tool(self.id(), slug).await.map(Arc::new),
        }
    }

    /// Tools as models are to see them.
    pub(super) fn tool_set(&self, definitions: Vec<Arc<ToolDefinition>>) -> Result<ToolSet> {
        let modifiers = &self.inner.held.local().modifiers;
        ToolSet::new(self, definitions.into_iter().map(|definition| modifiers.shown(definition)).collect())
    }

    /// Makes a call, and asks whoever is to be asked where it waits for a person.
    pub(crate) async fn run_asking(
        &self,
        call: ToolCall,
        known: Option<&ToolDefinition>,
        caller: &Caller,
    ) -> Result<ToolOutput> {
        let outcome = self.run(call, known, caller).await;
        let Some(answered) = caller.answered(&outcome).await else { return outcome };
        // A batch of one native call waits as that call.
        let known = known.filter(|definition| definition.slug == answered.tool);
        self.run_answered(answered, known, caller).await
    }

    /// Makes a call: what modifiers make of its arguments, and what they make of its outcome. Whoever has the tool's
    /// definition gives it, so that it is not asked for again.
    pub(crate) async fn run(
        &self,
        mut call: ToolCall,
        known: Option<&ToolDefinition>,
        caller: &Caller,
    ) -> Result<ToolOutput> {
        let modifiers = &self.inner.held.local().modifiers;
        if !modifiers.see_calls() {
            return self.route(call, caller).await;
        }
        let (tool, toolkit) = (call.tool.clone(), self.toolkit_of(&call.tool, known).await?);
        let context = self.context(&tool, toolkit.as_ref());
        let outcome = match modifiers.before(&context, &mut call.arguments) {
            Ok(()) => self.route(call, caller).await,
            Err(error) => Err(error),
        };
        modifiers.after(&context, outcome)
    }

    /// Makes a call that was put before a person, with the arguments that the person saw: no modifier touches them again.
    pub(crate) async fn run_answered(
        &self,
        call: ToolCall,
        known: Option<&ToolDefinition>,
        caller: &Caller,
    ) -> Result<ToolOutput> {
        let modifiers = &self.inner.held.local().modifiers;
        if !modifiers.see_calls() {
            return self.route(call, caller).await;
        }
        let (tool, toolkit) = (call.tool.clone(), self.toolkit_of(&call.tool, known).await?);
        let outcome = self.route(call, caller).await;
        modifiers.after(&self.context(&tool, toolkit.as_ref()), outcome)
    }

    fn context<'a>(&'a self, tool: &'a ToolSlug, toolkit: Option<&'a ToolkitSlug>) -> ModifierContext<'a> {
        ModifierContext { session: self.id(), user: self.user(), tool, toolkit }
    }

    async fn toolkit_of(&self, tool: &ToolSlug, known: Option<&ToolDefinition>) -> Result<Option<ToolkitSlug>> {
        match known {
            Some(definition) => Ok(definition.toolkit.clone()),
            // The slug is reserved, so there is nothing to look up.
            None if *tool == *BATCH => Ok(Some(ToolkitSlug::new(META_TOOLKIT)?)),
            None => match self.definition(tool).await {
                Ok(definition) => Ok(definition.toolkit.clone()),
                Err(refusal) => self.toolkit_in_spite_of(refusal, tool).await,
            },
        }
    }

    /// The toolkit of a tool whose usual account may not run it. A call that names another one, or that was answered under
    /// its key, is the router's to judge; whatever else refuses a tool refuses every call of it.
    async fn toolkit_in_spite_of(&self, refusal: Error, tool: &ToolSlug) -> Result<Option<ToolkitSlug>> {
        if refusal.kind() != ErrorKind::PermissionDenied {
            return Err(refusal);
        }
        match self.backend().explain_tool(self.id(), tool).await {
            // It may have been allowed in between.
            Ok(known) if known.decision.allowed || known.decision.by == PolicyRule::AuthConfig => Ok(known.toolkit),
            Ok(_) | Err(_) => Err(refusal),
        }
    }

    /// The one router: native here, everything else at the backend, and a batch of both taken apart. A native slug that this
    /// session does not have is not sent either: its arguments were meant for this process.
    pub(super) async fn route(&self, mut call: ToolCall, caller: &Caller) -> Result<ToolOutput> {
        if let Some(split) = Split::of(&call)? {
            return self.run_split(call, split, caller).await;
        }
        if !NativeTools::claims(&call.tool) {
            call.native = self.native().shared();
            return self.backend().execute(self.id(), call).await;
        }
        check_native(&call)?;
        let Some(definition) = self.native().definition(&call.tool) else { return Err(not_given(&call.tool)) };
        let rule = self.config().needs_approval(None, &call.tool, definition.hints);
        // An answer is held against its question even where nothing asks any more: it is good once, and a no stays a no.
        // The rule is only said in a new question, which an answer never becomes.
        if let Some(rule) = rule.or(call.approval.is_some().then_some(ApprovalRule::Tool)) {
            self.native().check(&call)?;
            self.backend().confirm(self.id(), &call, rule).await?;
        }
        let cx = ToolContext::new(self.clone(), caller.progress.clone());
        self.native().call(&call.tool, cx, call.arguments).await
    }
}

/// A native tool has no account and no memory; a call that counts on either is not made.
pub(super) fn check_native(call: &ToolCall) -> Result<()> {
    if call.account.is_none() && call.idempotency_key.is_none() {
        return Ok(());
    }
    let message = format!("{} is a native tool, which takes no account and no idempotency key", call.tool);
    Err(Error::new(ErrorKind::Unsupported, message))
}
