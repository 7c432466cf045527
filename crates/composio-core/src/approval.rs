//! Approvals: calls that a person has to allow before they run.
//!
//! Which calls these are is decided here, purely. The question travels in the error
//! ([`ErrorKind::InputRequired`](crate::ErrorKind::InputRequired), [`Error::approval`](crate::Error::approval)), and the
//! host answers it by a method: [`Session::approve`](crate::Session::approve),
//! [`approve_always`](crate::Session::approve_always), [`deny`](crate::Session::deny). A model cannot.

use std::fmt;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{ConnectedAccountId, Timestamp, ToolSlug, ToolkitSlug};
use crate::policy::Tag;
use crate::tool::{ToolCall, ToolHints};

/// Which calls a person has to allow. None by default.
///
/// Rule: `session-semantics` 3.6 and `session-api` 3.1. A call needs an approval where its toolkit, its tool or one of
/// its tags is listed; a toolkit's own tags, even none, stand in place of the session's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApprovalPolicy {
    /// Every tool of these.
    pub toolkits: IndexSet<ToolkitSlug>,
    /// These tools.
    pub tools: IndexSet<ToolSlug>,
    /// Tools with one of these tags.
    pub tags: IndexSet<Tag>,
    /// The same by toolkit, in place of [`tags`](Self::tags).
    pub toolkit_tags: IndexMap<ToolkitSlug, IndexSet<Tag>>,
    /// What becomes of a call whose caller cannot ask anybody.
    pub fallback: ApprovalFallback,
}

/// What becomes of a call that needs an approval, where its caller cannot ask a person: an MCP client without elicitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ApprovalFallback {
    /// It is not made.
    #[default]
    Deny,
    /// It is made without asking.
    Allow,
}

/// Why a call needs an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApprovalRule {
    /// Its toolkit is listed.
    Toolkit,
    /// It is listed itself.
    Tool,
    /// It has a tag that is listed for its toolkit.
    ToolkitTag(Tag),
    /// It has a tag that is listed.
    Tag(Tag),
    /// The backend asks, and does not say by which rule.
    Backend,
}

impl ApprovalPolicy {
    /// Asks for nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks before every tool that may destroy something.
    #[must_use]
    pub fn destructive() -> Self {
        Self { tags: IndexSet::from([Tag::Destructive]), ..Self::default() }
    }

    /// Why a call of this tool needs an approval, if it does. A native tool has no toolkit. Allocates nothing.
    ///
    /// # Example
    /// ```
    /// use composio_core::{ApprovalPolicy, ApprovalRule, Tag, ToolHints, ToolSlug};
    ///
    /// let policy = ApprovalPolicy::destructive();
    /// let (delete, hints) = (ToolSlug::new("LOCAL_DELETE")?, ToolHints::from_tags(["destructiveHint"]));
    /// assert_eq!(policy.asks(None, &delete, hints), Some(ApprovalRule::Tag(Tag::Destructive)));
    /// assert_eq!(policy.asks(None, &delete, ToolHints::default()), None);
    /// # Ok::<(), composio_core::Error>(())
    /// ```
    pub fn asks(&self, toolkit: Option<&ToolkitSlug>, tool: &ToolSlug, hints: ToolHints) -> Option<ApprovalRule> {
        if toolkit.is_some_and(|toolkit| self.toolkits.contains(toolkit)) {
            return Some(ApprovalRule::Toolkit);
        }
        if self.tools.contains(tool) {
            return Some(ApprovalRule::Tool);
        }
        let listed = |tags: &IndexSet<Tag>| tags.iter().copied().find(|tag| hints.has(*tag));
        match toolkit.and_then(|toolkit| self.toolkit_tags.get(toolkit)) {
            Some(own) => listed(own).map(ApprovalRule::ToolkitTag),
            None => listed(&self.tags).map(ApprovalRule::Tag),
        }
    }

    /// Whether no call needs an approval.
    pub fn is_off(&self) -> bool {
        let none_by_toolkit = self.toolkit_tags.values().all(IndexSet::is_empty);
        self.toolkits.is_empty() && self.tools.is_empty() && self.tags.is_empty() && none_by_toolkit
    }
}

impl fmt::Display for ApprovalRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toolkit => f.write_str("its toolkit needs approvals in this session"),
            Self::Tool => f.write_str("it needs approvals in this session"),
            Self::ToolkitTag(tag) => write!(f, "it is tagged {tag}, which needs approvals in this toolkit"),
            Self::Tag(tag) => write!(f, "it is tagged {tag}, which needs approvals in this session"),
            Self::Backend => f.write_str("the backend asks for it"),
        }
    }
}

/// What a person says to a call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApprovalDecision {
    /// This call, this once.
    Approve,
    /// This call, and every other of the same tool with the same account in this session.
    ApproveAlways,
    /// Not this call.
    Deny,
}

/// The opaque proof that a call was put before a person: sealed by the backend, bound to the session, the tool, the account
/// and the arguments, good for one answer until it expires. Keep it away from models.
#[derive(Clone, PartialEq, Eq)]
pub struct ApprovalState(Arc<str>);

impl ApprovalState {
    /// As text, to be kept and given back unchanged.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ApprovalState {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for ApprovalState {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&ApprovalState> for ApprovalState {
    fn from(state: &ApprovalState) -> Self {
        state.clone()
    }
}

impl fmt::Debug for ApprovalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApprovalState([a capability, not shown])")
    }
}

/// An answer on its way back to the backend, with the call that it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApprovalAnswer {
    /// The proof that came with the question.
    pub state: ApprovalState,
    /// What the person said.
    pub decision: ApprovalDecision,
}

impl ApprovalAnswer {
    /// An answer.
    #[must_use]
    pub fn new(state: ApprovalState, decision: ApprovalDecision) -> Self {
        Self { state, decision }
    }
}

/// A call that waits for a person. Cheap enough to keep; answer it once, before it expires.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Approval {
    call: ToolCall,
    rule: ApprovalRule,
    account: Option<(ConnectedAccountId, String)>,
    state: ApprovalState,
    expires_at: Option<Timestamp>,
    question: Option<String>,
}

impl Approval {
    /// A question about a call. Backends make it.
    #[must_use]
    pub fn new(
        call: ToolCall,
        rule: ApprovalRule,
        state: ApprovalState,
        expires_at: impl Into<Option<Timestamp>>,
    ) -> Self {
        Self { call, rule, account: None, state, expires_at: expires_at.into(), question: None }
    }

    /// Sets what to ask, where the backend has words of its own.
    #[must_use]
    pub fn with_question(mut self, question: impl Into<String>) -> Self {
        self.question = Some(question.into());
        self
    }

    /// Says with which account the call would run, and how a person would name that.
    #[must_use]
    pub fn with_account(mut self, account: ConnectedAccountId, label: impl Into<String>) -> Self {
        self.account = Some((account, label.into()));
        self
    }

    /// The tool.
    pub fn tool(&self) -> &ToolSlug {
        &self.call.tool
    }

    /// The arguments that the answer is for, to be shown to the person.
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.call.arguments
    }

    /// The account that would run it; none where the tool needs none.
    pub fn account(&self) -> Option<&ConnectedAccountId> {
        self.account.as_ref().map(|(id, _)| id)
    }

    /// Why it is asked.
    pub fn rule(&self) -> ApprovalRule {
        self.rule
    }

    /// Until when it can be answered.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// What to keep where another process, or a later run, gives the answer: then
    /// [`Execute::answer_approval`](crate::Execute::answer_approval) repeats the call with it.
    pub fn state(&self) -> &ApprovalState {
        &self.state
    }

    /// What to ask, in a sentence without the arguments: `Allow MAILBOX_SEND_MESSAGE with work?`
    #[must_use]
    pub fn question(&self) -> String {
        if let Some(question) = &self.question {
            return question.clone();
        }
        match &self.account {
            Some((_, label)) => format!("Allow {} with {label}?", self.call.tool),
            None => format!("Allow {}?", self.call.tool),
        }
    }

    /// The same call, with what the person said.
    pub(crate) fn answered(&self, decision: ApprovalDecision) -> ToolCall {
        let mut call = self.call.clone();
        call.approval = Some(ApprovalAnswer::new(self.state.clone(), decision));
        call
    }
}

impl fmt::Debug for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Approval")
            .field("tool", &self.call.tool)
            .field("account", &self.account())
            .field("rule", &self.rule)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_asked_about() {
        let (gmail, send) = (ToolkitSlug::new("gmail").unwrap(), ToolSlug::new("GMAIL_SEND").unwrap());
        let hints = ToolHints::from_tags(["createHint", "openWorldHint"]);
        let tags = |tags: &[Tag]| tags.iter().copied().collect::<IndexSet<_>>();
        let of_gmail = |own: &[Tag]| IndexMap::from([(gmail.clone(), tags(own))]);
        let new = ApprovalPolicy::new;
        for (policy, expected) in [
            (new(), None),
            (ApprovalPolicy::destructive(), None),
            (ApprovalPolicy { toolkits: [gmail.clone()].into(), ..new() }, Some(ApprovalRule::Toolkit)),
            (ApprovalPolicy { tools: [send.clone()].into(), ..new() }, Some(ApprovalRule::Tool)),
            (ApprovalPolicy { tags: tags(&[Tag::Create]), ..new() }, Some(ApprovalRule::Tag(Tag::Create))),
            (ApprovalPolicy { tags: tags(&[Tag::Update]), ..new() }, None),
            // A toolkit's own tags, even none, stand in place of the session's.
            (ApprovalPolicy { tags: tags(&[Tag::Create]), toolkit_tags: of_gmail(&[]), ..new() }, None),
            (
                ApprovalPolicy { tags: tags(&[]), toolkit_tags: of_gmail(&[Tag::OpenWorld]), ..new() },
                Some(ApprovalRule::ToolkitTag(Tag::OpenWorld)),
            ),
            // They say nothing about lists.
            (
                ApprovalPolicy { tools: [send.clone()].into(), toolkit_tags: of_gmail(&[]), ..new() },
                Some(ApprovalRule::Tool),
            ),
        ] {
            assert_eq!(policy.asks(Some(&gmail), &send, hints), expected, "{policy:?}");
            assert!(!(policy.is_off() && expected.is_some()), "{policy:?}");
        }
    }

    #[test]
    fn nothing_printed_holds_the_state_or_the_arguments() {
        let mut call = ToolCall::new(ToolSlug::new("A_B").unwrap(), Map::new());
        call.arguments.insert("secret".to_owned(), "in-arguments".into());
        let state = ApprovalState::from("in-state");
        let approval = Approval::new(call, ApprovalRule::Tool, state, Timestamp::from_micros(0));
        let approval = approval.with_account(ConnectedAccountId::from("ca_1"), "work");
        assert_eq!(approval.question(), "Allow A_B with work?");
        for text in [format!("{approval:?}"), format!("{:?}", approval.answered(ApprovalDecision::Approve).approval)] {
            assert!(!text.contains("in-state") && !text.contains("in-arguments"), "{text}");
        }
    }
}
