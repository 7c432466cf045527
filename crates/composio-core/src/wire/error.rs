//! What a failure says.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::said::said;

/// The body of a reply that failed.
///
/// Rule: `session-api` 1.7 and 1.8. Two shapes are read: the envelope `{"error": {..}}`, and the bare `{"message": ..}` of
/// rate limits. What is missing or of another type than it should be is passed over, so that a body that says anything
/// says it; what is no JSON, or no object, says nothing.
///
/// # Example
/// ```
/// use composio_core::wire::ErrorEnvelope;
///
/// let envelope: ErrorEnvelope = serde_json::from_str(r#"{"error": {"message": "gone", "code": 4302, "status": null}}"#)?;
/// let error = envelope.into_error();
/// assert_eq!((error.message.as_deref(), error.code, error.status), (Some("gone"), Some(4302), None));
///
/// let limited: ErrorEnvelope = serde_json::from_str(r#"{"message": "Rate limit exceeded."}"#)?;
/// assert_eq!(limited.into_error().message.as_deref(), Some("Rate limit exceeded."));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorEnvelope {
    /// What went wrong.
    #[serde(default, deserialize_with = "error", skip_serializing_if = "Option::is_none")]
    pub error: Option<ApiError>,
    /// The same in one sentence, where there is no envelope.
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// What went wrong, as the server tells it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApiError {
    /// One sentence. May name what the caller sent.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The number of the condition, such as 4302.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// The name of the condition, such as `ToolRouterV2_NoActiveConnection`.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// The HTTP status, repeated. Often missing.
    #[serde(deserialize_with = "number", skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The server's id of the request.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What may help, in a sentence.
    #[serde(deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub suggested_fix: Option<String>,
    /// One line for each problem that a validation found.
    #[serde(deserialize_with = "lines", skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<String>,
}

impl ErrorEnvelope {
    /// What went wrong, from whichever shape it has.
    #[must_use]
    pub fn into_error(self) -> ApiError {
        let mut error = self.error.unwrap_or_default();
        error.message = error.message.or(self.message);
        error
    }
}

impl From<ApiError> for ErrorEnvelope {
    fn from(error: ApiError) -> Self {
        Self { error: Some(error), message: None }
    }
}

/// The envelope's inside, or a sentence in its place.
fn error<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ApiError>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        inside @ Value::Object(_) => ApiError::deserialize(inside).ok(),
        other => said(other)
            .map_err(D::Error::custom)?
            .map(|message| ApiError { message: Some(message), ..ApiError::default() }),
    })
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let lines = match Value::deserialize(deserializer)? {
        Value::Array(lines) => lines,
        other => vec![other],
    };
    lines.into_iter().filter_map(|line| said(line).transpose()).collect::<Result<_, _>>().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> ApiError {
        ErrorEnvelope::deserialize(body).unwrap().into_error()
    }

    #[test]
    fn the_envelope_is_read_whole() {
        let error = read(&json!({"error": {
            "message": "m", "code": 10400, "slug": "s", "status": 400, "request_id": "r", "suggested_fix": "f",
            "errors": ["one", {"path": "two"}, null], "later": true,
        }}));
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            error,
            ApiError {
                message: text("m"),
                code: Some(10400),
                slug: text("s"),
                status: Some(400),
                request_id: text("r"),
                suggested_fix: text("f"),
                errors: vec!["one".to_owned(), "{\"path\":\"two\"}".to_owned()],
            }
        );
    }

    #[test]
    fn whatever_a_field_is_the_rest_is_read() {
        for odd in [json!(null), json!(true), json!(1.5), json!([1]), json!({"a": 1})] {
            let error = read(&json!({"error": {
                "message": "m", "code": odd, "slug": odd, "status": odd, "request_id": odd, "errors": odd,
            }}));
            assert_eq!((error.message.as_deref(), error.code, error.status), (Some("m"), None, None), "{odd}");
        }
        assert_eq!(read(&json!({"error": {"code": "606"}})).code, Some(606));
    }

    #[test]
    fn a_sentence_is_read_wherever_it_stands() {
        for body in [
            json!({"message": "slow down"}),
            json!({"error": "slow down"}),
            json!({"error": null, "message": "slow down"}),
        ] {
            assert_eq!(read(&body).message.as_deref(), Some("slow down"), "{body}");
        }
        assert_eq!(read(&json!({})), ApiError::default());
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for body in ["\"gateway\"", "502", "<html>", ""] {
            assert!(serde_json::from_str::<ErrorEnvelope>(body).is_err(), "{body}");
        }
    }
}
