//! The tour, step by step.

use std::time::Duration;

use anyhow::{Context as _, Result};
use composio::{Composio, ConnectedAccount, ConnectionStatus, ErrorKind, Session, ToolOutput, ToolkitState, Url};
use example_support::consent;
use serde_json::{Value, json};

use crate::show;
use crate::wait::until_connected;

const GITHUB: &str = "github";
const USER: &str = "user_123";
const TOOLKITS: [&str; 4] = ["tracker", "mailbox", "status", GITHUB];
const AT_WORK: &str = "alice@work.example";
const AT_HOME: &str = "alice@home.example";
const BOB: &str = "bob@example.com";

/// Who presses the buttons on the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visitor {
    /// Whoever reads the terminal.
    Person,
    /// The same, with the pages opened for them.
    Browser,
    /// This program, because that was asked for.
    Scripted,
    /// This program, because nobody is there to read a link.
    Absent,
}

impl Visitor {
    fn is_scripted(self) -> bool {
        matches!(self, Self::Scripted | Self::Absent)
    }
}

pub(crate) struct Tour {
    pub(crate) composio: Composio,
    pub(crate) visitor: Visitor,
    /// How long to wait for a person at each link.
    pub(crate) patience: Duration,
    /// Whether accounts of a run before may be there.
    pub(crate) kept: bool,
}

impl Tour {
    pub(crate) async fn walk(&self) -> Result<()> {
        show::heading(2, &format!("A session for {USER}"));
        let unfinished = self.remove_unfinished().await?;
        let session = self.composio.create(USER).toolkits(TOOLKITS).await?;
        let mut toolkits = session.toolkits().await?.items;
        toolkits.sort_by_key(|toolkit| TOOLKITS.iter().position(|slug| *slug == toolkit.slug.as_str()));
        show::toolkits(session.id().as_str(), &toolkits);
        self.connect_all(&session, &toolkits, unfinished).await?;
        use_tools(&session).await?;
        self.choose_between_two(&session).await
    }

    /// Forgets connections that a run before began and did not finish: they run nothing, and their links are over.
    async fn remove_unfinished(&self) -> Result<usize> {
        let accounts = self.composio.connected_accounts();
        let all = accounts.list().user(USER).limit(200).await?.items;
        let unfinished: Vec<_> = all.into_iter().filter(|account| account.connected_at.is_none()).collect();
        for account in &unfinished {
            accounts.delete(account.id.clone()).await?;
        }
        Ok(unfinished.len())
    }

    async fn connect_all(&self, session: &Session, toolkits: &[ToolkitState], unfinished: usize) -> Result<()> {
        show::heading(3, "Connect accounts");
        if unfinished > 0 {
            show::unfinished(unfinished);
        }
        let found: Vec<_> = toolkits.iter().filter(|toolkit| toolkit.is_active()).collect();
        if self.kept && !found.is_empty() {
            show::found_again(&found);
        }
        let missing: Vec<_> =
            toolkits.iter().filter(|toolkit| !toolkit.is_ready() && self.can_connect(toolkit)).collect();
        if self.visitor == Visitor::Absent && !missing.is_empty() {
            show::note("No terminal shows the links, so this program walks through the pages.");
        }
        for toolkit in missing {
            self.connect(session, toolkit, AT_WORK).await?;
        }
        Ok(())
    }

    /// Without an OAuth app nobody can connect GitHub, and the scripted visitor stays on this computer.
    fn can_connect(&self, toolkit: &ToolkitState) -> bool {
        toolkit.managed_auth && !(toolkit.slug.as_str() == GITHUB && self.visitor.is_scripted())
    }

    /// One link after the other, until the person has not said no.
    async fn connect(&self, session: &Session, toolkit: &ToolkitState, as_whom: &str) -> Result<ConnectedAccount> {
        loop {
            let request = session.authorize(toolkit.slug.clone()).await?;
            self.send(toolkit, request.redirect_url(), as_whom).await?;
            let connected = match self.visitor.is_scripted() {
                true => request.wait().timeout(self.patience).await,
                false => until_connected(&request, self.patience).await,
            };
            match connected {
                Ok(account) => {
                    show::connected(&toolkit.name, &account);
                    return Ok(account);
                }
                Err(error) if error.kind() == ErrorKind::ConnectionRequired && !self.visitor.is_scripted() => {
                    show::note(&error.to_string());
                    show::end_block();
                }
                Err(error) if error.kind() == ErrorKind::Timeout => {
                    let seconds = self.patience.as_secs();
                    let advice = "run again, with --timeout for more time or --consent to let the program do it";
                    anyhow::bail!("{} was not connected within {seconds} seconds; {advice}", toolkit.name);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Sends whoever visits to the link.
    async fn send(&self, toolkit: &ToolkitState, link: &Url, as_whom: &str) -> Result<()> {
        if self.visitor.is_scripted() {
            show::link_in_short(&toolkit.name, link);
            return consent::walk(link, as_whom, show::page).await;
        }
        let whom = (toolkit.slug.as_str() != GITHUB).then_some(as_whom);
        show::link(&toolkit.name, whom, link);
        if self.visitor == Visitor::Browser {
            show::open(link);
        }
        Ok(())
    }

    async fn choose_between_two(&self, session: &Session) -> Result<()> {
        show::heading(5, "Two accounts of one toolkit");
        let accounts = self.second_account(session).await?;
        let [first, .., newest] = accounts.as_slice() else {
            anyhow::bail!("the second tracker account is gone; run again to connect it");
        };
        show::note("Nothing names an account, so the newest connection runs. Ask why:");
        show::explanation(&session.explain("tracker").await?);

        let pinned = self.composio.create(USER).toolkits(TOOLKITS).connected_account("tracker", first.id.clone());
        let pinned = pinned.await?;
        show::note("A session that pins the first account runs with that one, however old:");
        show::code(&format!("composio.create(\"{USER}\")"));
        show::code(&format!("    .connected_account(\"tracker\", \"{}\")", first.id));
        show::explanation(&pinned.explain("tracker").await?);

        let issue =
            execute(&pinned, "TRACKER_CREATE_ISSUE", json!({ "title": "Filed with the pinned account" })).await?;
        show::fields(issue.value(), &["number", "title", "author"]);
        let (landed, newer) = (text(issue.value(), "author"), newest.label());
        show::note(&format!("It landed in the workspace of {landed}, although {newer} is newer."));
        show::end_block();
        Ok(())
    }

    /// The user's ACTIVE tracker accounts, oldest connection first; connects a second one where there is none.
    async fn second_account(&self, session: &Session) -> Result<Vec<ConnectedAccount>> {
        let accounts = self.tracker_accounts().await?;
        if accounts.len() > 1 {
            return Ok(accounts);
        }
        let other = if accounts.iter().any(|account| account.label() == AT_HOME) { AT_WORK } else { AT_HOME };
        let toolkits = session.toolkits().slugs(["tracker"]).await?.items;
        let tracker = toolkits.first().context("the session does not show the tracker")?;
        self.connect(session, tracker, other).await?;
        self.tracker_accounts().await
    }

    async fn tracker_accounts(&self) -> Result<Vec<ConnectedAccount>> {
        let list = self.composio.connected_accounts().list();
        let mut accounts = list.user(USER).toolkit("tracker").status(ConnectionStatus::Active).await?.items;
        accounts.sort_by_key(|account| account.connected_at);
        Ok(accounts)
    }
}

/// A write and a read at each service.
async fn use_tools(session: &Session) -> Result<()> {
    show::heading(4, "Use the tools");
    let issue = json!({ "title": "Water the fern", "body": "It looks thirsty.", "labels": ["chore"] });
    let created = execute(session, "TRACKER_CREATE_ISSUE", issue).await?;
    show::fields(created.value(), &["number", "title", "author", "url"]);
    let number = &created.value()["number"];
    let read = execute(session, "TRACKER_GET_ISSUE", json!({ "number": number })).await?;
    show::fields(read.value(), &["number", "title", "state", "labels"]);

    let body = format!("I filed it here: {}", text(created.value(), "url"));
    let message = json!({ "to": [BOB], "subject": "The fern is thirsty", "body": body });
    let sent = execute(session, "MAILBOX_SEND_MESSAGE", message).await?;
    show::fields(sent.value(), &["id", "from", "to", "subject", "body"]);
    let listed = execute(session, "MAILBOX_LIST_MESSAGES", json!({ "folder": "sent", "limit": 1 })).await?;
    show::fields(&listed.value()["items"][0], &["id", "to", "subject", "snippet"]);

    let toolkits = session.toolkits().slugs([GITHUB]).connected(true).await?.items;
    if !toolkits.is_empty() {
        let me = execute(session, "GITHUB_GET_THE_AUTHENTICATED_USER", json!({})).await?;
        show::fields(me.value(), &["login", "name", "html_url"]);
    }
    Ok(())
}

async fn execute(session: &Session, tool: &str, arguments: Value) -> Result<ToolOutput> {
    show::call(tool, &arguments);
    session.execute(tool, arguments).await.map_err(|error| {
        // What the service said is for the model first; here nobody else would tell it.
        let advice = match error.kind() {
            ErrorKind::ToolFailed => format!("{tool} was refused: {}", error.for_model()),
            ErrorKind::ConnectionRequired => format!("{tool} cannot run; run again to connect the account"),
            _ => format!("{tool} did not run through"),
        };
        anyhow::Error::from(error).context(advice)
    })
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("?")
}
