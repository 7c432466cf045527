//! `cargo xtask prism [-- command..]`: a mock of the REST API, for whoever has no key.

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;

use anyhow::{Context, Result};
use clap::Args;

use crate::counterparts::Mock;

/// Which server the hosted backend speaks to, and what lets it in.
const BASE_URL: &str = "COMPOSIO_BASE_URL";
const KEY: &str = "COMPOSIO_API_KEY";
/// Prism takes any key, as long as there is one.
const MADE_UP: &str = "ak_made_up";
/// How shells report what a signal has ended: this, and the signal's number.
const BY_SIGNAL: u8 = 128;

/// What runs against the mock.
#[derive(Debug, Args)]
pub(crate) struct Prism {
    /// Such as `-- cargo run -p hosted_quickstart`; without one the mock runs until Ctrl-C.
    #[arg(last = true)]
    command: Vec<OsString>,
}

/// The exit code is that of the command.
pub(crate) fn run(arguments: &Prism) -> Result<ExitCode> {
    let mock = Mock::start(&crate::root())?;
    let environment = environment(mock.url(), env::var_os(KEY));
    match arguments.command.split_first() {
        Some((program, rest)) => succeed(program, rest, &environment),
        None => wait(&environment),
    }
}

/// A key that is there stays: an empty one counts as none.
fn environment(url: &str, key: Option<OsString>) -> Vec<(&'static str, String)> {
    let mut variables = vec![(BASE_URL, url.to_owned())];
    if key.is_none_or(|key| key.is_empty()) {
        variables.push((KEY, MADE_UP.to_owned()));
    }
    variables
}

fn succeed(program: &OsStr, rest: &[OsString], environment: &[(&str, String)]) -> Result<ExitCode> {
    let mut command = Command::new(program);
    command.args(rest).envs(environment.iter().map(|(name, value)| (name, value)));
    let status = command.status().with_context(|| format!("{} could not be run", program.to_string_lossy()))?;
    Ok(ExitCode::from(code(status)))
}

fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(signal).map_or(u8::MAX, |signal| BY_SIGNAL.saturating_add(signal));
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

fn wait(environment: &[(&str, String)]) -> ! {
    for (name, value) in environment {
        println!("export {name}={value}");
    }
    eprintln!("Prism runs until Ctrl-C; its log is target/counterparts/prism.log.");
    // Ending this process by any means ends Prism too: it holds on to a pipe from here.
    loop {
        thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:4010";

    fn ends_with(script: &str) -> u8 {
        let arguments = ["-c", script].map(OsString::from);
        let status = Command::new("sh").args(&arguments).envs(environment(URL, None)).status().unwrap();
        code(status)
    }

    #[test]
    fn a_key_is_made_up_where_there_is_none() {
        for (key, expected) in [(None, Some(MADE_UP)), (Some(""), Some(MADE_UP)), (Some("ak_own"), None)] {
            let variables = environment(URL, key.map(OsString::from));
            let made_up = variables.iter().find(|(name, _)| *name == KEY).map(|(_, value)| value.as_str());
            assert_eq!((variables[0].clone(), made_up), ((BASE_URL, URL.to_owned()), expected), "{key:?}");
        }
    }

    #[test]
    fn a_command_gets_the_address_and_hands_on_its_exit_code() {
        assert_eq!(ends_with(&format!("test $COMPOSIO_BASE_URL = {URL} && test $COMPOSIO_API_KEY = {MADE_UP}")), 0);
        assert_eq!(ends_with("exit 7"), 7);
        assert_eq!(ends_with("kill -9 $$"), 137);
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let says = succeed(OsStr::new("no-such-program"), &[], &[]).unwrap_err().to_string();
        assert_eq!(says, "no-such-program could not be run");
    }
}
