//! The next request after a redirect.

use bytes::Bytes;
use http::{HeaderName, Response, header};
use url::{Url, form_urlencoded};

use super::Outgoing;

/// Headers that are credentials wherever they stand.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// Where an answer leads, if it is a redirect with a readable `Location`.
pub(super) fn location(reply: &Response<Bytes>, url: &Url) -> Option<Url> {
    if !matches!(reply.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.headers().get(header::LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

/// Takes away what another origin must not see: credentials of every kind, and the body. They stay away, even if the next
/// redirect leads back.
pub(super) fn prepare(request: &mut Outgoing, url: &Url, next: &mut Url) {
    next.set_fragment(None);
    if url.origin() == next.origin() {
        return;
    }
    for name in CREDENTIALS.iter().chain(&request.credential_headers.0) {
        request.headers.remove(name);
    }
    let sensitive = request.headers.iter().filter(|(_, value)| value.is_sensitive()).map(|(name, _)| name.clone());
    for name in sensitive.collect::<Vec<_>>() {
        request.headers.remove(name);
    }
    for name in [header::HOST, header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        request.headers.remove(name);
    }
    request.body = Bytes::new();
    strip_query(next, &request.credential_query.0);
}

/// A service may have echoed the query, and the credential in it.
fn strip_query(url: &mut Url, names: &[String]) {
    let Some(query) = url.query() else { return };
    let is_credential = |part: &str| {
        let name = form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned());
        name.is_some_and(|name| names.contains(&name))
    };
    let kept: Vec<&str> = query.split('&').filter(|part| !is_credential(part)).collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};

    use super::super::{CredentialHeaders, CredentialQuery};
    use super::*;

    fn outgoing() -> Outgoing {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("authorization", "Bearer s3cret"), ("cookie", "a=s3cret"), ("x-key", "s3cret"), ("accept", "text/plain")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let mut sensitive = HeaderValue::from_static("s3cret");
        sensitive.set_sensitive(true);
        headers.insert("x-other", sensitive);
        Outgoing {
            method: Method::GET,
            headers,
            body: Bytes::from_static(b"s3cret"),
            credential_headers: CredentialHeaders(vec![HeaderName::from_static("x-key")]),
            credential_query: CredentialQuery(vec!["api key".into()]),
        }
    }

    #[test]
    fn another_origin_sees_no_credential() {
        let base = Url::parse("https://api.example.com/a").unwrap();
        for (next, query) in [
            ("https://api.example.com:8443/b", None),
            ("https://example.com/b?api+key=s3cret", None),
            ("https://evil.example/b?x=1&api%20key=s3cret&y=2", Some("x=1&y=2")),
        ] {
            let (mut request, mut url) = (outgoing(), Url::parse(next).unwrap());
            prepare(&mut request, &base, &mut url);
            assert_eq!(url.query(), query, "{next}");
            assert_eq!(request.headers.keys().collect::<Vec<_>>(), ["accept"], "{next}");
            assert!(request.body.is_empty(), "{next}");
        }
    }

    #[test]
    fn the_same_origin_keeps_everything() {
        let base = Url::parse("https://api.example.com/a").unwrap();
        let (mut request, mut url) = (outgoing(), Url::parse("https://api.example.com:443/b?api+key=1#x").unwrap());
        prepare(&mut request, &base, &mut url);
        assert_eq!((url.as_str(), request.headers.len()), ("https://api.example.com/b?api+key=1", 5));
    }

    #[test]
    fn what_is_a_redirect() {
        let base = Url::parse("https://api.example.com/a/b?c").unwrap();
        for (status, location_header, expected) in [
            (302, Some("../x"), Some("https://api.example.com/x")),
            (307, Some("//other.example/y"), Some("https://other.example/y")),
            (308, Some("http://127.0.0.1/"), Some("http://127.0.0.1/")),
            (301, None, None),
            (302, Some("https://["), None),
            (304, Some("/x"), None),
            (300, Some("/x"), None),
            (201, Some("/x"), None),
        ] {
            let mut reply = Response::builder().status(status);
            if let Some(text) = location_header {
                reply = reply.header("location", text);
            }
            let reply = reply.body(Bytes::new()).unwrap();
            assert_eq!(location(&reply, &base).as_ref().map(Url::as_str), expected, "{status} {location_header:?}");
        }
    }
}
