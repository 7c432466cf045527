//! What a client is shown: tools in the protocol's own type.

use std::borrow::Cow;
use std::sync::Arc;

use composio_core::{SessionTool, ToolHints, ToolSet};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};

/// What native slugs begin with, on every backend.
const NATIVE_PREFIX: &str = "LOCAL_";

/// The tools of a session in MCP's own type.
///
/// [`SessionServer`](crate::SessionServer) lists and calls them; this is for a server of your own.
pub trait McpTools: sealed::Sealed {
    /// One [`Tool`] for each, in the same order. Schemas are shared, not copied.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
    /// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
    /// use composio_mcp::McpTools as _;
    ///
    /// let tools = session.tools().await?.to_mcp();
    /// assert_eq!(tools[0].name, "GITHUB_GET_A_USER");
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    fn to_mcp(&self) -> Vec<Tool>;
}

impl McpTools for ToolSet {
    fn to_mcp(&self) -> Vec<Tool> {
        Names::Slugs.all(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for composio_core::ToolSet {}
}

/// Under which names tools are shown, and found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// The names that models get everywhere.
    Slugs,
    /// Native tools as their author called them, where no other tool has that name.
    Authored,
}

impl Names {
    /// Every tool as it is shown.
    pub(crate) fn all(self, tools: &ToolSet) -> Vec<Tool> {
        tools.iter().map(|tool| shown(tool, self.of(tool, tools))).collect()
    }

    /// The tool that is shown under this name. The full name of a native tool finds it in any case.
    pub(crate) fn find<'a>(self, name: &str, tools: &'a ToolSet) -> Option<&'a SessionTool> {
        let native = || tools.named(&format!("{NATIVE_PREFIX}{name}")).filter(|tool| is_native(tool));
        tools.named(name).or_else(|| if self == Self::Authored { native() } else { None })
    }

    fn of<'a>(self, tool: &'a SessionTool, tools: &ToolSet) -> &'a str {
        let authored = || tool.name().strip_prefix(NATIVE_PREFIX).filter(|name| tools.named(name).is_none());
        match self {
            Self::Authored if is_native(tool) => authored().unwrap_or(tool.name()),
            Self::Authored | Self::Slugs => tool.name(),
        }
    }
}

fn is_native(tool: &SessionTool) -> bool {
    tool.definition().toolkit.is_none()
}

/// The schema of the result, where clients are told: of native tools, whose authors know it. What services answer is
/// described too loosely to be held against it. Until 2025-11-25 the protocol knows objects and nothing else.
pub(crate) fn result_schema(tool: &SessionTool) -> Option<&Arc<JsonObject>> {
    let schema = tool.definition().output_schema.as_ref().filter(|_| is_native(tool))?;
    (schema.value()["type"] == "object").then(|| schema.for_model())
}

fn shown(tool: &SessionTool, name: &str) -> Tool {
    let description = Cow::Owned(tool.description().to_owned());
    let mut shown = Tool::new(name.to_owned(), description, Arc::clone(tool.schema()));
    shown.output_schema = result_schema(tool).map(Arc::clone);
    shown.annotations = annotations(tool.definition().hints);
    shown
}

/// Only what is claimed is said. Without a word a client has to assume the worst: that a tool destroys, and reaches out.
fn annotations(hints: ToolHints) -> Option<ToolAnnotations> {
    if hints == ToolHints::default() {
        return None;
    }
    let claimed = |hint: bool| hint.then_some(true);
    // What only makes something new is additive, and "not destructive" is MCP's word for that.
    let additive = hints.create && !hints.update;
    let mut said = ToolAnnotations::new();
    said.read_only_hint = claimed(hints.read_only);
    said.destructive_hint = claimed(hints.destructive).or_else(|| additive.then_some(false));
    said.idempotent_hint = claimed(hints.idempotent);
    said.open_world_hint = claimed(hints.open_world);
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_become_annotations() {
        let said = |tags: &[&str]| {
            let said = annotations(ToolHints::from_tags(tags.iter().copied()))?;
            Some([said.read_only_hint, said.destructive_hint, said.idempotent_hint, said.open_world_hint])
        };
        let (yes, no) = (Some(true), Some(false));
        for (tags, expected) in [
            (&[][..], None),
            (&["readOnlyHint"], Some([yes, None, None, None])),
            (&["readOnlyHint", "idempotentHint", "openWorldHint"], Some([yes, None, yes, yes])),
            (&["destructiveHint"], Some([None, yes, None, None])),
            (&["createHint"], Some([None, no, None, None])),
            (&["updateHint"], Some([None, None, None, None])),
            (&["createHint", "updateHint"], Some([None, None, None, None])),
            (&["createHint", "destructiveHint"], Some([None, yes, None, None])),
        ] {
            assert_eq!(said(tags), expected, "{tags:?}");
        }
    }
}
