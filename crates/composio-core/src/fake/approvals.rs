//! Calls that wait for a person, in memory.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::state::asked;
use crate::approval::{Approval, ApprovalDecision, ApprovalRule};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, Timestamp, ToolSlug};
use crate::tool::ToolCall;

/// How long an answer is awaited.
const LIFE: Duration = Duration::from_secs(600);

/// The call that waits, and where.
type Question = (SessionId, ToolCall);

/// What was asked, and what was always allowed.
#[derive(Default)]
pub(super) struct Approvals {
    /// By their state, with the time until which they can be answered.
    waiting: HashMap<String, (Question, Timestamp)>,
    /// With the account that the calls name.
    always: HashSet<(SessionId, ToolSlug, Option<String>)>,
    asked: u64,
}

impl Approvals {
    /// Lets a call pass, or asks.
    pub(super) fn pass(
        &mut self,
        session: &SessionId,
        call: &ToolCall,
        rule: ApprovalRule,
        now: Timestamp,
    ) -> Result<()> {
        let tool = (session.clone(), call.tool.clone(), call.account.clone());
        let Some(answer) = &call.approval else {
            return if self.always.contains(&tool) { Ok(()) } else { Err(self.ask(session, call, rule, now)) };
        };
        let (state, expected) = (answer.state.as_str(), (session.clone(), asked(call)));
        let fits = self.waiting.get(state).is_some_and(|(waiting, until)| *waiting == expected && now <= *until);
        if !fits {
            let message =
                "this approval is not for this call, was given before, or has expired; make the call again to be asked";
            return Err(Error::new(ErrorKind::PermissionDenied, message));
        }
        self.waiting.remove(state);
        match answer.decision {
            ApprovalDecision::Approve => Ok(()),
            ApprovalDecision::ApproveAlways => {
                self.always.insert(tool);
                Ok(())
            }
            ApprovalDecision::Deny => Err(Error::approval_denied(&call.tool)),
        }
    }

    fn ask(&mut self, session: &SessionId, call: &ToolCall, rule: ApprovalRule, now: Timestamp) -> Error {
        self.asked += 1;
        let (state, until) = (format!("approval-{}", self.asked), now.plus(LIFE));
        self.waiting.insert(state.clone(), ((session.clone(), asked(call)), until));
        // What is asked about is made as it was meant, where its long results go included.
        let waiting = ToolCall { approval: None, ..call.clone() };
        Error::approval_required(Approval::new(waiting, rule, state.into(), until))
    }
}
