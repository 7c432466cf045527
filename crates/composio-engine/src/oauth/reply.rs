//! What a token endpoint answers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use composio_core::Timestamp;
use http::Response;
use serde::Deserialize;
use serde_json::Value;

use crate::credential::Tokens;

/// Longest text of a service that is passed on to people.
const MAX_TEXT: usize = 200;

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// The grant is worth nothing any more: the code or the refresh token was used, withdrawn or ran out.
    InvalidGrant { text: Option<String> },
    /// The service refused for another reason, such as a wrong secret of the app.
    Refused { code: String, text: Option<String> },
    /// The service is in trouble, or is asked too often; it may work later.
    Later { status: u16 },
    /// What it answered is no token reply.
    Unreadable { status: u16 },
}

#[derive(Deserialize)]
struct Reply {
    access_token: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<Value>,
    scope: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// Reads the reply of a token endpoint (RFC 6749 section 5). `before` are the tokens that were renewed: what the reply
/// leaves out stays.
pub(crate) fn read_tokens(
    reply: &Response<Bytes>,
    before: Option<&Tokens>,
    now: Timestamp,
) -> Result<Tokens, TokenError> {
    let status = reply.status().as_u16();
    let Ok(body) = serde_json::from_slice::<Reply>(reply.body()) else {
        return Err(trouble(status));
    };
    if let Some(code) = body.error {
        return Err(refusal(status, &code, body.error_description));
    }
    match body.access_token {
        Some(token) if reply.status().is_success() && !token.is_empty() => Ok(Tokens {
            access_token: token.into(),
            refresh_token: body
                .refresh_token
                .filter(|token| !token.is_empty())
                .map(Into::into)
                .or_else(|| before.and_then(|tokens| tokens.refresh_token.clone())),
            obtained_at: Some(now),
            expires_at: body.expires_in.as_ref().and_then(seconds).map(|seconds| now.plus(seconds)),
            scopes: body.scope.map_or_else(
                || before.map(|tokens| tokens.scopes.clone()).unwrap_or_default(),
                |scope| scope.split([' ', ',']).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            ),
        }),
        _ => Err(trouble(status)),
    }
}

fn trouble(status: u16) -> TokenError {
    if status == 429 || status >= 500 { TokenError::Later { status } } else { TokenError::Unreadable { status } }
}

fn refusal(status: u16, code: &str, text: Option<String>) -> TokenError {
    let text = text.map(|text| presentable(&text)).filter(|text| !text.is_empty());
    match code {
        // The second is GitHub's word for a code, the third for a refresh token.
        "invalid_grant" | "bad_verification_code" | "bad_refresh_token" => TokenError::InvalidGrant { text },
        "temporarily_unavailable" | "server_error" | "slow_down" => TokenError::Later { status },
        _ => TokenError::Refused { code: presentable(code), text },
    }
}

/// Seconds as a number or as text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().map(|seconds| seconds.max(0.0) as u64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    seconds.map(Duration::from_secs)
}

/// A service's words, made fit to be shown: one line, no control characters, not too long.
pub(crate) fn presentable(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_TEXT).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |f: &mut fmt::Formatter<'_>, text: &Option<String>| match text {
            Some(text) => write!(f, " ({text})"),
            None => Ok(()),
        };
        match self {
            Self::InvalidGrant { text } => {
                f.write_str("the service no longer accepts the grant")?;
                said(f, text)
            }
            Self::Refused { code, text } => {
                write!(f, "the service refused with {code:?}")?;
                said(f, text)
            }
            Self::Later { status } => write!(f, "the service is in trouble (status {status})"),
            Self::Unreadable { status } => write!(f, "the service's answer is no token reply (status {status})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use composio_core::secrecy::ExposeSecret;

    fn read(status: u16, body: &str) -> Result<Tokens, TokenError> {
        let reply = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
        read_tokens(&reply, None, Timestamp::from_micros(0))
    }

    #[test]
    fn replies_are_read_as_services_write_them() {
        let after = |seconds: i64| Some(Timestamp::from_micros(seconds * 1_000_000));
        for (body, expires_at, scopes) in [
            (r#"{"access_token":"a","token_type":"bearer"}"#, None, vec![]),
            (r#"{"access_token":"a","expires_in":3600,"scope":"x y"}"#, after(3600), vec!["x", "y"]),
            (r#"{"access_token":"a","expires_in":"3600","scope":"x,y"}"#, after(3600), vec!["x", "y"]),
            (r#"{"access_token":"a","expires_in":12.7}"#, after(12), vec![]),
            (r#"{"access_token":"a","expires_in":null,"extra":{}}"#, None, vec![]),
        ] {
            let tokens = read(200, body).unwrap();
            assert_eq!(
                (tokens.expires_at, tokens.scopes),
                (expires_at, scopes.into_iter().map(str::to_owned).collect()),
                "{body}"
            );
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let refused = |code: &str| TokenError::Refused { code: code.into(), text: None };
        for (status, body, expected) in [
            (400, r#"{"error":"invalid_grant"}"#, TokenError::InvalidGrant { text: None }),
            (200, r#"{"error":"bad_refresh_token"}"#, TokenError::InvalidGrant { text: None }),
            (401, r#"{"error":"invalid_client"}"#, refused("invalid_client")),
            (503, r#"{"error":"temporarily_unavailable"}"#, TokenError::Later { status: 503 }),
            (502, "<html>", TokenError::Later { status: 502 }),
            (429, "", TokenError::Later { status: 429 }),
            (200, "<html>", TokenError::Unreadable { status: 200 }),
            (200, r#"{"access_token":""}"#, TokenError::Unreadable { status: 200 }),
            (400, r#"{"access_token":"a"}"#, TokenError::Unreadable { status: 400 }),
        ] {
            assert_eq!(read(status, body).unwrap_err(), expected, "{status} {body}");
        }
    }

    #[test]
    fn what_a_renewal_leaves_out_stays() {
        let before = read(200, r#"{"access_token":"a","refresh_token":"r1","scope":"x"}"#).unwrap();
        let reply = |body: &str| Response::new(Bytes::from(body.to_owned()));
        let renew = |body: &str| read_tokens(&reply(body), Some(&before), Timestamp::from_micros(0)).unwrap();
        let kept = renew(r#"{"access_token":"b"}"#);
        assert_eq!(kept.refresh_token.unwrap().expose_secret(), "r1");
        assert_eq!(kept.scopes, ["x"]);
        let rotated = renew(r#"{"access_token":"b","refresh_token":"r2"}"#);
        assert_eq!(rotated.refresh_token.unwrap().expose_secret(), "r2");
    }

    #[test]
    fn a_services_words_are_made_presentable() {
        assert_eq!(presentable("line\none\u{7}\t two"), "line one two");
        assert_eq!(presentable(&"x".repeat(500)).len(), 200);
    }
}
