//! What came of the calls of one turn.

use std::fmt;

use composio_core::{Answer, Arguments, Error, ToolSet};
use futures::future::join_all;
use serde_json::Value;

/// What came of the calls of one turn: the model's turn and the answers, to be appended to the conversation.
///
/// It iterates over the messages in the order in which they are sent back: the model's own turn, then one answer to each
/// call of ours, in the model's order. A provider refuses the next request while a call has no answer, so see to
/// [`unhandled`](Self::unhandled) first: with [`answer`](Self::answer) for tools of your own, and
/// [`answer_rest`](Self::answer_rest) for names that nobody knows.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use composio_openai::async_openai::types::chat::{ChatCompletionRequestMessage, CreateChatCompletionResponse};
/// # use serde_json::json;
/// use composio_openai::OpenAiTools as _;
///
/// # let backend = ScriptedBackend::new().tool("KIT_ECHO", "kit", json!({"type": "object"}));
/// # let session = Composio::with_backend(backend).create("user_123").toolkits(["kit"]).direct_tools().await?;
/// # let tools = session.tools().await?;
/// # let call = |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": ""}});
/// # let calls = [call("call_1", "KIT_ECHO"), call("call_2", "roll_dice"), call("call_3", "made_up")];
/// # let reply: CreateChatCompletionResponse = serde_json::from_value(json!({
/// #     "id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
/// #     "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": calls}}]})).unwrap();
/// # let mut messages: Vec<ChatCompletionRequestMessage> = Vec::new();
/// let mut answered = tools.answer_chat(&reply).await.expect("the model called three tools");
/// for call in std::mem::take(&mut answered.unhandled) {
///     match call.name.as_str() {
///         "roll_dice" => answered.answer(call, "4"),
///         _ => answered.unhandled.push(call),
///     }
/// }
/// answered.answer_rest(&tools);
/// messages.extend(answered);
/// assert_eq!(messages.len(), 4);
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[must_use = "the answers have to be appended to the conversation"]
#[non_exhaustive]
pub struct Answered<M> {
    /// The calls that are not of this set, in order. Nothing was run for them, and they have no answer yet.
    pub unhandled: Vec<Unhandled>,
    /// The calls of ours that failed. The model reads of them in its answers; what is here is for the application, which
    /// shows [`Error::connect_url`] to its user, for one.
    pub failures: Vec<Failure>,
    echo: Vec<M>,
    answers: Vec<(usize, M)>,
    make: Make<M>,
}

/// Makes an answer in the API's own type.
pub(crate) type Make<M> = fn(Slot, String) -> M;

/// What an answer refers to.
#[derive(Clone)]
pub(crate) struct Slot {
    pub(crate) id: String,
    /// Whether a custom tool was called: one that takes text instead of JSON.
    pub(crate) custom: bool,
    /// Who called, where a program of the model did; its answer has to say so too.
    pub(crate) caller: Option<Value>,
}

/// A call of a tool that is not of this set.
#[derive(Clone)]
#[non_exhaustive]
pub struct Unhandled {
    /// What the answer refers to.
    pub id: String,
    /// The name that was called.
    pub name: String,
    /// What the model wrote: JSON text, or any text where [`is_custom`](Self::is_custom). Nothing has read it yet.
    pub arguments: String,
    custom: bool,
    caller: Option<Value>,
    place: usize,
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

/// A call as a reply has it.
pub(crate) struct Asked<'a> {
    pub(crate) slot: Slot,
    pub(crate) name: &'a str,
    pub(crate) arguments: Given<'a>,
    /// Whether it cannot be ours, whatever its name.
    pub(crate) foreign: bool,
}

/// Arguments as they were sent.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    Text(&'a str),
    Value(&'a Value),
}

impl<'a> Given<'a> {
    /// What was sent as text, or why it may not run: where a reply was cut off before the first argument was written,
    /// what is left reads like a call without arguments, and running that could do more than the model wanted.
    pub(crate) fn text(text: &'a str, cut_off: bool) -> Self {
        Self::Text(if cut_off && text.trim().is_empty() { "{" } else { text })
    }
}

impl<'a> From<Given<'a>> for Arguments<'a> {
    fn from(given: Given<'a>) -> Self {
        match given {
            Given::Text(text) => text.into(),
            Given::Value(value) => value.clone().into(),
        }
    }
}

/// Runs the calls that are ours, all at once.
pub(crate) async fn answer<M>(tools: &ToolSet, echo: Vec<M>, asked: Vec<Asked<'_>>, make: Make<M>) -> Answered<M> {
    let (unhandled, failures) = (Vec::new(), Vec::new());
    let mut answered = Answered { unhandled, failures, echo, answers: Vec::with_capacity(asked.len()), make };
    let mut running = Vec::with_capacity(asked.len());
    for (place, call) in asked.into_iter().enumerate() {
        match tools.named(call.name).filter(|_| !call.foreign) {
            Some(tool) => running.push(async move { (place, tool.answer(call.arguments).await, call) }),
            None => answered.unhandled.push(Unhandled::new(place, call)),
        }
    }
    for (place, answer, call) in join_all(running).await {
        answered.record(place, call.slot, call.name, answer);
    }
    answered
}

impl<M> Answered<M> {
    /// Answers a call of a tool of your own, which is taken from [`unhandled`](Self::unhandled). The answers stay in the
    /// model's order, and of two for the same call the later one counts.
    pub fn answer(&mut self, call: Unhandled, text: impl Into<String>) {
        let Unhandled { id, custom, caller, place, .. } = call;
        // A copy of it may be there still, and a call that has two answers is refused.
        self.unhandled.retain(|left| left.place != place);
        self.put(place, Slot { id, custom, caller }, text.into());
    }

    /// Answers every call that is left with the names of the tools that there are: the model made its name up.
    pub fn answer_rest(&mut self, tools: &ToolSet) {
        for Unhandled { id, name, custom, caller, place, .. } in std::mem::take(&mut self.unhandled) {
            self.record(place, Slot { id, custom, caller }, &name, tools.no_such_tool(&name));
        }
    }

    /// The model's turn and the answers, in order, as the iterator gives them.
    #[must_use]
    pub fn into_messages(mut self) -> Vec<M> {
        let mut messages = std::mem::take(&mut self.echo);
        messages.extend(self.into_answers());
        messages
    }

    /// The answers alone, where the provider keeps the conversation itself (`previous_response_id`).
    #[must_use]
    pub fn into_answers(self) -> Vec<M> {
        self.answers.into_iter().map(|(_, answer)| answer).collect()
    }

    fn record(&mut self, place: usize, slot: Slot, name: &str, answer: Answer) {
        let (call_id, text) = (slot.id.clone(), answer.text());
        self.put(place, slot, text);
        if let Err(error) = answer.into_outcome() {
            self.failures.push(Failure { call_id, name: name.to_owned(), error });
        }
    }

    fn put(&mut self, place: usize, slot: Slot, text: String) {
        let answer = (place, (self.make)(slot, text));
        match self.answers.binary_search_by_key(&place, |(place, _)| *place) {
            Ok(at) => self.answers[at] = answer,
            Err(at) => self.answers.insert(at, answer),
        }
    }
}

impl<M> IntoIterator for Answered<M> {
    type Item = M;
    type IntoIter = std::vec::IntoIter<M>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_messages().into_iter()
    }
}

/// Says how much there is and not what: an answer may hold what only the user and the model may read.
impl<M> fmt::Debug for Answered<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("answers", &self.answers.len())
            .field("unhandled", &self.unhandled)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl Unhandled {
    fn new(place: usize, call: Asked<'_>) -> Self {
        let Slot { id, custom, caller } = call.slot;
        let arguments = match call.arguments {
            Given::Text(text) => text.to_owned(),
            Given::Value(value) => value.to_string(),
        };
        Self { id, name: call.name.to_owned(), arguments, custom, caller, place }
    }

    /// Whether a custom tool was called: one that takes text instead of JSON.
    pub fn is_custom(&self) -> bool {
        self.custom
    }
}

/// Without the arguments, which are the user's.
impl fmt::Debug for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unhandled").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
