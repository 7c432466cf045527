//! Where the counterparts are, and whose turn it is to use the one port that is registered with each.

use std::io::Write as _;
use std::time::Duration;

use composio::{Embedded, EmbeddedOptions, ErrorKind, Url};
use tokio::sync::{Mutex, MutexGuard};

/// A counterpart, and the port to which it sends browsers back.
pub(crate) struct Place {
    variable: &'static str,
    port: u16,
    turn: Mutex<()>,
}

pub(crate) static EMULATE: Place = Place::new("COMPOSIO_TEST_EMULATE_URL", 48731);
pub(crate) static OIDC: Place = Place::new("COMPOSIO_TEST_OIDC_URL", 48732);
pub(crate) static CHROMEDRIVER: Place = Place::new("COMPOSIO_TEST_CHROMEDRIVER_URL", 48733);

impl Place {
    const fn new(variable: &'static str, port: u16) -> Self {
        Self { variable, port, turn: Mutex::const_new(()) }
    }

    /// The counterpart, for one test at a time; none where it was not started.
    pub(crate) async fn turn(&'static self) -> Option<Turn> {
        let turn = self.turn.lock().await;
        match std::env::var(self.variable) {
            Ok(url) => Some(Turn { url: Url::parse(&url).unwrap(), port: self.port, _turn: turn }),
            Err(_) => {
                not_run(self.variable);
                None
            }
        }
    }
}

/// Says that a test does not run for want of this variable; fails it where that must not be.
pub(crate) fn not_run(variable: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let says = format!("DID NOT RUN: {test}: {variable} is not set; `cargo xtask counterparts` starts it");
    assert!(std::env::var("COMPOSIO_REQUIRE_REAL").as_deref() != Ok("1"), "{says}");
    say(&says);
}

/// Says something past the test harness, which keeps what successful tests print to itself.
pub(crate) fn say(text: &str) {
    std::io::stderr().write_all(format!("{text}\n").as_bytes()).unwrap();
}

/// The right to use a counterpart and its port.
pub(crate) struct Turn {
    pub(crate) url: Url,
    pub(crate) port: u16,
    _turn: MutexGuard<'static, ()>,
}

impl Turn {
    /// A page of the counterpart.
    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    /// `host:port`, as an operator allows it.
    pub(crate) fn target(&self) -> String {
        self.url.authority().to_owned()
    }

    /// Starts an engine on the port. A test that failed before may still be about to leave it.
    pub(crate) async fn embedded(&self, options: impl Fn() -> EmbeddedOptions) -> Embedded {
        for _ in 0..100 {
            match Embedded::start(options().port(self.port)).await {
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    tokio::time::sleep(Duration::from_millis(50)).await
                }
                started => return started.unwrap(),
            }
        }
        panic!("port {} stays taken", self.port)
    }
}
