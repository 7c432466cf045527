//! The program as it is run: offline, by a scripted person or by one who types.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Runs it, types this, and lets nobody type any more.
fn run(arguments: &[&str], typed: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_approve_a_call"));
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    program.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    program.wait_with_output().unwrap()
}

fn found(output: Output) -> (String, Vec<String>) {
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.contains("/oauth/callback") && !text.contains("code="), "{text}");
    let found = text.lines().filter_map(|line| line.strip_prefix("checked  ")).map(str::to_owned).collect();
    (text, found)
}

#[test]
fn what_was_allowed_has_happened_and_nothing_else() {
    let (text, found) = found(run(&[], ""));
    let expected = [
        "the mailbox was asked to delete nothing",
        "bob@example.com has 3 new mails: The plants are watered, The fern needs a larger pot, I order a pot",
        "issue 1 is gone",
        "MAILBOX_SEND_MESSAGE was made 3 times: 1 yes, 1 always, 0 no",
        "TRACKER_DELETE_ISSUE was made 1 time: 1 yes, 0 always, 1 no",
    ];
    assert_eq!(found, expected, "{text}");
    assert_eq!(text.matches("\napprove  ").count(), 4, "{text}");
    assert_eq!(text.matches("\nrefused  ").count(), 3, "{text}");
}

#[test]
fn whoever_types_decides() {
    let (text, found) = found(run(&["--ask"], "a\nperhaps\nYes\n"));
    let expected = [
        "the mailbox was asked to delete nothing",
        "bob@example.com has 3 new mails: The plants are watered, The fern needs a larger pot, I order a pot",
        "issue 1 is gone",
        "MAILBOX_SEND_MESSAGE was made 3 times: 0 yes, 1 always, 0 no",
        // The second time nobody typed any more, and what was gone stayed gone.
        "TRACKER_DELETE_ISSUE was made 1 time: 1 yes, 0 always, 1 no",
    ];
    assert_eq!(found, expected, "{text}");
}

#[test]
fn without_anybody_who_types_nothing_is_allowed() {
    let (text, found) = found(run(&["--ask"], ""));
    assert_eq!(found[1..3], ["bob@example.com has no new mail", "issue 1 is still there"], "{text}");
    assert_eq!(text.matches("\nanswer   no").count(), 5, "{text}");
}
