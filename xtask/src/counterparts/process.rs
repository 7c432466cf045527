//! A counterpart that runs, until it is dropped.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::loopback;
use super::provision::Installed;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// Looks until a counterpart is given up: half a minute.
const LOOKS: usize = 300;
/// Looks until a counterpart that should end is killed: five seconds.
const LAST_LOOKS: usize = 50;

/// How to see that a counterpart is ready: this is answered so.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) port: u16,
    pub(super) path: &'static str,
    pub(super) status: u16,
}

/// Ends its counterpart when dropped, in a panic too.
///
/// The child is `leash.mjs`, which ends the counterpart as soon as its standard input closes. So the counterpart ends
/// even when this process is killed and nothing is dropped.
#[derive(Debug)]
pub(super) struct Process {
    leash: Child,
    log: PathBuf,
}

impl Process {
    pub(super) fn start(
        installed: &Installed,
        name: &str,
        program: &Path,
        arguments: impl IntoIterator<Item = String>,
        environment: &[(&str, String)],
        ready: &Ready,
    ) -> Result<Self> {
        let path = installed.path(&format!("{name}.log"));
        let log = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        let leash = Command::new(installed.node())
            .arg(installed.path("leash.mjs"))
            .arg(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(installed.folder())
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let mut process = Self { leash, log: path };
        process.wait_until(ready).with_context(|| format!("waiting for {name}"))?;
        Ok(process)
    }

    fn wait_until(&mut self, ready: &Ready) -> Result<()> {
        for _ in 0..LOOKS {
            if let Some(status) = self.leash.try_wait()? {
                bail!("it ended with {status}; its log says:\n{}", self.said());
            }
            if loopback::answers(ready.port, ready.path, ready.status) {
                return Ok(());
            }
            thread::sleep(PAUSE);
        }
        bail!("it does not answer; its log says:\n{}", self.said())
    }

    /// The end of the log.
    fn said(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.leash.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.leash.stdin.take());
        for _ in 0..LAST_LOOKS {
            if self.has_ended() {
                return;
            }
            thread::sleep(PAUSE);
        }
        // Nothing more can be done about a process that cannot be killed.
        let _ = self.leash.kill();
        let _ = self.leash.wait();
    }
}
