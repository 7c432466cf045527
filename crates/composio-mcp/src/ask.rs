//! Who is asked where a call waits for a person, and how.

use std::time::Duration;

use composio_core::{Answer, Approval, ApprovalAnswer, ApprovalDecision, ApprovalFallback, SessionTool};
use rmcp::model::{
    CallToolRequestParams, ClientResult, ElicitationCapability, InputRequest, InputRequests, InputRequiredResult,
    InputResponses, ProtocolVersion, ServerRequest,
};
use rmcp::service::{Peer, PeerRequestOptions, RequestContext, RoleServer};

use crate::question::{decision, decision_of, form};

/// How long a person may think: as long as approvals live, so that a later answer would come to nothing anyway.
const THINKING: Duration = Duration::from_secs(600);
/// Under which name the one question of a call travels.
const QUESTION: &str = "approval";

/// How this client can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In the middle of the call. Until 2025-11-25.
    Within,
    /// The call ends with a question, and comes again with the answer. Since 2026-07-28.
    Between,
    /// Not at all.
    No,
}

impl Way {
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let asks = context.client_capabilities().and_then(|client| client.elicitation);
        let later = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        match asks.is_some_and(|asks| has_forms(&asks)) {
            false => Self::No,
            true if later => Self::Between,
            true => Self::Within,
        }
    }

    /// The tool, asking as this client can be asked. An application that asks by itself goes first.
    pub(crate) fn lay(self, tool: SessionTool, peer: &Peer<RoleServer>) -> SessionTool {
        let fallback =
            tool.session().config().approvals.as_ref().map_or_else(ApprovalFallback::default, |asked| asked.fallback);
        match self {
            _ if tool.asks() => tool,
            Self::Within => {
                let peer = peer.clone();
                tool.on_approval(move |approval| ask(peer.clone(), approval))
            }
            Self::No if fallback == ApprovalFallback::Allow => {
                tool.on_approval(|_| std::future::ready(ApprovalDecision::Approve))
            }
            Self::Between | Self::No => tool,
        }
    }

    /// What the person said, where this is the second half of a call.
    pub(crate) fn said(self, request: &mut CallToolRequestParams) -> Option<ApprovalAnswer> {
        let state = request.request_state.take().filter(|_| self == Self::Between)?;
        let said = request.input_responses.as_ref().and_then(|said: &InputResponses| said.get(QUESTION));
        Some(ApprovalAnswer::new(state.into(), decision_of(said)))
    }

    /// What becomes of a call that still waits: the question, or an answer that says who has to allow it.
    pub(crate) fn waits(self, answer: Answer) -> Result<InputRequiredResult, Answer> {
        let Some(approval) = answer.error().and_then(|error| error.approval()) else { return Err(answer) };
        if self == Self::Between {
            let questions = InputRequests::from([(QUESTION.to_owned(), InputRequest::Elicitation(form(approval)))]);
            return Ok(InputRequiredResult::new(Some(questions), Some(approval.state().as_str().to_owned())));
        }
        let text = format!(
            "{} was not run: a person has to allow it first, and this client cannot ask anybody. Tell the user that the \
             application has to allow it, and do not call it again by yourself.",
            approval.tool()
        );
        Err(answer.into_outcome().map_err(|error| error.with_model_text(text)).into())
    }
}

/// A client that names no mode has forms: there was nothing else at first.
fn has_forms(asks: &ElicitationCapability) -> bool {
    asks.form.is_some() || asks.url.is_none()
}

/// Asks the client, which asks its user. Whatever comes back that is no yes is a no, and so is silence.
async fn ask(peer: Peer<RoleServer>, approval: Approval) -> ApprovalDecision {
    let question = ServerRequest::ElicitRequest(form(&approval));
    let asked = peer.send_cancellable_request(question, PeerRequestOptions::with_timeout(THINKING)).await;
    let said = match asked {
        Ok(asked) => asked.await_response().await,
        Err(error) => Err(error),
    };
    match said {
        Ok(ClientResult::ElicitResult(said)) => decision(&said),
        // What else came may hold anything.
        _ => {
            tracing::debug!(tool = %approval.tool(), "the client did not say whether the call is allowed");
            ApprovalDecision::Deny
        }
    }
}
