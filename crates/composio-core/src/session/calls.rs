//! Calls of a session that take options: values that become futures.

use std::fmt;
use std::future::IntoFuture;

use serde_json::Value;

use super::run::Caller;
use super::{BoxFuture, Session};
use crate::approval::{ApprovalAnswer, ApprovalDecision, ApprovalState};
use crate::backend::{Items, Page, ToolkitQuery, ToolkitState};
use crate::error::{Error, Result};
use crate::id::{ToolSlug, ToolkitSlug};
use crate::tool::{Arguments, ToolCall, ToolOutput};

/// A call in the making. Await it to run the tool.
#[must_use = "a tool runs by awaiting its call"]
pub struct Execute {
    session: Session,
    tool: Result<ToolSlug>,
    arguments: Value,
    account: Option<String>,
    idempotency_key: Option<String>,
    approval: Option<ApprovalAnswer>,
}

impl Execute {
    pub(super) fn new(session: Session, tool: Result<ToolSlug>, arguments: Value) -> Self {
        Self { session, tool, arguments, account: None, idempotency_key: None, approval: None }
    }

    /// Names the account to run with, by id or alias, exactly.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Makes the call happen at most once: under the same key, session and tool, the first outcome is given again for
    /// 24 hours.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Repeats a call that waits for a person, with what the person said: for hosts that kept the
    /// [state](crate::Approval::state) of the question and have to ask across processes. Modifiers see the arguments again,
    /// so that the call is the one that was asked about.
    pub fn answer_approval(mut self, state: impl Into<ApprovalState>, decision: ApprovalDecision) -> Self {
        self.approval = Some(ApprovalAnswer::new(state.into(), decision));
        self
    }
}

impl IntoFuture for Execute {
    type Output = Result<ToolOutput>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut call = ToolCall::new(self.tool?, Arguments::from(self.arguments).into_object()?);
            call.account = self.account;
            call.idempotency_key = self.idempotency_key;
            call.approval = self.approval;
            self.session.run(call, None, &Caller::default()).await
        })
    }
}

/// Without the arguments, as [`ToolCall`] is.
impl fmt::Debug for Execute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execute")
            .field("session", &self.session)
            .field("tool", &self.tool)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

/// A list of toolkits in the making. Await it for one page.
#[must_use = "toolkits are listed by awaiting this"]
#[derive(Debug)]
pub struct ListToolkits {
    session: Session,
    query: ToolkitQuery,
    error: Option<Error>,
}

impl ListToolkits {
    pub(super) fn new(session: Session) -> Self {
        Self { session, query: ToolkitQuery::new(), error: None }
    }

    /// Only those with this text in slug, name or description, whatever the case.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.query.search = Some(text.into());
        self
    }

    /// Only those that are connected, or only those that are not.
    pub fn connected(mut self, connected: bool) -> Self {
        self.query.connected = Some(connected);
        self
    }

    /// Only these.
    pub fn slugs<T>(mut self, toolkits: impl IntoIterator<Item = T>) -> Self
    where
        T: TryInto<ToolkitSlug, Error: Into<Error>>,
    {
        for toolkit in toolkits {
            match toolkit.try_into() {
                Ok(slug) => self.query.toolkits.push(slug),
                Err(error) => self.error = self.error.or_else(|| Some(error.into())),
            }
        }
        self
    }

    /// How many on a page at the most: 20 unless said, 50 at the most.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = Some(limit);
        self
    }

    /// Goes on where a page ended.
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.query.cursor = Some(cursor.into());
        self
    }

    /// All of them from here on, page after page.
    pub fn stream(self) -> Items<ToolkitState> {
        let Self { session, query, error } = self;
        Items::new(error.map_or(Ok(query.cursor.clone()), Err), move |cursor| {
            let (session, query) = (session.clone(), ToolkitQuery { cursor, ..query.clone() });
            async move { session.backend().list_toolkits(session.id(), &query).await }
        })
    }
}

impl IntoFuture for ListToolkits {
    type Output = Result<Page<ToolkitState>>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            match self.error {
                Some(error) => Err(error),
                None => self.session.backend().list_toolkits(self.session.id(), &self.query).await,
            }
        })
    }
}
