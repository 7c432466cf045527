//! The native tools of a session as a backend hears of them.

use std::fmt;
use std::sync::Arc;

use super::ToolDefinition;

/// What the native tools of a session are, without the code that runs them. Cheap to clone, and free where there are none.
///
/// A backend that keeps none of them is told anew with every call that may need them. Rule: `session-api` 2.
#[derive(Clone, Default, PartialEq)]
pub struct NativeDefinitions(Option<Arc<[Arc<ToolDefinition>]>>);

impl NativeDefinitions {
    /// No native tools.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Each of them; the slugs begin with `LOCAL_`.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<ToolDefinition>> {
        self.0.iter().flat_map(|tools| tools.iter())
    }
}

impl FromIterator<Arc<ToolDefinition>> for NativeDefinitions {
    fn from_iter<I: IntoIterator<Item = Arc<ToolDefinition>>>(tools: I) -> Self {
        let tools: Arc<[_]> = tools.into_iter().collect();
        Self((!tools.is_empty()).then_some(tools))
    }
}

impl fmt::Debug for NativeDefinitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|tool| &tool.slug)).finish()
    }
}
