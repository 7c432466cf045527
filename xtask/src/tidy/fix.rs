//! What tidy mends by itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::text;
use super::workspace::{File, Workspace};

pub(super) fn fix(root: &Path) -> Result<()> {
    for file in &Workspace::read(root)?.files {
        mend(root, file)?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo).args(["fmt", "--all"]).current_dir(root).status().context("running cargo fmt")?;
    if !status.success() {
        bail!("cargo fmt failed");
    }
    Ok(())
}

fn mend(root: &Path, file: &File) -> Result<()> {
    let Some(old) = file.text.as_ref().filter(|_| text::may_be_mended(&file.path)) else { return Ok(()) };
    let new = text::mended(old);
    if new != *old {
        fs::write(root.join(&file.path), new).with_context(|| format!("writing {}", file.path))?;
        println!("{}: mended", file.path);
    }
    Ok(())
}
