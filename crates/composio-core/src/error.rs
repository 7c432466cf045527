//! The one error type: what happened, whether to try again, and a text for each of its two readers.
//!
//! An operator reads [`Display`](std::fmt::Display) (one line) and `Debug` (with context and sources). A model reads
//! [`Error::for_model`], which is safe by default: only what a tool's own service answered is passed on, and that is
//! redacted where it is made. Neither ever holds a credential or a connect link; the link is behind
//! [`Error::connect_url`], because whoever has it can connect an account.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use url::Url;

use crate::approval::Approval;
use crate::id::{SessionId, ToolSlug};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, what to do next, and whether trying again can help.
///
/// One word wide and opaque: [`kind`](Self::kind) is what programs decide on, and new facts become context instead of
/// variants, so that a new version does not break a `match`.
///
/// # Example
/// ```
/// use composio_core::{Error, ErrorKind, ToolkitSlug};
///
/// let refused: Result<ToolkitSlug, Error> = ToolkitSlug::new("Git Hub");
/// assert!(refused.is_err_and(|error| error.kind() == ErrorKind::InvalidInput));
/// ```
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    retry: Retry,
    message: String,
    model_text: Option<String>,
    connect_url: Option<Url>,
    approval: Option<Approval>,
    field: Option<String>,
    log_id: Option<String>,
    context: Vec<(&'static str, String)>,
    source: Option<Source>,
}

/// The condition, for programs to decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller asked for something malformed. The message names the field, the value and the rule.
    InvalidInput,
    /// The thing named does not exist, or not for this session.
    NotFound,
    /// The state does not allow it now: a name taken, a status that moved on, a key used with other arguments.
    Conflict,
    /// The toolkit has no usable connection. [`Error::connect_url`] is where the user makes one.
    ConnectionRequired,
    /// The toolkit has no auth config, and the operator configured no managed OAuth app for it.
    NoManagedAuth,
    /// The caller's own credential was refused: the key of the project, not the user's.
    Unauthorized,
    /// The session's policy, or the service, does not permit this.
    PermissionDenied,
    /// Too many requests. [`Error::retry`] says how long to wait where that is known.
    RateLimited,
    /// A human has to answer before this can go on.
    InputRequired,
    /// A rule of the operator stopped the call.
    Blocked,
    /// The tool ran and its service answered with a failure. [`Error::for_model`] carries what it said.
    ToolFailed,
    /// The request may or may not have taken effect. Look before doing it again.
    OutcomeUnknown,
    /// The caller gave up.
    Cancelled,
    /// Nothing answered in time, and nothing can have happened.
    Timeout,
    /// The other side could not be reached, and nothing can have happened.
    Unavailable,
    /// This backend cannot do that.
    Unsupported,
    /// A broken promise: ours, or the other side's.
    Unexpected,
}

/// Whether the same call may be made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// Not without changing something first.
    #[default]
    Never,
    /// Nothing has happened, and it may work now.
    Safe,
    /// Nothing has happened, and it may work after this long.
    After(Duration),
}

impl Error {
    /// An error of this kind. The message is one line for an operator: what happened, and what to do next.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                retry: Retry::Never,
                message: message.into(),
                model_text: None,
                connect_url: None,
                approval: None,
                field: None,
                log_id: None,
                context: Vec::new(),
                source: None,
            }),
        }
    }

    /// [`ErrorKind::InvalidInput`] for a field: its name, the value that was given, and the rule it breaks.
    #[must_use]
    pub fn invalid_input(field: &str, value: &str, rule: impl fmt::Display) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput, format!("{field} {value:?} is not valid: {rule}"));
        error.inner.field = Some(field.to_owned());
        error
    }

    /// Says in which field the value stands that is not valid, where that was checked without knowing it.
    #[must_use]
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        if self.inner.kind == ErrorKind::InvalidInput {
            self.inner.field = Some(field.to_owned());
        }
        self
    }

    /// [`ErrorKind::InputRequired`] for a call that a person has to allow. The question is behind
    /// [`approval`](Self::approval); the model learns that somebody has to answer it, and nothing that answers it.
    #[must_use]
    pub fn approval_required(approval: Approval) -> Self {
        let message = format!(
            "{} waits for an approval: {}; answer it with `Session::approve` or `deny`",
            approval.tool(),
            approval.rule()
        );
        let mut error = Self::new(ErrorKind::InputRequired, message).with_model_text(Self::waits(approval.tool()));
        error.inner.approval = Some(approval);
        error
    }

    /// What a model reads about a call that waits for a person.
    pub(crate) fn waits(tool: impl fmt::Display) -> String {
        format!(
            "{tool} was not run: a person has to allow it first. Tell the user that an approval is waiting, and do not call \
             it again by yourself."
        )
    }

    /// [`ErrorKind::NotFound`] for a session that a backend does not have, or not any more. It is the one thing of which a
    /// model cannot find the right name, so its text says to stop.
    #[must_use]
    pub fn unknown_session(session: &SessionId) -> Self {
        let text = "This session has ended. Tell the user; calling again does not help.";
        Self::new(ErrorKind::NotFound, format!("there is no session {session}; it was deleted, or the id is wrong"))
            .with_model_text(text)
    }

    /// [`ErrorKind::Blocked`] for a call that a person was asked about and did not allow.
    #[must_use]
    pub fn approval_denied(tool: &ToolSlug) -> Self {
        let text =
            format!("The user did not allow {tool}, so it was not run. Do not call it again unless the user asks.");
        Self::new(ErrorKind::Blocked, format!("{tool} was not allowed by the person who was asked"))
            .with_model_text(text)
    }

    /// Says whether the call may be made again.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.inner.retry = retry;
        self
    }

    /// Sets what a model may read instead of the sentence for the kind. It must hold nothing that the model may not know.
    #[must_use]
    pub fn with_model_text(mut self, text: impl Into<String>) -> Self {
        self.inner.model_text = Some(text.into());
        self
    }

    /// Sets where the user connects an account. It is printed nowhere.
    #[must_use]
    pub fn with_connect_url(mut self, url: Url) -> Self {
        self.inner.connect_url = Some(url);
        self
    }

    /// Sets the id under which the operator finds the call again.
    #[must_use]
    pub fn with_log_id(mut self, id: impl Into<String>) -> Self {
        self.inner.log_id = Some(id.into());
        self
    }

    /// Adds where it happened, as a name and a value. Never a secret.
    #[must_use]
    pub fn with_context(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.inner.context.push((name, value.to_string()));
        self
    }

    /// Sets what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// The condition, for programs to decide on.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Whether the same call may be made again.
    pub fn retry(&self) -> Retry {
        self.inner.retry
    }

    /// What an agent may read: what the tool's service said, or one sentence with the next step.
    pub fn for_model(&self) -> Cow<'_, str> {
        match (&self.inner.model_text, self.inner.retry) {
            (Some(text), _) => Cow::Borrowed(text),
            (None, Retry::After(wait)) => {
                let seconds = wait.as_secs().max(1);
                Cow::Owned(format!("{} It may work in {seconds} seconds.", self.inner.kind.sentence()))
            }
            (None, Retry::Never | Retry::Safe) => Cow::Borrowed(self.inner.kind.sentence()),
        }
    }

    /// Where the user connects an account, with [`ErrorKind::ConnectionRequired`].
    ///
    /// Show it to that user and nobody else: whoever opens it can connect an account in their name.
    pub fn connect_url(&self) -> Option<&Url> {
        self.inner.connect_url.as_ref()
    }

    /// The call that waits for a person, with [`ErrorKind::InputRequired`].
    pub fn approval(&self) -> Option<&Approval> {
        self.inner.approval.as_ref()
    }

    /// The path of the field that is not valid, such as `connected_accounts.gmail`, with [`ErrorKind::InvalidInput`].
    pub fn field(&self) -> Option<&str> {
        self.inner.field.as_deref()
    }

    /// The id under which the operator finds the call again.
    pub fn log_id(&self) -> Option<&str> {
        self.inner.log_id.as_deref()
    }

    /// Where it happened, in the order it was added: the innermost first.
    pub fn context(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.inner.context.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl ErrorKind {
    /// What a model reads when nothing better is known: what it means, and the next step.
    fn sentence(self) -> &'static str {
        match self {
            Self::InvalidInput => "The request is not valid. Correct the arguments and call again.",
            Self::NotFound => "There is no such thing in this session. Check the name.",
            Self::Conflict => "The current state does not allow this. Read the state again before you retry.",
            Self::ConnectionRequired => {
                "The user has no usable connection to this service. Ask the user to connect it, then call again."
            }
            Self::NoManagedAuth => {
                "This service is not set up for connections. Tell the user that its operator has to."
            }
            Self::Unauthorized => "The application's own key was refused. Tell the user; calling again does not help.",
            Self::PermissionDenied => "This is not permitted. Do something else, or tell the user.",
            Self::RateLimited => "Too many requests. Wait before you call again.",
            Self::InputRequired => "A person has to answer first. Tell the user that an approval is waiting.",
            Self::Blocked => "A rule of the operator stopped this call. Do not repeat it.",
            Self::ToolFailed => "The service reported a failure.",
            Self::OutcomeUnknown => {
                "It is not known whether this took effect. Check with a reading tool before you do it again."
            }
            Self::Cancelled => "The call was cancelled.",
            Self::Timeout => "The service did not answer in time. Nothing was changed; you may call again.",
            Self::Unavailable => "The service could not be reached. Nothing was changed; you may call again.",
            Self::Unsupported => "This is not supported here. Do something else.",
            Self::Unexpected => "Something unexpected went wrong. Tell the user.",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)?;
        if let Some(id) = &self.inner.log_id {
            write!(f, " (log id {id})")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.inner;
        write!(f, "{:?}: {self}", inner.kind)?;
        for (name, value) in &inner.context {
            write!(f, "\n  {name}: {value}")?;
        }
        if inner.retry != Retry::Never {
            write!(f, "\n  retry: {:?}", inner.retry)?;
        }
        if inner.connect_url.is_some() {
            f.write_str("\n  connect_url: [a capability, not shown]")?;
        }
        let mut source = inner.source.as_deref().map(|source| source as &dyn std::error::Error);
        while let Some(error) = source {
            write!(f, "\n  caused by: {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// Makes typed slugs fit wherever text is accepted.
impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn required() -> Error {
        let url = Url::parse("http://127.0.0.1/link/secret-token").unwrap();
        Error::new(ErrorKind::ConnectionRequired, "no active connection for gmail")
            .with_connect_url(url)
            .with_log_id("log_1")
            .with_context("toolkit", "gmail")
    }

    #[test]
    fn a_connect_link_is_never_printed() {
        let error = required();
        for text in [error.to_string(), format!("{error:?}"), error.for_model().into_owned()] {
            assert!(!text.contains("secret-token"), "{text}");
        }
        assert!(error.connect_url().is_some());
    }

    #[test]
    fn display_is_one_line_and_debug_tells_the_rest() {
        let error = required().with_source(std::io::Error::other("reset"));
        assert_eq!(error.to_string(), "no active connection for gmail (log id log_1)");
        let debug = format!("{error:?}");
        assert!(debug.contains("toolkit: gmail") && debug.contains("caused by: reset"), "{debug}");
    }

    #[test]
    fn a_model_reads_the_kind_unless_told_more() {
        let error = Error::new(ErrorKind::ToolFailed, "POST https://internal.example/x answered 422");
        assert!(!error.for_model().contains("internal"));
        assert_eq!(error.with_model_text("title is missing").for_model(), "title is missing");
    }

    #[test]
    fn a_model_reads_how_long_to_wait() {
        let error = Error::new(ErrorKind::RateLimited, "429").with_retry(Retry::After(Duration::from_secs(30)));
        assert_eq!(error.for_model(), "Too many requests. Wait before you call again. It may work in 30 seconds.");
    }

    #[test]
    fn the_error_is_one_word_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
