//! Which toolkits a session allows. Pure, and asked in listings and executions alike.

use serde::{Deserialize, Serialize};

use crate::id::ToolkitSlug;

/// Which toolkits a session may use.
///
/// Rule: `session-semantics` 3.1. Nothing said allows all; an empty list of enabled ones denies every toolkit, an
/// empty list of disabled ones denies none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolkitPolicy {
    /// Every toolkit.
    #[default]
    All,
    /// These and no others, in the order they were named.
    Enable(Vec<ToolkitSlug>),
    /// All but these.
    Disable(Vec<ToolkitSlug>),
}

impl ToolkitPolicy {
    /// Whether it lets this toolkit be used.
    ///
    /// # Example
    /// ```
    /// use composio_core::{ToolkitPolicy, ToolkitSlug};
    ///
    /// let github = ToolkitSlug::new("github")?;
    /// assert!(ToolkitPolicy::All.allows(&github));
    /// assert!(!ToolkitPolicy::Enable(vec![]).allows(&github));
    /// # Ok::<(), composio_core::Error>(())
    /// ```
    pub fn allows(&self, toolkit: &ToolkitSlug) -> bool {
        match self {
            Self::All => true,
            Self::Enable(toolkits) => toolkits.contains(toolkit),
            Self::Disable(toolkits) => !toolkits.contains(toolkit),
        }
    }

    /// Whether it names what it allows, instead of what it does not.
    pub fn is_positive(&self) -> bool {
        matches!(self, Self::Enable(_))
    }

    /// The toolkits it names, for or against.
    pub fn named(&self) -> &[ToolkitSlug] {
        match self {
            Self::All => &[],
            Self::Enable(toolkits) | Self::Disable(toolkits) => toolkits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_decide() {
        let slug = |text| ToolkitSlug::new(text).unwrap();
        let (github, gmail) = (slug("github"), slug("gmail"));
        for (policy, allows) in [
            (ToolkitPolicy::All, true),
            (ToolkitPolicy::Enable(vec![github.clone()]), true),
            (ToolkitPolicy::Enable(vec![gmail.clone()]), false),
            (ToolkitPolicy::Enable(vec![]), false),
            (ToolkitPolicy::Disable(vec![github.clone()]), false),
            (ToolkitPolicy::Disable(vec![gmail]), true),
            (ToolkitPolicy::Disable(vec![]), true),
        ] {
            assert_eq!(policy.allows(&github), allows, "{policy:?}");
        }
    }
}
