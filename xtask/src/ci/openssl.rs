//! OpenSSL's headers: a framework links OpenSSL, so the whole workspace cannot be built without them.

use std::env;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::system;

const PACKAGES: [&str; 2] = ["libssl-dev", "pkg-config"];
/// Who says where OpenSSL is needs no pkg-config.
const VARIABLES: [&str; 2] = ["OPENSSL_DIR", "OPENSSL_LIB_DIR"];

/// Installs them where they are missing and we may.
pub(super) fn install() -> Result<()> {
    if is_here() {
        return Ok(());
    }
    system::install(&PACKAGES).context("OpenSSL's headers are missing, which composio-langchain is built with")?;
    if !is_here() {
        bail!("{} were installed, and pkg-config still does not know openssl", PACKAGES.join(" and "));
    }
    Ok(())
}

fn is_here() -> bool {
    VARIABLES.iter().any(|name| env::var_os(name).is_some()) || pkg_config_knows("openssl")
}

fn pkg_config_knows(library: &str) -> bool {
    let mut pkg_config = Command::new("pkg-config");
    pkg_config.args(["--exists", library]).stdout(Stdio::null()).stderr(Stdio::null());
    pkg_config.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_nobody_has_is_missing() {
        assert!(!pkg_config_knows("no-such-library"));
    }
}
