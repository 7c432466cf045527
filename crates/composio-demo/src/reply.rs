//! How the services say no.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::oauth::scope::Scope;

/// An error of a service: `{"message": .., "errors": [{"field": .., "code": ..}]}`.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: Body,
    challenge: Option<String>,
}

#[derive(Debug, Serialize)]
struct Body {
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: String,
    pub(crate) code: &'static str,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: Body { message: message.into(), errors: Vec::new() }, challenge: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method.")
    }

    pub(crate) fn wrong_host() -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, "The demo answers to 127.0.0.1 and localhost only.")
    }

    /// It did happen, but may be gone after a restart.
    pub(crate) fn not_kept() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "The demo cannot write to its data directory.")
    }

    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "The request has invalid fields.");
        error.body.errors = errors;
        error
    }

    /// No credential at all: the challenge then carries no error code (RFC 6750 section 3.1).
    pub(crate) fn no_credential() -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "This request needs an access token or an API key.");
        error.challenge = Some("Bearer realm=\"composio-demo\"".to_owned());
        error
    }

    pub(crate) fn invalid_token() -> Self {
        let text = "The access token is unknown, expired or revoked.";
        let mut error = Self::new(StatusCode::UNAUTHORIZED, text);
        error.challenge =
            Some(format!("Bearer realm=\"composio-demo\", error=\"invalid_token\", error_description=\"{text}\""));
        error
    }

    pub(crate) fn invalid_key() -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "The API key is unknown.");
        error.challenge = Some("Bearer realm=\"composio-demo\"".to_owned());
        error
    }

    pub(crate) fn insufficient_scope(needed: Scope) -> Self {
        let name = needed.as_str();
        let mut error = Self::new(StatusCode::FORBIDDEN, format!("The access token lacks the scope {name}."));
        error.challenge =
            Some(format!("Bearer realm=\"composio-demo\", error=\"insufficient_scope\", scope=\"{name}\""));
        error
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        // Challenges are made of fixed text and scope names, which are valid header values.
        if let Some(value) = self.challenge.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}
