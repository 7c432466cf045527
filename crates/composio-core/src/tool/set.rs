//! The tools of a session, callable.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{ToolDefinition, ToolOutput, parse_arguments};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;
use crate::tool::ToolCall;

/// A tool and the session that runs it. Cheap to clone.
#[derive(Clone)]
pub struct SessionTool {
    definition: Arc<ToolDefinition>,
    session: Session,
}

impl SessionTool {
    /// What it is.
    pub fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    /// The session that runs it.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Runs it.
    ///
    /// # Errors
    /// As [`Session::execute`].
    pub async fn call(&self, arguments: Map<String, Value>) -> Result<ToolOutput> {
        self.session.run(ToolCall::new(self.definition.slug.clone(), arguments)).await
    }

    /// Runs it on what a model sent as text; see [`parse_arguments`].
    ///
    /// # Errors
    /// As [`Session::execute`]; text that holds no object never reaches the backend.
    pub async fn call_str(&self, arguments: &str) -> Result<ToolOutput> {
        self.call(parse_arguments(arguments)?).await
    }
}

impl fmt::Debug for SessionTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SessionTool").field(&self.definition.slug).finish()
    }
}

/// The tools of a session in the backend's order, which is deterministic, so that prompt caches hit. Cheap to clone.
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
#[derive(Clone, Debug)]
pub struct ToolSet {
    tools: Arc<[SessionTool]>,
}

impl ToolSet {
    /// Binds definitions to their session.
    ///
    /// # Errors
    /// `Conflict` where two of them have the same slug: a model could not tell them apart.
    pub(crate) fn new(session: &Session, definitions: Vec<Arc<ToolDefinition>>) -> Result<Self> {
        let mut slugs = std::collections::HashSet::with_capacity(definitions.len());
        if let Some(twice) = definitions.iter().find(|definition| !slugs.insert(definition.slug.clone())) {
            let message = format!("two tools of this session are called {}; rename the native one", twice.slug);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        let tools = definitions.into_iter().map(|definition| SessionTool { definition, session: session.clone() });
        Ok(Self { tools: tools.collect() })
    }

    /// The tool of this slug, compared exactly.
    pub fn get(&self, slug: &str) -> Option<&SessionTool> {
        self.tools.iter().find(|tool| tool.definition.slug == *slug)
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

impl<'a> IntoIterator for &'a ToolSet {
    type Item = &'a SessionTool;
    type IntoIter = std::slice::Iter<'a, SessionTool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
