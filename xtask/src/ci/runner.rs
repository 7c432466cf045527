//! Runs cargo in the workspace, and counts what its tests say.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use super::tally::Tally;
use crate::cargo;

#[derive(Debug)]
pub(super) struct Runner {
    root: PathBuf,
    tally: Tally,
}

impl Runner {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, tally: Tally::default() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    pub(super) fn cargo(&self, arguments: &[&str], environment: &[(&str, String)]) -> Result<()> {
        let status = self.command(arguments, environment).status().context("running cargo")?;
        succeeded(arguments, status)
    }

    /// As [`Runner::cargo`], counting tests as they are reported.
    pub(super) fn test(&mut self, arguments: &[&str], environment: &[(&str, String)]) -> Result<()> {
        let mut child = self.command(arguments, environment).stdout(Stdio::piped()).spawn().context("running cargo")?;
        self.read(&mut child)?;
        succeeded(arguments, child.wait()?)
    }

    fn read(&mut self, child: &mut Child) -> Result<()> {
        let mut output = BufReader::new(child.stdout.take().context("cargo has no output")?);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            self.tally.read(&text);
            line.clear();
        }
        Ok(())
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, String)]) -> Command {
        cargo::command(&self.root, arguments, environment)
    }
}

fn succeeded(arguments: &[&str], status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("cargo {} ended with {status}", arguments.join(" "));
    }
    Ok(())
}
