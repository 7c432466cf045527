//! Idempotency keys: under one key, session and tool, a call happens at most once.
//!
//! The row is committed before anything is sent. What came of it is kept, sealed, for 24 hours and given again. Where
//! nothing was sent the key is free again; where nobody knows, that is what is given, and never a second call.

use std::time::Duration;

use composio_core::{Error, ErrorKind, JsonText, Result, Retry, ToolCall, ToolOutput};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use super::{attempt, canonical};
use crate::engine::Engine;
use crate::scope::{OwnedScope, Scope};
use crate::seal::Binding;
use crate::store::{Begun, Digest, ExecutionKey, ProjectId, Sealed};

/// How long an outcome is kept.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);
/// How many requests a call may make: two refreshes and waits for them, the call, and the call again.
const REQUESTS: u32 = 6;
/// How a second caller waits for the first. Its own deadline is its own business: dropping the future is enough.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const WAIT_AT_MOST: Duration = Duration::from_secs(60);
/// Keys are short names.
const KEY_MAX: usize = 255;

/// Makes the call under its key, or gives what came of it before.
pub(super) async fn execute(scope: &Scope<'_>, call: ToolCall, log_id: &str) -> Result<ToolOutput> {
    let record = Record::new(scope, &call)?;
    let started = Instant::now();
    loop {
        match record.turn(scope, call.clone(), log_id.to_owned()).await? {
            Turn::Ended(outcome) => return outcome,
            Turn::Running if started.elapsed() >= WAIT_AT_MOST => return Err(record.still_running()),
            Turn::Running => sleep(LOOK_EVERY).await,
        }
    }
}

/// What one look at a key led to.
enum Turn {
    /// There is an outcome, from this call or an earlier one.
    Ended(Result<ToolOutput>),
    /// Another caller is at it.
    Running,
}

/// One row, and what happens to it.
#[derive(Clone)]
struct Record {
    engine: Engine,
    project: ProjectId,
    key: ExecutionKey,
    arguments: Digest,
}

impl Record {
    fn new(scope: &Scope<'_>, call: &ToolCall) -> Result<Self> {
        let key = call.idempotency_key.clone().unwrap_or_default();
        if key.is_empty() || key.len() > KEY_MAX {
            return Err(Error::invalid_input("idempotency_key", &key, "1 to 255 characters"));
        }
        let key = ExecutionKey { session: scope.session.id.clone(), tool: call.tool.clone(), key };
        Ok(Self { engine: scope.engine.clone(), project: scope.project.clone(), key, arguments: digest(call) })
    }

    /// After this long without an outcome nobody is at it any more.
    fn deadline(&self) -> Duration {
        self.engine.http().longest().saturating_mul(REQUESTS)
    }

    /// Commits the row and makes the call, or finds what is there. The whole of it is a task of the engine: a caller who
    /// goes away leaves no row behind that nobody ends.
    async fn turn(&self, scope: &Scope<'_>, call: ToolCall, log_id: String) -> Result<Turn> {
        let (record, owned) = (self.clone(), OwnedScope::new(scope));
        self.engine.own(async move { record.take_turn(&owned.borrow(), call, &log_id).await }).await
    }

    async fn take_turn(&self, scope: &Scope<'_>, call: ToolCall, log_id: &str) -> Result<Turn> {
        let now = self.engine.now();
        let store = self.engine.store();
        match store.begin_execution(&self.project, &self.key, &self.arguments, now, now.plus(self.deadline())).await? {
            Begun::New => Ok(Turn::Ended(self.run(scope, call, log_id).await)),
            Begun::Finished(sealed) => self.open(&sealed).map(Turn::Ended),
            Begun::OtherArguments => Err(self.other_arguments()),
            Begun::Running { deadline } if now >= deadline => self.give_up().await,
            Begun::Running { .. } => Ok(Turn::Running),
        }
    }

    async fn run(&self, scope: &Scope<'_>, call: ToolCall, log_id: &str) -> Result<ToolOutput> {
        let result = attempt(scope, call, log_id).await;
        let kept = match Outcome::of(&result, log_id) {
            Some(outcome) => self.finish(&outcome).await,
            None => self.engine.store().forget_execution(&self.project, &self.key).await,
        };
        if let Err(error) = kept {
            // The caller still learns what happened. Under this key nobody will: it ends as unknown, and is not sent again.
            tracing::error!(log_id, %error, "the outcome of an idempotency key was not kept");
        }
        result
    }

    /// The call was begun, and whoever made it is not there any more: nobody knows, and that is the outcome.
    async fn give_up(&self) -> Result<Turn> {
        let outcome = Outcome::unknown();
        match self.finish(&outcome).await {
            Ok(()) => Ok(Turn::Ended(outcome.into_result())),
            // The first caller has just found that nothing was sent: the key is free.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Turn::Running),
            Err(error) => Err(error),
        }
    }

    async fn finish(&self, outcome: &Outcome) -> Result<()> {
        let bytes = serde_json::to_vec(outcome)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "an outcome cannot be written").with_source(error))?;
        let row = self.row();
        let sealed = self.engine.sealer().seal(&Binding::new("outcome", self.project.as_str(), &row), &bytes)?;
        let keep_until = self.engine.now().plus(KEEP);
        self.engine.store().finish_execution(&self.project, &self.key, &sealed, keep_until).await
    }

    fn open(&self, sealed: &Sealed) -> Result<Result<ToolOutput>> {
        let row = self.row();
        let bytes = self.engine.sealer().open(&Binding::new("outcome", self.project.as_str(), &row), sealed);
        let outcome: Option<Outcome> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let outcome = outcome.ok_or_else(|| Error::new(ErrorKind::Unexpected, "a kept outcome does not open"))?;
        Ok(outcome.into_result())
    }

    fn row(&self) -> String {
        let ExecutionKey { session, tool, key } = &self.key;
        format!("{session}/{tool}/{key}")
    }

    fn other_arguments(&self) -> Error {
        let message = format!("idempotency key {:?} was used with other arguments; use a new key", self.key.key);
        Error::new(ErrorKind::Conflict, message)
    }

    fn still_running(&self) -> Error {
        let message = format!("the first call under key {:?} is still running; ask again", self.key.key);
        Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe)
    }
}

/// What came of a call, as it is kept.
#[derive(Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum Outcome {
    Done { data: String, log_id: Option<String> },
    Failed { kind: Failed, message: String, text: String, log_id: Option<String> },
}

/// The kinds of failure after which a call may have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Failed {
    Tool,
    Unknown,
    Unsupported,
    Unexpected,
}

impl Failed {
    /// None where the failure says that nothing has happened, so that the same key may try again. Whatever is not known
    /// to say so counts as an outcome.
    fn of(error: &Error) -> Option<Self> {
        use ErrorKind as Kind;
        match error.kind() {
            _ if error.retry() != Retry::Never => None,
            Kind::InvalidInput | Kind::NotFound | Kind::Conflict | Kind::ConnectionRequired | Kind::NoManagedAuth => {
                None
            }
            // A person has to allow it first, or did not.
            Kind::InputRequired | Kind::Blocked => None,
            Kind::Unauthorized | Kind::PermissionDenied | Kind::RateLimited | Kind::Unavailable | Kind::Timeout => None,
            Kind::ToolFailed => Some(Self::Tool),
            Kind::OutcomeUnknown => Some(Self::Unknown),
            Kind::Unsupported => Some(Self::Unsupported),
            _ => Some(Self::Unexpected),
        }
    }

    fn kind(self) -> ErrorKind {
        match self {
            Self::Tool => ErrorKind::ToolFailed,
            Self::Unknown => ErrorKind::OutcomeUnknown,
            Self::Unsupported => ErrorKind::Unsupported,
            Self::Unexpected => ErrorKind::Unexpected,
        }
    }
}

impl Outcome {
    /// What is worth keeping.
    fn of(result: &Result<ToolOutput>, log_id: &str) -> Option<Self> {
        let log_id = Some(log_id.to_owned());
        match result {
            Ok(output) => Some(Self::Done { data: output.data.as_str().to_owned(), log_id }),
            Err(error) => {
                let (message, text) = (error.to_string(), error.for_model().into_owned());
                Failed::of(error).map(|kind| Self::Failed { kind, message, text, log_id })
            }
        }
    }

    fn unknown() -> Self {
        let message = "the call was begun and never ended, so nobody knows whether it happened";
        let error = Error::new(ErrorKind::OutcomeUnknown, message);
        let text = error.for_model().into_owned();
        Self::Failed { kind: Failed::Unknown, message: message.to_owned(), text, log_id: None }
    }

    fn into_result(self) -> Result<ToolOutput> {
        match self {
            Self::Done { data, log_id } => {
                let mut output = ToolOutput::new(JsonText::parse(data)?);
                output.log_id = log_id;
                Ok(output)
            }
            Self::Failed { kind, message, text, log_id } => {
                let error = Error::new(kind.kind(), message).with_model_text(text);
                Err(match log_id {
                    Some(id) => error.with_log_id(id),
                    None => error,
                })
            }
        }
    }
}

/// What makes two calls the same: the account that was named, and the arguments whatever their order. An answer to the
/// question whether it may be made is no part of it.
fn digest(call: &ToolCall) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(call.account.as_deref().unwrap_or_default().as_bytes());
    hasher.update([0]);
    hasher.update(canonical(&call.arguments).as_bytes());
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use composio_core::{ApprovalAnswer, ApprovalDecision, ToolSlug};
    use serde_json::json;

    fn call(arguments: &serde_json::Value) -> ToolCall {
        ToolCall::new(ToolSlug::new("A_B").unwrap(), arguments.as_object().unwrap().clone())
    }

    #[test]
    fn the_order_of_arguments_makes_no_other_call() {
        let one = digest(&call(&json!({"a": 1, "b": {"c": 2, "d": 3}})));
        assert_eq!(one, digest(&call(&json!({"b": {"d": 3, "c": 2}, "a": 1}))));
        assert_ne!(one, digest(&call(&json!({"a": 1, "b": {"c": 2, "d": 4}}))));
        assert_ne!(one, digest(&call(&json!({"a": 1, "b": {"c": 2, "d": 3}})).account("work")));
    }

    #[test]
    fn an_answer_makes_no_other_call() {
        let asked = call(&json!({"a": 1}));
        let mut answered = asked.clone();
        answered.approval = Some(ApprovalAnswer::new("state".into(), ApprovalDecision::Approve));
        assert_eq!(digest(&asked), digest(&answered));
    }

    #[test]
    fn outcomes_come_back_as_they_were() {
        let failed = Err(Error::new(ErrorKind::ToolFailed, "status 422").with_model_text("title is missing"));
        let outcome = Outcome::of(&failed, "log_1").unwrap();
        let text = serde_json::to_string(&outcome).unwrap();
        let error = serde_json::from_str::<Outcome>(&text).unwrap().into_result().unwrap_err();
        assert_eq!(
            (error.kind(), &*error.for_model(), error.log_id()),
            (ErrorKind::ToolFailed, "title is missing", Some("log_1"))
        );
    }

    #[test]
    fn only_what_may_have_happened_is_kept() {
        for (kind, kept) in [
            (ErrorKind::ToolFailed, true),
            (ErrorKind::OutcomeUnknown, true),
            (ErrorKind::Unexpected, true),
            (ErrorKind::Unsupported, true),
            (ErrorKind::Cancelled, true),
            (ErrorKind::Unavailable, false),
            (ErrorKind::ConnectionRequired, false),
            (ErrorKind::RateLimited, false),
            (ErrorKind::PermissionDenied, false),
            (ErrorKind::InputRequired, false),
            (ErrorKind::Blocked, false),
        ] {
            let outcome = Outcome::of(&Err(Error::new(kind, "x")), "l");
            assert_eq!(outcome.is_some(), kept, "{kind:?}");
        }
        let safe = Error::new(ErrorKind::Unexpected, "x").with_retry(Retry::Safe);
        assert!(Outcome::of(&Err(safe), "l").is_none());
    }
}
