//! `cargo xtask counterparts`: the real services that tests talk to, on loopback, for as long as somebody needs them.
//!
//! A GitHub emulator, an OpenID Connect provider, a model provider that plays fixtures, a server of the API's description
//! and a browser's driver. MCP's inspector and its conformance tests are installed for tests to start. All of it lies in
//! `target/counterparts`, where the logs are too. Linux on x86-64 with npm is what they need.

mod description;
mod examples;
mod loopback;
mod process;
mod provision;

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, bail};
use clap::Args as Arguments;

use self::process::{Process, Ready};
use self::provision::Installed;

/// Where the tests' own listeners wait for the browser: registered as redirect URIs, hence fixed.
const LISTENERS: [(&str, u16); 3] = [
    ("COMPOSIO_TEST_EMULATE_PORT", 48731),
    ("COMPOSIO_TEST_OIDC_PORT", 48732),
    ("COMPOSIO_TEST_CHROMEDRIVER_PORT", 48733),
];

/// How the environment of tests is shown.
#[derive(Debug, Arguments)]
pub(crate) struct Args {
    /// Prints `export NAME=value` lines and nothing else on the standard output.
    #[arg(long)]
    print_env: bool,
}

pub(crate) fn run(arguments: &Args) -> Result<()> {
    let counterparts = Counterparts::start(&crate::root())?;
    for missing in &counterparts.missing {
        eprintln!("MISSING: {missing}");
    }
    for (name, value) in counterparts.environment() {
        if arguments.print_env {
            println!("export {name}={value}");
        } else {
            println!("{name}={value}");
        }
    }
    eprintln!("Counterparts run until Ctrl-C; their logs are in target/counterparts.");
    // Ending this process by any means ends them too: each holds on to a pipe from here.
    loop {
        thread::park();
    }
}

/// What runs; dropping it ends all of it.
#[derive(Debug, Default)]
pub(crate) struct Counterparts {
    /// The variable that tests read, where the service answers, and what keeps it alive.
    running: Vec<(&'static str, String, Process)>,
    /// What is installed for tests to start: the variable they read, and where it is.
    installed: Vec<(&'static str, String)>,
    /// One line for each that could not be started.
    missing: Vec<String>,
}

/// The mock of the API by itself, until it is dropped.
#[derive(Debug)]
pub(crate) struct Mock {
    url: String,
    _process: Process,
}

impl Mock {
    /// Installs what is missing and starts it.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let (url, process) = prism(&provision::install(root)?, root)?;
        Ok(Self { url, _process: process })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// What tests start themselves, with the Node.js of [`NODE`].
const MCP_TOOLS: [&str; 2] = ["@modelcontextprotocol/inspector", "@modelcontextprotocol/conformance"];
/// The program among its package's that takes fixtures as they are.
const AIMOCK: &str = "node_modules/@copilotkit/aimock/dist/cli.js";
/// What answers as the API's description says.
const PRISM: &str = "node_modules/@stoplight/prism-cli/dist/index.js";
/// The description, in the workspace.
const DESCRIPTION: &str = "crates/composio-core/tests/spec/composio-v3.1.json";
/// The variables of what is not started.
const NODE: &str = "COMPOSIO_TEST_NODE";
const MCP: &str = "COMPOSIO_TEST_MCP_TOOLS";

impl Counterparts {
    /// Installs what is missing and starts all. What cannot be started is missing, not an error.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let installed = provision::install(root)?;
        let mut started = Self::default();
        started.add("COMPOSIO_TEST_EMULATE_URL", emulate(&installed));
        started.add("COMPOSIO_TEST_OIDC_URL", oidc(&installed));
        started.add("COMPOSIO_TEST_AIMOCK_URL", aimock(&installed));
        started.add("COMPOSIO_TEST_PRISM_URL", prism(&installed, root));
        started.add("COMPOSIO_TEST_CHROMEDRIVER_URL", chromedriver(&installed));
        started.add_tools(&installed);
        Ok(started)
    }

    /// An error that names everything that is missing, if anything is.
    pub(crate) fn all_here(&self) -> Result<()> {
        if !self.missing.is_empty() {
            bail!("counterparts are missing:\n{}", self.missing.join("\n"));
        }
        Ok(())
    }

    /// What tests need to know.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let urls = self.running.iter().map(|(variable, url, _)| (*variable, url.clone()));
        let ready = urls.chain(self.installed.iter().cloned());
        ready.chain(LISTENERS.map(|(variable, port)| (variable, port.to_string()))).collect()
    }

    fn add(&mut self, variable: &'static str, started: Result<(String, Process)>) {
        match started {
            Ok((url, process)) => self.running.push((variable, url, process)),
            Err(error) => self.missing.push(format!("{variable}: {error:#}")),
        }
    }

    fn add_tools(&mut self, installed: &Installed) {
        self.installed.push((NODE, installed.node().to_string_lossy().into_owned()));
        let absent: Vec<_> = MCP_TOOLS.iter().filter_map(|name| installed.package(name).err()).collect();
        match absent.first() {
            None => self.installed.push((MCP, installed.folder().to_string_lossy().into_owned())),
            Some(error) => self.missing.push(format!("{MCP}: {error:#}")),
        }
    }
}

/// Every test's callback is registered everywhere, so that tests may change places.
fn redirect_uris() -> Vec<String> {
    LISTENERS.iter().map(|(_, port)| format!("http://127.0.0.1:{port}/oauth/callback")).collect()
}

fn emulate(installed: &Installed) -> Result<(String, Process)> {
    let port = loopback::free_port()?;
    let url = loopback::url(port);
    let seed = github_seed(&installed.read("github.yaml")?, &url);
    std::fs::write(installed.path("github.seed.yaml"), seed).context("writing the emulator's seed")?;
    let arguments = [
        "--require".to_owned(),
        installed.text_path("loopback.cjs"),
        installed.text_path("node_modules/emulate/dist/index.js"),
    ];
    let options = ["start", "--host", "127.0.0.1", "--service", "github", "--seed", "github.seed.yaml", "--port"];
    let arguments = arguments.into_iter().chain(options.map(str::to_owned)).chain([port.to_string()]);
    let ready = Ready { port, path: "/meta", status: 200 };
    let process = Process::start(installed, "emulate", &installed.node(), arguments, &[], &ready)?;
    Ok((url, process))
}

fn github_seed(template: &str, url: &str) -> String {
    let uris: Vec<_> = redirect_uris().into_iter().map(|uri| format!("\"{uri}\"")).collect();
    template.replace("BASE_URL", url).replace("REDIRECT_URIS", &format!("[{}]", uris.join(", ")))
}

fn oidc(installed: &Installed) -> Result<(String, Process)> {
    let port = loopback::free_port()?;
    let environment = [("PORT", port.to_string()), ("REDIRECT_URIS", redirect_uris().join(","))];
    let ready = Ready { port, path: "/.well-known/openid-configuration", status: 200 };
    let script = [installed.text_path("oidc.mjs")];
    let process = Process::start(installed, "oidc", &installed.node(), script, &environment, &ready)?;
    Ok((loopback::url(port), process))
}

/// Plays `aimock.json`. It is not told to be strict: some fixtures are broken on purpose. Streams come in small pieces, so
/// that no test relies on whole ones.
fn aimock(installed: &Installed) -> Result<(String, Process)> {
    let port = loopback::free_port()?;
    let arguments = ["--require".to_owned(), installed.text_path("loopback.cjs"), installed.text_path(AIMOCK)];
    let options = "--host 127.0.0.1 --fixtures aimock.json --chunk-size 3 --log-level warn --port".split(' ');
    let arguments = arguments.into_iter().chain(options.map(str::to_owned)).chain([port.to_string()]);
    let ready = Ready { port, path: "/ready", status: 200 };
    let process = Process::start(installed, "aimock", &installed.node(), arguments, &[], &ready)?;
    Ok((loopback::url(port), process))
}

/// Answers with the description's examples, and says in `sl-violations` what in a request does not fit it.
fn prism(installed: &Installed, root: &Path) -> Result<(String, Process)> {
    let port = loopback::free_port()?;
    let text = std::fs::read_to_string(root.join(DESCRIPTION)).context("reading the API's description")?;
    installed.write("prism.json", &description::for_mock(&text)?)?;
    let arguments = ["--require".to_owned(), installed.text_path("loopback.cjs"), installed.text_path(PRISM)];
    let options = "mock prism.json --errors --host 127.0.0.1 --verboseLevel warn --port".split(' ');
    let arguments = arguments.into_iter().chain(options.map(str::to_owned)).chain([port.to_string()]);
    let ready = Ready { port, path: "/", status: 404 };
    let process = Process::start(installed, "prism", &installed.node(), arguments, &[], &ready)?;
    Ok((loopback::url(port), process))
}

fn chromedriver(installed: &Installed) -> Result<(String, Process)> {
    let driver: PathBuf = provision::chromedriver()?;
    let port = loopback::free_port()?;
    let ready = Ready { port, path: "/status", status: 200 };
    let process = Process::start(installed, "chromedriver", &driver, [format!("--port={port}")], &[], &ready)?;
    Ok((loopback::url(port), process))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_knows_its_address_and_every_callback() {
        let template = include_str!("../counterparts/github.yaml");
        let seed = github_seed(template, "http://127.0.0.1:4000");
        assert!(seed.contains("baseUrl: http://127.0.0.1:4000\n"), "{seed}");
        for port in [48731, 48732, 48733] {
            assert!(seed.contains(&format!("\"http://127.0.0.1:{port}/oauth/callback\"")), "{seed}");
        }
        assert!(!seed.contains("redirect_uris: REDIRECT_URIS"), "{seed}");
    }

    #[test]
    fn tools_that_were_not_installed_are_missing() {
        let mut counterparts = Counterparts::default();
        let folder = tempfile::tempdir().unwrap();
        counterparts.add_tools(&Installed::at(folder.path()));
        let says = counterparts.all_here().unwrap_err().to_string();
        assert!(says.contains("COMPOSIO_TEST_MCP_TOOLS: @modelcontextprotocol/inspector was not installed"), "{says}");
        assert!(!counterparts.environment().iter().any(|(name, _)| *name == MCP));

        for name in MCP_TOOLS {
            let package = folder.path().join("node_modules").join(name);
            std::fs::create_dir_all(&package).unwrap();
            std::fs::write(package.join("package.json"), "{}").unwrap();
        }
        let mut counterparts = Counterparts::default();
        counterparts.add_tools(&Installed::at(folder.path()));
        counterparts.all_here().unwrap();
        assert!(counterparts.environment().contains(&(MCP, folder.path().to_string_lossy().into_owned())));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut counterparts = Counterparts::default();
        counterparts.all_here().unwrap();
        counterparts.add("COMPOSIO_TEST_OIDC_URL", Err(anyhow::anyhow!("npm is not installed")));
        let says = counterparts.all_here().unwrap_err().to_string();
        assert_eq!(says, "counterparts are missing:\nCOMPOSIO_TEST_OIDC_URL: npm is not installed");
        assert_eq!(counterparts.environment().len(), 3, "the listeners' ports are always known");
    }
}
