//! Calls of a service's own API through the service.

use super::config::IntoText;
use super::{HostedBackend, execute, read};
use crate::backend::{BinaryData, HttpMethod, ProxyBody, ProxyRequest, ProxyResponse};
use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;
use crate::json::JsonText;
use crate::wire::{self, Open, ParameterPlace, ProxyMethod, ProxyParameter, ResultType};
use secrecy::{ExposeSecret, SecretString};

/// How many bytes a body may have.
const BYTES: usize = 4 * 1024 * 1024;

impl HostedBackend {
    pub(super) async fn proxied(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        let body = body(request)?;
        response(request, self.client.proxy_execute(session, &body).await?)
    }
}

fn body(request: &ProxyRequest) -> Result<wire::SessionProxyRequest> {
    if let Some((name, _)) = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        return Err(Error::invalid_input("headers", name, "the service sets it, from the account's credentials"));
    }
    let method = match request.method {
        HttpMethod::Get => ProxyMethod::Get,
        HttpMethod::Head => ProxyMethod::Head,
        HttpMethod::Post => ProxyMethod::Post,
        HttpMethod::Put => ProxyMethod::Put,
        HttpMethod::Patch => ProxyMethod::Patch,
        HttpMethod::Delete => ProxyMethod::Delete,
    };
    let mut body = wire::SessionProxyRequest::new(request.toolkit.into_text(), method, request.endpoint.as_str());
    match &request.body {
        ProxyBody::None => {}
        ProxyBody::Json(value) => body.body = Some(JsonText::from(value.clone())),
        ProxyBody::Bytes { bytes, content_type } => {
            if bytes.is_empty() || bytes.len() > BYTES {
                return Err(Error::invalid_input("body", &format!("{} bytes", bytes.len()), "1 byte to 4 MB"));
            }
            let (base64, content_type) = (Some(base64(bytes).into()), content_type.clone());
            let binary = wire::BinaryBody { url: None, base64, content_type };
            body.binary_body = Some(binary);
        }
        ProxyBody::Url { url, content_type } => {
            let (url, content_type) = (Some(SecretString::from(url.as_str())), content_type.clone());
            let binary = wire::BinaryBody { url, base64: None, content_type };
            body.binary_body = Some(binary);
        }
    }
    let headers = request.headers.iter().map(|(name, value)| parameter(ParameterPlace::Header, name, value));
    let query = request.query.iter().map(|(name, value)| parameter(ParameterPlace::Query, name, value));
    let parameters: Vec<_> = headers.chain(query).collect();
    body.parameters = (!parameters.is_empty()).then_some(parameters);
    Ok(body)
}

fn parameter(place: ParameterPlace, name: &str, value: &str) -> ProxyParameter {
    ProxyParameter::new(place, name, value)
}

/// # Errors
/// `Blocked` where a hook stopped it, `InputRequired` where a person would have to be asked, `ToolFailed` where the service
/// could not make the call, `OutcomeUnknown` where nothing says what came of it.
fn response(request: &ProxyRequest, reply: wire::SessionProxyReply) -> Result<ProxyResponse> {
    let what = format!("the call of {}", request.toolkit);
    let failed = matches!(reply.result_type, Some(Open::Known(ResultType::Failed)));
    match reply.result_type {
        Some(Open::Known(ResultType::Blocked)) => {
            return Err(execute::blocked(&what, reply.reason, reply.message, reply.log_id));
        }
        Some(Open::Known(ResultType::InputRequired)) => {
            let message =
                format!("{what} waits for a person, who cannot be asked here; use a tool of the toolkit instead");
            return Err(Error::new(ErrorKind::InputRequired, message));
        }
        Some(Open::Known(ResultType::Completed | ResultType::Failed) | Open::Unknown(_)) | None => {}
    }
    let Some(status) = reply.status else {
        let message = format!("{what} has no answer of its service");
        return Err(match reply.error.filter(|said| !said.is_empty()) {
            Some(said) => {
                Error::new(ErrorKind::ToolFailed, message).with_model_text(said.chars().take(1_000).collect::<String>())
            }
            None if failed => Error::new(ErrorKind::ToolFailed, message),
            None => Error::new(ErrorKind::OutcomeUnknown, format!("{message}; it may have taken effect")),
        });
    };
    let mut response = ProxyResponse::new(status);
    response.headers = reply.headers.iter().flat_map(wire::ProxyHeaders::iter).map(owned).collect();
    response.data = reply.data.filter(|data| data.as_str() != "null");
    response.binary = reply.binary_data.map(|binary| {
        let mut data = BinaryData::new(binary.url.expose_secret(), binary.content_type, binary.size);
        data.expires_at = binary.expires_at.as_deref().and_then(read::time);
        data
    });
    Ok(response)
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Bytes as text, RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            match place <= chunk.len() {
                true => text.push(char::from(LETTERS[(group >> (18 - 6 * place) & 63) as usize])),
                false => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::id::ToolkitSlug;

    fn request() -> ProxyRequest {
        ProxyRequest::new(ToolkitSlug::new("github").unwrap(), HttpMethod::Get, "/user")
    }

    #[expect(clippy::needless_pass_by_value, reason = "the tests write it in place")]
    fn answered(reply: Value) -> Result<ProxyResponse> {
        response(&request(), serde_json::from_str(&reply.to_string()).unwrap())
    }

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
            ("\u{ff}\u{fe}?", "w7/Dvj8="),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded, "{text:?}");
        }
    }

    #[test]
    fn a_proxied_call_says_what_was_set_and_no_more() {
        let written = |request: &ProxyRequest| serde_json::to_value(body(request).unwrap()).unwrap();
        assert_eq!(written(&request()), json!({"toolkit_slug": "github", "endpoint": "/user", "method": "GET"}));
        let mut full = request();
        full.method = HttpMethod::Patch;
        full.headers = vec![("X-A".into(), "1".into())];
        full.query = vec![("per_page".into(), "5".into())];
        full.body = ProxyBody::Json(json!({"b": [1]}));
        assert_eq!(
            written(&full),
            json!({
                "toolkit_slug": "github", "endpoint": "/user", "method": "PATCH", "body": {"b": [1]},
                "parameters": [
                    {"name": "X-A", "value": "1", "type": "header"}, {"name": "per_page", "value": "5", "type": "query"},
                ],
            })
        );
        full.body = ProxyBody::Bytes { bytes: b"foo".to_vec(), content_type: Some("text/plain".into()) };
        assert_eq!(written(&full)["binary_body"], json!({"base64": "Zm9v", "content_type": "text/plain"}));
        full.body = ProxyBody::Url { url: "https://x.example/a".into(), content_type: None };
        assert_eq!(written(&full)["binary_body"], json!({"url": "https://x.example/a"}));
    }

    #[test]
    fn a_credential_of_the_callers_own_and_too_many_bytes_are_refused() {
        let mut given = request();
        given.headers = vec![("authorization".into(), "Bearer x".into())];
        assert_eq!(body(&given).unwrap_err().field(), Some("headers"));
        for length in [0, BYTES + 1] {
            let mut large = request();
            large.body = ProxyBody::Bytes { bytes: vec![0; length], content_type: None };
            assert_eq!(body(&large).unwrap_err().field(), Some("body"), "{length}");
        }
    }

    #[test]
    fn what_the_service_answers_is_the_result_whatever_its_status() {
        let answer =
            answered(json!({"result_type": "completed", "status": 404, "data": {"a": 1}, "headers": {"x": "y"}}));
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.headers.as_slice()), (404, [("x".to_owned(), "y".to_owned())].as_slice()));
        assert_eq!(answer.data.unwrap().value(), &json!({"a": 1}));
        let url = "https://files.example/1";
        let binary = answered(
            json!({"status": 200, "data": null, "binary_data": {"url": url, "content_type": "a/b", "size": 3}}),
        );
        let binary = binary.unwrap();
        assert!(binary.data.is_none());
        assert_eq!(binary.binary.unwrap().url, url);
        for (reply, kind) in [
            (
                json!({"result_type": "blocked", "message": "no", "reason": {"type": "request_blocked"}}),
                ErrorKind::Blocked,
            ),
            (json!({"result_type": "input_required", "input_requests": {}}), ErrorKind::InputRequired),
            (json!({"error": "broken"}), ErrorKind::ToolFailed),
            (json!({"result_type": "failed"}), ErrorKind::ToolFailed),
            // Whatever it is, nobody says that the call was not made.
            (json!({"result_type": "completed"}), ErrorKind::OutcomeUnknown),
            (json!({}), ErrorKind::OutcomeUnknown),
        ] {
            assert_eq!(answered(reply).unwrap_err().kind(), kind);
        }
    }
}
