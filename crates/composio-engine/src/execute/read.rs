//! An answer becomes a result. Pure.
//!
//! What a service answered well is passed on as it is. What it answered badly is what a model corrects itself by, so it is
//! told, briefly and redacted.

mod failure;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use composio_core::secrecy::SecretString;
use composio_core::{Error, ErrorKind, JsonText, Result, ToolOutput};
use http::{Response, StatusCode, header};
use serde_json::json;

use super::redact;

/// Binary answers are passed on up to this size: a model reads them as base64, if at all.
const BINARY: usize = 1024 * 1024;

/// Reads an answer. JSON stays the text that it is; only known secrets are taken out of it.
///
/// # Errors
/// `ToolFailed` where the service answered with a failure, with what it said and the next step for the model;
/// `OutcomeUnknown` where a gateway answered in its place and the request was not `safe`; `RateLimited` for 429;
/// `Unsupported` where a binary answer is too large to pass on.
pub(crate) fn read(reply: Response<Bytes>, secrets: &[&SecretString], safe: bool) -> Result<ToolOutput, Error> {
    let status = reply.status();
    if !status.is_success() {
        return Err(failure::error(&reply, secrets, safe));
    }
    let content_type = content_type(&reply);
    let body = reply.into_body();
    if body.is_empty() {
        return Ok(ToolOutput::new(json!({"status": status.as_u16()})));
    }
    let Some(text) = std::str::from_utf8(&body).ok().filter(|text| is_text(text)) else {
        return binary(status, content_type.as_deref(), &body);
    };
    let text = redact::secrets(text.trim_start_matches('\u{feff}'), secrets);
    if is_json(content_type.as_deref(), &text)
        && let Ok(json) = JsonText::parse(text.as_str())
    {
        return Ok(ToolOutput::new(json));
    }
    Ok(ToolOutput::new(json!({"content_type": content_type, "text": text})))
}

/// Whether the service did not accept the access token. A refresh may help then, and nothing has happened.
pub(crate) fn is_invalid_token(reply: &Response<Bytes>) -> bool {
    let mut challenges =
        reply.headers().get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    // A challenge that names another error, such as `insufficient_scope`, is about something else.
    reply.status() == StatusCode::UNAUTHORIZED
        && challenges.all(|challenge| !challenge.contains("error=") || challenge.contains("invalid_token"))
}

/// Whether the service says in so many words that the token is what it did not accept (RFC 6750 section 3.1).
pub(crate) fn names_invalid_token(reply: &Response<Bytes>) -> bool {
    let challenges = reply.headers().get_all(header::WWW_AUTHENTICATE);
    challenges.iter().filter_map(|value| value.to_str().ok()).any(|challenge| challenge.contains("invalid_token"))
}

fn content_type(reply: &Response<Bytes>) -> Option<String> {
    reply.headers().get(header::CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

/// What says to be JSON, and what looks like an object or a list.
fn is_json(content_type: Option<&str>, text: &str) -> bool {
    let essence = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json"
        || essence == "text/json"
        || essence.ends_with("+json")
        || text.trim_start().starts_with(['{', '['])
}

/// Text has no control characters but those that lay it out.
fn is_text(text: &str) -> bool {
    !text.contains(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b'))
}

fn binary(status: StatusCode, content_type: Option<&str>, body: &Bytes) -> Result<ToolOutput> {
    if body.len() > BINARY {
        let size = body.len();
        let text = format!(
            "The service answered well (HTTP {}), but with {size} bytes that are no text; at most {BINARY} are passed on.",
            status.as_u16()
        );
        return Err(Error::new(ErrorKind::Unsupported, text.clone()).with_model_text(text));
    }
    Ok(ToolOutput::new(json!({"content_type": content_type, "base64": BASE64_STANDARD.encode(body)})))
}
