//! What a client brings to be let in.

use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use composio_core::secrecy::SecretString;

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// More than any credential of ours has.
const LONGEST: usize = 4096;

/// Takes the credential out of the headers, with everything else in which one could stand: what serves the request
/// afterwards cannot print what it never sees. Two that differ are none.
pub(super) fn taken(headers: &mut HeaderMap) -> Option<SecretString> {
    let found = {
        let bearers = headers.get_all(header::AUTHORIZATION).iter().filter_map(bearer);
        let keys = headers.get_all(API_KEY).iter().filter_map(|value| value.to_str().ok());
        let mut all = bearers.chain(keys).map(str::trim);
        let first = all.next().filter(|text| !text.is_empty() && text.len() <= LONGEST);
        first.filter(|first| all.all(|other| other == *first)).map(SecretString::from)
    };
    for name in [header::AUTHORIZATION, API_KEY, header::COOKIE, header::PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    found
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use composio_core::secrecy::ExposeSecret as _;

    #[test]
    fn one_credential_is_taken_from_either_header() {
        for (pairs, expected) in [
            (&[][..], None),
            (&[("authorization", "Bearer tok")], Some("tok")),
            (&[("authorization", "bearer  tok ")], Some("tok")),
            (&[("x-api-key", "tok")], Some("tok")),
            (&[("authorization", "Bearer tok"), ("x-api-key", "tok")], Some("tok")),
            (&[("authorization", "Bearer tok"), ("x-api-key", "other")], None),
            (&[("authorization", "Bearer tok"), ("authorization", "Bearer other")], None),
            (&[("authorization", "Basic dTpw"), ("x-api-key", "tok")], Some("tok")),
            (&[("authorization", "Bearer ")], None),
            (&[("authorization", "Bearer")], None),
            (&[("authorization", "tok")], None),
            (&[("x-api-key", "")], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            headers.insert(header::COOKIE, HeaderValue::from_static("a=b"));
            let found = taken(&mut headers);
            assert_eq!(found.as_ref().map(|found| found.expose_secret()), expected, "{pairs:?}");
            assert!(headers.is_empty(), "{headers:?}");
        }
    }

    #[test]
    fn what_is_longer_than_any_credential_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(API_KEY, HeaderValue::from_str(&"k".repeat(LONGEST + 1)).unwrap());
        assert!(taken(&mut headers).is_none());
    }
}
