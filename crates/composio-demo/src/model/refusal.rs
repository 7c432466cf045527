//! How a model provider says no.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error in the shape of OpenAI's: `{"error": {"message", "type", "param", "code"}}`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
}

impl Refusal {
    /// A request that no repetition makes better; `param` names the field.
    pub(super) fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), param: Some(param.into()), code: None }
    }

    pub(super) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    /// A body that cannot be read at all.
    pub(super) fn unreadable(why: &serde_json::Error) -> Self {
        let message = format!("We could not parse the JSON body of your request: {why}");
        Self { status: 400, message, param: None, code: None }
    }

    pub(super) fn unknown_path() -> Self {
        let message = "This model has /v1/chat/completions, /v1/responses and /v1/models.".to_owned();
        Self { status: 404, message, param: None, code: Some("unknown_url") }
    }

    /// What the script asked for.
    pub(super) fn scripted(status: u16, message: String) -> Self {
        Self { status, message, param: None, code: None }
    }

    fn kind(&self) -> &'static str {
        match self.status {
            401 | 403 => "authentication_error",
            429 => "rate_limit_error",
            500..=599 => "server_error",
            _ => "invalid_request_error",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = self.kind();
        let error = json!({ "message": self.message, "type": kind, "param": self.param, "code": self.code });
        (status, Json(json!({ "error": error }))).into_response()
    }
}
