//! The table: slug, code and status to kind.

use http::StatusCode;

use super::super::request::{Request, Resend};
use super::envelope::Said;
use super::{is_session_itself, retry, session};
use crate::error::ErrorKind;
use crate::id::SessionId;

/// What a refusal means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Kind(ErrorKind),
    /// The session of the request is not there.
    UnknownSession(SessionId),
}

/// What a slug ends with, the codes that are known for it, and what it means. Rules: `session-api` 1.8 and
/// `session-semantics` 5.5.
const KNOWN: &[(&str, &[u64], ErrorKind)] = &[
    ("BadRequest", &[10400, 4300], ErrorKind::InvalidInput),
    ("ToolNotFound", &[4301, 1800, 2401], ErrorKind::NotFound),
    ("NoActiveConnection", &[4302], ErrorKind::ConnectionRequired),
    ("InvalidToolkitSlugs", &[4305], ErrorKind::InvalidInput),
    ("InvalidAuthConfigIds", &[], ErrorKind::InvalidInput),
    ("InvalidConnectedAccountIds", &[], ErrorKind::InvalidInput),
    ("NoManagedAuth", &[4308], ErrorKind::NoManagedAuth),
    ("ToolkitNotAllowed", &[4324], ErrorKind::PermissionDenied),
    ("ToolNotInEnabledList", &[], ErrorKind::PermissionDenied),
    ("ToolkitsIsNoAuth", &[4326], ErrorKind::InvalidInput),
    ("MultipleSharedAccountsPerToolkit", &[4347], ErrorKind::InvalidInput),
    ("SessionNotFound", &[], ErrorKind::NotFound),
    ("ResourceNotFound", &[606], ErrorKind::NotFound),
    ("ConnectedAccountNotFound", &[1803, 1810], ErrorKind::ConnectionRequired),
    ("ConnectedAccountEntityIdMismatch", &[1812], ErrorKind::PermissionDenied),
    ("ValidationError", &[1607], ErrorKind::InvalidInput),
    ("SSRFBlocked", &[], ErrorKind::PermissionDenied),
    ("SharedAccessDenied", &[], ErrorKind::PermissionDenied),
];

impl Meaning {
    /// What a refusal of this request means.
    pub(super) fn of(request: &Request, status: StatusCode, said: &Said) -> Self {
        let resend = request.operation.resend;
        // A server that fails in the middle of a write may know a name for what went wrong, and not what was done before.
        let lost = resend == Resend::Unsent && status.is_server_error();
        let named = || retired(status, said).or_else(|| by_slug(said)).or_else(|| by_code(said));
        let known = if lost { None } else { named() };
        let kind = known.unwrap_or_else(|| by_status(resend, status));
        match session(&request.target).filter(|_| kind == ErrorKind::NotFound && is_session(request, known, said)) {
            Some(session) => Self::UnknownSession(session),
            None => Self::Kind(kind),
        }
    }
}

/// Whether it is the session that was not found, and not a thing in it or the API itself.
fn is_session(request: &Request, known: Option<ErrorKind>, said: &Said) -> bool {
    said.name() == Some("SessionNotFound")
        || (known.is_none() && !said.is_foreign() && is_session_itself(&request.target))
}

/// The API that a part of itself replaced. Rule: `session-api` 1.8, the message is all there is to tell it by.
fn retired(status: StatusCode, said: &Said) -> Option<ErrorKind> {
    let message = said.message.as_deref().filter(|_| status == StatusCode::BAD_REQUEST)?;
    let retired = message.contains("no longer supported") && message.contains("/api/v3/connected_accounts/link");
    retired.then_some(ErrorKind::Unsupported)
}

fn by_slug(said: &Said) -> Option<ErrorKind> {
    let name = said.name()?;
    KNOWN.iter().find(|(known, ..)| *known == name).map(|(.., kind)| *kind)
}

fn by_code(said: &Said) -> Option<ErrorKind> {
    let code = said.code?;
    KNOWN.iter().find(|(_, codes, _)| codes.contains(&code)).map(|(.., kind)| *kind)
}

fn by_status(resend: Resend, status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        // It is done, and where the result is cannot be read.
        302 | 303 if resend == Resend::Unsent => ErrorKind::OutcomeUnknown,
        400 | 405 | 411 | 413..=415 | 422 => ErrorKind::InvalidInput,
        401 => ErrorKind::Unauthorized,
        402 | 403 | 451 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 | 412 | 423 => ErrorKind::Conflict,
        410 => ErrorKind::Unsupported,
        429 => ErrorKind::RateLimited,
        _ if !retry::may_pass(status) => ErrorKind::Unexpected,
        _ if resend == Resend::Unsent => ErrorKind::OutcomeUnknown,
        408 => ErrorKind::Timeout,
        _ => ErrorKind::Unavailable,
    }
}
