//! Requests to a token endpoint, as data.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Error, ErrorKind, Result, Url};
use http::{HeaderValue, Method, Request, header};
use url::form_urlencoded;

use crate::manifest::TokenAuth;

/// Who asks: an OAuth app, and how it shows who it is.
#[derive(Clone, Copy)]
pub(crate) struct Client<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a SecretString,
    pub(crate) auth: TokenAuth,
}

/// What a token is asked for with.
#[derive(Clone, Copy)]
pub(crate) enum Grant<'a> {
    /// A code, the redirect URI that it was sent to, and the PKCE verifier (RFC 6749 section 4.1.3).
    Code { code: &'a SecretString, redirect_uri: &'a Url, verifier: &'a SecretString },
    /// A refresh token (RFC 6749 section 6).
    Refresh { token: &'a SecretString },
}

/// The request that exchanges a grant for tokens.
pub(crate) fn token_request(endpoint: &Url, client: Client<'_>, grant: Grant<'_>) -> Result<Request<Bytes>> {
    match grant {
        Grant::Code { code, redirect_uri, verifier } => form(
            endpoint,
            client,
            &[
                ("grant_type", "authorization_code"),
                ("code", code.expose_secret()),
                ("redirect_uri", redirect_uri.as_str()),
                ("code_verifier", verifier.expose_secret()),
            ],
        ),
        Grant::Refresh { token } => {
            form(endpoint, client, &[("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())])
        }
    }
}

/// The request that gives a token back (RFC 7009 section 2.1).
pub(crate) fn revoke_request(
    endpoint: &Url,
    client: Client<'_>,
    token: &SecretString,
    hint: &str,
) -> Result<Request<Bytes>> {
    form(endpoint, client, &[("token", token.expose_secret()), ("token_type_hint", hint)])
}

fn form(endpoint: &Url, client: Client<'_>, pairs: &[(&str, &str)]) -> Result<Request<Bytes>> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(pairs);
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(endpoint.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    match client.auth {
        TokenAuth::ClientSecretBasic => request = request.header(header::AUTHORIZATION, basic(client)?),
        TokenAuth::ClientSecretPost => {
            body.append_pair("client_id", client.id).append_pair("client_secret", client.secret.expose_secret());
        }
        TokenAuth::None => {
            body.append_pair("client_id", client.id);
        }
    }
    request.body(Bytes::from(body.finish())).map_err(|error| unbuildable().with_source(error))
}

/// RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
fn basic(client: Client<'_>) -> Result<HeaderValue> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let joined = format!("{}:{}", encode(client.id), encode(client.secret.expose_secret()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(joined))).map_err(|_| unbuildable())?;
    value.set_sensitive(true);
    Ok(value)
}

fn unbuildable() -> Error {
    Error::new(ErrorKind::Unexpected, "the token request cannot be built; check the toolkit's token URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(secret: &SecretString, auth: TokenAuth) -> Client<'_> {
        Client { id: "my id", secret, auth }
    }

    fn body(request: &Request<Bytes>) -> &str {
        std::str::from_utf8(request.body()).unwrap()
    }

    #[test]
    fn a_client_shows_who_it_is_as_the_service_wants_it() {
        let secret = SecretString::from("s&cret");
        let endpoint = Url::parse("https://a.example/token").unwrap();
        let grant = Grant::Refresh { token: &"rt".into() };
        let request = |auth| token_request(&endpoint, client(&secret, auth), grant).unwrap();

        let post = request(TokenAuth::ClientSecretPost);
        assert_eq!(body(&post), "grant_type=refresh_token&refresh_token=rt&client_id=my+id&client_secret=s%26cret");
        assert!(post.headers().get(header::AUTHORIZATION).is_none());

        let basic = request(TokenAuth::ClientSecretBasic);
        assert_eq!(body(&basic), "grant_type=refresh_token&refresh_token=rt");
        let value = basic.headers()[header::AUTHORIZATION].to_str().unwrap();
        assert_eq!(value, format!("Basic {}", BASE64_STANDARD.encode("my+id:s%26cret")));
        assert!(!format!("{basic:?}").contains(value));

        assert_eq!(body(&request(TokenAuth::None)), "grant_type=refresh_token&refresh_token=rt&client_id=my+id");
    }

    #[test]
    fn a_code_goes_with_its_redirect_and_verifier() {
        let secret = SecretString::from("s");
        let endpoint = Url::parse("https://a.example/token").unwrap();
        let redirect_uri = Url::parse("http://127.0.0.1:1/oauth/callback").unwrap();
        let grant = Grant::Code { code: &"c".into(), redirect_uri: &redirect_uri, verifier: &"v".into() };
        let request = token_request(&endpoint, client(&secret, TokenAuth::None), grant).unwrap();
        let expected = "grant_type=authorization_code&code=c\
            &redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Foauth%2Fcallback&code_verifier=v&client_id=my+id";
        assert_eq!(body(&request), expected);
    }
}
