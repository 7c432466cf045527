//! Run with: cargo run -p choose_between_two_accounts
//!
//! Alice has two mailboxes, one at work and one at home. From which of them does a mail leave? Each step changes what
//! decides, asks why, and looks into the recipient's inbox. Without `OPENAI_API_KEY` a scripted model answers.

mod desk;

use anyhow::Result;
use composio::{Composio, ConnectedAccountId, ErrorKind, MultiAccount, Session};
use composio_demo::{Reply, Turn};
use example_support::{Agent, Model, Playground, script, show};
use serde_json::json;

use crate::desk::{Desk, HOME, SEND, WORK};

const USER: &str = "user_123";
const TASK: &str = "Mail bob@example.com from my account at work (its alias is \"work\") that the report is ready.";

#[tokio::main]
async fn main() -> Result<()> {
    let playground = Playground::start().await?;
    let model = Model::from_env_or_scripted(script).await?;
    let done = run(&playground, &model).await;
    model.shutdown().await;
    playground.shutdown().await;
    done
}

async fn run(playground: &Playground, model: &Model) -> Result<()> {
    let (composio, desk) = (playground.composio(), Desk::new(playground).await?);
    let session = composio.create(USER).toolkits(["mailbox"]).await?;

    show::heading("1  Nothing is said: the account that was connected last");
    let work = playground.connect_as(session.authorize("mailbox").alias("work"), "mailbox", WORK).await?;
    let home = playground.connect_as(session.authorize("mailbox").alias("home"), "mailbox", HOME).await?;
    for account in [&work, &home] {
        show::whole("account", desk::described(account));
    }
    show::whole("explain", session.explain("mailbox").await?);
    desk.send(&session, "About the garden", HOME).await?;

    show::heading("2  A pin: this account and no other");
    let pinned = composio.create(USER).toolkits(["mailbox"]).connected_account("mailbox", work.id).await?;
    show::whole("explain", pinned.explain("mailbox").await?);
    desk.send(&pinned, "About the budget", WORK).await?;

    side_by_side(&composio, model, &desk).await?;

    show::heading("4  An update moves the pin");
    pinned.update().connected_accounts([("mailbox", home.id.clone())]).if_unchanged().await?;
    show::note(&format!("The session of step 2 has version {} now.", pinned.version()));
    show::whole("explain", pinned.explain("mailbox").await?);
    desk.send(&pinned, "About the weekend", HOME).await?;

    end_and_connect_again(playground, &desk, &home.id, &session, &pinned).await
}

async fn side_by_side(composio: &Composio, model: &Model, desk: &Desk<'_>) -> Result<()> {
    show::heading("3  Several accounts side by side: the call names one");
    let several =
        composio.create(USER).toolkits(["mailbox"]).preload([SEND]).multi_account(MultiAccount::new()).await?;
    desk.refused(&several, ErrorKind::InvalidInput).await?;
    show::note("An agent is told the same, and finds the parameter `account` in each tool:");
    show::user(TASK);
    Agent::new(model).tell(&several.tools().await?, TASK).await?;
    desk.only_mail(WORK).await
}

async fn end_and_connect_again(
    playground: &Playground,
    desk: &Desk<'_>,
    home: &ConnectedAccountId,
    session: &Session,
    pinned: &Session,
) -> Result<()> {
    show::heading("5  The pinned account ends: no other takes its place");
    let ended = playground.composio().connected_accounts().revoke(home.clone()).await?;
    show::whole("account", desk::described(&ended));
    desk.refused(pinned, ErrorKind::ConnectionRequired).await?;
    show::whole("explain", pinned.explain("mailbox").await?);
    show::note("Without a pin the newest one that is left runs, which is why step 2 pins:");
    show::whole("explain", session.explain("mailbox").await?);

    show::heading("6  Alice connects it again: it is the same account, so the pin holds");
    let again = playground.connect_as(pinned.reconnect(home.clone()), "mailbox", HOME).await?;
    show::whole("account", desk::described(&again));
    desk.send(pinned, "About next weekend", HOME).await
}

/// What the scripted model does: it forgets the account, is told which there are, and names the one it was asked for.
fn script(turn: &Turn) -> Reply {
    let mail = json!({ "to": [script::RECIPIENT], "subject": "The report is ready", "body": "It is done." });
    let Some(sent) = turn.result_of(SEND) else { return Reply::call(SEND, &mail) };
    if sent.json["successful"] == true {
        return Reply::text(format!("Bob has the mail. It came from {}.", sent.json["data"]["from"]));
    }
    if turn.results.len() > 1 {
        return Reply::text(format!("I could not send it: {}", sent.json["error"]));
    }
    let mut named = mail;
    named["account"] = json!("work");
    Reply::call(SEND, &named)
}
