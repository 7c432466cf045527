//! `cargo xtask tidy`: what compilers do not check. Each rule is a pure function from what was read to findings.

mod adapters;
mod arrows;
mod budget;
mod calls;
mod documents;
mod finding;
mod fix;
mod manifests;
mod pending;
mod registry;
mod source;
mod text;
mod workspace;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Args;

use self::finding::Report;
use self::registry::Registry;
use self::source::Source;
use self::workspace::Workspace;

/// What to check, and whether to mend it.
#[derive(Debug, Args)]
pub(crate) struct Tidy {
    /// Mends what a program can mend: formatting, whitespace at the end of lines and files.
    #[arg(long)]
    fix: bool,
    /// Another workspace than this one, for tidy's own tests.
    #[arg(long, hide = true)]
    root: Option<PathBuf>,
}

/// The paths of what git would commit.
pub(crate) fn files_of(root: &Path) -> Result<Vec<String>> {
    workspace::paths(root)
}

/// What tidy has against some packages of another workspace: each line that names one.
pub(crate) fn says_of(root: &Path, packages: &[&str]) -> Result<Vec<String>> {
    let report = check(root)?.to_string();
    Ok(report.lines().filter(|line| packages.iter().any(|name| line.contains(name))).map(str::to_owned).collect())
}

pub(crate) fn run(arguments: &Tidy) -> Result<()> {
    let root = arguments.root.clone().unwrap_or_else(crate::root);
    if arguments.fix {
        fix::fix(&root)?;
    }
    let report = check(&root)?;
    print!("{report}");
    if report.errors() > 0 {
        bail!("the workspace is not tidy");
    }
    Ok(())
}

fn check(root: &Path) -> Result<Report> {
    let workspace = Workspace::read(root)?;
    let core = arrows::core_tree(root)?;
    let mut report = Report::new(workspace.files.len());
    let sources = report.collect(source::parse_all(&workspace.files));
    report.add(arrows::between_crates(&workspace.packages));
    report.add(arrows::of_core(&core));
    report.add(manifests::check(&workspace));
    report.add(budget::files(&sources));
    report.add(workspace.packages.iter().flat_map(|package| budget::functions(package, &sources)));
    report.add(sources.iter().flat_map(calls::check));
    report.add(workspace.files.iter().flat_map(text::check));
    report.add(documents::check(&workspace));
    report.add(adapters::check(&workspace, &sources));
    if workspace.package("composio-conformance").is_some() {
        conformance(&sources, &mut report);
    }
    Ok(report)
}

/// Every suite is run by some integration test or said to be pending, and the table of decisions is whole.
fn conformance(sources: &[Source], report: &mut Report) {
    let registry = Registry::of_this_workspace();
    report.add(calls::suites_in_use(sources));
    report.add(registry.check());
    report.add(pending::check(sources));
    report.say(&registry.summary());
    report.say(&pending::summary());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_tidy() {
        let report = check(&crate::root()).unwrap();
        assert_eq!(report.errors(), 0, "{report}");
    }
}
