//! Calls that wait for a person.
//!
//! About its own tools the service asks, and everything that an answer needs travels in the approval's state: nothing is
//! kept here, and another process can answer. About native tools this process asks itself, since they live nowhere else:
//! such a question is kept in memory, is good for one answer, and ends with the process.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::{IndexMap, IndexSet};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::approval::{Approval, ApprovalAnswer, ApprovalDecision, ApprovalRule};
use crate::error::{Error, ErrorKind, Result};
use crate::hosted::chance;
use crate::id::{SessionId, ToolSlug};
use crate::json::JsonText;
use crate::tool::ToolCall;
use crate::wire;

/// How the service calls a yes for one call, a yes for the session, and a no.
const ONCE: &str = "allow_once";
const ALWAYS: &str = "allow_session";

/// How a question of the service is answered: what an approval's state says.
#[derive(Serialize, Deserialize)]
struct Question {
    /// The ids of what is asked.
    ids: Vec<String>,
    /// What goes back unchanged.
    state: Option<String>,
    /// The field of the form that takes the decision.
    field: String,
    /// Whether it can be a yes for the whole session.
    always: bool,
}

/// What goes along with the repeated call.
pub(super) struct Responses {
    pub(super) inputs: IndexMap<String, wire::UserInputResponse>,
    pub(super) state: Option<SecretString>,
}

/// The error of a call that the service puts before a person.
pub(super) fn asked(
    mut call: ToolCall,
    requests: Option<IndexMap<String, wire::InputRequest>>,
    state: Option<&SecretString>,
) -> Error {
    let requests = requests.unwrap_or_default();
    let Some(question) = question(&requests, state) else { return other_input(&call.tool, &requests) };
    let Ok(state) = serde_json::to_string(&question) else { return other_input(&call.tool, &requests) };
    let words: Vec<_> =
        requests.values().map(|request| request.message.trim()).filter(|text| !text.is_empty()).collect();
    call.approval = None;
    let approval = Approval::new(call, ApprovalRule::Backend, state.into(), None);
    Error::approval_required(match words.is_empty() {
        true => approval,
        false => approval.with_question(words.join("\n")),
    })
}

/// How to answer, where all that is asked is a decision.
fn question(requests: &IndexMap<String, wire::InputRequest>, state: Option<&SecretString>) -> Option<Question> {
    let mut common: Option<(String, bool)> = None;
    for request in requests.values() {
        let (field, always) = decision(request.requested_schema.as_ref()?.value())?;
        match &mut common {
            None => common = Some((field, always)),
            Some((known, both)) if *known == field => *both &= always,
            Some(_) => return None,
        }
    }
    let (field, always) = common?;
    let state = state.map(|state| state.expose_secret().to_owned());
    Some(Question { ids: requests.keys().cloned().collect(), state, field, always })
}

/// The field that takes the decision, and whether that can be one for the session. Nothing where more is required.
fn decision(schema: &Value) -> Option<(String, bool)> {
    let fields = schema.get("properties")?.as_object()?;
    let (field, always) = fields.iter().find_map(|(name, field)| {
        let values = values(field);
        values.contains(&ONCE).then(|| (name.clone(), values.contains(&ALWAYS)))
    })?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    required.into_iter().all(|name| name == field.as_str()).then_some((field, always))
}

/// The values of a choice: `enum`, or `oneOf` with titles.
fn values(field: &Value) -> Vec<&str> {
    let listed = field.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let titled = ["oneOf", "anyOf"].into_iter().filter_map(|key| field.get(key)?.as_array()).flatten();
    listed.chain(titled.filter_map(|choice| choice.get("const")?.as_str())).collect()
}

/// The service wants to know more than yes or no.
fn other_input(tool: &ToolSlug, requests: &IndexMap<String, wire::InputRequest>) -> Error {
    let asked: Vec<_> = requests.values().map(|request| short(&request.message)).collect();
    let asked = if asked.is_empty() { "nothing that could be answered".to_owned() } else { asked.join("; ") };
    let message =
        format!("{tool} waits for an answer that is no yes or no: {asked}; answer it with `HostedClient::execute`");
    Error::new(ErrorKind::InputRequired, message)
}

fn short(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}

/// What a person's answer is on the wire.
///
/// # Errors
/// `PermissionDenied` for a state that no question of the service had; `Unsupported` for a yes for the session where the
/// service takes none.
pub(super) fn responses(answer: &ApprovalAnswer) -> Result<Responses> {
    let question: Question = serde_json::from_str(answer.state.as_str()).map_err(|_| not_ours())?;
    let chosen = match answer.decision {
        ApprovalDecision::Approve => Some(ONCE),
        ApprovalDecision::ApproveAlways if question.always => Some(ALWAYS),
        ApprovalDecision::ApproveAlways => {
            let message = "the service asks about this call each time; allow it once, with `Session::approve`";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        ApprovalDecision::Deny => None,
    };
    let response = wire::UserInputResponse {
        action: if chosen.is_some() { wire::UserAction::Accept } else { wire::UserAction::Decline },
        content: chosen.map(|chosen| {
            JsonText::from(Value::Object(Map::from_iter([(question.field.clone(), Value::from(chosen))])))
        }),
    };
    let inputs = question.ids.into_iter().map(|id| (id, response.clone())).collect();
    Ok(Responses { inputs, state: question.state.map(SecretString::from) })
}

/// An answer that nobody asked for, or not in this way.
pub(super) fn not_ours() -> Error {
    let message =
        "this approval is not for this call, was given before, or has expired; make the call again to be asked";
    Error::new(ErrorKind::PermissionDenied, message)
}

/// How many questions about native tools wait at a time, and how many tools are always allowed. The oldest goes first.
const KEPT: usize = 1_024;

/// The questions about native tools.
#[derive(Default)]
pub(super) struct NativeApprovals {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    waiting: VecDeque<Waiting>,
    always: IndexSet<(SessionId, ToolSlug)>,
}

/// A call of a native tool, which has neither account nor key.
struct Waiting {
    state: String,
    session: SessionId,
    tool: ToolSlug,
    arguments: Map<String, Value>,
}

impl NativeApprovals {
    /// Lets a call pass, or asks.
    ///
    /// # Errors
    /// `InputRequired` with the question; `PermissionDenied` for an answer that does not fit; `Blocked` for a no.
    pub(super) fn pass(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<()> {
        let key = (session.clone(), call.tool.clone());
        let Some(answer) = &call.approval else {
            return if self.lock().always.contains(&key) { Ok(()) } else { Err(self.ask(session, call, rule)?) };
        };
        let mut kept = self.lock();
        let fits = |waiting: &Waiting| {
            waiting.state == answer.state.as_str()
                && waiting.session == *session
                && waiting.tool == call.tool
                && waiting.arguments == call.arguments
        };
        let place = kept.waiting.iter().position(fits).ok_or_else(not_ours)?;
        kept.waiting.remove(place);
        match answer.decision {
            ApprovalDecision::Approve => Ok(()),
            ApprovalDecision::ApproveAlways => {
                kept.always.insert(key);
                if kept.always.len() > KEPT {
                    kept.always.shift_remove_index(0);
                }
                Ok(())
            }
            ApprovalDecision::Deny => Err(Error::approval_denied(&call.tool)),
        }
    }

    fn ask(&self, session: &SessionId, call: &ToolCall, rule: ApprovalRule) -> Result<Error> {
        let state = chance::request_id()?;
        let asked = ToolCall::new(call.tool.clone(), call.arguments.clone());
        let mut kept = self.lock();
        kept.waiting.push_back(Waiting {
            state: state.clone(),
            session: session.clone(),
            tool: call.tool.clone(),
            arguments: call.arguments.clone(),
        });
        if kept.waiting.len() > KEPT {
            kept.waiting.pop_front();
        }
        Ok(Error::approval_required(Approval::new(asked, rule, state.into(), None)))
    }

    /// Forgets what was asked and allowed in a session.
    pub(super) fn forget(&self, session: &SessionId) {
        let mut kept = self.lock();
        kept.waiting.retain(|waiting| waiting.session != *session);
        kept.always.retain(|(of, _)| of != session);
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for NativeApprovals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} waiting", self.lock().waiting.len())
    }
}

#[cfg(test)]
mod tests;
