//! A session's tools, as langchain-rust takes them.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use composio_core::{Error, SessionTool, ToolSet, parse_arguments};
use langchain_rust::tools::Tool;
use serde_json::Value;

type Observer = Arc<dyn Fn(&SessionTool, Error) + Send + Sync>;

/// Turns the tools of a session into langchain-rust's own. It is implemented for [`ToolSet`] and nothing else.
///
/// Whatever becomes of a call is a text for the model, `{"successful":…,"data":…,"error":…}`. No failure of a tool ends
/// a run: langchain-rust would drop the error's source and put a sentence of its own before the text.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// use composio_langchain::LangChainTools as _;
///
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
/// let tools = session.tools().await?.to_langchain();
/// assert_eq!(tools[0].name(), "GITHUB_GET_A_USER");
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
pub trait LangChainTools: sealed::Sealed {
    /// The tools in the set's order, for agents that call functions, such as
    /// [`OpenAiToolAgent`](langchain_rust::agent::OpenAiToolAgent).
    ///
    /// Where the set is [`strict`](ToolSet::strict), so are the schemas; langchain-rust has no way to tell the provider.
    fn to_langchain(&self) -> Vec<Arc<dyn Tool>>;

    /// The same, with the schema of the arguments in each description, for agents that show a model nothing but names
    /// and descriptions, such as [`ConversationalAgent`](langchain_rust::agent::ConversationalAgent).
    fn to_langchain_described(&self) -> Vec<Arc<dyn Tool>>;

    /// The same as [`to_langchain`](Self::to_langchain), and the application hears of each call that failed, before the
    /// model does; see [`LangChainTool::on_failure`].
    fn to_langchain_with(&self, on_failure: impl Fn(&SessionTool, Error) + Send + Sync + 'static)
    -> Vec<Arc<dyn Tool>>;
}

impl LangChainTools for ToolSet {
    fn to_langchain(&self) -> Vec<Arc<dyn Tool>> {
        converted(self, |tool| tool)
    }

    fn to_langchain_described(&self) -> Vec<Arc<dyn Tool>> {
        converted(self, LangChainTool::described)
    }

    fn to_langchain_with(
        &self,
        on_failure: impl Fn(&SessionTool, Error) + Send + Sync + 'static,
    ) -> Vec<Arc<dyn Tool>> {
        let observer: Observer = Arc::new(on_failure);
        converted(self, |tool| LangChainTool { observer: Some(Arc::clone(&observer)), ..tool })
    }
}

fn converted(tools: &ToolSet, adjust: impl Fn(LangChainTool) -> LangChainTool) -> Vec<Arc<dyn Tool>> {
    tools.iter().map(|tool| Arc::new(adjust(tool.clone().into())) as Arc<dyn Tool>).collect()
}

/// One tool of a session, for langchain-rust. [`LangChainTools`] makes all of a set; make single ones to choose among
/// them, or to have both a described tool and its failures.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// use composio_langchain::LangChainTool;
/// use composio_langchain::langchain_rust::tools::Tool as _;
///
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
/// let tools = session.tools().await?;
/// let get_user = tools.get("GITHUB_GET_A_USER").expect("it was preloaded").clone();
///
/// let (failures, heard) = std::sync::mpsc::channel();
/// let tool = LangChainTool::from(get_user).described().on_failure(move |_, error| drop(failures.send(error)));
/// assert!(tool.call("[1]").await.is_ok_and(|text| text.contains(r#""successful":false"#)));
/// assert!(heard.recv().is_ok_and(|error| error.kind() == composio_core::ErrorKind::InvalidInput));
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct LangChainTool {
    tool: SessionTool,
    described: bool,
    observer: Option<Observer>,
}

impl LangChainTool {
    /// Shows the schema of the arguments in the description too.
    #[must_use]
    pub fn described(self) -> Self {
        Self { described: true, ..self }
    }

    /// Calls this at each failure, before the model reads of it: the tool, which knows its session, and the error, with
    /// the [link](Error::connect_url) to show the user where a connection is missing. The run waits for it, so let it
    /// hand the error on and return.
    #[must_use]
    pub fn on_failure(self, observe: impl Fn(&SessionTool, Error) + Send + Sync + 'static) -> Self {
        Self { observer: Some(Arc::new(observe)), ..self }
    }
}

impl From<SessionTool> for LangChainTool {
    fn from(tool: SessionTool) -> Self {
        Self { tool, described: false, observer: None }
    }
}

#[async_trait]
impl Tool for LangChainTool {
    fn name(&self) -> String {
        self.tool.name().to_owned()
    }

    fn description(&self) -> String {
        let description = self.tool.description();
        if !self.described {
            return description.to_owned();
        }
        format!("{description} Its input is one JSON object of this schema: {}", self.parameters())
    }

    fn parameters(&self) -> Value {
        Value::Object((**self.tool.schema()).clone())
    }

    /// The default takes an object apart; here it arrives whole, and anything else as the text that it is.
    async fn parse_input(&self, input: &str) -> Value {
        parse_arguments(input).map_or_else(|_| Value::String(input.to_owned()), Value::Object)
    }

    /// Never an error: that would be neither `Send` nor of a known type, and the framework would reword it.
    async fn run(&self, input: Value) -> Result<String, Box<dyn StdError>> {
        let answer = match &input {
            // What `parse_input` could not read: core reads it once more, to tell the model why.
            Value::String(text) => self.tool.answer(text).await,
            _ => self.tool.answer(input).await,
        };
        let text = answer.text();
        if let (Some(observe), Err(error)) = (&self.observer, answer.into_outcome()) {
            observe(&self.tool, error);
        }
        Ok(text)
    }
}

impl fmt::Debug for LangChainTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LangChainTool").field("tool", &self.tool).field("described", &self.described).finish()
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for composio_core::ToolSet {}
}
