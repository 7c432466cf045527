//! What a machine has, and Debian's packages where we may install them.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Installs Debian packages, or says which ones to install by hand.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("install the packages {} by hand", packages.join(" "));
    if !may_install() {
        bail!("{by_hand}: this is not root on Debian");
    }
    apt(&["update", "-q"], &by_hand)?;
    apt(&[&["install", "-q", "-y", "--no-install-recommends"], packages].concat(), &by_hand)
}

/// Where a program is, if it is on the PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Runs a program whose output belongs to the terminal, but not to the standard output.
pub(crate) fn succeed(mut command: Command, name: &str, instead: &str) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    let status = status.with_context(|| format!("{name} could not be run; {instead}"))?;
    if !status.success() {
        bail!("{name} failed with {status}; {instead}");
    }
    Ok(())
}

fn may_install() -> bool {
    let identity = Command::new("id").arg("-u").output();
    let root = identity.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && on_path("apt-get").is_some()
}

fn apt(arguments: &[&str], by_hand: &str) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    succeed(apt, "apt-get", by_hand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_says_what_to_do_instead() {
        let says = succeed(Command::new("false"), "false", "do it by hand").unwrap_err().to_string();
        assert!(says.starts_with("false failed with") && says.ends_with("; do it by hand"), "{says}");
        let says = succeed(Command::new("no-such-program"), "it", "do it by hand").unwrap_err().to_string();
        assert_eq!(says, "it could not be run; do it by hand");
    }

    #[test]
    fn programs_are_found_where_shells_find_them() {
        assert!(on_path("cargo").is_some());
        assert_eq!(on_path("no-such-program"), None);
    }
}
