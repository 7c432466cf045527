//! Where Prism is.

use std::io::Write as _;

use url::Url;

const VARIABLE: &str = "COMPOSIO_TEST_PRISM_URL";

/// Prism's address; none where it was not started, which is said past the test harness, or fails the test where that must
/// not be.
pub(crate) fn prism() -> Option<Url> {
    if let Ok(url) = std::env::var(VARIABLE) {
        return Some(Url::parse(&url).unwrap());
    }
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let says = format!("DID NOT RUN: {test}: {VARIABLE} is not set; `cargo xtask counterparts` starts Prism");
    assert!(std::env::var("COMPOSIO_REQUIRE_REAL").as_deref() != Ok("1"), "{says}");
    say(&says);
    None
}

/// Says something past the test harness, which keeps what successful tests print to itself.
pub(crate) fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}
