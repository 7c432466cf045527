//! Which tools a session may use, and which calls a person has to allow.

use super::SessionBuilder;
use crate::approval::{ApprovalFallback, ApprovalPolicy};
use crate::error::Error;
use crate::id::{ToolSlug, ToolkitSlug};
use crate::policy::{Tag, TagFilter, ToolPolicy};

/// Tools, tags and approvals. The order in which rules are asked is that of [`decide_tool`](crate::decide_tool).
impl SessionBuilder {
    /// Allows these tools of a toolkit and no others. Called again, it adds.
    pub fn enable_tools<T, S>(mut self, toolkit: T, tools: impl IntoIterator<Item = S>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        S: TryInto<ToolSlug, Error: Into<Error>>,
    {
        let Some(toolkit) = self.parse("tools", toolkit) else { return self };
        let tools: Vec<ToolSlug> = self.parse_all(&format!("tools.{toolkit}"), tools);
        match self.config.tools.get_mut(&toolkit) {
            None => drop(self.config.tools.insert(toolkit, ToolPolicy::Enable(tools.into_iter().collect()))),
            Some(ToolPolicy::Enable(before)) => before.extend(tools),
            Some(ToolPolicy::Disable(_) | ToolPolicy::Tags(_)) => self.two_rules(&toolkit),
        }
        self
    }

    /// Allows all tools of a toolkit but these, whatever their tags are. Called again, it adds.
    pub fn disable_tools<T, S>(mut self, toolkit: T, tools: impl IntoIterator<Item = S>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
        S: TryInto<ToolSlug, Error: Into<Error>>,
    {
        let Some(toolkit) = self.parse("tools", toolkit) else { return self };
        let tools: Vec<ToolSlug> = self.parse_all(&format!("tools.{toolkit}"), tools);
        match self.config.tools.get_mut(&toolkit) {
            None => drop(self.config.tools.insert(toolkit, ToolPolicy::Disable(tools.into_iter().collect()))),
            Some(ToolPolicy::Disable(before)) => before.extend(tools),
            Some(ToolPolicy::Enable(_) | ToolPolicy::Tags(_)) => self.two_rules(&toolkit),
        }
        self
    }

    /// Allows the tools of a toolkit by tag, in place of the session's own tags.
    pub fn toolkit_tags<T>(mut self, toolkit: T, tags: TagFilter) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let Some(toolkit) = self.parse("tools", toolkit) else { return self };
        match self.config.tools.get(&toolkit) {
            None | Some(ToolPolicy::Tags(_)) => drop(self.config.tools.insert(toolkit, ToolPolicy::Tags(tags))),
            Some(ToolPolicy::Enable(_) | ToolPolicy::Disable(_)) => self.two_rules(&toolkit),
        }
        self
    }

    /// Allows only tools with at least one of these tags, such as `"readOnlyHint"`. Called again, it adds.
    pub fn tags<T>(mut self, tags: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<Tag, Error: Into<Error>>,
    {
        let tags = self.parse_all("tags", tags);
        self.config.tags.enable.get_or_insert_default().extend(tags);
        self
    }

    /// Allows only tools without these tags, such as `"destructiveHint"`. Called again, it adds.
    pub fn disable_tags<T>(mut self, tags: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<Tag, Error: Into<Error>>,
    {
        let tags = self.parse_all("tags", tags);
        self.config.tags.disable.extend(tags);
        self
    }

    /// Puts every call of a tool that may destroy something before a person first.
    pub fn require_approval_for_destructive(mut self) -> Self {
        self.config.approvals.get_or_insert_default().tags.insert(Tag::Destructive);
        self
    }

    /// Puts every call of these toolkits' tools before a person first.
    pub fn require_approval_for_toolkits<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        let toolkits = self.parse_all("approvals.toolkits", toolkits);
        self.config.approvals.get_or_insert_default().toolkits.extend(toolkits);
        self
    }

    /// Puts every call of these tools before a person first, native ones (`LOCAL_…`) too.
    ///
    /// The backend asks about its own tools by the session as it is kept. Whether a native tool asks is decided where it
    /// runs, by the configuration that this process last read: where another process changes that,
    /// [`refresh`](crate::Session::refresh) the session.
    pub fn require_approval_for_tools<S>(mut self, tools: impl IntoIterator<Item = S>) -> Self
    where
        S: TryInto<ToolSlug, Error: Into<Error>>,
    {
        let tools: Vec<ToolSlug> = self.parse_all("approvals.tools", tools);
        self.config.approvals.get_or_insert_default().tools.extend(tools);
        self
    }

    /// Puts every call of tools with one of these tags before a person first.
    pub fn require_approval_for_tags<T>(mut self, tags: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<Tag, Error: Into<Error>>,
    {
        let tags = self.parse_all("approvals.tags", tags);
        self.config.approvals.get_or_insert_default().tags.extend(tags);
        self
    }

    /// Sets everything about approvals at once; see [`ApprovalPolicy`].
    pub fn approvals(mut self, approvals: ApprovalPolicy) -> Self {
        self.config.approvals = (approvals != ApprovalPolicy::new()).then(|| approvals.into());
        self
    }

    /// Says what becomes of a call that needs an approval, where its caller cannot ask anybody.
    pub fn approval_fallback(mut self, fallback: ApprovalFallback) -> Self {
        self.config.approvals.get_or_insert_default().fallback = fallback;
        self
    }

    fn two_rules(&mut self, toolkit: &ToolkitSlug) {
        let rule = "a list for, a list against, or tags: only one of them can hold for a toolkit";
        self.note(Error::invalid_input(&format!("tools.{toolkit}"), toolkit.as_str(), rule));
    }
}
