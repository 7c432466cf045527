//! Calls of a session that take options: values that become futures.

use std::fmt;
use std::future::IntoFuture;

use serde_json::Value;

use super::run::Caller;
use super::{BoxFuture, Session};
use crate::approval::{ApprovalAnswer, ApprovalDecision, ApprovalState};
use crate::backend::{Page, ToolkitQuery, ToolkitState, listing};
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
    source: Session,
    query: ToolkitQuery,
    error: Option<Error>,
}

impl ListToolkits {
    pub(super) fn new(session: Session) -> Self {
        Self { source: session, query: ToolkitQuery::new(), error: None }
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
}

listing!(ListToolkits of ToolkitState, "20 unless said, 50", page_of_toolkits);

async fn page_of_toolkits(session: Session, query: ToolkitQuery) -> Result<Page<ToolkitState>> {
    session.backend().list_toolkits(session.id(), &query).await
}
