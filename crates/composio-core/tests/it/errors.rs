//! What operators, models and programs learn of a failure.

use std::time::Duration;

use composio_core::{Composio, Error, ErrorKind, Result, Retry, ScriptedBackend, Url};
use serde_json::json;

const KINDS: [ErrorKind; 17] = [
    ErrorKind::InvalidInput,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::ConnectionRequired,
    ErrorKind::NoManagedAuth,
    ErrorKind::Unauthorized,
    ErrorKind::PermissionDenied,
    ErrorKind::RateLimited,
    ErrorKind::InputRequired,
    ErrorKind::Blocked,
    ErrorKind::ToolFailed,
    ErrorKind::OutcomeUnknown,
    ErrorKind::Cancelled,
    ErrorKind::Timeout,
    ErrorKind::Unavailable,
    ErrorKind::Unsupported,
    ErrorKind::Unexpected,
];

#[test]
fn a_model_reads_one_safe_text_for_each_kind() {
    let texts: std::collections::HashSet<String> = KINDS
        .iter()
        .map(|kind| {
            let error = Error::new(*kind, "token k-1234 at internal.example").with_context("key", "k-1234");
            let text = error.for_model().into_owned();
            assert!(text.ends_with('.') && !text.contains("k-1234") && !text.contains("internal"), "{kind:?}: {text}");
            text
        })
        .collect();
    assert_eq!(texts.len(), KINDS.len(), "no two kinds read alike");
}

#[tokio::test]
async fn an_error_comes_through_a_session_as_it_was_made() -> Result<()> {
    let link = "https://connect.example/link/capability";
    let backend = ScriptedBackend::new().tool("GMAIL_SEND", "gmail", json!({})).answer("GMAIL_SEND", move |_| {
        let url = Url::parse(link).map_err(|error| Error::new(ErrorKind::Unexpected, "no URL").with_source(error))?;
        Err(Error::new(ErrorKind::ConnectionRequired, "no active connection for gmail")
            .with_connect_url(url)
            .with_log_id("log_7")
            .with_context("toolkit", "gmail"))
    });
    let session = Composio::with_backend(backend).create("u").await?;
    let error = session.execute("GMAIL_SEND", json!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::ConnectionRequired, Retry::Never));
    assert_eq!(error.connect_url().map(Url::as_str), Some(link));
    assert_eq!((error.log_id(), error.context().collect::<Vec<_>>()), (Some("log_7"), vec![("toolkit", "gmail")]));
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}"), error.for_model().into_owned()] {
        assert!(!text.contains("connect.example"), "{text}");
    }
    Ok(())
}

#[test]
fn debug_tells_an_operator_everything_but_the_link() {
    let error = Error::new(ErrorKind::Unavailable, "the service could not be reached")
        .with_retry(Retry::After(Duration::from_secs(2)))
        .with_log_id("log_1")
        .with_context("tool", "GMAIL_SEND")
        .with_context("session", "trs_1")
        .with_connect_url(Url::parse("https://connect.example/link/secret").unwrap())
        .with_source(Error::new(ErrorKind::Timeout, "connect timed out").with_source(std::io::Error::other("reset")));
    insta::assert_snapshot!(format!("{error:?}"), @r"
    Unavailable: the service could not be reached (log id log_1)
      tool: GMAIL_SEND
      session: trs_1
      retry: After(2s)
      connect_url: [a capability, not shown]
      caused by: connect timed out
      caused by: reset
    ");
    insta::assert_snapshot!(error, @"the service could not be reached (log id log_1)");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn an_error_fits_where_errors_are_boxed() {
    fn failing() -> std::result::Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Err(Error::invalid_input("toolkit", "Git Hub", "lower case"))?
    }
    assert_eq!(failing().unwrap_err().to_string(), "toolkit \"Git Hub\" is not valid: lower case");
}

#[tokio::test]
async fn an_unknown_tool_and_a_mistake_in_the_script_are_told() -> Result<()> {
    let session = Composio::with_backend(ScriptedBackend::new()).create("u").await?;
    let error = session.execute("GITHUB_NOTHING", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("GITHUB_NOTHING"), "{error}");

    let mistaken = ScriptedBackend::new().tool("not a slug", "github", json!({}));
    let error = Composio::with_backend(mistaken).create("u").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("not a slug"), "{error}");
    Ok(())
}
