//! The packages of this workspace, as cargo knows them: what the verbs look for, so that nothing has to be listed twice.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::camino::Utf8Path;
use cargo_metadata::{MetadataCommand, Package, Target, TargetKind};

/// A package of this workspace.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Relative to the workspace.
    pub(crate) folder: String,
    /// Says of itself `[package.metadata.composio] kind = "adapter"`.
    pub(crate) adapter: bool,
    pub(crate) tests: Vec<Program>,
    pub(crate) benches: Vec<Program>,
    /// Has a program to run.
    pub(crate) runs: bool,
    /// What it depends on, each with its requirement.
    pub(crate) dependencies: Vec<(String, String)>,
}

/// A test binary or a benchmark.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) required_features: Vec<String>,
}

impl Member {
    /// One of the programs that show how something is done.
    pub(crate) fn is_example(&self) -> bool {
        self.folder.starts_with("examples/") && self.runs
    }

    /// The versions of a crate that it is built with.
    pub(crate) fn requirement_of(&self, name: &str) -> Option<&str> {
        self.dependencies.iter().find(|(known, _)| known == name).map(|(_, requirement)| requirement.as_str())
    }

    pub(crate) fn test(&self, name: &str) -> Option<&Program> {
        self.tests.iter().find(|program| program.name == name)
    }

    pub(crate) fn bench(&self, name: &str) -> Option<&Program> {
        self.benches.iter().find(|program| program.name == name)
    }
}

impl Program {
    /// The arguments with which cargo builds and runs it, with the features that it requires: `verb` is `test` or `bench`,
    /// and is the name of the flag too.
    pub(crate) fn command(&self, verb: &str, member: &Member) -> Vec<String> {
        let mut command = vec![verb.to_owned(), "--package".to_owned(), member.name.clone()];
        if !self.required_features.is_empty() {
            command.extend(["--features".to_owned(), self.required_features.join(",")]);
        }
        command.extend([format!("--{verb}"), self.name.clone()]);
        command
    }
}

/// All of them, by name.
pub(crate) fn read(root: &Path) -> Result<Vec<Member>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().context("reading cargo's metadata")?;
    let mut members: Vec<_> =
        metadata.packages.iter().map(|package| member(&metadata.workspace_root, package)).collect();
    members.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(members)
}

fn member(root: &Utf8Path, package: &Package) -> Member {
    let folder = package.manifest_path.parent().unwrap_or(root);
    let programs = |kind: TargetKind| {
        let targets = package.targets.iter().filter(move |target| target.kind.contains(&kind));
        targets.map(program).collect()
    };
    Member {
        name: package.name.to_string(),
        folder: folder.strip_prefix(root).unwrap_or(folder).as_str().replace('\\', "/"),
        adapter: package.metadata.pointer("/composio/kind").is_some_and(|kind| kind == "adapter"),
        tests: programs(TargetKind::Test),
        benches: programs(TargetKind::Bench),
        runs: package.targets.iter().any(|target| target.kind.contains(&TargetKind::Bin)),
        dependencies: package.dependencies.iter().map(|each| (each.name.clone(), each.req.to_string())).collect(),
    }
}

fn program(target: &Target) -> Program {
    Program { name: target.name.clone(), required_features: target.required_features.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_knows_its_adapters_examples_and_test_binaries() {
        let members = read(&crate::root()).unwrap();
        let named = |name: &str| members.iter().find(|member| member.name == name).unwrap();
        assert!(named("composio-rig").adapter && !named("composio-core").adapter);
        assert!(named("quickstart").is_example() && !named("xtask").is_example());
        assert_eq!(named("composio").test("real").unwrap().required_features, ["demo"]);
        assert_eq!(named("composio").test("unreal"), None);
    }

    #[test]
    fn a_program_is_run_with_the_features_that_it_requires() {
        let member = Member { name: "a".to_owned(), ..Member::default() };
        let program = |features: &[&str]| Program {
            name: "real".to_owned(),
            required_features: features.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(program(&[]).command("test", &member).join(" "), "test --package a --test real");
        let command = program(&["b", "c"]).command("bench", &member).join(" ");
        assert_eq!(command, "bench --package a --features b,c --bench real");
    }
}
