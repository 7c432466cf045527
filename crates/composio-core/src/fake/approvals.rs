//! Calls that wait for a person, in memory.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::approval::{Approval, ApprovalDecision, ApprovalRule};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, Timestamp, ToolSlug};
use crate::tool::ToolCall;

/// How long an answer is awaited.
const LIFE: Duration = Duration::from_secs(600);

/// What was asked, and what was always allowed.
#[derive(Default)]
pub(super) struct Approvals {
    waiting: HashMap<String, (SessionId, ToolCall)>,
    always: HashSet<(SessionId, ToolSlug)>,
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
        let tool = (session.clone(), call.tool.clone());
        let asked = ToolCall { approval: None, ..call.clone() };
        let Some(answer) = &call.approval else {
            if self.always.contains(&tool) {
                return Ok(());
            }
            self.asked += 1;
            let state = format!("approval-{}", self.asked);
            self.waiting.insert(state.clone(), (session.clone(), asked.clone()));
            return Err(Error::approval_required(Approval::new(asked, rule, state.into(), now.plus(LIFE))));
        };
        if self.waiting.remove(answer.state.as_str()) != Some((session.clone(), asked)) {
            let message = "this approval is not for this call, or was given before; make the call again to be asked";
            return Err(Error::new(ErrorKind::PermissionDenied, message));
        }
        match answer.decision {
            ApprovalDecision::Approve => Ok(()),
            ApprovalDecision::ApproveAlways => {
                self.always.insert(tool);
                Ok(())
            }
            ApprovalDecision::Deny => Err(Error::approval_denied(&call.tool)),
        }
    }
}
