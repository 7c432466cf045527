//! What is asked of the agent, how the scripted model goes about it, and what the scripted person says.

use composio::{ApprovalDecision, ToolSlug};
use composio_demo::{CallResult, ModelCall, Reply, Turn};
use example_support::script::RECIPIENT;
use serde_json::json;

pub(crate) const SEND: &str = "MAILBOX_SEND_MESSAGE";
pub(crate) const DELETE: &str = "TRACKER_DELETE_ISSUE";

/// What the user says, one after the other.
pub(crate) const FIRST: &str =
    "The office plants are watered. Mail bob@example.com that it is done, and delete issue 1, which asked for it.";
pub(crate) const SECOND: &str = "Mail Bob (bob@example.com) that the fern needs a larger pot.";
pub(crate) const THIRD: &str = "And mail him that I order one.";
pub(crate) const LAST: &str = "Delete issue 1 after all.";

/// With what the application says begins what came of calls that waited.
pub(crate) const ANSWERED: &str = "I was asked about the calls that waited.";

/// The first mail once, and from the second on always; the deletion at the second time of asking.
pub(crate) fn person(tool: &ToolSlug, times: usize) -> ApprovalDecision {
    match (tool.as_str(), times) {
        (DELETE, 0) => ApprovalDecision::Deny,
        (DELETE, _) | (SEND, 0) => ApprovalDecision::Approve,
        _ => ApprovalDecision::ApproveAlways,
    }
}

/// Makes the calls of each task once, and then says what it was told about them.
pub(crate) fn model(turn: &Turn) -> Reply {
    if turn.user.starts_with(ANSWERED) {
        return Reply::text(turn.user.lines().skip(1).map(heard).collect::<Vec<_>>().join(" "));
    }
    let mut before = 0;
    for (task, calls) in tasks() {
        if turn.user == task {
            return match turn.results.get(before..).filter(|results| !results.is_empty()) {
                None => Reply::Calls(calls),
                Some(results) => Reply::text(results.iter().map(read).collect::<Vec<_>>().join(" ")),
            };
        }
        before += calls.len();
    }
    Reply::text("I do not know what to do.")
}

fn tasks() -> [(&'static str, Vec<ModelCall>); 4] {
    let mail = |subject: &str| {
        let mail = json!({ "to": [RECIPIENT], "subject": subject, "body": format!("{subject}. Alice") });
        ModelCall::new(SEND, &mail)
    };
    let delete = || ModelCall::new(DELETE, &json!({ "number": 1 }));
    [
        (FIRST, vec![mail("The plants are watered"), delete()]),
        (SECOND, vec![mail("The fern needs a larger pot")]),
        (THIRD, vec![mail("I order a pot")]),
        (LAST, vec![delete()]),
    ]
}

/// What it says about a result.
fn read(result: &CallResult) -> String {
    let name = &result.name;
    match result.json["error"].as_str() {
        None => format!("{name} is done."),
        Some(why) if why.contains("a person has to allow it") => format!("{name} waits for your approval."),
        Some(why) if why.contains("did not allow") => format!("You did not allow {name}, so I leave it."),
        Some(why) => format!("{name} failed: {why}"),
    }
}

/// What it says about a line that the application told it.
fn heard(line: &str) -> String {
    let (name, text) = line.split_once(": ").unwrap_or((line, ""));
    read(&CallResult::new("", name, text))
}
