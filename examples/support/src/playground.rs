//! Something for an agent to work with.

use std::time::Duration;

use anyhow::{Context as _, Result};
use composio::{Authorize, Composio, ConnectedAccount, Embedded, EmbeddedOptions, Session, Url};
use composio_demo::{Demo, DemoOptions};
use serde_json::Value;

use crate::{consent, script, show};

const APPLICATION: &str = "Examples";
/// Whose accounts are connected.
const USER: &str = "alice@work.example";
/// Nobody waits longer for pages on the same machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The embedded engine with the demo services as toolkits, all in this process and in memory: `tracker`, `mailbox` and
/// `status`.
#[derive(Debug)]
pub struct Playground {
    demo: Demo,
    embedded: Embedded,
    http: reqwest::Client,
    /// The issues that were there before.
    before: Vec<Value>,
    quiet: bool,
}

impl Playground {
    /// Starts everything on free ports of 127.0.0.1.
    ///
    /// # Errors
    /// Where a port cannot be had.
    pub async fn start() -> Result<Self> {
        Self::open(false).await
    }

    /// As [`start`](Self::start), and prints nothing: for tests.
    ///
    /// # Errors
    /// Where a port cannot be had.
    pub async fn quiet() -> Result<Self> {
        Self::open(true).await
    }

    async fn open(quiet: bool) -> Result<Self> {
        let demo = Demo::start(DemoOptions::default().client_name(APPLICATION)).await?;
        let options = EmbeddedOptions::new().port(0).application(APPLICATION).demo(&demo);
        let embedded = Embedded::start(options).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut playground = Self { demo, embedded, http, before: Vec::new(), quiet };
        playground.before = playground.issues().await?;
        Ok(playground)
    }

    /// The entry to sessions.
    pub fn composio(&self) -> Composio {
        self.embedded.composio()
    }

    /// The services, to look at what was asked of them or to let them fail.
    pub fn demo(&self) -> &Demo {
        &self.demo
    }

    /// The engine and its pages.
    pub fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    /// Connects a toolkit as an application does: asks for a link and waits for the user. The user is played here, who
    /// opens the link, allows access as `alice@work.example`, and comes back.
    ///
    /// # Errors
    /// Where a page or the engine refuses.
    pub async fn connect(&self, session: &Session, toolkit: &str) -> Result<ConnectedAccount> {
        self.connect_as(session.authorize(toolkit), toolkit, USER).await
    }

    /// As [`connect`](Self::connect), with a link that was asked for in some other way, as the account with this address.
    ///
    /// # Errors
    /// Where a page or the engine refuses.
    pub async fn connect_as(&self, link: Authorize, toolkit: &str, address: &str) -> Result<ConnectedAccount> {
        let request = link.await?;
        let report = |page: &str, text: &str| self.say(|| show::page(page, text));
        self.say(|| show::link(toolkit, request.redirect_url()));
        consent::walk(request.redirect_url(), address, report).await?;
        Ok(request.wait().timeout(PATIENCE).await?)
    }

    /// Looks for itself whether [`TASK`](crate::TASK) was done: there is a new issue in the tracker, and a mail with its
    /// link in Bob's inbox. Prints what it found.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn verify(&self) -> Result<()> {
        let issues = self.issues().await?;
        let issue = issues.iter().find(|issue| !self.before.contains(issue)).context("no issue was filed")?;
        let link = issue["url"].as_str().context("the issue has no link")?;
        self.say(|| show::checked(&format!("issue {} is in the tracker: {}", issue["number"], issue["title"])));
        let mail = self.mail_with(link).await?;
        self.say(|| show::checked(&format!("a mail with its link reached {}: {}", script::RECIPIENT, mail["subject"])));
        Ok(())
    }

    fn say(&self, what: impl FnOnce()) {
        if !self.quiet {
            what();
        }
    }

    /// All issues of Alice's workspace, as the tracker has them.
    ///
    /// # Errors
    /// Where the tracker refuses.
    pub async fn issues(&self) -> Result<Vec<Value>> {
        let url = below(self.demo.tracker_url(), "issues", &[("state", "all"), ("per_page", "100")])?;
        let request = self.http.get(url).header("X-Api-Key", self.demo.api_key(USER));
        items(&read(request).await?)
    }

    /// The mails in Bob's inbox, newest first, with their text.
    ///
    /// # Errors
    /// Where the mailbox refuses.
    pub async fn mails(&self) -> Result<Vec<Value>> {
        let key = self.demo.api_key(script::RECIPIENT);
        let get = |path: &str| anyhow::Ok(self.http.get(below(self.demo.mailbox_url(), path, &[("api_key", &key)])?));
        let mut mails = Vec::new();
        for summary in items(&read(get("messages")?).await?)? {
            let id = summary["id"].as_str().context("a mail without an id")?;
            mails.push(read(get(&format!("messages/{id}"))?).await?);
        }
        Ok(mails)
    }

    async fn mail_with(&self, text: &str) -> Result<Value> {
        let has = |mail: &Value| mail["body"].as_str().is_some_and(|body| body.contains(text));
        let mail = self.mails().await?.into_iter().find(has);
        mail.with_context(|| format!("no mail with {text} reached {}", script::RECIPIENT))
    }

    /// Stops everything.
    pub async fn shutdown(self) {
        self.embedded.shutdown().await;
        self.demo.shutdown().await;
    }
}

fn below(mut url: Url, path: &str, query: &[(&str, &str)]) -> Result<Url> {
    url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
    url.query_pairs_mut().extend_pairs(query);
    Ok(url)
}

async fn read(request: reqwest::RequestBuilder) -> Result<Value> {
    let read = async { request.send().await?.error_for_status()?.json().await };
    // An error of the client names the URL, which may hold a key.
    read.await.map_err(|error: reqwest::Error| error.without_url().into())
}

fn items(list: &Value) -> Result<Vec<Value>> {
    list["items"].as_array().cloned().context("the service sent no list")
}
