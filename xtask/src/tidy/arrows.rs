//! Which crate may depend on which, and what the core must do without.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::finding::Finding;
use super::workspace::{Dependency, Package};

const CORE: &str = "composio-core";

/// Who may need whom among our own crates, dependencies for tests aside. Adapters have a rule of their own.
const ALLOWED: [(&str, &[&str]); 8] = [
    (CORE, &[]),
    ("composio-toolkits", &[]),
    ("composio-demo", &[CORE]),
    ("composio-mcp", &[CORE]),
    ("composio-engine", &[CORE, "composio-toolkits"]),
    ("composio-server", &[CORE, "composio-mcp"]),
    ("composio-conformance", &[CORE, "composio-engine"]),
    ("composio", &[CORE, "composio-demo", "composio-engine", "composio-mcp", "composio-server", "composio-toolkits"]),
];

/// What the core's own tests may need: itself with features, and the suites that run on its fake.
const CORE_TESTS: [&str; 2] = [CORE, "composio-conformance"];

/// What the core without features must not pull in.
const HEAVY: [&str; 19] = [
    "aws-lc-rs",
    "axum",
    "h2",
    "http",
    "http-body",
    "hyper",
    "hyper-rustls",
    "hyper-util",
    "isahc",
    "libsqlite3-sys",
    "native-tls",
    "openssl",
    "reqwest",
    "ring",
    "rusqlite",
    "rustls",
    "rustls-platform-verifier",
    "sqlx",
    "ureq",
];

/// The feature of the core that brings an HTTP client: the choice of whoever builds a program.
const CLIENT: &str = "hosted";

pub(super) fn between_crates(packages: &[Package]) -> Vec<Finding> {
    packages.iter().filter(|package| package.in_crates()).flat_map(arrows_of).collect()
}

fn arrows_of(package: &Package) -> Vec<Finding> {
    let Some(allowed) = allowed(package) else {
        return vec![Finding::error(
            package.manifest(),
            1,
            format!("tidy knows no arrows of {}, add a row to `ALLOWED` in xtask/src/tidy/arrows.rs", package.name),
        )];
    };
    let local = package.dependencies.iter().filter(|dependency| dependency.local);
    let mut found: Vec<_> = local
        .clone()
        .filter(|dependency| !may_need(package, allowed, dependency))
        .map(|dependency| refused(package, allowed, dependency))
        .collect();
    if package.adapter {
        found
            .extend(local.clone().filter(|dependency| takes_core_with_defaults(dependency)).map(|_| defaults(package)));
        found.extend(local.filter(|dependency| takes_the_client(dependency)).map(|_| client(package)));
    }
    found
}

fn allowed(package: &Package) -> Option<&'static [&'static str]> {
    if package.adapter {
        return Some(&[CORE]);
    }
    ALLOWED.iter().find(|(name, _)| *name == package.name).map(|(_, allowed)| *allowed)
}

fn may_need(package: &Package, allowed: &[&str], dependency: &Dependency) -> bool {
    let wanted = dependency.name.as_str();
    if dependency.dev {
        return package.name != CORE || CORE_TESTS.contains(&wanted);
    }
    allowed.contains(&wanted)
}

fn takes_core_with_defaults(dependency: &Dependency) -> bool {
    dependency.name == CORE && !dependency.dev && dependency.default_features
}

fn takes_the_client(dependency: &Dependency) -> bool {
    dependency.name == CORE && !dependency.dev && dependency.features.iter().any(|feature| feature == CLIENT)
}

fn refused(package: &Package, allowed: &[&str], dependency: &Dependency) -> Finding {
    let instead =
        if allowed.is_empty() { "it stands alone".to_owned() } else { format!("only on {}", allowed.join(", ")) };
    let says = format!("{} must not depend on {}, {instead}", package.name, dependency.name);
    Finding::error(package.manifest(), 1, says)
}

fn defaults(package: &Package) -> Finding {
    let says = format!("{} takes {CORE} with its default features, set `default-features = false`", package.name);
    Finding::error(package.manifest(), 1, says)
}

fn client(package: &Package) -> Finding {
    let says = format!("{} turns on `{CLIENT}` of {CORE}, leave the HTTP client to programs", package.name);
    Finding::error(package.manifest(), 1, says)
}

/// What the core pulls in without features, one crate and its features a line: `tokio v1.2.3|time`.
pub(super) fn core_tree(root: &Path) -> Result<String> {
    core_tree_with(root, &[])
}

fn core_tree_with(root: &Path, features: &[&str]) -> Result<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--package", CORE, "--edges", "normal", "--no-default-features"])
        .args(["--features", &features.join(",")])
        .args(["--prefix", "none", "--format", "{p}|{f}"])
        .current_dir(root)
        .output()
        .context("running cargo tree")?;
    if !tree.status.success() {
        bail!("cargo tree of {CORE} failed: {}", String::from_utf8_lossy(&tree.stderr).trim());
    }
    String::from_utf8(tree.stdout).context("reading what cargo tree prints")
}

pub(super) fn of_core(tree: &str) -> Vec<Finding> {
    let crates = tree.lines().filter_map(|line| line.split_once('|'));
    let refused = crates.filter_map(|(package, features)| {
        let name = package.split_whitespace().next()?;
        let features = features.trim_end_matches("(*)").trim();
        core_must_not(name, features)
    });
    let mut says: Vec<_> = refused.collect();
    says.sort();
    says.dedup();
    says.into_iter().map(|says| Finding::error("crates/composio-core/Cargo.toml", 1, says)).collect()
}

fn core_must_not(name: &str, features: &str) -> Option<String> {
    if HEAVY.contains(&name) {
        return Some(format!("without features {CORE} pulls in {name}, put it behind one"));
    }
    if name != "tokio" {
        return None;
    }
    let more: Vec<_> =
        features.split(',').filter(|feature| !["", "default", "sync", "time"].contains(feature)).collect();
    let says =
        format!("without features {CORE} needs `{}` of tokio, it may have `sync` and `time` only", more.join(", "));
    (!more.is_empty()).then_some(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, adapter: bool, dependencies: &[(&str, &str)]) -> Package {
        let dependencies = dependencies.iter().map(|(name, how)| Dependency {
            name: (*name).to_owned(),
            dev: how.contains("dev"),
            default_features: how.contains("defaults"),
            features: how.split(' ').filter_map(|word| word.strip_prefix('+')).map(str::to_owned).collect(),
            local: !how.contains("foreign"),
        });
        Package {
            name: name.to_owned(),
            folder: format!("crates/{name}"),
            adapter,
            dependencies: dependencies.collect(),
            ..Package::default()
        }
    }

    #[test]
    fn arrows_that_are_allowed() {
        for fine in [
            package(CORE, false, &[("serde", "foreign"), (CORE, "dev"), ("composio-conformance", "dev")]),
            package("composio-engine", false, &[(CORE, ""), ("composio-toolkits", ""), ("composio-demo", "dev")]),
            package("composio-server", false, &[(CORE, ""), ("composio-engine", "dev")]),
            package("composio", false, &[(CORE, "defaults"), ("composio-engine", ""), ("composio-server", "")]),
            package("composio-rig", true, &[(CORE, ""), ("rig", "foreign defaults"), ("composio-engine", "dev")]),
            package("composio-rig", true, &[(CORE, "+wire"), (CORE, "dev +hosted")]),
        ] {
            assert_eq!(between_crates(std::slice::from_ref(&fine)), [], "{fine:?}");
        }
    }

    #[test]
    fn arrows_that_are_refused() {
        for (wrong, says) in [
            (
                package(CORE, false, &[("composio-toolkits", "")]),
                "must not depend on composio-toolkits, it stands alone",
            ),
            (package(CORE, false, &[("composio-demo", "dev")]), "must not depend on composio-demo"),
            (package("composio-engine", false, &[("composio-server", "")]), "only on composio-core, composio-toolkits"),
            (package("composio-server", false, &[("composio-engine", "")]), "must not depend on composio-engine"),
            (package("composio-demo", false, &[("composio-engine", "")]), "must not depend on composio-engine"),
            (package("composio-rig", true, &[(CORE, "defaults")]), "set `default-features = false`"),
            (package("composio-rig", true, &[(CORE, "+hosted")]), "leave the HTTP client to programs"),
            (package("composio-rig", true, &[("composio-genai", "")]), "must not depend on composio-genai"),
            (package("composio-new", false, &[]), "add a row"),
        ] {
            let found = between_crates(std::slice::from_ref(&wrong));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].to_string().contains(says), "{} should say {says}", found[0]);
        }
    }

    #[test]
    fn examples_join_what_they_like() {
        let example = Package {
            folder: "examples/quickstart".to_owned(),
            ..package("quickstart", false, &[("composio-engine", ""), ("composio-server", "")])
        };
        assert_eq!(between_crates(&[example]), []);
    }

    #[test]
    fn the_feature_that_brings_a_client_is_what_weighs() {
        let heavy = |features: &[&str]| of_core(&core_tree_with(&crate::root(), features).unwrap());
        assert_eq!(heavy(&[]), []);
        assert_eq!(heavy(&["wire", "fake"]), []);
        let client: String = heavy(&[CLIENT]).iter().map(|finding| format!("{finding}\n")).collect();
        for name in ["http", "http-body", "hyper", "hyper-util", "reqwest", "ring", "rustls"] {
            assert!(client.contains(&format!("pulls in {name},")), "the check is blind to {name}: {client}");
        }
    }

    #[test]
    fn the_core_stays_light() {
        let light = "composio-core v0.1.0 (a/path)|\ntokio v1.52.0|sync,time\nserde v1.0.0|derive,std\n\
            tokio v1.52.0|sync,time (*)\n";
        assert_eq!(of_core(light), []);
        for (heavy, says) in [
            ("reqwest v0.13.0|json\nreqwest v0.13.0|json (*)\n", "pulls in reqwest"),
            ("hyper v1.0.0|\n", "pulls in hyper"),
            ("http-body v1.0.0|\n", "pulls in http-body"),
            ("sqlx v0.9.0|\n", "pulls in sqlx"),
            ("tokio v1.0.0|default,net,rt,sync,time\n", "needs `net, rt` of tokio"),
        ] {
            let found = of_core(heavy);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].to_string().contains(says), "{} should say {says}", found[0]);
        }
    }
}
