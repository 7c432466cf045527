//! The registered client: its redirect URIs and how it proves who it is.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use crate::oauth::grants::TokenError;
use crate::oauth::params::Params;
use crate::options::{DemoError, OAuthApp};
use crate::secret::{SecretDigest, same};

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    secret: SecretDigest,
    redirect_uris: Vec<String>,
}

impl Client {
    pub(crate) fn new(app: &OAuthApp, name: String, redirect_uris: Vec<String>) -> Result<Self, DemoError> {
        if app.client_id.is_empty() || app.client_secret.is_empty() {
            return Err(DemoError::Options("a client needs an id and a secret".to_owned()));
        }
        for uri in &redirect_uris {
            let fits = Url::parse(uri).is_ok_and(|url| url.fragment().is_none());
            if !fits {
                return Err(DemoError::Options(format!("`{uri}` is not an absolute redirect URI without a fragment")));
            }
        }
        Ok(Self { id: app.client_id.clone(), name, secret: SecretDigest::of(&app.client_secret), redirect_uris })
    }

    /// Whether the browser may be sent there: exactly registered, or our loopback pattern.
    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        self.redirect_uris.iter().any(|known| known == uri) || is_loopback_callback(uri)
    }

    /// Checks the client's secret, from the `Authorization` header or the form, but not from both.
    pub(crate) fn authenticate(&self, headers: &HeaderMap, params: &Params) -> Result<(), TokenError> {
        let basic = headers.get(header::AUTHORIZATION);
        let (id, secret) = match (basic, params.get("client_secret")) {
            (Some(_), Some(_)) => {
                return Err(TokenError::InvalidRequest("The client authenticates in two ways."));
            }
            (Some(value), None) => {
                let pair = value.to_str().ok().and_then(basic_credentials);
                pair.ok_or(TokenError::InvalidClient)?
            }
            (None, Some(secret)) => {
                let id = params.get("client_id").ok_or(TokenError::InvalidClient)?;
                (id.to_owned(), secret.to_owned())
            }
            (None, None) => return Err(TokenError::InvalidClient),
        };
        if params.get("client_id").is_some_and(|named| named != id) {
            return Err(TokenError::InvalidRequest("The client names itself in two ways."));
        }
        let right_secret = self.secret.matches(&secret);
        if same(&id, &self.id) && right_secret { Ok(()) } else { Err(TokenError::InvalidClient) }
    }
}

/// `http://127.0.0.1:ANY/oauth/callback`, or the same with `localhost`: the port of a loopback listener is not known
/// beforehand (RFC 8252 section 7.3).
fn is_loopback_callback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else {
        return false;
    };
    let host = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    // Only the text that the parser itself would write: no user name, no odd spelling of the host, no query.
    let plain = url.as_str() == uri || url.port().is_none() && uri.contains(":80/");
    url.scheme() == "http"
        && host
        && url.path() == "/oauth/callback"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && plain
}

/// `Basic` credentials; id and secret are form-encoded inside (RFC 6749 section 2.3.1).
fn basic_credentials(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // A value on its own would be read as a name; `&` and `=` are encoded inside credentials, so this is one pair.
    let pair = format!("v={text}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_ports_vary_and_nothing_else_does() {
        let cases = [
            ("http://127.0.0.1:8788/oauth/callback", true),
            ("http://127.0.0.1/oauth/callback", true),
            ("http://127.0.0.1:80/oauth/callback", true),
            ("http://localhost:3000/oauth/callback", true),
            ("https://localhost:3000/oauth/callback", false),
            ("http://127.0.0.1:8788/oauth/callback/", false),
            ("http://127.0.0.1:8788/oauth/callback?next=x", false),
            ("http://127.0.0.1:8788/oauth/callback#x", false),
            ("http://127.0.0.1:8788/a/../oauth/callback", false),
            ("http://me@127.0.0.1:8788/oauth/callback", false),
            ("http://127.0.0.1.evil.example/oauth/callback", false),
            ("http://127.1/oauth/callback", false),
            ("http://evil.example/oauth/callback", false),
            ("/oauth/callback", false),
        ];
        for (uri, expected) in cases {
            assert_eq!(is_loopback_callback(uri), expected, "{uri}");
        }
    }

    #[test]
    fn basic_credentials_are_form_encoded() {
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic_credentials(&header("id:se%3Acret+1")), pair("id", "se:cret 1"));
        assert_eq!(basic_credentials(&header("id:")), pair("id", ""));
        assert_eq!(basic_credentials(&header("nothing")), None);
        assert_eq!(basic_credentials("Bearer abc"), None);
    }
}
