//! A workspace with one flaw of each kind: tidy finds all of them, and mends what it can.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\", \"examples/*\"]\n\n[workspace.package]\n\
                    license = \"MIT\"\nrepository = \"https://example.com/\"\n";
const CORE: &str = "[package]\nname = \"composio-core\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                    description = \"What all others know.\"\nlicense.workspace = true\nrepository.workspace = true\n\n\
                    [lints]\nworkspace = true\n";
const ENGINE: &str = "[package]\nname = \"composio-engine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                      [dependencies]\ncomposio-server = { path = \"../composio-server\" }\n";
const SERVER: &str = "[package]\nname = \"composio-server\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const ADAPTER: &str = "[package]\nname = \"composio-x\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                       [package.metadata.composio]\nkind = \"adapter\"\n";
const HELLO: &str = "[package]\nname = \"hello\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n";

const FLAWED: &str = "//! Flawed.\nuse reqwest::Client;\n\nfn f() {\n    g().unwrap();\n    h().expect(\"works\");\n    \
                      todo!();   \n    std::time::SystemTime::now();\n}\n";

pub(crate) fn lay(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn flawed() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("Cargo.toml", format!("{ROOT}\n[workspace.lints]\n")),
        ("crates/composio-core/Cargo.toml", CORE.to_owned()),
        ("crates/composio-core/src/lib.rs", FLAWED.to_owned()),
        ("crates/composio-engine/Cargo.toml", ENGINE.to_owned()),
        ("crates/composio-engine/src/lib.rs", format!("fn long() {{\n{}}}\n", "    g();\n".repeat(700))),
        ("crates/composio-server/Cargo.toml", SERVER.to_owned()),
        ("crates/composio-server/src/lib.rs", "#[test]\n#[ignore]\nfn never() {}\n".to_owned()),
        ("crates/composio-x/Cargo.toml", ADAPTER.to_owned()),
        ("crates/composio-x/src/lib.rs", "//! An adapter.\n".to_owned()),
        ("examples/hello/Cargo.toml", HELLO.to_owned()),
        ("examples/hello/src/main.rs", "//! An example.\n\nfn main() {}\n".to_owned()),
        ("README.md", format!("The key lies in {}me/key.\n", concat!("/ho", "me/"))),
        ("ARCHITECTURE.md", "`composio-core` and `composio-server`\n".to_owned()),
        ("large.json", " ".repeat(1024 * 1024 + 1)),
    ] {
        lay(root.path(), path, &text);
    }
    let git = Command::new("git").args(["init", "-q"]).current_dir(root.path()).status().unwrap();
    assert!(git.success());
    root
}

fn tidy(root: &Path, more: &[&str]) -> (String, Output) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_xtask")).args(["tidy", "--root"]).arg(root).args(more).output().unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), output)
}

#[test]
fn every_kind_of_flaw_is_refused() {
    let root = flawed();
    let (said, output) = tidy(root.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for expected in [
        "crates/composio-core/src/lib.rs:2: names reqwest",
        "crates/composio-core/src/lib.rs:5: `unwrap` outside tests",
        "crates/composio-core/src/lib.rs:6: `expect` without a reason",
        "crates/composio-core/src/lib.rs:7: `todo!` is unfinished work",
        "crates/composio-core/src/lib.rs:7: has stray whitespace",
        "crates/composio-core/src/lib.rs:8: `SystemTime::now` reads the time",
        "crates/composio-engine/Cargo.toml:1: composio-engine must not depend on composio-server",
        "crates/composio-engine/Cargo.toml:1: the 95th percentile of function lengths is 702 lines",
        "crates/composio-engine/Cargo.toml:1: has no description",
        "crates/composio-engine/Cargo.toml:1: does not inherit its license",
        "crates/composio-engine/Cargo.toml:1: does not inherit the lints",
        "crates/composio-engine/src/lib.rs:1: has 702 lines without tests",
        "crates/composio-engine/src/lib.rs:1: `long` has 702 lines",
        "crates/composio-server/src/lib.rs:2: `#[ignore]` hides a test",
        "crates/composio-x/README.md:1: is missing",
        "crates/composio-x/Cargo.toml:1: has no test in tests/it that runs `adapter_suite!`",
        "crates/composio-x/Cargo.toml:1: is used by no example",
        "README.md:1: has no row for composio-x",
        "examples/hello/src/main.rs:1: does not begin with `//! Run with`",
        "README.md:1: names a folder of one machine",
        "README.md:1: does not say `cargo test --workspace`",
        "ARCHITECTURE.md:1: does not name composio-engine",
        "CHANGELOG.md:1: is missing",
        "large.json:1: is larger than 1 MiB",
    ] {
        assert!(said.contains(expected), "{expected}\nis not in\n{said}");
    }
}

#[test]
fn whitespace_is_mended() {
    let root = flawed();
    let (said, _) = tidy(root.path(), &["--fix"]);
    assert!(said.contains("crates/composio-core/src/lib.rs: mended"), "{said}");
    assert!(!said.contains("stray whitespace"), "{said}");
    let text = fs::read_to_string(root.path().join("crates/composio-core/src/lib.rs")).unwrap();
    assert!(text.contains("todo!();\n"), "{text}");
}
