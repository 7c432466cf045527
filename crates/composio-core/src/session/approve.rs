//! Answering calls that wait for a person. Only the host can: nothing that a model is given does.

use std::fmt;
use std::future::IntoFuture;

use super::batch::BATCH;
use super::run::Caller;
use super::{BoxFuture, Session};
use crate::approval::{Approval, ApprovalDecision};
use crate::error::{Error, ErrorKind, Result};
use crate::tool::ToolOutput;

/// An answer in the making. Await it to give it, and to run the call that waited.
#[must_use = "an answer is given by awaiting this"]
pub struct AnswerApproval {
    session: Session,
    approval: Approval,
    decision: ApprovalDecision,
}

impl IntoFuture for AnswerApproval {
    type Output = Result<ToolOutput>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let call = self.approval.answered(self.decision);
            self.session.run_answered(call, None, &Caller::default()).await
        })
    }
}

impl fmt::Debug for AnswerApproval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerApproval")
            .field("approval", &self.approval)
            .field("decision", &self.decision)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Lets a call run that waits for a person, this once, and gives what came of it. The arguments are those that the
    /// person was shown.
    ///
    /// # Errors
    /// The await gives `PermissionDenied` where the approval was altered, was answered before, has expired, or belongs to
    /// another session; the call is not made then, and making it again asks again. Otherwise as
    /// [`execute`](Self::execute).
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # use serde_json::json;
    /// # let backend = ScriptedBackend::new().tool("MAILBOX_SEND", "mailbox", json!({"type": "object"}));
    /// # let composio = Composio::with_backend(backend.clone());
    /// let session = composio.create("user_123").require_approval_for_tools(["MAILBOX_SEND"]).await?;
    ///
    /// let waiting = session.execute("MAILBOX_SEND", json!({"to": "bob"})).await.unwrap_err();
    /// let approval = waiting.approval().expect("the call waits for a person");
    /// assert_eq!((approval.question(), backend.calls().len()), ("Allow MAILBOX_SEND?".to_owned(), 0));
    ///
    /// // Somebody said yes.
    /// let output = session.approve(approval).await?;
    /// assert_eq!((&output.value()["to"], backend.calls().len()), (&json!("bob"), 1));
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub fn approve(&self, approval: &Approval) -> AnswerApproval {
        self.answering(approval, ApprovalDecision::Approve)
    }

    /// As [`approve`](Self::approve), and lets this tool run with this account without asking, for as long as the session
    /// lives.
    ///
    /// # Errors
    /// The await gives what [`approve`](Self::approve) gives.
    pub fn approve_always(&self, approval: &Approval) -> AnswerApproval {
        self.answering(approval, ApprovalDecision::ApproveAlways)
    }

    /// Says no: the call is not made, and this approval cannot be given any more.
    ///
    /// # Errors
    /// `PermissionDenied` where the approval was altered, was answered before, or has expired.
    pub async fn deny(&self, approval: &Approval) -> Result<()> {
        // Nothing runs, so there is nothing for a modifier to see.
        match self.route(approval.answered(ApprovalDecision::Deny), &Caller::default()).await {
            // That the call was stopped is what was asked for.
            Err(error) if error.kind() == ErrorKind::Blocked => Ok(()),
            Err(error) => Err(error),
            // The other calls of a batch run.
            Ok(_) if *approval.tool() == *BATCH => Ok(()),
            Ok(_) => Err(Error::new(ErrorKind::Unexpected, "the backend ran a call that was denied")),
        }
    }

    fn answering(&self, approval: &Approval, decision: ApprovalDecision) -> AnswerApproval {
        AnswerApproval { session: self.clone(), approval: approval.clone(), decision }
    }
}
