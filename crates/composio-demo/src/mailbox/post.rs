//! Messages, and their way from one identity to another.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::people::{Directory, Identity};

/// All mailboxes. What is sent to an address of the demo lands there; other addresses go nowhere, silently.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct PostOffice {
    boxes: BTreeMap<String, Vec<Message>>,
    last_number: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Folder {
    Inbox,
    Sent,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Message {
    id: MessageId,
    thread_id: String,
    folder: Folder,
    from: String,
    to: Vec<String>,
    subject: String,
    body: String,
    labels: Vec<String>,
    read: bool,
    sent_at: Timestamp,
    in_reply_to: Option<String>,
}

/// Callers see `msg_` and the number; it counts up, so that it orders as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct MessageId(u64);

impl MessageId {
    fn parse(text: &str) -> Option<Self> {
        let id = Self(text.strip_prefix("msg_")?.parse().ok()?);
        // Only as we write it: no sign, no leading zero.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}", self.0)
    }
}

impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not the id of a message"))
    }
}

#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) body: String,
    /// The id and the thread of the message that is answered.
    pub(crate) in_reply_to: Option<(String, String)>,
}

/// What to look for; `None` is no condition.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) folder: Folder,
    pub(crate) label: Option<String>,
    pub(crate) q: Option<String>,
    /// Only messages older than this one: where the page before ended.
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

impl PostOffice {
    /// Gives each identity a box that has none yet, with a few letters in it.
    pub(crate) fn seed(&mut self, directory: &Directory, now: Timestamp) {
        let without: Vec<&Identity> =
            directory.identities().iter().filter(|identity| !self.boxes.contains_key(&identity.email)).collect();
        for identity in &without {
            self.boxes.insert(identity.email.clone(), Vec::new());
        }
        for identity in without {
            self.welcome(identity, now);
        }
    }

    fn welcome(&mut self, identity: &Identity, now: Timestamp) {
        let name = identity.display_name.split(' ').next().unwrap_or_default();
        let letters = [
            (
                "welcome@demo.example",
                "Welcome to your demo mailbox",
                format!("Hello {name}, this mailbox is made up. Send, answer and delete as you like."),
                "notice",
            ),
            (
                "accounts@print-shop.example",
                "Invoice 1042 is due on Friday",
                format!("Dear {name}, the invoice for 500 business cards, 42.00 EUR, is due on Friday."),
                "invoice",
            ),
            (
                "dana@work.example",
                "Lunch on Thursday?",
                format!("Hi {name}, the noodle place at noon? Tell me if I should book a table. Dana"),
                "personal",
            ),
        ];
        for (from, subject, body, label) in letters {
            let to = vec![identity.email.clone()];
            let draft = Draft { to, subject: subject.to_owned(), body, in_reply_to: None };
            let sent = self.write(from, draft, now);
            self.deliver(&sent, &[label]);
        }
    }

    /// Puts a copy into the sender's folder `sent` and one into each recipient's inbox; returns the sender's.
    pub(crate) fn send(&mut self, from: &str, draft: Draft, now: Timestamp) -> Message {
        let sent = self.write(from, draft, now);
        self.boxes.entry(from.to_owned()).or_default().push(sent.clone());
        self.deliver(&sent, &[]);
        sent
    }

    fn write(&mut self, from: &str, draft: Draft, now: Timestamp) -> Message {
        let number = self.next_number();
        let (in_reply_to, thread) = draft.in_reply_to.unzip();
        Message {
            id: MessageId(number),
            thread_id: thread.unwrap_or_else(|| format!("thr_{number}")),
            folder: Folder::Sent,
            from: from.to_owned(),
            to: draft.to,
            subject: draft.subject,
            body: draft.body,
            labels: Vec::new(),
            read: true,
            sent_at: now,
            in_reply_to,
        }
    }

    fn deliver(&mut self, sent: &Message, labels: &[&str]) {
        let mut recipients = sent.to.clone();
        recipients.sort();
        recipients.dedup();
        for address in recipients {
            let number = self.next_number();
            // Only the demo's own addresses have a box.
            if let Some(mailbox) = self.boxes.get_mut(&address) {
                mailbox.push(Message {
                    id: MessageId(number),
                    folder: Folder::Inbox,
                    labels: labels.iter().map(|&label| label.to_owned()).collect(),
                    read: false,
                    ..sent.clone()
                });
            }
        }
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn of(&self, owner: &str) -> &[Message] {
        self.boxes.get(owner).map(Vec::as_slice).unwrap_or_default()
    }

    /// At most `limit` messages, newest first, and whether there are more.
    pub(crate) fn search(&self, owner: &str, search: &Search) -> (Vec<&Message>, bool) {
        let mut found = self.of(owner).iter().rev().filter(|message| message.meets(search));
        let page: Vec<&Message> = found.by_ref().take(search.limit).collect();
        (page, found.next().is_some())
    }

    pub(crate) fn find(&mut self, owner: &str, id: &str) -> Option<&mut Message> {
        let id = MessageId::parse(id)?;
        self.boxes.get_mut(owner)?.iter_mut().find(|message| message.id == id)
    }

    /// Whether there was such a message.
    pub(crate) fn remove(&mut self, owner: &str, id: &str) -> bool {
        let (Some(mailbox), Some(id)) = (self.boxes.get_mut(owner), MessageId::parse(id)) else {
            return false;
        };
        let before = mailbox.len();
        mailbox.retain(|message| message.id != id);
        mailbox.len() < before
    }

    pub(crate) fn unread(&self, owner: &str) -> usize {
        self.of(owner).iter().filter(|message| !message.read).count()
    }

    /// The labels in use, in alphabetical order, each with the number of its messages.
    pub(crate) fn labels(&self, owner: &str) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for label in self.of(owner).iter().flat_map(|message| &message.labels) {
            *counts.entry(label.clone()).or_insert(0) += 1;
        }
        counts
    }
}

impl Message {
    pub(crate) fn number(&self) -> u64 {
        self.id.0
    }

    /// What a list shows: everything but the body, of which it shows the beginning.
    pub(crate) fn summary(&self) -> Value {
        let mut value = json!(self);
        if let Value::Object(fields) = &mut value {
            fields.shift_remove("body");
            fields.insert("snippet".to_owned(), self.body.chars().take(80).collect::<String>().into());
        }
        value
    }

    /// `None` leaves as it is.
    pub(crate) fn mark(&mut self, read: Option<bool>, labels: Option<Vec<String>>) {
        self.read = read.unwrap_or(self.read);
        if let Some(labels) = labels {
            self.labels = labels;
        }
    }

    /// An answer goes to whoever wrote, or, from one's own sent message, to the same recipients again.
    pub(crate) fn reply(&self, body: String) -> Draft {
        let to = match self.folder {
            Folder::Inbox => vec![self.from.clone()],
            Folder::Sent => self.to.clone(),
        };
        let subject = match self.subject.starts_with("Re: ") {
            true => self.subject.clone(),
            false => format!("Re: {}", self.subject),
        };
        let in_reply_to = Some((self.id.to_string(), self.thread_id.clone()));
        Draft { to, subject, body, in_reply_to }
    }

    fn meets(&self, search: &Search) -> bool {
        let older = search.before.is_none_or(|number| self.id.0 < number);
        let label = search.label.as_ref().is_none_or(|label| self.labels.contains(label));
        let text = search.q.as_ref().is_none_or(|q| {
            let q = q.to_lowercase();
            [&self.subject, &self.body, &self.from].iter().any(|text| text.to_lowercase().contains(&q))
        });
        self.folder == search.folder && older && label && text
    }
}
