//! A browser with a fresh profile, driven over WebDriver.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::Method;
use composio::Url;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::place::say;

const FLAGS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// How long a page may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A phone and a laptop.
const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 800)];

/// What every page owes to somebody who does not see it.
const AUDIT: &str = r"
    const named = element => (element.innerText || element.getAttribute('aria-label') || '').trim() !== '';
    const shown = [...document.querySelectorAll('input:not([type=hidden]), select, textarea')];
    return {
        lang: document.documentElement.lang,
        title: document.title.trim(),
        headings: [...document.querySelectorAll('h1')].map(heading => heading.innerText.trim()),
        mains: document.querySelectorAll('main').length,
        unlabelled: shown.filter(input => input.labels.length === 0).map(input => input.name),
        unnamed: [...document.querySelectorAll('button, a')].filter(element => !named(element)).length,
        undescribed: [...document.images].filter(image => !image.hasAttribute('alt')).length,
        loose: [...document.querySelectorAll('[aria-describedby], [aria-labelledby]')].filter(element =>
            !document.getElementById(element.getAttribute('aria-describedby') || element.getAttribute('aria-labelledby'))).length,
        twice: [...document.querySelectorAll('[id]')].filter((element, at, all) =>
            all.findIndex(other => other.id === element.id) !== at).length,
        wider: document.documentElement.scrollWidth > document.documentElement.clientWidth,
    };";

/// It ends when it is dropped, in a failed test too.
pub(super) struct Browser {
    client: Client,
    session: Url,
    _profile: TempDir,
}

impl Browser {
    pub(super) async fn new(driver: &Url) -> Self {
        let profile = TempDir::new().unwrap();
        let mut arguments = FLAGS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        let client = builder.connect(driver.as_str()).await.unwrap();
        let id = client.session_id().await.unwrap().unwrap();
        Self { client, session: driver.join(&format!("session/{id}")).unwrap(), _profile: profile }
    }

    pub(super) async fn open(&self, url: &Url) {
        self.client.goto(url.as_str()).await.unwrap();
    }

    pub(super) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    pub(super) async fn url(&self) -> Url {
        self.client.current_url().await.unwrap()
    }

    /// What people read in the first element that fits, once it is there.
    pub(super) async fn text(&self, css: &str) -> String {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        found.unwrap_or_else(|error| panic!("no {css}: {error}")).text().await.unwrap()
    }

    pub(super) async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    pub(super) async fn click(&self, css: &str) {
        self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    /// Types into whatever has the focus.
    pub(super) async fn type_keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Waits for a page whose heading is this.
    pub(super) async fn wait_for(&self, heading: &str) {
        let waiting = async {
            while self.heading().await.as_deref() != Some(heading) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(PATIENCE, waiting).await.is_err() {
            panic!("waited for {heading:?}, and this came: {:?}", self.text("body").await);
        }
    }

    /// None while one page goes and the next one comes.
    async fn heading(&self) -> Option<String> {
        self.client.find(Locator::Css("h1")).await.ok()?.text().await.ok()
    }

    /// Sets a cookie of this name for the page's host.
    pub(super) async fn make_up_cookie(&self, name: &str) {
        self.run(&format!("document.cookie = '{name}=made-up; path=/'")).await;
    }

    pub(super) async fn source(&self) -> String {
        self.client.source().await.unwrap()
    }

    pub(super) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Holds the page to what every page owes, and the browser's log to silence.
    pub(super) async fn audit(&self) {
        let found = self.run(AUDIT).await;
        let none = |key: &str| found[key] == json!(0);
        assert_eq!(found["lang"], "en", "{found}");
        assert_ne!(found["title"], "", "{found}");
        assert_eq!(found["headings"].as_array().map(Vec::len), Some(1), "{found}");
        assert_eq!((&found["mains"], &found["unlabelled"]), (&json!(1), &json!([])), "{found}");
        assert!(["unnamed", "undescribed", "loose", "twice"].into_iter().all(none), "{found}");
        let log = self.client.issue_cmd(ReadLog).await.unwrap();
        let blocked = log
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["message"].as_str().unwrap().contains("Content Security Policy"));
        assert_eq!(blocked.count(), 0, "{log}");
    }

    /// Takes the page's picture as a phone and a laptop show it; nothing may stand out at the side.
    pub(super) async fn picture(&self, name: &str) {
        let folder = pictures();
        for (width, height) in SIZES {
            let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
            self.client.issue_cmd(Cdp("Emulation.setDeviceMetricsOverride", metrics)).await.unwrap();
            let file = folder.join(format!("{name}-{width}x{height}.png"));
            std::fs::write(file, self.client.screenshot().await.unwrap()).unwrap();
            assert_eq!(self.run(AUDIT).await["wider"], false, "{name} at {width}");
        }
        self.client.issue_cmd(Cdp("Emulation.clearDeviceMetricsOverride", json!({}))).await.unwrap();
    }

    /// As the system's setting would have it.
    pub(super) async fn prefer_dark(&self) {
        let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        self.client.issue_cmd(Cdp("Emulation.setEmulatedMedia", dark)).await.unwrap();
    }

    /// Nothing asynchronous runs any more when a test has failed.
    fn end(&self) -> std::io::Result<usize> {
        let mut driver = TcpStream::connect(self.session.authority())?;
        driver.set_read_timeout(Some(PATIENCE))?;
        let (path, host) = (self.session.path(), self.session.authority());
        write!(driver, "DELETE {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        driver.read(&mut [0; 16])
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            say(&format!("a browser may be left behind: {error}"));
        }
    }
}

/// `target/screenshots`.
fn pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A command of Chrome's own protocol.
#[derive(Debug)]
struct Cdp(&'static str, Value);

impl WebDriverCompatibleCommand for Cdp {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"cmd": self.0, "params": self.1}).to_string()))
    }
}

/// Takes what the browser has logged since the last time.
#[derive(Debug)]
struct ReadLog;

impl WebDriverCompatibleCommand for ReadLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}
