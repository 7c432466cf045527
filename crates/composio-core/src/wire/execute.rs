//! Calls of tools in a session, and the four things that can come of one.

use std::sync::Arc;

use indexmap::IndexMap;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::custom::InlineTools;
use super::lenient::or_default;
use super::names::names;
use super::said::said;
use super::{Open, secret};
use crate::json::JsonText;

/// A call of a tool of a session: `POST .../execute`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecuteRequest {
    /// Which tool: an app tool, or a meta tool.
    pub tool_slug: String,
    /// Its arguments, a JSON object. Absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<JsonText>,
    /// With which connected account: its id or its alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Whether a large result may be moved into the session's sandbox and a preview of it returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_auto_workbench_offload: Option<bool>,
    /// The answers to the questions of an earlier reply to the same call, under the same ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_responses: Option<IndexMap<String, UserInputResponse>>,
    /// The state that came with those questions, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::optional")]
    pub request_state: Option<SecretString>,
    /// The native tools that this call needs: the server stores none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Arc<InlineTools>>,
}

impl ExecuteRequest {
    /// A call of a tool with arguments, which have to be a JSON object.
    #[must_use]
    pub fn new(tool_slug: impl Into<String>, arguments: JsonText) -> Self {
        Self { tool_slug: tool_slug.into(), arguments: Some(arguments), ..Self::default() }
    }
}

/// A call of a meta tool of a session: `POST .../execute_meta`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExecuteMetaRequest {
    /// Which meta tool, such as `COMPOSIO_SEARCH_TOOLS`.
    pub slug: String,
    /// Its arguments, a JSON object. Absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arguments: Option<JsonText>,
    /// The answers to the questions of an earlier reply to the same call, under the same ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_responses: Option<IndexMap<String, UserInputResponse>>,
    /// The state that came with those questions, unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::optional")]
    pub request_state: Option<SecretString>,
    /// The native tools that this call needs: the server stores none of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experimental: Option<Arc<InlineTools>>,
}

impl ExecuteMetaRequest {
    /// A call of a meta tool with arguments, which have to be a JSON object.
    #[must_use]
    pub fn new(slug: impl Into<String>, arguments: JsonText) -> Self {
        Self { slug: slug.into(), arguments: Some(arguments), ..Self::default() }
    }
}

/// A person's answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserInputResponse {
    /// What they did with it.
    pub action: UserAction,
    /// What they filled in, where they accepted: an object that fits the question's schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<JsonText>,
}

names! {
    /// What a person does with a question.
    UserAction {
        /// They answer it.
        Accept = "accept",
        /// They say no.
        Decline = "decline",
        /// They close it without an answer.
        Cancel = "cancel",
    }
}

/// What came of a call.
///
/// One type for all four outcomes, so that nothing is buffered to find out which: [`result_type`](Self::result_type) says
/// which fields to expect. Where an older server leaves it out, `error` decides.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExecuteReply {
    /// Which of the four it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_type: Option<Open<ResultType>>,
    /// What the tool returned, as text until somebody looks inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<JsonText>,
    /// What the tool's service said, where it failed. Written as null where there is nothing to say.
    #[serde(default, deserialize_with = "said")]
    pub error: Option<String>,
    /// The id of the call in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
    /// Why it was blocked, for the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What blocked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<BlockReason>,
    /// What a person has to answer before the call is made, under ids that the answers repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_requests: Option<IndexMap<String, InputRequest>>,
    /// What goes back unchanged with the answers. Keep it away from models.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "secret::optional")]
    pub request_state: Option<SecretString>,
    /// What the call was charged, where the session asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instant_charge: Option<InstantCharge>,
    /// What the session's hooks decided about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_results: Option<Vec<HookResult>>,
}

impl ExecuteReply {
    /// Which of the four it is, where the server left that out too: an older one says it by the fields it fills.
    ///
    /// # Errors
    /// The name of an outcome that this version does not know.
    pub fn outcome(&self) -> Result<ResultType, &str> {
        match &self.result_type {
            Some(Open::Known(outcome)) => Ok(*outcome),
            Some(Open::Unknown(name)) => Err(name),
            None if self.input_requests.is_some() => Ok(ResultType::InputRequired),
            None if self.reason.is_some() => Ok(ResultType::Blocked),
            None if self.error.as_ref().is_some_and(|error| !error.is_empty()) => Ok(ResultType::Failed),
            None => Ok(ResultType::Completed),
        }
    }
}

names! {
    /// What can come of a call.
    ResultType {
        /// The tool ran and succeeded.
        Completed = "completed",
        /// The tool ran and failed, or a person said no.
        Failed = "failed",
        /// A hook of the session stopped it.
        Blocked = "blocked",
        /// A person has to answer first.
        InputRequired = "input_required",
    }
}

/// What blocked a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockReason {
    /// Before or after it ran.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<BlockKind>>,
    /// The hook's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook_id: Option<String>,
}

names! {
    /// When a call was blocked.
    BlockKind {
        /// Before it ran: nothing happened.
        Request = "request_blocked",
        /// After it ran: its result is withheld.
        Response = "response_blocked",
    }
}

/// A question for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputRequest {
    /// Always `elicitation`.
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    pub kind: String,
    /// Always `form`: a form made from the schema.
    #[serde(default, deserialize_with = "or_default")]
    pub mode: String,
    /// The question.
    #[serde(default, deserialize_with = "or_default")]
    pub message: String,
    /// The schema of the answer: a flat object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_schema: Option<JsonText>,
}

/// What a call on an account of the service was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InstantCharge {
    /// An exact decimal, up to 12 digits after the point. Not a floating-point number on purpose.
    #[serde(default, deserialize_with = "or_default")]
    pub amount: String,
    /// Always `USD`.
    #[serde(default, deserialize_with = "or_default")]
    pub currency: String,
    /// Always `composio`.
    #[serde(default, deserialize_with = "or_default")]
    pub charged_by: String,
}

/// What a hook of the session decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HookResult {
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Whether it could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Open<HookStatus>>,
    /// What it decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Open<HookOutcome>>,
}

names! {
    /// Whether a hook could be asked.
    HookStatus {
        /// It decided.
        Evaluated = "evaluated",
        /// It could not be asked.
        Unavailable = "unavailable",
    }
}

names! {
    /// What a hook decided.
    HookOutcome {
        /// The call goes on.
        Continue = "continue",
        /// The call is stopped.
        Block = "block",
    }
}
