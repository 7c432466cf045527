//! `cargo xtask import-toolkit`: manifests from API descriptions and overlays.

mod files;
mod sources;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use composio_engine::openapi::{Imported, Overlay, import};

/// What this workspace imports: description, overlay, manifest. Paths are relative to its root.
const TOOLKITS: [(&str, &str, &str); 4] = [
    (
        "xtask/specs/github.openapi.json.gz",
        "xtask/overlays/github.json",
        "crates/composio-toolkits/manifests/github.json.gz",
    ),
    (
        "crates/composio-demo/openapi/tracker.json",
        "crates/composio-demo/overlays/tracker.json",
        "crates/composio-demo/toolkits/tracker.json",
    ),
    (
        "crates/composio-demo/openapi/mailbox.json",
        "crates/composio-demo/overlays/mailbox.json",
        "crates/composio-demo/toolkits/mailbox.json",
    ),
    (
        "crates/composio-demo/openapi/status.json",
        "crates/composio-demo/overlays/status.json",
        "crates/composio-demo/toolkits/status.json",
    ),
];

/// Either one description, or all of the workspace.
#[derive(Debug, Args)]
pub(crate) struct ImportToolkit {
    /// The description: OpenAPI 3 in JSON, perhaps compressed (.json or .json.gz).
    #[arg(long, required_unless_present = "all", requires_all = ["overlay", "out"])]
    spec: Option<PathBuf>,
    /// What the description does not say: slug, authentication, identity.
    #[arg(long, requires = "spec")]
    overlay: Option<PathBuf>,
    /// Where the manifest goes (.json or .json.gz).
    #[arg(long, requires = "spec")]
    out: Option<PathBuf>,
    /// Every toolkit of this workspace.
    #[arg(long, conflicts_with = "spec")]
    all: bool,
    /// Writes nothing, and fails if a manifest on disk differs.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: &ImportToolkit) -> Result<()> {
    for job in jobs(arguments) {
        let imported = job.import()?;
        if arguments.check {
            job.check(&imported)?;
            println!("{}: up to date", job.out.display());
        } else {
            let size = files::write_manifest(&job.out, &imported.manifest)?;
            println!("{}: {} KiB\n{}", job.out.display(), size.div_ceil(1024), imported.report);
        }
    }
    Ok(())
}

fn jobs(arguments: &ImportToolkit) -> Vec<Job> {
    match (&arguments.spec, &arguments.overlay, &arguments.out) {
        (Some(spec), Some(overlay), Some(out)) => {
            vec![Job { spec: spec.clone(), overlay: overlay.clone(), out: out.clone() }]
        }
        _ => workspace(),
    }
}

fn workspace() -> Vec<Job> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    TOOLKITS
        .iter()
        .map(|(spec, overlay, out)| Job { spec: root.join(spec), overlay: root.join(overlay), out: root.join(out) })
        .collect()
}

/// One manifest to make.
#[derive(Debug)]
struct Job {
    spec: PathBuf,
    overlay: PathBuf,
    out: PathBuf,
}

impl Job {
    fn import(&self) -> Result<Imported> {
        let document = files::read(&self.spec)?;
        sources::verify(&self.spec, &document)?;
        let overlay = files::read(&self.overlay)?;
        let overlay = Overlay::from_json(&overlay).with_context(|| format!("reading {}", self.overlay.display()))?;
        import(&document, &overlay).with_context(|| format!("importing {}", self.spec.display()))
    }

    fn check(&self, imported: &Imported) -> Result<()> {
        if files::read(&self.out)? != files::manifest_text(&self.out, &imported.manifest)? {
            bail!("{} differs from its description: run `cargo xtask import-toolkit --all`", self.out.display());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_manifest_of_the_workspace_is_what_its_description_gives() {
        for job in workspace() {
            job.check(&job.import().unwrap()).unwrap();
        }
    }
}
