//! How sending can fail, and what that means for the caller.

use std::error::Error as StdError;
use std::fmt;

use composio_core::{Error, ErrorKind, Retry};

use super::guard::Target;

/// Why there is no answer. No variant holds a path, a query or a header.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The guard stopped it: nothing was sent to this target.
    #[error("{reason}")]
    Refused {
        /// What is wrong, and which line the operator adds to allow it.
        reason: String,
    },
    /// The connection failed before a byte of the request was written.
    #[error("{0}")]
    NotSent(#[source] Failure),
    /// The request may have been written, and no complete answer came.
    #[error("{source}")]
    Lost {
        /// Whether time ran out.
        timeout: bool,
        /// What happened.
        source: Failure,
    },
    /// There was an answer, and more of it than is read.
    #[error("the answer has more than {limit} bytes; ask for less, or raise `HttpOptions::max_response`")]
    TooLarge {
        /// How many bytes are read.
        limit: usize,
    },
}

/// What happened to a request, and on the way to whom.
#[derive(Debug)]
pub(crate) struct Failure {
    text: String,
    source: Option<reqwest::Error>,
}

impl SendError {
    pub(super) fn not_sent(target: &Target, source: reqwest::Error) -> Self {
        let why = if source.is_timeout() { " in time" } else { "" };
        let text = format!("no connection to {target} came about{why}, and nothing was sent");
        Self::NotSent(Failure { text, source: Some(source) })
    }

    pub(super) fn lost(target: &Target, timeout: bool, source: Option<reqwest::Error>) -> Self {
        let what = if timeout { "did not answer in time" } else { "gave no complete answer" };
        let source = Failure { text: format!("{target} {what}"), source };
        Self::Lost { timeout, source }
    }

    /// Whether the same request may fare better a moment later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::Lost { .. } => true,
            Self::Refused { .. } | Self::TooLarge { .. } => false,
        }
    }

    /// What it means for a caller, who knows whether the request changes nothing.
    pub(crate) fn into_error(self, method_is_safe: bool) -> Error {
        let message = self.to_string();
        match (self, method_is_safe) {
            (Self::Refused { .. }, _) => Error::new(ErrorKind::PermissionDenied, message),
            (Self::NotSent(source), _) => {
                source.cause_of(Error::new(ErrorKind::Unavailable, message).with_retry(Retry::Safe))
            }
            (Self::Lost { timeout, source }, true) => {
                let kind = if timeout { ErrorKind::Timeout } else { ErrorKind::Unavailable };
                source.cause_of(Error::new(kind, message).with_retry(Retry::Safe))
            }
            (Self::Lost { source, .. }, false) => {
                let message = format!("{message}; the request may have taken effect");
                source.cause_of(Error::new(ErrorKind::OutcomeUnknown, message))
            }
            (Self::TooLarge { .. }, true) => Error::new(ErrorKind::Unexpected, message).with_model_text(
                "The service's answer is too large to read. Ask for less: fewer items, a page, or a narrower filter.",
            ),
            (Self::TooLarge { .. }, false) => {
                let message = format!("the service answered, so the request has likely taken effect: {message}");
                Error::new(ErrorKind::OutcomeUnknown, message).with_model_text(
                    "The service answered, but its answer is too large to read. The call has likely taken effect: check \
                     with a reading tool, and do not repeat it.",
                )
            }
        }
    }
}

impl Failure {
    fn cause_of(self, error: Error) -> Error {
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn what_a_failure_means_depends_on_the_method() {
        let target = Target::of(&Url::parse("https://api.example.com/x?token=s3cret").unwrap());
        let lost = |timeout| SendError::lost(&target, timeout, None);
        let refused = || SendError::Refused { reason: "no".into() };
        let large = || SendError::TooLarge { limit: 1 };
        for (error, safe, kind, retry) in [
            (refused(), true, ErrorKind::PermissionDenied, Retry::Never),
            (refused(), false, ErrorKind::PermissionDenied, Retry::Never),
            (lost(true), true, ErrorKind::Timeout, Retry::Safe),
            (lost(false), true, ErrorKind::Unavailable, Retry::Safe),
            (lost(true), false, ErrorKind::OutcomeUnknown, Retry::Never),
            (lost(false), false, ErrorKind::OutcomeUnknown, Retry::Never),
            (large(), true, ErrorKind::Unexpected, Retry::Never),
            (large(), false, ErrorKind::OutcomeUnknown, Retry::Never),
        ] {
            let text = format!("{error:?} {safe}");
            let error = error.into_error(safe);
            assert_eq!((error.kind(), error.retry()), (kind, retry), "{text}");
            assert!(!format!("{error:?}{}", error.for_model()).contains("s3cret"), "{text}");
            assert!(!error.for_model().contains("example.com"), "{text}");
        }
    }
}
