//! Whoever is asked: you, or somebody who says what the script says.

use std::io::IsTerminal as _;

use composio::{Approval, ApprovalDecision};
use example_support::show;

use crate::record::Record;
use crate::script;

/// Answers questions, and leaves what it said in the record.
pub(crate) struct Person {
    /// On this terminal.
    real: bool,
    record: Record,
    /// Calls may come side by side, and people answer one question after the other.
    turn: tokio::sync::Mutex<()>,
}

impl Person {
    pub(crate) fn new(real: bool, record: Record) -> Self {
        Self { real, record, turn: tokio::sync::Mutex::default() }
    }

    /// Shows what is asked, and gives the answer.
    pub(crate) async fn decides(&self, approval: &Approval) -> ApprovalDecision {
        let _turn = self.turn.lock().await;
        show::whole("approve", approval.question());
        show::whole("", format!("  because {}", approval.rule()));
        for (name, value) in approval.arguments() {
            show::whole("", format!("  {name}: {}", show::harmless(value)));
        }
        let decision = match self.real {
            true => typed().await,
            false => script::person(approval.tool(), self.record.times_asked(approval.tool())),
        };
        show::whole("answer", word(decision));
        self.record.said(approval.tool(), decision);
        decision
    }
}

/// Asks until there is an answer. Where nobody types any more, nobody has allowed anything.
async fn typed() -> ApprovalDecision {
    loop {
        show::prompt("[y]es, [a]lways or [n]o?");
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|length| (length, line))
        });
        let read = read.await;
        if !std::io::stdin().is_terminal() || !matches!(read, Ok(Ok((1.., _)))) {
            // Nobody pressed Enter, so the prompt's line has not ended.
            show::end_of_speech();
        }
        let Ok(Ok((1.., line))) = read else { return ApprovalDecision::Deny };
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return ApprovalDecision::Approve,
            "a" | "always" => return ApprovalDecision::ApproveAlways,
            "n" | "no" => return ApprovalDecision::Deny,
            _ => {}
        }
    }
}

fn word(decision: ApprovalDecision) -> &'static str {
    match decision {
        ApprovalDecision::Approve => "yes, this once",
        ApprovalDecision::ApproveAlways => "yes, always",
        _ => "no",
    }
}
