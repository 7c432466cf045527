//! Cargo, as every verb runs it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// What tells an example to use a real model, or the hosted service.
const PROVIDER: [&str; 8] = [
    "COMPOSIO_API_KEY",
    "COMPOSIO_BASE_URL",
    "COMPOSIO_ORG_ID",
    "COMPOSIO_PROJECT_ID",
    "COMPOSIO_USER_API_KEY",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
];

/// A command of cargo in a workspace.
pub(crate) fn command<T: AsRef<OsStr>>(root: &Path, arguments: &[T], environment: &[(&str, String)]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
    command.current_dir(root).stdin(Stdio::null());
    // Nothing here talks to a provider, and nothing may depend on who runs it.
    for name in PROVIDER {
        command.env_remove(name);
    }
    command
}

/// What a command prints on its standard output, and whether it succeeded. Its other output goes to the terminal.
pub(crate) fn output(mut command: Command) -> Result<(bool, String)> {
    let output = command.stderr(Stdio::inherit()).output().context("running cargo")?;
    Ok((output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_of_cargo_finds_a_provider() {
        let command = command(Path::new("."), &["run"], &[("SET", "1".to_owned())]);
        let removed: Vec<_> = command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert_eq!(removed, PROVIDER.map(OsStr::new));
        assert!(command.get_envs().any(|(name, value)| name == "SET" && value == Some(OsStr::new("1"))));
    }
}
