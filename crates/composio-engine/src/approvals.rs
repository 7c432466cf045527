//! Calls that wait for a person.

use composio_core::{ApprovalRule, Error, ErrorKind, Result, ToolCall};

use crate::scope::Scope;

/// Lets a call pass that runs in the caller's process.
pub(crate) async fn confirm(_scope: &Scope<'_>, _call: &ToolCall, _rule: ApprovalRule) -> Result<()> {
    Err(Error::new(ErrorKind::Unsupported, "being written"))
}
