//! Sends mails, and looks into the recipient's inbox where they came from: what a tool answers is not taken for it.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use composio::{ConnectedAccount, ErrorKind, Session};
use example_support::{Playground, script::RECIPIENT, show};
use serde_json::{Value, json};

pub(crate) const WORK: &str = "alice@work.example";
pub(crate) const HOME: &str = "alice@home.example";
pub(crate) const SEND: &str = "MAILBOX_SEND_MESSAGE";

/// The recipient's inbox, and how much of it has been looked at.
pub(crate) struct Desk<'a> {
    playground: &'a Playground,
    seen: AtomicUsize,
}

impl<'a> Desk<'a> {
    pub(crate) async fn new(playground: &'a Playground) -> Result<Self> {
        Ok(Self { playground, seen: AtomicUsize::new(playground.mails().await?.len()) })
    }

    /// Sends a mail, without saying from where, and finds it in the inbox with this sender.
    pub(crate) async fn send(&self, session: &Session, subject: &str, sender: &str) -> Result<()> {
        session.execute(SEND, mail(subject)).await?;
        show::call(SEND, json!({ "subject": subject }));
        self.only_mail(sender).await
    }

    /// Tries to send a mail, which has to fail like this, and finds nothing new in the inbox.
    pub(crate) async fn refused(&self, session: &Session, expected: ErrorKind) -> Result<()> {
        show::call(SEND, json!({ "subject": "Never sent" }));
        match session.execute(SEND, mail("Never sent")).await {
            Err(error) if error.kind() == expected => show::whole("refused", error),
            Err(error) => return Err(error.into()),
            Ok(_) => bail!("the mail was sent, and should have been refused"),
        }
        ensure!(self.new_mails().await?.is_empty(), "a mail that was refused is in the inbox");
        show::checked(&format!("nothing new reached {RECIPIENT}"));
        Ok(())
    }

    /// Finds exactly one new mail in the inbox, with this sender.
    pub(crate) async fn only_mail(&self, sender: &str) -> Result<()> {
        let mails = self.new_mails().await?;
        let [mail] = mails.as_slice() else { bail!("there should be one new mail, and there are {}", mails.len()) };
        let from = mail["from"].as_str().context("a mail without a sender")?;
        ensure!(from == sender, "the mail came from {from}, and should have come from {sender}");
        show::checked(&format!("{RECIPIENT} has {} from {from}", mail["subject"]));
        Ok(())
    }

    /// The mails since the last look.
    async fn new_mails(&self) -> Result<Vec<Value>> {
        let mut mails = self.playground.mails().await?;
        let seen = self.seen.swap(mails.len(), Ordering::Relaxed);
        mails.truncate(mails.len() - seen);
        Ok(mails)
    }
}

/// What tells an account from the others.
pub(crate) fn described(account: &ConnectedAccount) -> String {
    let identity = account.identity.as_ref().map_or("unknown", |identity| &identity.label);
    let alias = account.alias.as_deref().unwrap_or("none");
    format!("{}: {identity}, alias {alias}, {}", account.id, account.status)
}

fn mail(subject: &str) -> Value {
    json!({ "to": [RECIPIENT], "subject": subject, "body": "Hello Bob." })
}
