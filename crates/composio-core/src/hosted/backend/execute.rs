//! Calls of tools, and the four things that can come of one.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::to_raw_value;

use super::{HostedBackend, approvals, native};
use crate::approval::ApprovalDecision;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, ToolSlug};
use crate::json::JsonText;
use crate::session::BATCH;
use crate::tool::{ToolCall, ToolOutput};
use crate::wire::{self, BlockKind, ExecuteReply, Open, ResultType};

/// The helper tools that the service runs itself. Rule: `session-api` 2, execute_meta.
const META_TOOLS: [&str; 9] = [
    "COMPOSIO_SEARCH_TOOLS",
    BATCH,
    "COMPOSIO_MANAGE_CONNECTIONS",
    "COMPOSIO_WAIT_FOR_CONNECTIONS",
    "COMPOSIO_REMOTE_WORKBENCH",
    "COMPOSIO_REMOTE_BASH_TOOL",
    "COMPOSIO_GET_TOOL_SCHEMAS",
    "COMPOSIO_SUBMIT_FEEDBACK",
    "COMPOSIO_PROXY_EXECUTE",
];
/// How much of what a tool's service said a model reads, in characters.
const TEXT: usize = 1_000;

pub(super) fn is_meta(tool: &ToolSlug) -> bool {
    META_TOOLS.contains(&tool.as_str())
}

impl HostedBackend {
    pub(super) async fn run(&self, session: &SessionId, mut call: ToolCall) -> Result<ToolOutput> {
        if call.idempotency_key.is_some() {
            let message = "the service does not promise to run a call with an idempotency key once; leave the key out, and \
                           look before a call whose outcome is unknown is made again";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        let answered = call.approval.take();
        let answer = answered.as_ref().map(approvals::responses).transpose()?;
        let reply = match is_meta(&call.tool) {
            true => self.client.execute_meta(session, &meta_request(&call, answer)?).await?,
            false => self.client.execute(session, &request(&mut call, answer)?).await?,
        };
        outcome(call, answered.map(|answer| answer.decision), reply)
    }
}

fn request(call: &mut ToolCall, answer: Option<approvals::Responses>) -> Result<wire::ExecuteRequest> {
    let (input_responses, request_state) = parts(answer);
    Ok(wire::ExecuteRequest {
        tool_slug: String::from(call.tool.as_str()),
        arguments: Some(arguments(call)?),
        account: call.account.clone(),
        enable_auto_workbench_offload: call.offload.then_some(true),
        input_responses,
        request_state,
        experimental: native::inline(&std::mem::take(&mut call.native)),
    })
}

/// Meta tools choose their accounts in their arguments, so an account that the call names would be lost unsaid.
fn meta_request(call: &ToolCall, answer: Option<approvals::Responses>) -> Result<wire::ExecuteMetaRequest> {
    if let Some(account) = &call.account {
        let rule = format!("{} takes accounts in its arguments, and not for the call", call.tool);
        return Err(Error::invalid_input("account", account, rule));
    }
    let (input_responses, request_state) = parts(answer);
    Ok(wire::ExecuteMetaRequest {
        slug: String::from(call.tool.as_str()),
        arguments: Some(arguments(call)?),
        input_responses,
        request_state,
        experimental: native::inline(&call.native),
    })
}

type Answered = (Option<indexmap::IndexMap<String, wire::UserInputResponse>>, Option<secrecy::SecretString>);

fn parts(answer: Option<approvals::Responses>) -> Answered {
    answer.map_or((None, None), |answer| (Some(answer.inputs), answer.state))
}

fn arguments(call: &ToolCall) -> Result<JsonText> {
    let text = to_raw_value(&call.arguments).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "the arguments cannot be written as JSON").with_source(error)
    })?;
    Ok(JsonText::from_raw(text))
}

/// What a reply means. `decision` is what a person said to the call, where one was asked.
///
/// # Errors
/// `ToolFailed` where the tool's service refused, `Blocked` where a hook or a person stopped it, `InputRequired` where a
/// person has to be asked first, `PermissionDenied` where the service asks again what was answered.
pub(super) fn outcome(call: ToolCall, decision: Option<ApprovalDecision>, reply: ExecuteReply) -> Result<ToolOutput> {
    match reply.outcome() {
        Ok(ResultType::Completed) => output(&call, reply),
        // Some of its calls have run, and their results say so: without them a model would make all of them again.
        Ok(ResultType::Failed) if call.tool == *BATCH && has_results(&reply) => output(&call, reply),
        Ok(ResultType::Failed) if decision == Some(ApprovalDecision::Deny) => {
            Err(with_log(Error::approval_denied(&call.tool), reply.log_id))
        }
        Ok(ResultType::Failed) => Err(failed(&call.tool, reply)),
        Ok(ResultType::Blocked) => Err(blocked(call.tool.as_str(), reply.reason, reply.message, reply.log_id)),
        // The answer was not taken: it is for another call, or too late.
        Ok(ResultType::InputRequired) if decision.is_some() => Err(approvals::not_ours()),
        Ok(ResultType::InputRequired) => {
            Err(approvals::asked(call, reply.input_requests, reply.request_state.as_ref()))
        }
        Err(_) if reply.error.as_ref().is_some_and(|said| !said.is_empty()) => Err(failed(&call.tool, reply)),
        Err(_) => output(&call, reply),
    }
}

/// Whether the result of a batch has one entry for each call or so, and not only an error.
fn has_results(reply: &ExecuteReply) -> bool {
    #[derive(Deserialize)]
    struct Batch {
        results: Vec<serde::de::IgnoredAny>,
    }
    let batch: Option<Batch> = reply.data.as_ref().and_then(|data| data.deserialize().ok());
    batch.is_some_and(|batch| !batch.results.is_empty())
}

fn output(call: &ToolCall, reply: ExecuteReply) -> Result<ToolOutput> {
    let Some(data) = reply.data else {
        let what = match &reply.result_type {
            Some(Open::Unknown(name)) => format!("the outcome {:?}, which this version does not know", short(name)),
            Some(Open::Known(_)) | None => "no data".to_owned(),
        };
        let message = format!("the reply to {} has {what}; it may have taken effect", call.tool);
        return Err(with_log(Error::new(ErrorKind::OutcomeUnknown, message), reply.log_id));
    };
    let output = ToolOutput::new(data);
    Ok(match reply.log_id {
        Some(id) if !id.is_empty() => output.log_id(id),
        Some(_) | None => output,
    })
}

/// What a tool's result says of a failure, besides its error. Rule: `session-semantics` 5.5.
#[derive(Default, Deserialize)]
struct Details {
    #[serde(default)]
    status_code: Option<Value>,
    #[serde(default)]
    message: Option<Value>,
    #[serde(default)]
    http_error: Option<Value>,
}

fn failed(tool: &ToolSlug, reply: ExecuteReply) -> Error {
    let details: Details = reply.data.as_ref().and_then(|data| data.deserialize().ok()).unwrap_or_default();
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let said = [reply.error, text(details.message), text(details.http_error)];
    let said = said.into_iter().flatten().find(|said| !said.trim().is_empty());
    let status = details.status_code.as_ref().and_then(|status| {
        status.as_u64().or_else(|| status.as_str()?.parse().ok()).filter(|status| (100..1_000).contains(status))
    });
    let error = match status {
        Some(status) => Error::new(ErrorKind::ToolFailed, format!("{tool} failed: its service answered {status}"))
            .with_context("status_code", status),
        None => Error::new(ErrorKind::ToolFailed, format!("{tool} failed")),
    };
    let error = match said {
        Some(said) => error.with_model_text(cut(&said)),
        None => error,
    };
    with_log(error.with_context("tool", tool), reply.log_id)
}

/// A hook stopped a call, or kept its result back. The model reads the service's words, and whether the call has run.
pub(super) fn blocked(
    what: &str,
    reason: Option<wire::BlockReason>,
    message: Option<String>,
    log_id: Option<String>,
) -> Error {
    let ran = matches!(&reason, Some(reason) if reason.kind == Some(Open::Known(BlockKind::Response)));
    let hook = reason.and_then(|reason| reason.hook_id).unwrap_or_default();
    let by = if hook.is_empty() { "a hook".to_owned() } else { format!("the hook {hook}") };
    let (told, next) = match ran {
        true => (format!("{what} has run, and {by} withheld its result"), " The call has run: do not repeat it."),
        false => (format!("{by} stopped {what} before it ran"), " The call has not run."),
    };
    let error = Error::new(ErrorKind::Blocked, told).with_context("ran", ran);
    let error = if hook.is_empty() { error } else { error.with_context("hook", hook) };
    let words = message.filter(|message| !message.trim().is_empty());
    let words = words.unwrap_or_else(|| "A rule of the operator stopped this call.".to_owned());
    let words = cut(words.trim());
    let end = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    with_log(error.with_model_text(format!("{words}{end}{next}")), log_id)
}

fn with_log(error: Error, log_id: Option<String>) -> Error {
    match log_id {
        Some(id) if !id.is_empty() => error.with_log_id(id),
        Some(_) | None => error,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
