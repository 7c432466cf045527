//! The program as it is run: offline, and to its end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use composio_demo::{Reply, ScriptedModel};

/// Runs it with these of the variables that name a model.
fn run(environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_choose_between_two_accounts"));
    for name in ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"] {
        command.env_remove(name);
    }
    command.env("NO_PROXY", "127.0.0.1").envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn each_mail_comes_from_the_account_that_the_rules_name() {
    let output = run(&[]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let found: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("checked  ")).collect();
    let expected = [
        r#"bob@example.com has "About the garden" from alice@home.example"#,
        r#"bob@example.com has "About the budget" from alice@work.example"#,
        "nothing new reached bob@example.com",
        r#"bob@example.com has "The report is ready" from alice@work.example"#,
        r#"bob@example.com has "About the weekend" from alice@home.example"#,
        "nothing new reached bob@example.com",
        r#"bob@example.com has "About next weekend" from alice@home.example"#,
    ];
    assert_eq!(found, expected, "{text}");
    // The refusal lists both, with what tells them apart.
    for says in
        ["alias \"work\", alice@work.example, ACTIVE", "alias \"home\", alice@home.example, ACTIVE", "created 20"]
    {
        assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(says), "{says} is missing: {text}");
    }
    assert!(!text.contains("/oauth/callback") && !text.contains("code="), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_names_no_account_sends_nothing() {
    let model = ScriptedModel::start(|_| Reply::text("The mail is sent.")).await.unwrap();
    let output = run(&[("OPENAI_API_KEY", "any"), ("OPENAI_BASE_URL", &model.base_url())]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("one new mail, and there are 0"));
}
