//! Run with: cargo run -p approve_a_call
//!
//! An agent wants to send mails and to delete an issue, and a person has to allow each of these calls first. In the end the
//! program looks at the services: what was allowed has happened, and nothing else. Without `OPENAI_API_KEY` a scripted model
//! answers; with `--ask` you are the person.

mod person;
mod record;
mod refusals;
mod script;

use std::sync::Arc;

use anyhow::Result;
use clap::Parser;
use composio::{Answer, Approval, ApprovalDecision, Error, Session, ToolSet};
use example_support::{Agent, Model, Playground, show};

use crate::person::Person;
use crate::record::Record;
use crate::script::{ANSWERED, DELETE, FIRST, LAST, SECOND, SEND, THIRD};

/// An agent whose mails and deletions a person has to allow.
#[derive(Debug, Parser)]
#[command(name = "approve_a_call")]
struct Args {
    /// Ask you, on this terminal, instead of a scripted person
    #[arg(long)]
    ask: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let playground = Playground::start().await?;
    let model = Model::from_env_or_scripted(script::model).await?;
    let done = run(&playground, &model, args.ask).await;
    model.shutdown().await;
    playground.shutdown().await;
    done
}

async fn run(playground: &Playground, model: &Model, ask: bool) -> Result<()> {
    let (record, mails_before) = (Record::default(), playground.mails().await?.len());
    let session = playground
        .composio()
        .create("user_123")
        .toolkits(["tracker", "mailbox"])
        .preload([SEND, DELETE])
        .require_approval_for_destructive()
        .require_approval_for_tools([SEND])
        .modifier(record.keeper())
        .await?;
    for toolkit in ["tracker", "mailbox"] {
        playground.connect(&session, toolkit).await?;
    }
    let tools = session.tools().await?;
    let person = Arc::new(Person::new(ask, record.clone()));
    let mut host = Host { agent: Agent::new(model), session, person };

    show::heading("1  The agent ends its turn, and its calls wait");
    host.work(&tools, FIRST).await?;

    show::heading("2  Always: this tool, with this account, as long as the session lives");
    host.work(&tools, SECOND).await?;
    host.work(&tools, THIRD).await?;

    show::heading("3  Asked in the middle of a call: the agent waits for it as for any other");
    let person = Arc::clone(&host.person);
    let asking = tools.on_approval(move |approval| {
        let person = Arc::clone(&person);
        async move { person.decides(&approval).await }
    });
    host.work(&asking, LAST).await?;

    show::heading("4  Answers that nobody gave");
    refusals::show(playground, &host.session).await?;

    show::heading("5  What happened");
    record.compare(playground, mails_before).await
}

/// The application: between the agent, whose calls wait, and the person, who answers.
struct Host {
    agent: Agent,
    session: Session,
    person: Arc<Person>,
}

impl Host {
    /// Gives the agent a task. While calls of it wait, the person is asked, and the agent is told what came of them.
    async fn work(&mut self, tools: &ToolSet, task: &str) -> Result<()> {
        show::user(task);
        let mut failures = self.agent.tell(tools, task).await?;
        while failures.iter().any(|error| error.approval().is_some()) {
            let mut told = ANSWERED.to_owned();
            for approval in failures.iter().filter_map(Error::approval) {
                // The text that the model would have read, had it not had to wait.
                let answer = self.decide(approval).await?;
                told.push_str(&format!("\n{}: {}", approval.tool(), answer.text()));
            }
            show::host(&told);
            failures = self.agent.tell(tools, &told).await?;
        }
        Ok(())
    }

    /// Asks, and makes the call where it is allowed.
    async fn decide(&self, approval: &Approval) -> Result<Answer> {
        let outcome = match self.person.decides(approval).await {
            ApprovalDecision::Approve => self.session.approve(approval).await,
            ApprovalDecision::ApproveAlways => self.session.approve_always(approval).await,
            _ => self.session.deny(approval).await.and_then(|()| Err(Error::approval_denied(approval.tool()))),
        };
        Ok(outcome.into())
    }
}
