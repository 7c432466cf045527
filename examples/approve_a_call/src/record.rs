//! What was said and what was made, in the order in which it happened, to be compared with what the services have.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, ensure};
use composio::{ApprovalDecision, Modifier, ToolSlug};
use example_support::{Playground, script::RECIPIENT, show};

use crate::script::{DELETE, SEND};

/// A record that its clones share.
#[derive(Clone, Default)]
pub(crate) struct Record(Arc<Mutex<Vec<Entry>>>);

#[derive(Clone)]
struct Entry {
    tool: ToolSlug,
    what: What,
}

#[derive(Clone, PartialEq)]
enum What {
    /// The person answered.
    Said(ApprovalDecision),
    /// The call ran through; with the subject, where what came of it has one.
    Made(String),
}

impl Record {
    /// The person answered a question about this tool.
    pub(crate) fn said(&self, tool: &ToolSlug, decision: ApprovalDecision) {
        self.entries().push(Entry { tool: tool.clone(), what: What::Said(decision) });
    }

    /// How often the person answered about this tool.
    pub(crate) fn times_asked(&self, tool: &ToolSlug) -> usize {
        self.of(tool).iter().filter(|what| matches!(what, What::Said(_))).count()
    }

    /// A modifier that sees every call of the session, whoever makes it, and changes nothing.
    pub(crate) fn keeper(&self) -> Modifier {
        let record = self.clone();
        Modifier::after(move |call, outcome| {
            if let Ok(output) = &outcome {
                let subject = output.value()["subject"].as_str().unwrap_or_default().to_owned();
                record.entries().push(Entry { tool: call.tool.clone(), what: What::Made(subject) });
            }
            outcome
        })
    }

    /// Compares it with what the services have, of which so many mails were there before.
    pub(crate) async fn compare(&self, playground: &Playground, mails_before: usize) -> Result<()> {
        let (sends, deletes) = (self.of(SEND), self.of(DELETE));
        let mails = playground.mails().await?;
        let new = mails.iter().rev().skip(mails_before);
        let there: Vec<_> = new.map(|mail| mail["subject"].as_str().unwrap_or_default()).collect();
        let sent: Vec<_> = sends.iter().filter_map(What::made).collect();
        ensure!(there == sent, "{RECIPIENT} has {there:?}, and {sent:?} were sent");
        show::checked(&match sent.len() {
            0 => format!("{RECIPIENT} has no new mail"),
            1 => format!("{RECIPIENT} has 1 new mail: {}", sent[0]),
            count => format!("{RECIPIENT} has {count} new mails: {}", sent.join(", ")),
        });

        let there = playground.issues().await?.iter().any(|issue| issue["number"] == 1);
        let deleted = deletes.iter().any(|what| what.made().is_some());
        ensure!(there != deleted, "issue 1 is there: {there}, and was deleted: {deleted}");
        show::checked(if there { "issue 1 is still there" } else { "issue 1 is gone" });

        allowed(SEND, &sends)?;
        allowed(DELETE, &deletes)
    }

    fn of(&self, tool: impl AsRef<str>) -> Vec<What> {
        let of_tool = |entry: &&Entry| entry.tool.as_str() == tool.as_ref();
        self.entries().iter().filter(of_tool).map(|entry| entry.what.clone()).collect()
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl What {
    fn made(&self) -> Option<&str> {
        match self {
            Self::Made(subject) => Some(subject),
            Self::Said(_) => None,
        }
    }
}

/// Whether each call that was made had a yes of its own before it, or an "always".
fn allowed(tool: &str, entries: &[What]) -> Result<()> {
    let (mut open, mut always) = (0, false);
    for what in entries {
        match what {
            What::Said(ApprovalDecision::Approve) => open += 1,
            What::Said(ApprovalDecision::ApproveAlways) => always = true,
            What::Said(_) => {}
            What::Made(_) if open > 0 => open -= 1,
            What::Made(_) => ensure!(always, "{tool} was made, and nobody had allowed it"),
        }
    }
    let said = |decision| entries.iter().filter(|what| **what == What::Said(decision)).count();
    let once = said(ApprovalDecision::Approve);
    let (always, no) = (said(ApprovalDecision::ApproveAlways), said(ApprovalDecision::Deny));
    let times = match entries.iter().filter_map(What::made).count() {
        1 => "1 time".to_owned(),
        made => format!("{made} times"),
    };
    show::checked(&format!("{tool} was made {times}: {once} yes, {always} always, {no} no"));
    Ok(())
}
