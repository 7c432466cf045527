//! The program as it is run: offline, and to its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

#[test]
fn it_does_its_task_without_a_provider() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openai_tool_loop"));
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\nchecked").count(), 2, "{text}");
    assert!(!text.contains("/oauth/callback") && !text.contains("code="), "{text}");
}
