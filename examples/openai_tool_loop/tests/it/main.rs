//! The program as it is run: offline, to its end, and with whatever model the environment names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use composio_demo::{Reply, ScriptedModel};
use example_support::script;

/// Runs it with these of the variables that name a model.
fn run(environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_openai_tool_loop"));
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
        command.env_remove(name);
    }
    command.env("NO_PROXY", "127.0.0.1").envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn it_does_its_task_without_a_provider() {
    let output = run(&[]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("\nchecked").count(), 2, "{text}");
    assert!(!text.contains("/oauth/callback") && !text.contains("code="), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_of_the_environment_is_asked() {
    let model = ScriptedModel::start(script::issue_and_mail).await.unwrap();
    let url = format!("{}/", model.base_url());
    let output = run(&[("OPENAI_API_KEY", "sk-secret"), ("OPENAI_BASE_URL", &url), ("OPENAI_MODEL", "my-model")]);
    assert!(output.status.success(), "{output:?}");
    assert!(model.requests().len() == 3 && model.requests()[0]["model"] == "my-model", "{:?}", model.requests());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("my-model at http://127.0.0.1:") && !text.contains("sk-secret"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_only_claimed_fails() {
    let model = ScriptedModel::start(|_| Reply::text("Both are done.")).await.unwrap();
    let output = run(&[("OPENAI_API_KEY", "any"), ("OPENAI_BASE_URL", &model.base_url())]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("no issue was filed"));
}

#[test]
fn half_a_provider_is_an_error_that_says_what_is_missing() {
    let output = run(&[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("OPENAI_API_KEY is not set"));
}
