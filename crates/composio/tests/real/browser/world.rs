//! The demo services, an engine that knows them, and browsers.

use composio::{ConnectedAccount, ConnectedAccountId, ConnectionRequest, Embedded, EmbeddedOptions, Session};
use composio_demo::{Demo, DemoOptions};

use super::driver::Browser;
use crate::forms::Form;
use crate::place::{CHROMEDRIVER, Turn};
use crate::visitor::Visitor;

pub(super) const APPLICATION: &str = "Acme Assistant";
pub(super) const ALICE: &str = "alice@work.example";
/// The heading of the demo's consent page.
pub(super) const CONSENT: &str = "Acme Assistant asks for access to a demo account";
pub(super) const CONNECTED: &str = "Demo Tracker is connected";
pub(super) const NOT_CONNECTED: &str = "Demo Tracker was not connected";
pub(super) const REFUSED: &str = "This link cannot be used";

pub(super) struct World {
    pub(super) demo: Demo,
    pub(super) embedded: Embedded,
    pub(super) session: Session,
    pub(super) turn: Turn,
}

impl World {
    pub(super) async fn new() -> Option<Self> {
        let turn = CHROMEDRIVER.turn().await?;
        let demo = Demo::start(DemoOptions::default().client_name(APPLICATION)).await.unwrap();
        let options = || EmbeddedOptions::new().application(APPLICATION).color("#0b6e4f").demo(&demo);
        let embedded = turn.embedded(options).await;
        let session = embedded.composio().create("user_123").toolkits(["tracker"]).await.unwrap();
        Some(Self { demo, embedded, session, turn })
    }

    pub(super) async fn browser(&self) -> Browser {
        Browser::new(&self.turn.url).await
    }

    pub(super) async fn link(&self) -> ConnectionRequest {
        self.session.authorize("tracker").await.unwrap()
    }

    /// An account of Alice's, connected by a browser that is not looked at.
    pub(super) async fn connected(&self) -> ConnectedAccount {
        let request = self.link().await;
        let mut visitor = Visitor::new();
        let page = visitor.open(request.redirect_url()).await;
        let consent = visitor.submit(&Form::of(&page)).await;
        let answer = Form::of(&consent).set("identity", ALICE).set("decision", "allow");
        assert_eq!(visitor.submit(&answer).await.status, 200);
        self.account(request.account()).await
    }

    pub(super) async fn account(&self, id: &ConnectedAccountId) -> ConnectedAccount {
        self.session.connected_account(id).await.unwrap()
    }

    pub(super) async fn close(self, browsers: impl IntoIterator<Item = Browser>) {
        browsers.into_iter().for_each(drop);
        self.embedded.shutdown().await;
        self.demo.shutdown().await;
    }
}

/// Opens a link and presses on to the consent page.
pub(super) async fn to_consent(browser: &Browser, request: &ConnectionRequest) {
    browser.open(request.redirect_url()).await;
    browser.click("button").await;
    browser.wait_for(CONSENT).await;
}

/// On the consent page: this account, yes.
pub(super) async fn allow(browser: &Browser, email: &str) {
    browser.click(&format!("input[value=\"{email}\"]")).await;
    browser.click("button[value=allow]").await;
}
