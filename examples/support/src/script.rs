//! The task of the examples, and how the scripted model goes about it.

use composio_demo::{CallResult, Reply, Turn};
use serde_json::json;

/// What the examples ask of an agent.
pub const TASK: &str = "File an issue that the coffee machine on the third floor leaks, \
    mail the link to it to bob@example.com, and tell me when both are done.";

/// Who gets the mail.
pub const RECIPIENT: &str = "bob@example.com";

const CREATE: &str = "TRACKER_CREATE_ISSUE";
const SEND: &str = "MAILBOX_SEND_MESSAGE";

/// First files the issue, then mails its link, then says so. Where a tool fails, it says what it was told.
///
/// It goes by the results that it is given, not by the count of turns, so that it can be part of a longer script.
pub fn issue_and_mail(turn: &Turn) -> Reply {
    let Some(created) = turn.result_of(CREATE) else {
        let issue = json!({
            "title": "The coffee machine leaks",
            "body": "There is a puddle in front of it on the third floor.",
            "labels": ["office"],
        });
        return Reply::call(CREATE, &issue);
    };
    let Some(link) = created.json["data"]["url"].as_str() else {
        return gave_up("file the issue", created);
    };
    let Some(sent) = turn.result_of(SEND) else {
        let body = format!("Hello Bob, I filed it here: {link}");
        return Reply::call(SEND, &json!({ "to": [RECIPIENT], "subject": "The coffee machine leaks", "body": body }));
    };
    if sent.json["successful"] != true {
        return gave_up("send the mail", sent);
    }
    Reply::text(format!("I filed the issue at {link} and mailed the link to {RECIPIENT}."))
}

fn gave_up(what: &str, result: &CallResult) -> Reply {
    let why = result.json["error"].as_str().unwrap_or(&result.text);
    Reply::text(format!("I could not {what}. {why}"))
}
