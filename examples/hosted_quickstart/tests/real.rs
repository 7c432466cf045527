//! The program against Prism, which serves the API's description: it prints what the readme shows.
//!
//! `cargo xtask counterparts` starts Prism and prints the variable that this reads. Without it the test says so and does not
//! run; with `COMPOSIO_REQUIRE_REAL=1` it fails instead.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::process::{Command, Output};

const PRISM: &str = "COMPOSIO_TEST_PRISM_URL";
const README: &str = include_str!("../README.md");

/// The texts that the readme shows, in its order.
fn shown() -> Vec<&'static str> {
    README.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn run(variables: &[(&str, &str)]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hosted_quickstart"));
    for name in ["USER_API_KEY", "API_KEY", "BASE_URL", "ORG_ID", "PROJECT_ID"] {
        program.env_remove(format!("COMPOSIO_{name}"));
    }
    program.envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn against_the_mock_it_prints_what_the_readme_shows() {
    let Ok(prism) = std::env::var(PRISM) else {
        let says = format!("DID NOT RUN: {PRISM} is not set; `cargo xtask counterparts` starts Prism");
        assert!(std::env::var("COMPOSIO_REQUIRE_REAL").as_deref() != Ok("1"), "{says}");
        // Past the test harness, which keeps what successful tests print to itself.
        return std::io::stderr().write_all(format!("{says}\n").as_bytes()).unwrap();
    };
    let output = run(&[("COMPOSIO_BASE_URL", &prism), ("COMPOSIO_API_KEY", "ak_made_up")]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), shown()[0]);
    assert!(output.status.success());
}

#[test]
fn without_a_key_it_says_what_to_do() {
    let output = run(&[]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), shown()[2]);
    assert!(!output.status.success());
}
