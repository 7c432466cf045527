//! `cargo xtask new-adapter`: everything that an adapter for another framework needs, but what only its author can write.
//!
//! What it writes compiles at once. The tests that fail say what to write, and where. CI finds adapters by what their
//! manifests say of themselves, so that nothing else has to be told of a new one.

mod edits;
mod names;
mod plan;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use self::names::Names;
use self::plan::Plan;

/// Which framework, and what to call things.
#[derive(Debug, Args)]
pub(crate) struct NewAdapter {
    /// What the adapter is called after `composio-`, such as `genai`.
    name: String,
    /// The framework's crate and the version to build with, such as `genai@0.7`.
    #[arg(long, value_name = "CRATE@VERSION")]
    framework: String,
    /// The extension trait, where its name is not made of the adapter's, such as `GenAiTools`.
    #[arg(long, value_name = "NAME")]
    trait_name: Option<String>,
    /// Prints what would be written, and writes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Another workspace than this one, for its own tests.
    #[arg(long, hide = true)]
    root: Option<PathBuf>,
}

impl NewAdapter {
    /// An adapter in another workspace.
    pub(crate) fn new(name: &str, framework: &str, root: &Path) -> Self {
        let root = Some(root.to_owned());
        Self { name: name.to_owned(), framework: framework.to_owned(), trait_name: None, dry_run: false, root }
    }
}

pub(crate) fn run(arguments: &NewAdapter) -> Result<()> {
    let root = arguments.root.clone().unwrap_or_else(crate::root);
    let names = Names::new(&arguments.name, &arguments.framework, arguments.trait_name.as_deref())?;
    let plan = Plan::make(&root, &names)?;
    if arguments.dry_run {
        print!("{plan}");
        return Ok(());
    }
    for file in &plan.files {
        let path = root.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        }
        fs::write(&path, &file.text).with_context(|| format!("writing {}", path.display()))?;
        println!("{}: {}", file.path, if file.before.is_some() { "changed" } else { "written" });
    }
    println!("\n{}", next(&names));
    Ok(())
}

fn next(names: &Names) -> String {
    names.fill(
        "It compiles. What is still to be written is said by the tests that fail:\n\n    \
         cargo test -p composio-{{name}}\n    cargo run -p {{snake}}_agent\n    \
         cargo bench -p composio-{{name}} --bench adapter\n    cargo xtask tidy\n\n\
         If {{framework}} needs a library of the system, take both out of `default-members` in Cargo.toml.",
    )
}
