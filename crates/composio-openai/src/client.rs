//! The ready-made loop, over async-openai's own client.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionToolChoiceOption, CreateChatCompletionRequest,
    CreateChatCompletionResponse, ToolChoiceAllowedMode, ToolChoiceOptions,
};
use composio_core::{BoxFuture, Error, ErrorKind, ToolSet};
use futures::future::join_all;

use crate::answered::{Answered, Failure, Unhandled};
use crate::chat::first;
use crate::tools::OpenAiTools as _;

/// How often the model is asked unless said otherwise.
const TURNS: usize = 8;

type Handler<'a> = Box<dyn Fn(Unhandled) -> BoxFuture<Option<String>> + Send + Sync + 'a>;

/// Asks a model over Chat Completions, answers its calls and asks again, until it has no more.
///
/// The tools of the set join those that the request has already. A `tool_choice` that forces a call holds for the first
/// turn; after that the model chooses, or it would call and never finish. Await the returned value; it can be told
/// [how often](RunChat::turn_limit) to ask and [who runs](RunChat::others) the tools that are not of the set.
///
/// # Example
/// ```no_run
/// # async fn example(session: composio_core::Session) -> Result<(), composio_core::Error> {
/// use composio_openai::async_openai::Client;
/// use composio_openai::async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequest};
///
/// let request = CreateChatCompletionRequest {
///     model: "gpt-4.1".to_owned(),
///     messages: vec![ChatCompletionRequestUserMessage::from("Star the repository tokio-rs/tokio.").into()],
///     ..CreateChatCompletionRequest::default()
/// };
/// let finished = composio_openai::run_chat(&Client::new(), &session.tools().await?, request).turn_limit(4).await?;
/// println!("{}", finished.text());
/// for failure in &finished.failures {
///     if let Some(url) = failure.error.connect_url() {
///         println!("Connect at {url}");
///     }
/// }
/// # Ok(()) }
/// ```
pub fn run_chat<'a, C: Config>(
    client: &'a Client<C>,
    tools: &'a ToolSet,
    request: CreateChatCompletionRequest,
) -> RunChat<'a, C> {
    RunChat { client, tools, request, turn_limit: TURNS, others: None }
}

/// A loop in the making. Await it for a [`Finished`].
#[must_use = "nothing is asked until this is awaited"]
pub struct RunChat<'a, C: Config> {
    client: &'a Client<C>,
    tools: &'a ToolSet,
    request: CreateChatCompletionRequest,
    turn_limit: usize,
    others: Option<Handler<'a>>,
}

/// What a loop came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Finished {
    /// The model's last reply, which calls nothing.
    pub reply: CreateChatCompletionResponse,
    /// The conversation that led to it: what the request began with, every turn and every answer. The last reply is not
    /// in it.
    pub messages: Vec<ChatCompletionRequestMessage>,
    /// The calls that failed on the way, for the application.
    pub failures: Vec<Failure>,
}

/// Why a loop ended before the model had finished, and how far it came.
#[non_exhaustive]
pub struct Stopped {
    /// Why.
    pub error: Error,
    /// The conversation so far. Every call in it has its answer, so that it can be sent again as it is.
    pub messages: Vec<ChatCompletionRequestMessage>,
    /// The calls that failed on the way, for the application.
    pub failures: Vec<Failure>,
}

impl<'a, C: Config> RunChat<'a, C> {
    /// How often the model is asked at the most: 8 times unless said.
    ///
    /// When it still calls tools in its last turn, they are run and answered, and the loop is [`Stopped`] with
    /// `Cancelled`: send the conversation again to let it go on.
    pub fn turn_limit(mut self, turns: usize) -> Self {
        self.turn_limit = turns;
        self
    }

    /// Who runs the tools that are not of the set: gives the answer for the model, or nothing where there is no such
    /// tool, which the model is then told.
    pub fn others<F, Fut>(mut self, handler: F) -> Self
    where
        F: Fn(Unhandled) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Option<String>> + Send + 'static,
    {
        self.others = Some(Box::new(move |call| Box::pin(handler(call))));
        self
    }

    async fn run(mut self) -> Result<Finished, Stopped> {
        if let Some(ours) = self.tools.to_openai_chat() {
            self.request.tools.get_or_insert_default().extend(ours);
        }
        self.request.stream = None;
        let mut failures = Vec::new();
        for _ in 0..self.turn_limit {
            let reply = match self.client.chat().create(self.request.clone()).await {
                Ok(reply) => reply,
                Err(error) => return Err(self.stopped(failures, refused(error))),
            };
            let Some(mut answered) = self.answered(&reply).await else {
                return Ok(Finished { reply, messages: self.request.messages, failures });
            };
            failures.append(&mut answered.failures);
            self.request.messages.extend(answered);
            self.request.tool_choice = self.request.tool_choice.and_then(unforced);
        }
        let message = format!("the model still calls tools after {} turns; allow it more", self.turn_limit);
        Err(self.stopped(failures, Error::new(ErrorKind::Cancelled, message)))
    }

    async fn answered(&self, reply: &CreateChatCompletionResponse) -> Option<Answered<ChatCompletionRequestMessage>> {
        let mut answered = self.tools.answer_chat(reply).await?;
        if let Some(handler) = &self.others {
            let calls = std::mem::take(&mut answered.unhandled);
            let texts = join_all(calls.iter().map(|call| handler(call.clone()))).await;
            for (call, text) in calls.into_iter().zip(texts) {
                match text {
                    Some(text) => answered.answer(call, text),
                    None => answered.unhandled.push(call),
                }
            }
        }
        answered.answer_rest(self.tools);
        Some(answered)
    }

    fn stopped(self, failures: Vec<Failure>, error: Error) -> Stopped {
        Stopped { error, messages: self.request.messages, failures }
    }
}

impl<'a, C: Config> IntoFuture for RunChat<'a, C> {
    type Output = Result<Finished, Stopped>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<C: Config> fmt::Debug for RunChat<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunChat")
            .field("model", &self.request.model)
            .field("tools", &self.tools)
            .field("turn_limit", &self.turn_limit)
            .finish_non_exhaustive()
    }
}

impl Finished {
    /// What the model said last; empty where it said nothing.
    pub fn text(&self) -> &str {
        first(&self.reply.choices).and_then(|choice| choice.message.content.as_deref()).unwrap_or_default()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

/// Without the conversation, which is the user's.
impl fmt::Debug for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stopped")
            .field("error", &self.error)
            .field("messages", &self.messages.len())
            .field("failures", &self.failures)
            .finish()
    }
}

impl std::error::Error for Stopped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// For `?` where the conversation so far is not wanted.
impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        stopped.error
    }
}

/// A choice that leaves the model free to finish. One that forces a call, kept up, would have it call in each turn, with
/// all that the call does.
fn unforced(mut choice: ChatCompletionToolChoiceOption) -> Option<ChatCompletionToolChoiceOption> {
    use ChatCompletionToolChoiceOption::{AllowedTools, Custom, Function, Mode};
    match &mut choice {
        Function(_) | Custom(_) | Mode(ToolChoiceOptions::Required) => return None,
        AllowedTools(allowed) => {
            allowed.allowed_tools.iter_mut().for_each(|tools| tools.mode = ToolChoiceAllowedMode::Auto);
        }
        Mode(ToolChoiceOptions::Auto | ToolChoiceOptions::None) => {}
    }
    Some(choice)
}

/// Why the model's service gave no reply. What it said is the source, and is repeated only where that is about the
/// request. Who refuses a key may quote it, and a reply that cannot be read is the user's: neither is kept.
fn refused(error: OpenAIError) -> Error {
    let (kind, message) = match &error {
        OpenAIError::ApiError(answer) => match answer.status_code.as_u16() {
            401 | 403 => (ErrorKind::Unauthorized, "the model's service refused the API key; check it".to_owned()),
            429 => {
                (ErrorKind::RateLimited, "the model's service wants fewer requests, or its quota is used up".to_owned())
            }
            400..=499 => (ErrorKind::InvalidInput, format!("the model's service refused the request: {answer}")),
            status => (ErrorKind::Unavailable, format!("the model's service answered {status}; try again later")),
        },
        OpenAIError::Reqwest(_) => {
            (ErrorKind::Unavailable, "the model's service could not be reached; check its address".to_owned())
        }
        _ => {
            let message = "the model's service gave no reply of its API; check its address, and see the source";
            (ErrorKind::Unexpected, message.to_owned())
        }
    };
    let said = Error::new(kind, message);
    match error {
        OpenAIError::ApiError(_) if kind == ErrorKind::Unauthorized => said,
        OpenAIError::JSONDeserialize(problem, _) => said.with_source(problem),
        error => said.with_source(error),
    }
}
