//! Why a session may use a tool, for people: what each rule said, in order.

use std::fmt;

use super::{PolicyDecision, PolicyInput, PolicyRule, Recorder, decide};
use crate::approval::ApprovalRule;
use crate::id::{AuthConfigId, ToolSlug, ToolkitSlug};
use crate::tool::ToolHints;

/// What one rule says about a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Said {
    /// It may be used.
    Yes,
    /// It may not.
    No,
    /// The rule does not speak of it.
    Nothing,
}

impl Said {
    pub(super) fn of(allowed: bool) -> Self {
        if allowed { Self::Yes } else { Self::No }
    }
}

/// One rule that was asked, and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyStep {
    /// The rule.
    pub rule: PolicyRule,
    /// What it said.
    pub said: Said,
}

/// Why a session may use a tool, or may not. Prints as a short text for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ToolExplanation {
    /// The tool.
    pub tool: ToolSlug,
    /// Its toolkit; none for a native tool.
    pub toolkit: Option<ToolkitSlug>,
    /// What it does to the world.
    pub hints: ToolHints,
    /// Whether it may be used, and the rule that says so.
    pub decision: PolicyDecision,
    /// The rules that were asked, in order. Those that would have come later were not.
    pub steps: Vec<PolicyStep>,
    /// The auth config that was asked: of the account that would run the tool, else the one that a link would use.
    pub auth_config: Option<AuthConfigId>,
    /// Why a call needs somebody's approval, where it does.
    pub approval: Option<ApprovalRule>,
    /// Whether a model gets it directly.
    pub preloaded: bool,
    /// Whether this was worked out here from what the backend lists, and not by what will decide.
    pub predicted: bool,
}

impl ToolExplanation {
    /// Decides about a tool and remembers why.
    #[must_use]
    pub fn of(input: &PolicyInput<'_>) -> Self {
        let mut steps: Vec<PolicyStep> = Vec::new();
        let decision = decide(input, &mut steps);
        Self {
            tool: input.tool.clone(),
            toolkit: Some(input.toolkit.clone()),
            hints: input.hints,
            decision,
            steps,
            auth_config: None,
            approval: None,
            preloaded: false,
            predicted: false,
        }
    }

    /// The same, marked as worked out from what a backend lists.
    #[must_use]
    pub fn as_prediction(mut self) -> Self {
        self.predicted = true;
        self
    }

    /// A tool that was written in Rust: whoever gave it to the session allowed it.
    #[must_use]
    pub fn native(tool: ToolSlug, hints: ToolHints) -> Self {
        let decision = PolicyDecision { allowed: true, by: PolicyRule::Native };
        Self {
            tool,
            toolkit: None,
            hints,
            decision,
            steps: vec![PolicyStep { rule: PolicyRule::Native, said: Said::Yes }],
            auth_config: None,
            approval: None,
            preloaded: true,
            predicted: false,
        }
    }
}

impl Recorder for Vec<PolicyStep> {
    fn heard(&mut self, rule: PolicyRule, said: Said) {
        self.push(PolicyStep { rule, said });
    }
}

impl fmt::Display for PolicyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Toolkits => "the session's toolkits",
            Self::Tools => "the session's tools of this toolkit",
            Self::ToolkitTags => "the session's tags for this toolkit",
            Self::Tags => "the session's tags",
            Self::AuthConfig => "the auth config's tools",
            Self::Default => "no rule",
            Self::Native => "a native tool of this session",
        })
    }
}

impl fmt::Display for PolicyDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.allowed, self.by) {
            (true, PolicyRule::Default) => f.write_str("allowed: no rule speaks against it"),
            (true, by) => write!(f, "allowed by {by}"),
            (false, by) => write!(f, "refused by {by}"),
        }
    }
}

impl fmt::Display for ToolExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.tool, self.decision)?;
        let tags: Vec<_> = self.hints.tags().map(super::Tag::as_str).collect();
        if !tags.is_empty() {
            write!(f, "\n  its tags are {}", tags.join(", "))?;
        }
        for step in &self.steps {
            let said = match step.said {
                Said::Yes => "yes",
                Said::No => "no",
                Said::Nothing => "nothing about it",
            };
            match (&self.auth_config, step.rule) {
                (Some(id), PolicyRule::AuthConfig) => write!(f, "\n  {} ({id}): {said}", step.rule)?,
                _ => write!(f, "\n  {}: {said}", step.rule)?,
            }
        }
        if let Some(rule) = self.approval.filter(|_| self.decision.allowed) {
            write!(f, "\n  each call needs an approval: {rule}")?;
        }
        f.write_str(if self.preloaded {
            "\n  a model gets it directly"
        } else {
            "\n  a model does not get it directly"
        })
    }
}
