//! The program as it is run: nobody there, two times, with and without what it kept.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::Path;
use std::process::{Command, Output};

fn run(arguments: &[&str], directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    for name in ["COMPOSIO_OAUTH_GITHUB_CLIENT_ID", "COMPOSIO_OAUTH_GITHUB_CLIENT_SECRET"] {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(directory).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_second_run_finds_the_accounts_again() {
    let directory = tempfile::tempdir().unwrap();
    // The directory is made, nested and relative; without a terminal the pages are walked through unasked.
    let first = text(&run(&["--data", "kept/here"], directory.path()));
    assert_eq!(first.matches("allowed as alice@work.example").count(), 2, "{first}");
    assert_eq!(first.matches("allowed as alice@home.example").count(), 1, "{first}");
    assert!(first.contains("It landed in the workspace of alice@work.example"), "{first}");

    let second = text(&run(&["--data", "kept/here", "--consent"], directory.path()));
    assert_eq!(second.matches("found again").count(), 2, "{second}");
    assert!(!second.contains("link page") && !second.contains("/link/"), "{second}");
    assert!(second.contains("It landed in the workspace of alice@work.example"), "{second}");
    for line in first.lines().chain(second.lines()) {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn without_a_directory_nothing_is_left() {
    let directory = tempfile::tempdir().unwrap();
    text(&run(&["--consent"], directory.path()));
    assert_eq!(directory.path().read_dir().unwrap().count(), 0);
}

#[test]
fn what_cannot_work_is_one_line() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let output = run(&["--consent", "--data", "file"], directory.path());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.starts_with("error: `file` cannot be used") && error.lines().count() == 1, "{error}");
    assert!(output.stdout.is_empty());
}
