//! Answers that nobody gave, and that nothing came of.

use anyhow::{Context as _, Result, bail, ensure};
use composio::{Approval, ApprovalDecision, ErrorKind, Session, ToolOutput};
use example_support::{Playground, show};
use serde_json::{Value, json};

/// A tool that the agent does not have. It is asked about all the same, because it destroys something.
const REMOVE: &str = "MAILBOX_DELETE_MESSAGE";

pub(crate) async fn show(playground: &Playground, session: &Session) -> Result<()> {
    let question = waiting(session).await?;
    session.deny(&question).await?;
    refused("A no that becomes a yes", session.approve(&question).await)?;

    let state = waiting(session).await?.state().clone();
    let call = session.execute(REMOVE, json!({ "id": "msg_2" })).answer_approval(state, ApprovalDecision::Approve);
    refused("A yes for other arguments", call.await)?;

    let state = waiting(session).await?.state().as_str().to_owned();
    let (before, after) = state.split_at(state.len() / 2);
    let other = if after.starts_with('A') { 'B' } else { 'A' };
    let altered = format!("{before}{other}{}", &after[1..]);
    let call = session.execute(REMOVE, message()).answer_approval(altered, ApprovalDecision::Approve);
    refused("A yes that was altered", call.await)?;

    let requests = playground.demo().requests();
    let reached = requests.iter().any(|request| request.method == "DELETE" && request.path.starts_with("/mailbox/"));
    ensure!(!reached, "the mailbox was asked to delete something");
    show::checked("the mailbox was asked to delete nothing");
    Ok(())
}

fn message() -> Value {
    json!({ "id": "msg_1" })
}

/// A call that waits.
async fn waiting(session: &Session) -> Result<Approval> {
    match session.execute(REMOVE, message()).await {
        Ok(_) => bail!("{REMOVE} was made, and should have waited"),
        Err(error) => error.approval().cloned().context(error),
    }
}

fn refused(what: &str, outcome: composio::Result<ToolOutput>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            show::whole("refused", format!("{what}: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => bail!("{what} was taken"),
    }
}
