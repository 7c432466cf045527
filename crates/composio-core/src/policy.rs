//! Which toolkits and tools a session allows. Pure, and the only place that decides it: listings, executions and
//! explanations all ask here.
//!
//! The order, first match wins (`session-semantics` 3.4, with the auth config's own list of 1.6 at the end):
//!
//! 1. the session does not allow the toolkit: refused;
//! 2. the session has a list of tools for the toolkit: the list decides, whatever the tags are;
//! 3. the session has tags for the toolkit: they decide, in place of the session's own;
//! 4. the session's tags decide;
//! 5. nothing is said: allowed.
//!
//! What the session allows may still be refused by the auth config of the account that would run it. A decision
//! allocates nothing; its trace is built only for an explanation.

mod explain;
mod tags;
#[cfg(test)]
mod tests;

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

pub use self::explain::{PolicyStep, Said, ToolExplanation};
pub use self::tags::{Tag, TagFilter};
use crate::auth::ToolFilter;
use crate::error::{Error, Result};
use crate::id::{ToolSlug, ToolkitSlug};
use crate::tool::ToolHints;
use crate::toolkit_map::ToolkitMap;

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

/// Which tools of one toolkit a session may use: a list for, a list against, or tags. Never two of them.
///
/// Rule: `session-semantics` 3.1 and 3.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolPolicy {
    /// These and no others. An empty list allows none.
    Enable(IndexSet<ToolSlug>),
    /// All but these, whatever their tags are.
    Disable(IndexSet<ToolSlug>),
    /// Those whose tags fit, in place of the session's own tags.
    Tags(TagFilter),
}

impl ToolPolicy {
    /// These and no others.
    ///
    /// # Errors
    /// `InvalidInput` for a malformed slug.
    ///
    /// # Example
    /// ```
    /// use composio_core::{ToolPolicy, ToolSlug};
    ///
    /// let policy = ToolPolicy::enable(["GITHUB_GET_A_USER", "GITHUB_LIST_ISSUES"])?;
    /// assert!(policy.named().any(|tool| tool == "GITHUB_LIST_ISSUES"));
    /// assert!(ToolPolicy::disable(["a b"]).is_err());
    /// # Ok::<(), composio_core::Error>(())
    /// ```
    pub fn enable<T>(tools: impl IntoIterator<Item = T>) -> Result<Self>
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        Ok(Self::Enable(slugs(tools)?))
    }

    /// All but these, whatever their tags are.
    ///
    /// # Errors
    /// `InvalidInput` for a malformed slug.
    pub fn disable<T>(tools: impl IntoIterator<Item = T>) -> Result<Self>
    where
        T: TryInto<ToolSlug, Error: Into<Error>>,
    {
        Ok(Self::Disable(slugs(tools)?))
    }

    /// The tools it names, for or against.
    pub fn named(&self) -> impl Iterator<Item = &ToolSlug> {
        match self {
            Self::Enable(tools) | Self::Disable(tools) => Some(tools),
            Self::Tags(_) => None,
        }
        .into_iter()
        .flatten()
    }

    /// Whether it names what it allows, instead of what it does not.
    pub fn is_positive(&self) -> bool {
        match self {
            Self::Enable(_) => true,
            Self::Disable(_) => false,
            Self::Tags(tags) => tags.is_positive(),
        }
    }
}

fn slugs<T>(tools: impl IntoIterator<Item = T>) -> Result<IndexSet<ToolSlug>>
where
    T: TryInto<ToolSlug, Error: Into<Error>>,
{
    tools.into_iter().map(|tool| tool.try_into().map_err(|error| error.into().in_field("tools"))).collect()
}

/// Everything that a decision about one tool depends on.
#[derive(Clone, Copy, Debug)]
pub struct PolicyInput<'a> {
    /// Which toolkits the session allows.
    pub toolkits: &'a ToolkitPolicy,
    /// Its lists and tags, by toolkit.
    pub tools: &'a ToolkitMap<ToolPolicy>,
    /// Its tags.
    pub tags: &'a TagFilter,
    /// The toolkit of the tool.
    pub toolkit: &'a ToolkitSlug,
    /// The tool.
    pub tool: &'a ToolSlug,
    /// What it does to the world.
    pub hints: ToolHints,
    /// What the auth config lets run, where one is known.
    pub auth_config: Option<&'a ToolFilter>,
}

/// The rule that decides about a tool, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolicyRule {
    /// The session's list of toolkits.
    Toolkits,
    /// The session's list of tools for the toolkit.
    Tools,
    /// The session's tags for the toolkit.
    ToolkitTags,
    /// The session's tags.
    Tags,
    /// The list of the auth config on which the tool would run.
    AuthConfig,
    /// No rule speaks of the tool.
    Default,
    /// It was written in Rust and given to the session.
    Native,
}

/// Whether a session may use a tool, and the rule that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PolicyDecision {
    /// Whether it may.
    pub allowed: bool,
    /// The rule.
    pub by: PolicyRule,
}

/// Decides about one tool. Allocates nothing.
///
/// # Example
/// ```
/// use composio_core::{
///     PolicyInput, PolicyRule, Tag, TagFilter, ToolHints, ToolSlug, ToolkitMap, ToolkitPolicy, ToolkitSlug, decide_tool,
/// };
///
/// let (toolkit, tool) = (ToolkitSlug::new("github")?, ToolSlug::new("GITHUB_DELETE_A_REPO")?);
/// let decision = decide_tool(&PolicyInput {
///     toolkits: &ToolkitPolicy::All,
///     tools: &ToolkitMap::new(),
///     tags: &TagFilter::new().disable([Tag::Destructive]),
///     toolkit: &toolkit,
///     tool: &tool,
///     hints: ToolHints::from_tags(["destructiveHint"]),
///     auth_config: None,
/// });
/// assert!(!decision.allowed);
/// assert_eq!(decision.by, PolicyRule::Tags);
/// # Ok::<(), composio_core::Error>(())
/// ```
#[must_use]
pub fn decide_tool(input: &PolicyInput<'_>) -> PolicyDecision {
    decide(input, &mut ())
}

/// Hears what each rule says, in order. `()` listens to nothing and costs nothing.
trait Recorder {
    fn heard(&mut self, rule: PolicyRule, said: Said);
}

impl Recorder for () {
    fn heard(&mut self, _: PolicyRule, _: Said) {}
}

fn decide<R: Recorder>(input: &PolicyInput<'_>, recorder: &mut R) -> PolicyDecision {
    let session = by_session(input, recorder);
    if !session.allowed {
        return session;
    }
    let Some(filter) = input.auth_config else { return session };
    let allowed = filter.allows(input.tool);
    let silent = matches!(filter, ToolFilter::All);
    recorder.heard(PolicyRule::AuthConfig, if silent { Said::Nothing } else { Said::of(allowed) });
    if allowed { session } else { PolicyDecision { allowed, by: PolicyRule::AuthConfig } }
}

/// What the session itself says: the first rule that speaks of the tool.
fn by_session<R: Recorder>(input: &PolicyInput<'_>, recorder: &mut R) -> PolicyDecision {
    let mut last = |by, allowed| {
        recorder.heard(by, Said::of(allowed));
        PolicyDecision { allowed, by }
    };
    if !input.toolkits.allows(input.toolkit) {
        return last(PolicyRule::Toolkits, false);
    }
    match input.tools.get(input.toolkit) {
        Some(ToolPolicy::Enable(tools)) => return last(PolicyRule::Tools, tools.contains(input.tool)),
        Some(ToolPolicy::Disable(tools)) => return last(PolicyRule::Tools, !tools.contains(input.tool)),
        Some(ToolPolicy::Tags(tags)) => return last(PolicyRule::ToolkitTags, tags.allows(input.hints)),
        None => {}
    }
    if !input.tags.is_silent() {
        return last(PolicyRule::Tags, input.tags.allows(input.hints));
    }
    if matches!(input.toolkits, ToolkitPolicy::All) {
        return last(PolicyRule::Default, true);
    }
    last(PolicyRule::Toolkits, true)
}
