//! What `cargo xtask new-adapter` writes, tried on a copy of this workspace: it is tidy, formatted, documented and compiles,
//! its example runs, and the tests that fail are those that say what is still to be written.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::runner::Runner;
use crate::libtest::Tests;
use crate::new_adapter::{self, NewAdapter};
use crate::{cargo, members, tidy};

/// What the adapter is called, and its example.
const NAME: &str = "probe";
const PACKAGE: &str = "composio-probe";
const EXAMPLE: &str = "probe_agent";
/// A small framework that is in the lock file.
const FRAMEWORK: &str = "async-openai";
/// How a test says that it is for the author to make it pass, and the steps there are.
const STILL: &str = "Still to be written, ";
const STEPS: [&str; 2] = ["1 of 2: ", "2 of 2: "];

pub(super) fn check(root: &Path) -> Result<()> {
    let copy = copy(root)?;
    let framework = framework(&copy)?;
    new_adapter::run(&NewAdapter::new(NAME, &framework, &copy))?;
    // A flaw elsewhere is for the step of its own.
    let untidy = tidy::says_of(&copy, &[PACKAGE, EXAMPLE])?;
    if !untidy.is_empty() {
        bail!("what it writes is not tidy:\n{}", untidy.join("\n"));
    }
    let runner = Runner::new(copy.clone());
    // What comes from elsewhere is built already.
    let shared = ("CARGO_TARGET_DIR", root.join("target").to_string_lossy().into_owned());
    let cargo = |line: &str, more: &[(&str, String)]| {
        let arguments: Vec<_> = line.split(' ').collect();
        println!("--- {line} ---");
        runner.cargo(&arguments, &[std::slice::from_ref(&shared), more].concat())
    };
    cargo(&format!("fmt --package {PACKAGE} --package {EXAMPLE} --check"), &[])?;
    cargo(&format!("clippy --package {PACKAGE} --package {EXAMPLE} --all-targets --all-features -- -D warnings"), &[])?;
    cargo(&format!("doc --package {PACKAGE} --no-deps --all-features"), &[("RUSTDOCFLAGS", "-D warnings".to_owned())])?;
    cargo(&format!("test --package {PACKAGE} --doc"), &[])?;
    cargo(&format!("run --package {EXAMPLE}"), &[])?;
    tests(&copy, shared)?;
    fs::remove_dir_all(&copy).context("removing the copy")
}

fn tests(copy: &Path, shared: (&str, String)) -> Result<()> {
    let arguments = ["test", "--package", PACKAGE, "--test", "it"];
    println!("--- {}, which has to fail where something is still to be written ---", arguments.join(" "));
    let (_, output) = cargo::output(cargo::command(copy, &arguments, &[shared, ("RUST_BACKTRACE", "0".to_owned())]))?;
    let tests = Tests::read(&output);
    print!("{}", summary(&tests));
    judge(&tests)
}

fn summary(tests: &Tests) -> String {
    let failed = tests.failed().count();
    format!("{} tests hold at once, {failed} say what is still to be written\n", tests.passed.len() - failed)
}

/// Exactly the tests that fail say what is still to be written, and no step is forgotten.
fn judge(tests: &Tests) -> Result<()> {
    let silent: Vec<_> = tests.failed().filter(|name| !tests.said(name).contains(STILL)).collect();
    if let Some(name) = silent.first() {
        bail!("{} fail without saying what is still to be written; {name} says:\n{}", silent.len(), tests.said(name));
    }
    if tests.failed().count() == tests.passed.len() {
        bail!("no test holds before anything is written, though the neutral tools are listed");
    }
    for step in STEPS {
        if !tests.failed().any(|name| tests.said(name).contains(&format!("{STILL}{step}"))) {
            bail!("no test says `{STILL}{step}`");
        }
    }
    Ok(())
}

/// The files that git would commit, as a workspace of their own.
fn copy(root: &Path) -> Result<PathBuf> {
    let copy = root.join("target/ci/new-adapter");
    if copy.exists() {
        fs::remove_dir_all(&copy).context("removing an earlier copy")?;
    }
    for path in tidy::files_of(root)? {
        let to = copy.join(&path);
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::copy(root.join(&path), &to).with_context(|| format!("copying {path}"))?;
    }
    let git = Command::new("git").args(["init", "--quiet"]).current_dir(&copy).status().context("running git")?;
    if !git.success() {
        bail!("git init failed in {}", copy.display());
    }
    Ok(copy)
}

/// In the version that the workspace has.
fn framework(root: &Path) -> Result<String> {
    let adapters = members::read(root)?;
    let version = adapters.iter().find_map(|member| member.requirement_of(FRAMEWORK));
    let version = version.with_context(|| format!("no crate depends on {FRAMEWORK}"))?;
    Ok(format!("{FRAMEWORK}@{}", version.trim_start_matches('^')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(said: &[(&str, Option<&str>)]) -> Tests {
        let outcome = |passed| if passed { "ok" } else { "FAILED" };
        let mut output = String::new();
        for (name, said) in said {
            output.push_str(&format!("test {name} ... {}\n", outcome(said.is_none())));
        }
        output.push_str("\nfailures:\n\n");
        for (name, said) in said {
            output.push_str(&said.map_or_else(String::new, |said| format!("---- {name} stdout ----\n{said}\n\n")));
        }
        Tests::read(&output)
    }

    #[test]
    fn exactly_the_tests_that_are_to_be_written_fail() {
        let one = Some("Still to be written, 1 of 2: the type.");
        let two = Some("Still to be written, 2 of 2: `answer`.");
        let good = run(&[("a", None), ("b", one), ("c", two), ("d", two)]);
        judge(&good).unwrap();
        assert_eq!(summary(&good), "1 tests hold at once, 3 say what is still to be written\n");
        for (tests, says) in [
            (vec![("a", None), ("b", one), ("c", two), ("d", Some("it broke"))], "1 fail without saying"),
            (vec![("a", None), ("b", one)], "no test says `Still to be written, 2 of 2: `"),
            (vec![("a", None)], "no test says `Still to be written, 1 of 2: `"),
            (vec![("b", one), ("c", two)], "no test holds before anything is written"),
            (vec![], "no test holds"),
        ] {
            let refusal = judge(&run(&tests)).unwrap_err().to_string();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
