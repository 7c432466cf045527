//! What the rules look at: packages as cargo knows them, files as git would commit them. The only reading in tidy.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{DependencyKind, MetadataCommand};

#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) packages: Vec<Package>,
    pub(super) files: Vec<File>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    /// Relative to the workspace, with `/`.
    pub(super) folder: String,
    pub(super) published: bool,
    /// Says of itself `[package.metadata.composio] kind = "adapter"`.
    pub(super) adapter: bool,
    pub(super) dependencies: Vec<Dependency>,
}

#[derive(Clone, Debug)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) dev: bool,
    pub(super) default_features: bool,
    /// Those that it asks for.
    pub(super) features: Vec<String>,
    /// A member of this workspace.
    pub(super) local: bool,
}

#[derive(Debug, Default)]
pub(super) struct File {
    /// Relative to the workspace, with `/`.
    pub(super) path: String,
    pub(super) bytes: usize,
    /// Absent when the file is not text.
    pub(super) text: Option<String>,
}

impl Workspace {
    pub(super) fn read(root: &Path) -> Result<Self> {
        Ok(Self { packages: packages(root)?, files: files(root)? })
    }

    pub(super) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path)?.text.as_deref()
    }
}

impl Package {
    pub(super) fn manifest(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }

    pub(super) fn owns(&self, path: &str) -> bool {
        path.strip_prefix(&self.folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// One of the crates that others may depend on, rather than an example or automation.
    pub(super) fn in_crates(&self) -> bool {
        self.folder.starts_with("crates/")
    }

    pub(super) fn is_example(&self) -> bool {
        self.folder.starts_with("examples/")
    }
}

fn packages(root: &Path) -> Result<Vec<Package>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().context("reading cargo's metadata")?;
    Ok(metadata.packages.iter().map(|package| read_package(&metadata.workspace_root, package)).collect())
}

fn read_package(root: &Utf8Path, package: &cargo_metadata::Package) -> Package {
    let folder = package.manifest_path.parent().unwrap_or(root);
    Package {
        name: package.name.to_string(),
        folder: folder.strip_prefix(root).unwrap_or(folder).as_str().replace('\\', "/"),
        published: package.publish.as_ref().is_none_or(|registries| !registries.is_empty()),
        adapter: package.metadata.pointer("/composio/kind").is_some_and(|kind| kind == "adapter"),
        dependencies: package.dependencies.iter().map(read_dependency).collect(),
    }
}

fn read_dependency(dependency: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: dependency.name.clone(),
        dev: dependency.kind == DependencyKind::Development,
        default_features: dependency.uses_default_features,
        features: dependency.features.clone(),
        local: dependency.path.is_some(),
    }
}

fn files(root: &Path) -> Result<Vec<File>> {
    paths(root)?.iter().map(|path| read_file(root, path)).collect()
}

/// What is tracked or would be added; nothing that is ignored, nothing that was deleted.
pub(super) fn paths(root: &Path) -> Result<Vec<String>> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("running git")?;
    if !listing.status.success() {
        bail!("git cannot list the files of {}: {}", root.display(), String::from_utf8_lossy(&listing.stderr).trim());
    }
    let paths = String::from_utf8(listing.stdout).context("reading the paths that git lists")?;
    Ok(paths.split('\0').filter(|path| root.join(path).is_file()).map(str::to_owned).collect())
}

fn read_file(root: &Path, path: &str) -> Result<File> {
    let bytes = fs::read(root.join(path)).with_context(|| format!("reading {path}"))?;
    Ok(File { path: path.to_owned(), bytes: bytes.len(), text: String::from_utf8(bytes).ok() })
}
