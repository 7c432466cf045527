//! What a client reads that is not let in. Every answer says what to do, and nothing of what is behind it.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use composio_core::{Error, ErrorKind};
use serde_json::json;

const UNAUTHORIZED: &str = "Send the credential of this session with every request: `Authorization: Bearer <token>` or \
                            `x-api-key: <key>`. Tokens belong to one session, expire and can be revoked; the \
                            application makes new ones with `session.mcp_token()`.";
const NOT_FOUND: &str =
    "There is no such session; it was deleted, or the URL is wrong. Ask the application for a new one.";
const FORGOTTEN: &str = "The client was silent for too long, and is known no more. Say hello again with `initialize`.";
const UNAVAILABLE: &str = "The session cannot be served now. Nothing was run; try again later.";
const HOST: &str = "This server does not answer for that host. Use the URL that the application gave, or let the \
                    operator add the host with `.allow_host(..)`.";
const ORIGIN: &str =
    "Pages of this origin may not use this server; the operator lets them in with `.allow_origin(..)`.";

/// The one answer to every credential that is not accepted, whatever the cause.
pub(super) fn unauthorized() -> Response {
    let mut response = said(StatusCode::UNAUTHORIZED, "unauthorized", UNAUTHORIZED);
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// To a client that was forgotten with everything of its session. The protocol lets it begin again.
pub(super) fn forgotten() -> Response {
    said(StatusCode::NOT_FOUND, "session_not_found", FORGOTTEN)
}

pub(super) fn foreign_host() -> Response {
    said(StatusCode::FORBIDDEN, "host_not_allowed", HOST)
}

pub(super) fn foreign_origin() -> Response {
    said(StatusCode::FORBIDDEN, "origin_not_allowed", ORIGIN)
}

/// What the backend refused, or could not do. Refusals leave no line in the log: anybody can cause them.
pub(super) fn of(error: &Error) -> Response {
    match error.kind() {
        ErrorKind::Unauthorized => unauthorized(),
        ErrorKind::NotFound => said(StatusCode::NOT_FOUND, "not_found", NOT_FOUND),
        kind => {
            tracing::error!(?kind, log_id = error.log_id(), "serving a session over MCP failed: {error}");
            said(StatusCode::SERVICE_UNAVAILABLE, "unavailable", UNAVAILABLE)
        }
    }
}

fn said(status: StatusCode, error: &str, message: &str) -> Response {
    (status, Json(json!({"error": error, "message": message}))).into_response()
}
