//! Which sets of features are checked: none, the default ones, all, and each alone; no set twice. First the default members
//! by themselves, with the features that they alone turn on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

type Features = BTreeMap<String, Vec<String>>;

/// The arguments of `cargo check` for the default members, and of one for each set of each published crate.
pub(super) fn checks(root: &Path) -> Result<Vec<Vec<String>>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec().context("reading cargo's metadata")?;
    let published = metadata.packages.iter().filter(|package| package.publish.is_none());
    let checks = published.flat_map(|package| {
        let features = package.features.clone().into_iter().collect();
        of_package(package.name.as_str(), &features)
    });
    Ok([vec!["check".to_owned()]].into_iter().chain(checks).collect())
}

fn of_package(name: &str, features: &Features) -> Vec<Vec<String>> {
    let mut seen = BTreeSet::new();
    let new = combinations(features).into_iter().filter(|chosen| seen.insert(enabled(chosen, features)));
    new.map(|chosen| arguments(name, &chosen)).collect()
}

fn combinations(features: &Features) -> Vec<Vec<&str>> {
    let named = || features.keys().map(String::as_str);
    let mut combinations = vec![vec![]];
    combinations.extend(features.contains_key("default").then(|| vec!["default"]));
    combinations.push(named().collect());
    combinations.extend(named().filter(|feature| *feature != "default").map(|feature| vec![feature]));
    combinations
}

/// Everything that a choice turns on, directly or not. `default` itself is a name and turns nothing on.
fn enabled(chosen: &[&str], features: &Features) -> BTreeSet<String> {
    let mut enabled = BTreeSet::new();
    let mut open: Vec<_> = chosen.iter().map(|feature| (*feature).to_owned()).collect();
    while let Some(feature) = open.pop() {
        open.extend(features.get(&feature).into_iter().flatten().filter(|next| !enabled.contains(*next)).cloned());
        enabled.insert(feature);
    }
    enabled.remove("default");
    enabled
}

fn arguments(name: &str, chosen: &[&str]) -> Vec<String> {
    let mut arguments = vec!["check", "--package", name, "--no-default-features"];
    let list = chosen.join(",");
    if !chosen.is_empty() {
        arguments.extend(["--features", &list]);
    }
    arguments.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sets that are checked, as they are asked for.
    fn sets(features: &[(&str, &[&str])]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let features = features.iter().map(|(name, needs)| ((*name).to_owned(), owned(needs))).collect();
        let plain = "check --package a --no-default-features";
        let checks = of_package("a", &features).into_iter();
        checks.map(|check| check.join(" ").replace(plain, "").replace("--features ", "").trim().to_owned()).collect()
    }

    #[test]
    fn each_set_is_checked_once() {
        assert_eq!(sets(&[]), [""]);
        assert_eq!(sets(&[("default", &[]), ("fake", &[])]), ["", "default,fake"]);
        assert_eq!(sets(&[("default", &["sqlite"]), ("sqlite", &["dep:sqlx"])]), ["", "default"]);
        assert_eq!(
            sets(&[("default", &["embedded"]), ("demo", &["embedded", "dep:demo"]), ("embedded", &["dep:engine"])]),
            ["", "default", "default,demo,embedded"]
        );
        assert_eq!(
            sets(&[("default", &["hosted"]), ("fake", &[]), ("hosted", &["wire", "dep:http"]), ("wire", &[])]),
            ["", "default", "default,fake,hosted,wire", "fake", "wire"],
            "`hosted` alone is the default"
        );
        assert_eq!(sets(&[("default", &["x"]), ("x", &[]), ("y", &[])]), ["", "default", "default,x,y", "y"]);
    }
}
