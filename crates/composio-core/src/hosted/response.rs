//! Replies, read purely.

use std::fmt::Write;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::request::{Operation, Resend};
use crate::error::{Error, ErrorKind, Result};

/// A whole reply, whatever its status.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The id under which this request was sent, the same for every attempt.
    pub(super) request_id: String,
}

/// Why a reply could not be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// It ends too early or is no JSON: what it says is lost, as if the connection had broken.
    Cut(serde_json::Error),
    /// It says something else than it should, or a failure.
    Refused(Error),
}

/// Reads the body of a reply that succeeded.
///
/// # Errors
/// [`Unread::Cut`] for JSON that ends too early, or is none.
pub(super) fn json<T: DeserializeOwned>(operation: Operation, reply: &Reply) -> Result<T, Unread> {
    serde_json::from_slice(&reply.body).map_err(|error| match error.is_data() {
        true => Unread::Refused(strange(operation, reply, &error)),
        false => Unread::Cut(error),
    })
}

/// The error of a reply that is JSON, but not what the API describes.
fn strange(operation: Operation, reply: &Reply, error: &serde_json::Error) -> Error {
    let mut message = format!("the reply to {} is not what the API describes ({})", operation.name, describe(error));
    let kind = match operation.resend {
        Resend::Always => ErrorKind::Unexpected,
        Resend::Unsent => {
            message.push_str("; the server says that it succeeded, so it has likely taken effect");
            ErrorKind::OutcomeUnknown
        }
    };
    let error = Error::new(kind, message)
        .with_context("operation", operation.name)
        .with_context("status", reply.status.as_u16())
        .with_context("request_id", &reply.request_id);
    match kind {
        ErrorKind::OutcomeUnknown => error.with_log_id(&reply.request_id),
        _ => error,
    }
}

/// What is wrong with JSON and where, without quoting it: it may hold anything.
pub(super) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let mut described = match (what.starts_with("missing field `"), what.rfind(", expected ")) {
        (true, _) => what.to_owned(),
        (false, Some(expected)) => what[expected + 2..].to_owned(),
        (false, None) if error.is_data() => "a value that does not fit".to_owned(),
        (false, None) if error.is_eof() => "it ends too early".to_owned(),
        (false, None) => "it is no JSON".to_owned(),
    };
    if error.line() > 0 {
        let _ = write!(described, ", line {} column {}", error.line(), error.column());
    }
    described
}

/// What a body is instead of JSON, going by what it says it is; none where it may be JSON.
///
/// A type other than JSON is forgiven where the body begins as JSON does: proxies mislabel.
pub(super) fn foreign(reply: &Reply) -> Option<String> {
    let body = reply.body.trim_ascii_start();
    let kind = reply.headers.get(header::CONTENT_TYPE)?.to_str().unwrap_or("not readable");
    let kind = kind.split(';').next().unwrap_or(kind).trim();
    let is_json = kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json");
    if is_json || body.is_empty() || matches!(body[0], b'{' | b'[') {
        return None;
    }
    let kind: String = kind.chars().filter(|character| character.is_ascii_graphic()).take(60).collect();
    Some(format!("is {kind} and not JSON; is a gateway in between, or is the base URL not that of the API?"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Strict {
        #[expect(dead_code, reason = "read by serde alone")]
        id: u32,
    }

    fn reply(kind: Option<&str>, body: &'static str) -> Reply {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        }
        Reply { status: StatusCode::OK, headers, body: Bytes::from_static(body.as_bytes()), request_id: "r1".into() }
    }

    #[test]
    fn json_that_is_cut_is_told_from_json_that_is_strange() {
        let read = Operation::get("getThing");
        for (body, cut) in [
            ("", true),
            ("{\"id\":", true),
            ("{\"id\" 1}", true),
            ("<html>", true),
            ("{}", false),
            ("{\"id\":-1}", false),
        ] {
            match json::<Strict>(read, &reply(None, body)).unwrap_err() {
                Unread::Cut(_) => assert!(cut, "{body}"),
                Unread::Refused(error) => assert!(!cut && error.kind() == ErrorKind::Unexpected, "{body} {error}"),
            }
        }
    }

    #[test]
    fn what_is_strange_is_located_and_not_quoted() {
        let write = Operation::once(super::super::request::Verb::Post, "doThing");
        for (body, says) in [
            (r#"{"id": "s3cret"}"#, "expected u32, line 1 column 15"),
            (r#"{"s3cret": 1}"#, "missing field `id`"),
            (r#"{"id": "s3cret, expected more"}"#, "(expected u32,"),
        ] {
            let Unread::Refused(error) = json::<Strict>(write, &reply(None, body)).unwrap_err() else {
                panic!("{body} is JSON")
            };
            assert_eq!((error.kind(), error.log_id()), (ErrorKind::OutcomeUnknown, Some("r1")));
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn what_is_no_json_is_said_to_be_that() {
        for (kind, body, is) in [
            (Some("application/json"), "<html>", None),
            (Some("application/problem+json; charset=utf-8"), "x", None),
            (None, "<html>", None),
            (Some("text/plain"), " {\"id\": 1}", None),
            (Some("text/html"), "", None),
            (Some("text/html; charset=utf-8"), "<html>s3cret", Some("is text/html and not JSON")),
        ] {
            let foreign = foreign(&reply(kind, body));
            assert_eq!(foreign.is_some(), is.is_some(), "{kind:?} {body}");
            assert!(foreign.is_none_or(|text| text.starts_with(is.unwrap()) && !text.contains("s3cret")));
        }
    }
}
