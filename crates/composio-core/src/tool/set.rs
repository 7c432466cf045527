//! The tools of a session, callable.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::account::{take_account, with_account};
use super::answer::{Answer, model_name};
use super::native::{Progress, ProgressSink};
use super::schema::drop_added_nulls;
use super::{Arguments, ToolDefinition, ToolOutput};
use crate::approval::{Approval, ApprovalAnswer, ApprovalDecision};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolSlug;
use crate::session::{BoxFuture, Caller, Session};
use crate::tool::ToolCall;

/// How long the description of a function may be at model providers, in characters.
const DESCRIPTION_MAX: usize = 1_024;

/// A tool and the session that runs it. Cheap to clone.
#[derive(Clone)]
pub struct SessionTool {
    definition: Arc<ToolDefinition>,
    /// Where it is not the slug.
    name: Option<Arc<str>>,
    session: Session,
    strict: bool,
    reveal_links: bool,
    /// The parameter with which a model names the account.
    account: Option<&'static str>,
    caller: Caller,
}

/// What a model meant: the arguments, and the account where it named one.
type Meant = (Map<String, Value>, Option<String>);

/// Who is asked where a call waits for a person.
pub(crate) type Approver = Arc<dyn Fn(Approval) -> BoxFuture<ApprovalDecision> + Send + Sync>;

impl SessionTool {
    /// What it is.
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The session that runs it.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The name under which a model knows it: the slug, or where providers would refuse that (`[A-Za-z0-9_-]`, at most
    /// 64), one that is made of it and always the same.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.definition.slug.as_str())
    }

    /// What it does, for a model: the first 1,024 characters of what its author wrote. A request with a longer one is refused
    /// by OpenAI as a whole.
    pub fn description(&self) -> &str {
        let whole = &*self.definition.description;
        whole.char_indices().nth(DESCRIPTION_MAX).map_or(whole, |(end, _)| &whole[..end])
    }

    /// The schema of its arguments for a model: [`Schema::for_model`](crate::Schema::for_model), or the strict one
    /// where the set is [`strict`](ToolSet::strict) and the schema can be. Shared by everyone; clone it only where a
    /// framework wants its own.
    pub fn schema(&self) -> &Arc<Map<String, Value>> {
        let schema = &self.definition.input_schema;
        match schema.strict() {
            Ok(strict) if self.strict => strict,
            _ => schema.for_model(),
        }
    }

    /// Whether [`schema`](Self::schema) is one that providers may enforce.
    pub fn is_strict(&self) -> bool {
        self.strict && self.definition.input_schema.strict().is_ok()
    }

    /// Hears of progress while it runs, where the tool reports any; see [`ToolContext::report_progress`].
    ///
    /// [`ToolContext::report_progress`]: crate::ToolContext::report_progress
    #[must_use]
    pub fn on_progress(mut self, hear: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.caller.progress = Some(ProgressSink::new(hear));
        self
    }

    /// Runs it for a model: whatever happens is an [`Answer`] that it can read.
    pub fn answer<'a>(&'a self, arguments: impl Into<Arguments<'a>>) -> impl Future<Output = Answer> + Send + 'a {
        self.answer_meant(self.meant(arguments.into()), None)
    }

    /// As [`answer`](Self::answer), for a call that waits for a person, with what the person said: for a server that asks
    /// between two requests. As with [`Execute::answer_approval`](crate::Execute::answer_approval), it has to be the call
    /// that was asked about, or it is not made.
    pub fn answer_approval<'a>(
        &'a self,
        arguments: impl Into<Arguments<'a>>,
        said: ApprovalAnswer,
    ) -> impl Future<Output = Answer> + Send + 'a {
        self.answer_meant(self.meant(arguments.into()), Some(said))
    }

    async fn answer_meant(&self, meant: Result<Meant>, said: Option<ApprovalAnswer>) -> Answer {
        let outcome = match meant {
            Ok((arguments, account)) => self.make(arguments, account, said).await,
            Err(error) => Err(error),
        };
        Answer::new(outcome, self.reveal_links)
    }

    /// What a model meant with what it wrote: the arguments, and the account where it named one.
    fn meant(&self, arguments: Arguments<'_>) -> Result<Meant> {
        let mut arguments = arguments.into_object()?;
        if self.is_strict() {
            drop_added_nulls(&mut arguments, self.definition.input_schema.for_model());
        }
        let account = match self.account {
            Some(name) => take_account(&mut arguments, name)?,
            None => None,
        };
        Ok((arguments, account))
    }

    /// Makes the call, and asks whoever is to be asked where it waits for a person.
    async fn make(
        &self,
        arguments: Map<String, Value>,
        account: Option<String>,
        said: Option<ApprovalAnswer>,
    ) -> Result<ToolOutput> {
        let mut call = ToolCall::new(self.definition.slug.clone(), arguments);
        call.account = account;
        call.approval = said;
        call.offload = true;
        self.session.run_asking(call, Some(&self.definition), &self.caller).await
    }

    /// Runs it on these arguments, as they are.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn call(&self, arguments: Map<String, Value>) -> Result<ToolOutput> {
        self.make(arguments, None, None).await
    }

    /// Runs it on what a model sent as text, read as [`answer`](Self::answer) reads it.
    ///
    /// # Errors
    /// As [`Session::execute`]; text that holds no object never reaches the backend.
    pub async fn call_str(&self, arguments: &str) -> Result<ToolOutput> {
        let (arguments, account) = self.meant(arguments.into())?;
        self.make(arguments, account, None).await
    }

    /// Asks here where a call waits for a person, instead of ending it: the answer is given at once, and the model reads
    /// what came of it. See [`ToolSet::on_approval`].
    #[must_use]
    pub fn on_approval<F>(mut self, ask: impl Fn(Approval) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ApprovalDecision> + Send + 'static,
    {
        self.caller.ask = Some(Arc::new(move |approval| Box::pin(ask(approval))));
        self
    }

    /// Whether somebody is asked where a call waits for a person: [`on_approval`](Self::on_approval) says who.
    pub fn asks(&self) -> bool {
        self.caller.ask.is_some()
    }
}

impl fmt::Debug for SessionTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionTool").field(&self.definition.slug).finish()
    }
}

/// The tools of a session in the backend's order, which is deterministic, so that prompt caches hit. Cheap to clone.
///
/// An adapter turns it into its framework's own tools; see the crates `composio-openai`, `composio-rig`,
/// `composio-langchain`, `composio-genai` and `composio-mcp`.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let composio = Composio::with_backend(backend);
/// let session = composio.create("user_123").toolkits(["github"]).direct_tools().await?;
/// for tool in &session.tools().await? {
///     println!("{}: {}", tool.definition().slug, tool.definition().description);
/// }
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct ToolSet {
    tools: Arc<[SessionTool]>,
    by_name: Arc<HashMap<Arc<str>, usize>>,
}

impl ToolSet {
    /// Binds definitions to their session.
    ///
    /// # Errors
    /// `Conflict` where a model could not tell two of them apart.
    pub(crate) fn new(session: &Session, definitions: Vec<Arc<ToolDefinition>>) -> Result<Self> {
        let mut by_name = HashMap::with_capacity(definitions.len());
        let mut tools: Vec<SessionTool> = Vec::with_capacity(definitions.len());
        let several_accounts = session.config().multi_account.is_some();
        for definition in definitions {
            let name = model_name(&definition.slug);
            let key = name.clone().unwrap_or_else(|| definition.slug.shared());
            if let Some(before) = by_name.insert(key, tools.len()) {
                return Err(clash(&tools[before], &definition));
            }
            let (definition, account) = match several_accounts.then(|| with_account(&definition)).flatten() {
                Some((definition, account)) => (definition, Some(account)),
                None => (definition, None),
            };
            tools.push(SessionTool {
                definition,
                name,
                session: session.clone(),
                strict: false,
                reveal_links: false,
                account,
                caller: Caller::default(),
            });
        }
        Ok(Self { tools: tools.into(), by_name: Arc::new(by_name) })
    }

    /// Hands out schemas that providers enforce on what a model writes, where the schema can be said in their subset; a
    /// tool whose schema cannot stays as it is, with a warning in the log. Parameters that were optional become
    /// required and open to `null`, and such a `null` is left out again before the tool runs.
    #[must_use]
    pub fn strict(self) -> Self {
        for tool in &self {
            if let Err(why) = tool.definition.input_schema.strict() {
                tracing::warn!(tool = %tool.definition.slug, %why, "this tool's schema has no strict form");
            }
        }
        self.with(|tool| tool.strict = true)
    }

    /// Lets the model read the link where a connection is missing, so that it can pass it on to the user it talks to.
    ///
    /// Whoever opens the link can connect an account in the user's name. Use this only where nobody but that user reads
    /// what the model writes; otherwise show [`Error::connect_url`] yourself.
    #[must_use]
    pub fn reveal_connect_links(self) -> Self {
        self.with(|tool| tool.reveal_links = true)
    }

    /// Hears of the progress of every tool that reports any, with its slug; see [`SessionTool::on_progress`].
    #[must_use]
    pub fn on_progress(self, hear: impl Fn(&ToolSlug, Progress) + Send + Sync + 'static) -> Self {
        let hear = Arc::new(hear);
        self.with(|tool| {
            let (hear, slug) = (Arc::clone(&hear), tool.definition.slug.clone());
            tool.caller.progress = Some(ProgressSink::new(move |progress| hear(&slug, progress)));
        })
    }

    /// Asks a person here where a call waits for one, in the middle of the call, whatever framework makes it. Without this
    /// the call ends, the model reads that somebody has to answer, and the host finds the question in the error.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{ApprovalDecision, Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("MAILBOX_SEND", "mailbox", json!({"type": "object"}));
    /// # let composio = Composio::with_backend(backend);
    /// let building = composio.create("user_123").preload(["MAILBOX_SEND"]);
    /// let session = building.require_approval_for_tools(["MAILBOX_SEND"]).await?;
    /// let tools = session.tools().await?.on_approval(|approval| async move {
    ///     println!("{} {:?}", approval.question(), approval.arguments());
    ///     ApprovalDecision::Deny
    /// });
    /// let answer = tools.named("MAILBOX_SEND").expect("it is preloaded").answer(r#"{"to": "bob"}"#).await;
    /// assert!(answer.text().contains("did not allow"), "{}", answer.text());
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn on_approval<F>(self, ask: impl Fn(Approval) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ApprovalDecision> + Send + 'static,
    {
        let approver: Approver = Arc::new(move |approval| Box::pin(ask(approval)));
        self.with(|tool| tool.caller.ask = Some(Arc::clone(&approver)))
    }

    fn with(self, change: impl Fn(&mut SessionTool)) -> Self {
        let mut tools = self.tools.to_vec();
        tools.iter_mut().for_each(change);
        Self { tools: tools.into(), by_name: self.by_name }
    }

    /// The tool of this slug, compared exactly.
    pub fn get(&self, slug: &str) -> Option<&SessionTool> {
        // Most slugs are names, and are found at once.
        let named = self.named(slug).filter(|tool| tool.definition.slug == *slug);
        named.or_else(|| self.tools.iter().find(|tool| tool.definition.slug == *slug))
    }

    /// The tool that a model knows under this name; see [`SessionTool::name`].
    pub fn named(&self, name: &str) -> Option<&SessionTool> {
        self.by_name.get(name).map(|place| &self.tools[*place])
    }

    /// The tools in order.
    pub fn iter(&self) -> std::slice::Iter<'_, SessionTool> {
        self.tools.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

fn clash(one: &SessionTool, other: &ToolDefinition) -> Error {
    let message = if one.definition.slug == other.slug {
        format!("two tools of this session are called {}; rename the native one", other.slug)
    } else {
        let (one, other) = (&one.definition.slug, &other.slug);
        format!("a model cannot tell {one} and {other} apart, their names are too alike; leave one out")
    };
    Error::new(ErrorKind::Conflict, message)
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.tools.iter().map(|tool| &tool.definition.slug)).finish()
    }
}

impl<'a> IntoIterator for &'a ToolSet {
    type Item = &'a SessionTool;
    type IntoIter = std::slice::Iter<'a, SessionTool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
