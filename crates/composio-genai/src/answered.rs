//! What came of the calls of one turn.

use std::fmt;

use composio_core::{Answer, Error, ToolSet};
use genai::chat::{ToolCall, ToolResponse};

/// What came of the calls of one turn.
///
/// Providers refuse the next request while a call has no answer, so see to [`unhandled`](Self::unhandled) before the
/// [`responses`](Self::into_responses) are appended: with [`answer`](Self::answer) for tools of your own, and
/// [`answer_rest`](Self::answer_rest) for names that nobody knows.
#[derive(Default)]
#[must_use = "the responses have to be appended to the request"]
#[non_exhaustive]
pub struct Answered {
    /// The calls that are not of this set, in order. Nothing was run for them.
    pub unhandled: Vec<Unhandled>,
    /// The calls of ours that failed. The model reads of them in its answers; this is for the application, which shows
    /// [`Error::connect_url`] to its user, for one.
    pub failures: Vec<Failure>,
    responses: Vec<(usize, ToolResponse)>,
}

/// A call of a tool that is not of this set.
#[non_exhaustive]
pub struct Unhandled {
    /// The call, as genai has it. Nothing has read its arguments yet.
    pub call: ToolCall,
    pub(crate) place: usize,
}

/// A call of ours that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The call.
    pub call_id: String,
    /// The name that was called.
    pub name: String,
    /// Why it failed.
    pub error: Error,
}

impl Answered {
    /// Answers a call of a tool of your own, which is taken from [`unhandled`](Self::unhandled). The answers stay in the
    /// model's order.
    pub fn answer(&mut self, unhandled: Unhandled, text: impl Into<String>) {
        let ToolCall { call_id, fn_name, .. } = unhandled.call;
        self.put(unhandled.place, ToolResponse::new(call_id, text).with_fn_name(fn_name));
    }

    /// Answers every call that is left with the names of the tools that there are: the model made its name up.
    pub fn answer_rest(&mut self, tools: &ToolSet) {
        for Unhandled { call, place } in std::mem::take(&mut self.unhandled) {
            self.record(place, &call, tools.no_such_tool(&call.fn_name));
        }
    }

    /// The answers in the model's order, for `ChatRequest::append_message`.
    #[must_use]
    pub fn into_responses(self) -> Vec<ToolResponse> {
        self.responses.into_iter().map(|(_, response)| response).collect()
    }

    pub(crate) fn record(&mut self, place: usize, call: &ToolCall, answer: Answer) {
        self.put(place, ToolResponse::from_tool_call(call, answer.text()));
        if let Err(error) = answer.into_outcome() {
            self.failures.push(Failure { call_id: call.call_id.clone(), name: call.fn_name.clone(), error });
        }
    }

    fn put(&mut self, place: usize, response: ToolResponse) {
        let at = self.responses.partition_point(|(before, _)| *before <= place);
        self.responses.insert(at, (place, response));
    }
}

/// Says how much there is and not what: an answer may hold what only the user and the model may read.
impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("responses", &self.responses.len())
            .field("unhandled", &self.unhandled)
            .field("failures", &self.failures)
            .finish()
    }
}

/// Without the arguments, which are the user's.
impl fmt::Debug for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unhandled").field("id", &self.call.call_id).field("name", &self.call.fn_name).finish()
    }
}
