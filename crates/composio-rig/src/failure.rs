//! Our failures as rig's.

use composio_core::{Error, ErrorKind, Retry};
use rig_core::tool::{ToolErrorKind, ToolExecutionError, ToolOutput, ToolResult};

/// Why a call of a session's tool failed, for a host: with the [link](Error::connect_url) to show the user, and the
/// [question](Error::approval) where somebody has to allow the call. None for a result, and for failures of other tools.
///
/// rig keeps a call that was refused on purpose apart from one that failed; this finds both.
///
/// # Example
/// ```
/// use std::sync::mpsc::Sender;
///
/// use composio_core::{Approval, Error};
/// use composio_rig::failure_of;
/// use rig::agent::{AgentHook, HookContext, OutcomeAction, OutcomeEvent};
///
/// /// Hands on what somebody has to allow: `session.approve(&approval)` runs it then.
/// struct Waiting(Sender<Approval>);
///
/// impl AgentHook for Waiting {
///     async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
///         let failure = event.tool_result().and_then(failure_of);
///         if let Some(approval) = failure.and_then(Error::approval) {
///             // Nobody listens any more: then nobody can allow it.
///             let _ = self.0.send(approval.clone());
///         }
///         OutcomeAction::proceed()
///     }
/// }
/// ```
pub fn failure_of(result: &ToolResult) -> Option<&Error> {
    result.error().or_else(|| result.refusal())?.downcast_ref()
}

/// The failure for rig. The model reads the text; rig's own message is the operator's line, which holds no secret; the
/// error itself is the source.
pub(crate) fn tool_error(text: String, error: Error) -> ToolExecutionError {
    let message = error.to_string();
    let failure = match kind(error.kind()) {
        Some(kind) => ToolExecutionError::new(kind, message),
        None => ToolExecutionError::refused(message),
    };
    // Said each time: some of rig's kinds assume that a retry is harmless, and only the backend knows.
    let retryable = matches!(error.retry(), Retry::Safe | Retry::After(_));
    failure.with_model_output(ToolOutput::text(text)).with_retryable(retryable).with_source(error)
}

/// What rig calls it; nothing where the call was refused on purpose, which rig keeps apart.
fn kind(kind: ErrorKind) -> Option<ToolErrorKind> {
    Some(match kind {
        ErrorKind::InputRequired | ErrorKind::Blocked => return None,
        ErrorKind::InvalidInput => ToolErrorKind::InvalidArgs,
        ErrorKind::NotFound => ToolErrorKind::NotFound,
        ErrorKind::ConnectionRequired
        | ErrorKind::NoManagedAuth
        | ErrorKind::Unauthorized
        | ErrorKind::PermissionDenied => ToolErrorKind::PermissionDenied,
        ErrorKind::RateLimited => ToolErrorKind::RateLimited,
        ErrorKind::Cancelled => ToolErrorKind::Cancelled,
        ErrorKind::Timeout => ToolErrorKind::Timeout,
        ErrorKind::Unavailable => ToolErrorKind::Network,
        ErrorKind::ToolFailed | ErrorKind::Unexpected => ToolErrorKind::Provider,
        // Not rig's `Timeout`, on which policies retry: it may have taken effect.
        ErrorKind::OutcomeUnknown => ToolErrorKind::Other,
        // Also a kind that a later core adds.
        _ => ToolErrorKind::Other,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use composio_core::Url;

    #[test]
    fn each_kind_has_rigs_word_for_it() {
        use ToolErrorKind::{
            Cancelled, InvalidArgs, Network, NotFound, Other, PermissionDenied, Provider, RateLimited, Timeout,
        };
        for (ours, expected, refused) in [
            (ErrorKind::InvalidInput, InvalidArgs, false),
            (ErrorKind::NotFound, NotFound, false),
            (ErrorKind::Conflict, Other, false),
            (ErrorKind::ConnectionRequired, PermissionDenied, false),
            (ErrorKind::NoManagedAuth, PermissionDenied, false),
            (ErrorKind::Unauthorized, PermissionDenied, false),
            (ErrorKind::PermissionDenied, PermissionDenied, false),
            (ErrorKind::RateLimited, RateLimited, false),
            (ErrorKind::InputRequired, PermissionDenied, true),
            (ErrorKind::Blocked, PermissionDenied, true),
            (ErrorKind::ToolFailed, Provider, false),
            (ErrorKind::OutcomeUnknown, Other, false),
            (ErrorKind::Cancelled, Cancelled, false),
            (ErrorKind::Timeout, Timeout, false),
            (ErrorKind::Unavailable, Network, false),
            (ErrorKind::Unsupported, Other, false),
            (ErrorKind::Unexpected, Provider, false),
        ] {
            let failure = tool_error("text".to_owned(), Error::new(ours, "line"));
            assert_eq!(failure.kind(), expected, "{ours:?}");
            assert_eq!(failure.model_feedback(), Some("text"), "{ours:?}");
            let result = ToolResult::failed(failure);
            assert_eq!((result.is_refused(), result.is_error()), (refused, !refused), "{ours:?}");
            assert_eq!(failure_of(&result).map(Error::kind), Some(ours), "a host finds it all the same");
        }
    }

    #[test]
    fn only_the_backend_says_whether_to_try_again() {
        for kind in [ErrorKind::Timeout, ErrorKind::RateLimited, ErrorKind::ToolFailed] {
            for (retry, expected) in
                [(Retry::Never, false), (Retry::Safe, true), (Retry::After(Duration::from_secs(3)), true)]
            {
                let failure = tool_error(String::new(), Error::new(kind, "line").with_retry(retry));
                assert_eq!(failure.retryable(), Some(expected), "{kind:?} {retry:?}");
            }
        }
    }

    #[test]
    fn a_host_reads_the_link_and_nobody_else() {
        let url = Url::parse("https://connect.example/link/secret-token").unwrap();
        let error = Error::new(ErrorKind::ConnectionRequired, "no active connection for gmail")
            .with_connect_url(url.clone())
            .with_context("toolkit", "gmail")
            .with_source(std::io::Error::other("secret-token was refused"));
        let failure = tool_error("text".to_owned(), error);

        assert_eq!(failure.to_string(), "no active connection for gmail");
        assert_eq!(failure.downcast_ref::<Error>().and_then(Error::connect_url), Some(&url));
        // rig writes failures down when it records a run.
        let recorded = serde_json::to_string(&failure).unwrap();
        for shown in [failure.to_string(), format!("{failure:?}"), recorded] {
            assert!(!shown.contains("secret-token"), "{shown}");
        }
    }
}
