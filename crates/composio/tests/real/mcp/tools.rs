//! Node programs, each run once and given a minute.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use crate::place::not_run;

const NODE: &str = "COMPOSIO_TEST_NODE";
const TOOLS: &str = "COMPOSIO_TEST_MCP_TOOLS";
const DEADLINE: Duration = Duration::from_secs(120);

/// Where Node and the packages are.
pub(super) struct Tools {
    node: PathBuf,
    packages: PathBuf,
}

/// What a program said.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) success: bool,
    pub(super) out: String,
    pub(super) err: String,
}

impl Tools {
    /// None where they were not installed.
    pub(super) fn installed() -> Option<Self> {
        let path = |variable| match std::env::var_os(variable) {
            Some(path) => Some(PathBuf::from(path)),
            None => {
                not_run(variable);
                None
            }
        };
        Some(Self { node: path(NODE)?, packages: path(TOOLS)?.join("node_modules/@modelcontextprotocol") })
    }

    pub(super) async fn inspector(&self, arguments: &[&str]) -> Said {
        self.run("inspector/clients/launcher/build/index.js", &[&["--cli"], arguments].concat()).await
    }

    pub(super) async fn conformance(&self, arguments: &[&str]) -> Said {
        self.run("conformance/dist/index.js", &[&["server"], arguments].concat()).await
    }

    /// Runs it in a home of its own, because some write there.
    async fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let home = TempDir::new().unwrap();
        let running = Command::new(&self.node)
            .arg(self.packages.join(program))
            .args(arguments)
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", self.node.parent().unwrap())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(DEADLINE, running).await.expect("it ends in time").unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}
